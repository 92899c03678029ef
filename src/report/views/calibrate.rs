//! How far the judges of a suite agree with people.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use super::counted;
use crate::eval::{CalibrationReport, CheckCalibration, Share};
use crate::stats::Interval;

impl View for CalibrationReport {
    const WHAT: &'static str = "the calibration of judges";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        let heading = Line::of(self.suite.as_str(), Tone::Strong).then(format!("  run {}", self.run), Tone::Dim);
        doc.push(Block::Heading(heading));
        self.checks.iter().for_each(|check| self.show(check, &mut doc));
        doc
    }
}

impl CalibrationReport {
    fn show(&self, check: &CheckCalibration, doc: &mut Doc) {
        let mut told = counted(check.labelled, "label", "labels");
        if check.ungraded > 0 {
            told.push_str(&format!(", {} that the judge could not tell", check.ungraded));
        }
        doc.push(Block::Heading(Line::of(check.check.as_str(), Tone::Strong).then(format!("  {told}"), Tone::Dim)));
        let columns = vec![Column::names("people"), Column::numbers("judge passes"), Column::numbers("judge fails")];
        let row = |who: &str, passes: u64, fails: u64| {
            vec![Line::from(who), Line::from(passes.to_string()), Line::from(fails.to_string())]
        };
        let rows = vec![row("pass", check.both_pass, check.false_fail), row("fail", check.false_pass, check.both_fail)];
        doc.push(Block::Table(Table { columns, rows }));
        doc.push(Block::Facts(self.facts(check)));
    }

    fn facts(&self, check: &CheckCalibration) -> Vec<(String, Line)> {
        let mut facts = Vec::new();
        let mut tell = |name: &str, line: Line| facts.push((name.to_owned(), line));
        tell("agreement", Line::from(share(check.agreement)));
        tell("kappa", self.kappa(check));
        tell("alpha", Line::from(number(check.alpha)));
        let p = check.spearman_p.map_or(String::new(), |p| format!(", p {}", chance(p)));
        let values =
            format!("{} (Spearman, of the values{p}), {} (Kendall)", number(check.spearman), number(check.kendall_tau));
        tell("correlation", Line::from(values));
        tell("false passes", Line::from(format!("{} of what people fail", share(check.false_pass_rate))));
        tell("false fails", Line::from(format!("{} of what people pass", share(check.false_fail_rate))));
        tell("leniency", Line::from(leniency(check)));
        tell(
            "verbosity",
            Line::from(format!("{} (of length with how much more it gives than people)", number(check.verbosity))),
        );
        if let Some(same) = check.swap_consistency {
            tell("position", Line::from(format!("{} the same in both orders", share(Some(same)))));
        }
        if let Some(same) = check.self_consistency {
            tell("samples", Line::from(format!("{:.1} % agree on average", same * 100.0)));
        }
        match (check.judged_rate, check.corrected_rate) {
            (None, _) => {
                tell("pass rate", Line::from("every output is labelled: people's own rate needs no correction"));
            }
            (Some(judged), None) => {
                let text =
                    format!("{} by the judge; it tells too little of the truth to be corrected", share(Some(judged)));
                tell("pass rate", Line::from(text));
            }
            (Some(judged), Some(corrected)) => {
                let clipped = if corrected.clipped { ", cut at the end of the scale" } else { "" };
                tell("pass rate", Line::from(format!("{} by the judge, on unlabelled outputs", share(Some(judged)))));
                let range = interval(corrected.interval, 100.0);
                tell("corrected", Line::from(format!("{:.1} % ({range}){clipped}", corrected.estimate * 100.0)));
            }
        }
        facts
    }

    fn kappa(&self, check: &CheckCalibration) -> Line {
        let Some(kappa) = check.kappa else {
            return Line::from("— (only one verdict occurs: label outputs that people fail, too)");
        };
        let mut text = format!("{kappa:.3}");
        if let Some(range) = check.kappa_interval {
            text.push_str(&format!(" ({:.2} to {:.2})", range.low, range.high));
        }
        match self.min_kappa {
            Some(least) if kappa < least => Line::of(format!("{text}, wanted at least {least}"), Tone::Fail),
            Some(least) => Line::of(format!("{text}, wanted at least {least}"), Tone::Pass),
            None => Line::from(text),
        }
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("—".to_owned(), |value| format!("{value:.3}"))
}

fn share(share: Option<Share>) -> String {
    share.map_or("—".to_owned(), |share| {
        format!("{:.1} % ({}, {}/{})", share.estimate * 100.0, interval(share.interval, 100.0), share.of, share.total)
    })
}

fn interval(range: Interval, scale: f64) -> String {
    format!("{:.0}–{:.0}", range.low * scale, range.high * scale)
}

/// By how much more the judge passes than people, and whether that is more than chance.
fn leniency(check: &CheckCalibration) -> String {
    let Some(difference) = check.leniency.difference else { return "—".to_owned() };
    let p = check.leniency.p_mid_holm.unwrap_or(check.leniency.p_mid);
    let points = format!("{:+.1} points against people", difference * 100.0);
    let apart = check.false_pass + check.false_fail;
    match apart {
        0 => points,
        // Of fewer even the most uneven split could not be told from chance.
        1..5 => format!("{points}, too few disagreements to tell ({apart}, at least 5)"),
        _ => format!("{points} (McNemar mid-p {})", chance(p)),
    }
}

/// A p-value in three digits at most.
fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

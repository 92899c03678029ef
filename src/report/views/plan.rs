//! What a run would do: suites × variants × cases × repeats, tokens and money.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use super::{counted, short_tokens};
use crate::base::Tokens;
use crate::eval::{JudgingPlan, PlanJudge, PlanReport, PlanSuite, PlanVariant, shown_cost_range};

impl View for PlanReport {
    const WHAT: &'static str = "the plan of a run";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        doc.push(Block::Heading(Line::of("plan", Tone::Strong).text(format!("  {}", self.sentence()))));
        self.suites.iter().for_each(|suite| show_suite(suite, &mut doc));
        doc.push_list(self.notes.iter().map(|note| Line::from(note.as_str())).collect());
        doc.push(Block::Facts(self.facts()));
        doc
    }
}

impl PlanReport {
    fn sentence(&self) -> String {
        let trials = counted(self.trials, "trial", "trials");
        if self.calls == "replay" {
            return format!("{trials}, replayed from cassettes: nothing would be called");
        }
        format!("{trials}, at most {} at a time; nothing has been called", self.concurrency)
    }

    fn facts(&self) -> Vec<(String, Line)> {
        let mut facts = Vec::new();
        if let Some(cached) = self.cached_trials.filter(|cached| *cached > 0) {
            facts.push((
                "cached".to_owned(),
                Line::from(format!("{} need no call", counted(cached, "trial", "trials"))),
            ));
        }
        let mut cost = shown_cost_range(self.cost_low_usd, self.cost_high_usd, self.unknown_cost_trials);
        if self.unknown_cost_trials > 0 {
            let unknown = counted(self.unknown_cost_trials, "trial has", "trials have");
            cost.push_str(&format!(" ({unknown} no known price)"));
        }
        facts.push(("cost".to_owned(), Line::from(cost)));
        if let Some(judging) = &self.judging {
            facts.push(("judges".to_owned(), Line::from(judging_sentence(judging))));
        }
        if let Some(limit) = self.max_cost_usd {
            facts.push(("limit".to_owned(), Line::from(format!("{limit}, then the run stops and can be resumed"))));
        }
        facts
    }
}

fn show_suite(suite: &PlanSuite, doc: &mut Doc) {
    let mut cases = counted(suite.cases, "case", "cases");
    if suite.cases != suite.cases_total {
        cases = format!("{} of {}", Tokens(suite.cases), counted(suite.cases_total, "case", "cases"));
    }
    if suite.repeat > 1 {
        cases.push_str(&format!(" × {} repeats", suite.repeat));
    }
    let about = format!("  {cases} · {}", suite.path);
    doc.push(Block::Heading(Line::of(suite.name.as_str(), Tone::Strong).then(about, Tone::Dim)));
    let columns = vec![
        Column::names("prompt"),
        Column::names("model"),
        Column::numbers("trials"),
        Column::numbers("tokens in"),
        Column::numbers("tokens out"),
        Column::numbers("cost"),
    ];
    doc.push(Block::Table(Table { columns, rows: suite.variants.iter().map(row).collect() }));
    if !suite.judges.is_empty() {
        let columns = vec![Column::names("judge"), Column::numbers("questions"), Column::numbers("cost")];
        doc.push(Block::Table(Table { columns, rows: suite.judges.iter().map(judge_row).collect() }));
    }
}

fn judge_row(judge: &PlanJudge) -> Vec<Line> {
    let asked = &judge.asked;
    vec![
        Line::from(judge.model.to_string()),
        Line::from(questions(asked)),
        Line::from(shown_cost_range(asked.cost_low_usd, asked.cost_high_usd, asked.unknown_cost_calls)),
    ]
}

fn questions(asked: &JudgingPlan) -> String {
    let (low, high) = (Tokens(asked.calls_low), Tokens(asked.calls_high));
    if low == high { low.to_string() } else { format!("{low}–{high}") }
}

/// `10–40 questions, $0.01–$0.20, beside the cost above`.
fn judging_sentence(judging: &JudgingPlan) -> String {
    let cost = shown_cost_range(judging.cost_low_usd, judging.cost_high_usd, judging.unknown_cost_calls);
    let noun = if judging.calls_high == 1 { "question" } else { "questions" };
    let mut text = format!("{} {noun}, {cost}, beside the cost above", questions(judging));
    if judging.unknown_cost_calls > 0 {
        text.push_str(&format!(" ({} of no known price)", counted(judging.unknown_cost_calls, noun, "questions")));
    }
    text
}

fn row(variant: &PlanVariant) -> Vec<Line> {
    let about = if variant.input_exact || variant.input_tokens.is_none() { "" } else { "~" };
    let out = match (variant.output_tokens_low, variant.output_tokens_high) {
        (low, high) if low == high => short_tokens(low),
        (low @ Some(_), high @ Some(_)) => format!("{}–{}", short_tokens(low), short_tokens(high)),
        (Some(low), None) => format!("≥ {}", short_tokens(Some(low))),
        (None, high) => format!("≤ {}", short_tokens(high)),
    };
    vec![
        Line::from(variant.prompt.as_str()),
        Line::from(variant.model.to_string()),
        Line::from(Tokens(variant.trials).to_string()),
        Line::from(format!("{about}{}", short_tokens(variant.input_tokens))),
        Line::from(out),
        Line::from(shown_cost_range(variant.cost_low_usd, variant.cost_high_usd, 0)),
    ]
}

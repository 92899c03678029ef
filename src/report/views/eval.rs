//! The result of a run: the verdict, one table per suite, what did not pass, what it took, what to do next.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::super::doc::{Block, Column, Doc, Entry, Line, Table, Tone};
use super::super::present::View;
use super::{attacks, classification, corpus, repeats, semantic};
use super::{counted, short_tokens};
use crate::base::{Millis, Ratio, Tokens, Usd};
use crate::eval::{CheckResult, EvalReport, Failure, GroupReport, Rate, ScoreInterval, SuiteReport, shown_cost};
use crate::record::{JudgeTotals, Outcome, RunStatus, Verdict};

/// Reasons shown under the first one.
const MORE_REASONS: usize = 5;

/// A report and how much of it is shown.
#[derive(Debug, Clone, Copy)]
pub struct EvalView<'a> {
    /// The report.
    pub report: &'a EvalReport,
    /// How many failing trials are shown; 20 is the usual number.
    pub failures_shown: usize,
    /// The store, as shown to the user; `None` when the run is not stored.
    pub stored_in: Option<&'a str>,
    /// Flags that every suggested command needs to find this run again, such as `--store other.db`; mostly empty.
    pub flags: &'a str,
}

impl Serialize for EvalView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report.serialize(serializer)
    }
}

impl View for EvalView<'_> {
    const WHAT: &'static str = "the result of a run";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        headline(&self.report.verdict, &mut doc);
        self.report.suites.iter().for_each(|suite| show_suite(suite, &mut doc));
        self.report.semantic.iter().for_each(|semantic| semantic::show(semantic, &mut doc));
        self.show_failures(&mut doc);
        doc.push(Block::Facts(self.footer()));
        doc
    }
}

fn headline(verdict: &Verdict, doc: &mut Doc) {
    let word = Line::of(verdict.verdict.word(), Tone::of_verdict(verdict.verdict));
    let reason = verdict.reasons.first().map_or(String::new(), |reason| format!("  {reason}"));
    doc.push(Block::Heading(word.text(reason)));
    let hidden = verdict.reasons.len().saturating_sub(1 + MORE_REASONS);
    let mut more: Vec<Line> =
        verdict.reasons.iter().skip(1).take(MORE_REASONS).map(|reason| Line::from(reason.as_str())).collect();
    if hidden > 0 {
        more.push(Line::of(format!("and {hidden} more, below"), Tone::Dim));
    }
    doc.push_list(more);
}

fn show_suite(suite: &SuiteReport, doc: &mut Doc) {
    let one_prompt = suite.groups.first().map(|first| first.prompt.as_str());
    let one_prompt = one_prompt.filter(|prompt| suite.groups.iter().all(|group| group.prompt == *prompt));
    let mut about = format!("  {}", counted(suite.cases, "case", "cases"));
    if suite.repeat > 1 {
        about.push_str(&format!(" × {} repeats", suite.repeat));
    }
    if let Some(prompt) = one_prompt {
        about.push_str(&format!(" · {prompt}"));
    }
    about.push_str(&format!(" · {}", suite.path));
    let heading = Line::of(suite.name.as_str(), Tone::Strong)
        .text("  ")
        .then(suite.verdict.verdict.word(), Tone::of_verdict(suite.verdict.verdict))
        .then(about, Tone::Dim);
    doc.push(Block::Heading(heading));
    if suite.groups.is_empty() {
        doc.push(Block::Paragraph(Line::from("no trial has a result")));
        return;
    }
    doc.push(Block::Table(group_table(suite, one_prompt.is_none())));
    repeats::show(suite, doc);
    attacks::show(suite, doc);
    doc.push_list(suite_notes(suite));
    corpus::show(suite, doc);
    for group in &suite.groups {
        if let Some(found) = &group.classification {
            classification::show(found, &group_label(suite, group), doc);
        }
    }
}

/// What tells a group from the others of its suite; empty when it is the only one.
pub(super) fn group_label(suite: &SuiteReport, group: &GroupReport) -> String {
    let one_prompt = suite.groups.iter().all(|other| other.prompt == group.prompt);
    match (suite.groups.len(), one_prompt) {
        (0 | 1, _) => String::new(),
        (_, true) => suite.shown_model(group),
        (_, false) => format!("{} · {}", group.prompt, suite.shown_model(group)),
    }
}

fn group_table(suite: &SuiteReport, with_prompt: bool) -> Table {
    let several = suite.groups.len() > 1;
    let mut columns = Vec::new();
    if several {
        columns.push(Column::names("verdict"));
    }
    if with_prompt {
        columns.push(Column::names("prompt"));
    }
    columns.push(Column::names("model"));
    columns.extend(FIGURES.map(|title| match title {
        "score (95 %)" => Column::numbers(title).or_briefly("score"),
        _ => Column::numbers(title),
    }));
    let rows = suite
        .groups
        .iter()
        .map(|group| {
            let mut row = Vec::new();
            if several {
                row.push(Line::of(group.verdict.verdict.word(), Tone::of_verdict(group.verdict.verdict)));
            }
            if with_prompt {
                row.push(Line::from(group.prompt.as_str()));
            }
            row.push(Line::from(suite.shown_model(group)));
            row.extend(figures(group).map(Line::from));
            row
        })
        .collect();
    let table = Table { columns, rows }.without_boring("cached", "0 %").without_boring("cached", "—");
    let table = table.without_boring("not graded", "0").without_boring("ttft p50/p95", "—");
    let table = table.without_boring("judges", "—");
    if several && suite.groups.iter().all(|group| group.verdict.verdict == suite.verdict.verdict) {
        return table.without_boring_verdict();
    }
    table
}

impl Table {
    /// Every row has the suite's own verdict, which stands in the heading.
    fn without_boring_verdict(mut self) -> Table {
        self.columns.remove(0);
        self.rows.iter_mut().for_each(|row| drop(row.remove(0)));
        self
    }
}

/// The columns of a suite's table. Trials that are not counted in the rate have one of their own, left out where all
/// are graded; the time to the first token is there where replies were streamed, what judges cost where some were asked.
const FIGURES: [&str; 11] = [
    "pass",
    "not graded",
    "rate (95 %)",
    "score (95 %)",
    "p50",
    "p95",
    "ttft p50/p95",
    "tokens",
    "cost",
    "judges",
    "cached",
];

fn figures(group: &GroupReport) -> [String; 11] {
    let counts = group.counts;
    let used = &group.consumption;
    let unknown = "—".to_owned();
    [
        format!("{}/{}", counts.pass, counts.graded()),
        (counts.error + counts.ungraded + counts.skipped).to_string(),
        group.pass_rate.map_or(unknown.clone(), |rate| {
            format!("{} ({:.0}–{:.0})", percent(rate), rate.low * 100.0, rate.high * 100.0)
        }),
        group.mean_score.map_or(unknown.clone(), |score| shown_score(score, group.mean_score_interval)),
        group.p50_latency_ms.map_or(unknown.clone(), latency),
        group.p95_latency_ms.map_or(unknown.clone(), latency),
        group
            .p50_ttft_ms
            .zip(group.p95_ttft_ms)
            .map_or(unknown.clone(), |(median, high)| format!("{}/{}", latency(median), latency(high))),
        format!("{}/{}", short_tokens(used.input_tokens), short_tokens(used.output_tokens)),
        used.cost(),
        group.judging.map_or(unknown.clone(), |judging| {
            let cost = shown_cost(judging.cost_usd, judging.unknown_cost_calls);
            if judging.cost_usd.is_some() { cost } else { counted(judging.calls, "question", "questions") }
        }),
        group.cached_share.map_or(unknown, |share| format!("{:.0} %", share.get() * 100.0)),
    ]
}

/// The mean score, with its interval where there is one.
fn shown_score(score: f64, interval: Option<ScoreInterval>) -> String {
    let ends = interval.map_or(String::new(), |interval| format!(" ({:.2}–{:.2})", interval.low, interval.high));
    format!("{score:.2}{ends}")
}

/// What the table cannot say: every reason but the first, and what makes the figures weaker than they look.
fn suite_notes(suite: &SuiteReport) -> Vec<Line> {
    let mut notes: Vec<Line> = suite.verdict.reasons.iter().skip(1).map(|reason| Line::from(reason.as_str())).collect();
    let sum = |of: fn(&GroupReport) -> u64| suite.groups.iter().map(of).sum::<u64>();
    let altered = sum(|group| group.altered_trials);
    if altered > 0 {
        notes.push(Line::from(format!(
            "{} ran with parameters dropped or changed for the provider: not comparable with others",
            counted(altered, "trial", "trials")
        )));
    }
    let unknown = sum(|group| group.consumption.unknown_usage_calls);
    if unknown > 0 {
        notes.push(Line::from(format!("{} without a token count", counted(unknown, "reply", "replies"))));
    }
    notes
}

impl EvalView<'_> {
    fn show_failures(&self, doc: &mut Doc) {
        let report = self.report;
        if report.failures_total == 0 {
            return;
        }
        let total = report.totals.counts.trials;
        let did_not =
            format!("{} of {} did not pass", Tokens(report.failures_total), counted(total, "trial", "trials"));
        doc.push(Block::Heading(Line::of(did_not, Tone::Strong)));
        let shown: Vec<&Failure> = report.failures.iter().take(self.failures_shown).collect();
        doc.push(Block::Entries(shown.iter().map(|failure| self.entry(failure)).collect()));
        let left = report.failures_total.saturating_sub(u64::try_from(shown.len()).unwrap_or(u64::MAX));
        if left > 0 {
            let command = self.with_flags(format!("karat eval export {}", report.run.id));
            let more = Line::from(format!("and {} more: ", Tokens(left))).then(command, Tone::Command);
            doc.push(Block::Paragraph(more));
        }
    }

    fn footer(&self) -> Vec<(String, Line)> {
        let report = self.report;
        let totals = &report.totals;
        let input = short_tokens(totals.consumption.input_tokens);
        let output = short_tokens(totals.consumption.output_tokens);
        let mut facts = vec![
            ("trials".to_owned(), Line::from(totals.counts.sentence())),
            ("calls".to_owned(), Line::from(self.calls())),
        ];
        // Without a reply there is neither a token nor a price to speak of, unless failing calls cost something.
        if totals.consumption.replies > 0 {
            facts.push(("tokens".to_owned(), Line::from(format!("{input} in, {output} out"))));
        }
        if totals.consumption.replies > 0 || totals.consumption.spent_usd.is_some_and(|spent| spent > Usd::ZERO) {
            facts.push(("cost".to_owned(), Line::from(self.cost())));
        }
        if let Some(judging) = &report.judging {
            facts.push(("judges".to_owned(), Line::from(judging_sentence(judging))));
        }
        if let Some(comparing) = &report.comparing {
            let text = format!("{}, for all variants together", judging_sentence(comparing));
            facts.push(("of these, comparisons".to_owned(), Line::from(text)));
        }
        let doubled = totals.possible_double_charges;
        if doubled > 0 {
            let text = format!("{} may have been billed twice", counted(doubled, "call", "calls"));
            facts.push(("billing".to_owned(), Line::from(text)));
        }
        for route in &report.routes {
            let models: Vec<String> = route
                .models
                .iter()
                .map(|answered| format!("{} by {}", Tokens(answered.calls), answered.model))
                .collect();
            facts.push((route.route.to_string(), Line::from(models.join(", "))));
        }
        for breaker in &report.breakers {
            let times = counted(breaker.openings, "time", "times");
            let text = format!("{} failed so often in a row that calls waited, {times}", breaker.provider);
            facts.push(("outages".to_owned(), Line::from(text)));
        }
        let mut rates = report.suites.iter().flat_map(|suite| &suite.groups).filter_map(|group| group.pass_rate);
        if rates.any(|rate| rate.clustered) {
            facts.push(("rates".to_owned(), Line::from("each with its 95 % interval, wider where cases are related")));
        }
        if let Some(k) = repeats::most(report) {
            let text = format!("pass@{k}: at least one of {k} repeats of a case passes; pass^{k}: all do");
            facts.push(("repeats".to_owned(), Line::from(text)));
        }
        if let Some(outdated) = &report.outdated_checks {
            let text =
                format!("scored by other versions of checks than today's, so not compared with new runs: {outdated}");
            facts.push(("outdated".to_owned(), Line::from(text)));
        }
        let mut run = Line::of(report.run.id.as_str(), Tone::Strong);
        if let Some(path) = self.stored_in {
            run = run.text(format!(" in {path}"));
        }
        if let Some(duration) = report.run.duration_ms {
            run = run.text(format!(" · {duration}"));
        }
        if let Some(git) = &report.run.git {
            let commit: String = git.commit.chars().take(7).collect();
            let state = if git.dirty { ", with changes" } else { "" };
            run = run.then(format!(" · commit {commit}{state}"), Tone::Dim);
        }
        facts.push((if self.stored_in.is_some() { "stored" } else { "run" }.to_owned(), run));
        if let Some(batch) = report.run.batch.filter(|_| report.run.status != RunStatus::Complete) {
            facts.push(("batch".to_owned(), Line::from(batch.sentence())));
        }
        if let Some(command) = self.next_step() {
            facts.push(("next".to_owned(), Line::of(command, Tone::Command)));
        }
        facts
    }

    fn calls(&self) -> String {
        let cache = &self.report.cache;
        if self.report.run.calls == "replay" {
            let replies = counted(self.report.totals.consumption.replies, "reply", "replies");
            return format!("{replies} replayed from cassettes, nothing was called");
        }
        let retries = self.report.totals.http_attempts.saturating_sub(cache.live);
        let mut parts = Vec::new();
        for (n, what) in [
            (cache.live, "live"),
            (cache.hits, "from the cache"),
            (cache.semantic_hits, "from similar questions"),
            (cache.shared, "shared with an identical call"),
            (cache.cassette, "from cassettes"),
            (cache.mock, "mocked"),
        ] {
            if n > 0 {
                parts.push(format!("{} {what}", Tokens(n)));
            }
        }
        if retries > 0 {
            parts.push(counted(retries, "retry", "retries"));
        }
        if cache.saved_usd.is_some() {
            let mut saved = format!("saved {}", shown_cost(cache.saved_usd, cache.unknown_saved_calls));
            // Less is not worth a word.
            if cache.saved_ms >= Millis(1_000) {
                saved.push_str(&format!(" and {} of waiting", cache.saved_ms));
            }
            parts.push(saved);
        }
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    }

    fn cost(&self) -> String {
        let used = &self.report.totals.consumption;
        let mut text = format!("spent {}", used.spent());
        if used.cost() != used.spent() {
            text.push_str(&format!(", the replies are worth {}", used.cost()));
        }
        if used.unknown_cost_calls > 0 {
            let of = counted(used.unknown_cost_calls, "reply has", "replies have");
            text.push_str(&format!(" ({of} no known price)"));
        }
        text
    }

    fn next_step(&self) -> Option<String> {
        let run = &self.report.run;
        self.stored_in?;
        let is_under_way = run.batch.is_some_and(|batch| batch.ended < batch.chunks);
        let command = match run.status {
            RunStatus::Running if is_under_way => format!("karat eval collect {}", run.id),
            RunStatus::Interrupted | RunStatus::OverBudget | RunStatus::Aborted | RunStatus::Running => {
                format!("karat eval --resume {}", run.id)
            }
            // Nothing failed, some calls did: those alone are repeated, in the same run.
            RunStatus::Complete if self.report.failures_total > 0 && self.report.totals.counts.fail == 0 => {
                format!("karat eval --resume {} --retry-errors", run.id)
            }
            // Which inputs are smallest is told beside; the others are run again one by one.
            RunStatus::Complete if run.fuzz.is_some() => return None,
            RunStatus::Complete if self.report.failures_total > 0 => format!("karat eval --failed-in {}", run.id),
            RunStatus::Complete => return None,
        };
        Some(self.with_flags(command))
    }

    /// A command, with the flags it needs to find this run again.
    fn with_flags(&self, command: String) -> String {
        if self.flags.is_empty() { command } else { format!("{command} {}", self.flags) }
    }

    fn shown_model(&self, failure: &Failure) -> String {
        let suites = self.report.suites.iter().filter(|suite| suite.name == failure.suite);
        let mut groups = suites.flat_map(|suite| suite.groups.iter().map(move |group| (suite, group)));
        let known = groups.find(|(_, group)| group.variant == failure.variant);
        let known = known.map(|(suite, group)| suite.shown_model(group));
        known.or_else(|| failure.model.as_ref().map(ToString::to_string)).unwrap_or_else(|| "unknown model".to_owned())
    }

    fn entry(&self, failure: &Failure) -> Entry {
        let mut entry = entry(failure, &self.shown_model(failure));
        let rerun = self.with_flags(failure.rerun.clone());
        entry.lines.push(("rerun".to_owned(), Line::of(rerun, Tone::Command)));
        entry
    }
}

/// `12 questions (10 live, 1 failed), spent $0.01 of it, the answers are worth $0.02`.
fn judging_sentence(judging: &JudgeTotals) -> String {
    let mut parts = vec![format!("{} live", Tokens(judging.live))];
    if judging.failed > 0 {
        parts.push(format!("{} failed", Tokens(judging.failed)));
    }
    let spent = shown_cost(Some(judging.spent_usd), judging.unknown_spent_calls);
    let worth = shown_cost(judging.cost_usd, judging.unknown_cost_calls);
    let asked = counted(judging.calls, "question", "questions");
    let mut text = format!("{asked} ({}), spent {spent} on them", parts.join(", "));
    if worth != spent {
        text.push_str(&format!(", the answers are worth {worth}"));
    }
    text
}

fn entry(failure: &Failure, model: &str) -> Entry {
    let mut head = Line::of(failure.case.as_str(), Tone::Strong);
    if failure.repeat > 0 {
        head = head.text(format!(" (repeat {})", failure.repeat));
    }
    head = head.then(format!("  {} · {} · {model}", failure.suite, failure.prompt), Tone::Dim);
    if let Some(latency) = failure.latency_ms {
        head = head.then(format!(" · {latency}"), Tone::Dim);
    }
    let mut entry = Entry::new(failure.outcome.word(), Tone::of_outcome(failure.outcome), head);
    // The note of an ungraded trial quotes the check that is ungraded, which is shown below.
    let repeats = |note: &&String| {
        failure.scores.iter().any(|check| !check.reason.is_empty() && note.contains(check.reason.as_str()))
    };
    if let Some(note) = failure.note.as_ref().filter(|note| !repeats(note)) {
        let label = failure.error_kind.map_or("why", |kind| kind.word());
        entry.lines.push((label.to_owned(), Line::from(note.as_str())));
    }
    let telling = |check: &&CheckResult| match failure.outcome {
        Outcome::Fail => check.word() != "pass" && check.word() != "n/a",
        _ => check.word() == "ungraded" || check.word() == "fail",
    };
    for check in failure.scores.iter().filter(telling) {
        entry.lines.push((check.name.clone(), Line::from(check.reason.as_str())));
    }
    if let (Some(output), Some(chars)) = (&failure.output, failure.output_chars) {
        let reply = if chars == 0 { Line::of("(empty)", Tone::Dim) } else { Line::quote(output.as_str(), chars) };
        entry.lines.push(("reply".to_owned(), reply));
    }
    entry
}

/// Whole points below 100 cases, where a decimal would mean nothing; never 100 % for less than all.
pub(super) fn percent(rate: Rate) -> String {
    let whole = (rate.estimate * 100.0).round();
    let hides = (whole >= 100.0 && rate.estimate < 1.0) || (whole <= 0.0 && rate.estimate > 0.0);
    if rate.n <= 100 && !hides { format!("{whole:.0} %") } else { Ratio::clamped(rate.estimate).to_string() }
}

fn latency(millis: f64) -> String {
    Millis::of(Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()).to_string()
}

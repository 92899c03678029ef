//! Single trials, whole: what was asked, what came back, how it was scored, what it took.

use serde::Serialize;
use serde_json::Value;

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::present::View;
use crate::base::{Digest, Millis, ModelRef, Ratio, RunId, SafeName, Tokens, Usd};
use crate::eval::{CheckResult, SCHEMA_VERSION, visible_output};
use crate::record::{
    CallError, CallRecord, CallSource, ChatReply, ChatRequest, Media, Message, Outcome, Part, RouteNote, SemanticMatch,
    TrialRecord, Vars,
};

/// Characters of each text of a judge that are shown.
const SHOWN_CHARS: usize = 2_000;

/// Trials of one run, such as those of one case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialsReport<'a> {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run.
    pub run: RunId,
    /// In the order of the plan.
    pub trials: Vec<TrialReport<'a>>,
}

impl<'a> TrialsReport<'a> {
    /// These trials of a run.
    pub fn of(run: RunId, trials: Vec<TrialReport<'a>>) -> TrialsReport<'a> {
        TrialsReport { schema_version: SCHEMA_VERSION, run, trials }
    }
}

/// One trial, in the flat form of the reports; a line of the JSON Lines export.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialReport<'a> {
    /// Its place in the plan.
    pub ordinal: u64,
    /// Name of the suite.
    pub suite: &'a SafeName,
    /// The case.
    pub case: CaseFacts<'a>,
    /// Shown name of the prompt; `None` when the run does not know the variant.
    pub prompt: Option<&'a str>,
    /// The model; `None` when the run does not know the variant.
    pub model: Option<&'a ModelRef>,
    /// Digest of the variant.
    pub variant: Digest,
    /// 0-based repeat.
    pub repeat: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Weighted mean of its scored checks.
    pub score: Option<Ratio>,
    /// Why it errored or was ungraded or skipped.
    pub note: Option<&'a str>,
    /// One per check, in the order of the suite.
    pub scores: Vec<CheckResult>,
    /// The call under test; `None` when skipped.
    pub call: Option<CallReport<'a>>,
    /// What its checks asked judges, in the order of the answers; absent when they asked none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub judging: Vec<JudgingReport<'a>>,
    /// From the moment it was started to its score, waits included.
    pub wall_ms: Millis,
}

/// The case of a trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseFacts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Of its content.
    pub digest: Digest,
    /// Its variables.
    pub vars: &'a Vars,
    /// The right answer, where there is one.
    pub expected: Option<&'a Value>,
    /// Passages the answer must rest on.
    pub context: &'a [String],
    /// Words to select by.
    pub tags: &'a [String],
    /// Cases that belong together.
    pub group: Option<&'a str>,
    /// How much it counts.
    pub weight: f64,
}

/// A question of a check to a judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgingReport<'a> {
    /// Who was asked.
    pub model: &'a ModelRef,
    /// The call.
    #[serde(flatten)]
    pub call: CallReport<'a>,
}

/// The call of a trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallReport<'a> {
    /// Where the reply came from.
    pub source: CallSource,
    /// What was asked.
    pub request: &'a ChatRequest,
    /// What came back; `None` when the call failed.
    pub reply: Option<&'a ChatReply>,
    /// Why the call failed; `None` when it did not.
    pub error: Option<&'a CallError>,
    /// Time of the answering attempt.
    pub latency_ms: Millis,
    /// Time to the first token of a streamed reply; the reply's `stream` says more. Absent when it was not streamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<Millis>,
    /// Time spent waiting for limits and between retries.
    pub waited_ms: Millis,
    /// HTTP attempts.
    pub attempts: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: String,
    /// What the reply costs, whoever paid for it; `None` is unknown.
    pub cost_usd: Option<Usd>,
    /// What this run spent on it; `None` is unknown.
    pub spent_usd: Option<Usd>,
    /// An attempt timed out after it was sent, or was given up for a faster one, and may be billed as well.
    pub possible_double_charge: bool,
    /// What the semantic cache had; absent when it had nothing or was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semantic: Option<&'a SemanticMatch>,
    /// Second requests that were made because the first took long.
    #[serde(skip_serializing_if = "is_zero")]
    pub hedges: u32,
    /// The model that answered, when a route was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<&'a ModelRef>,
    /// How the route came to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<&'a RouteNote>,
}

impl<'a> TrialReport<'a> {
    /// The report of a stored trial, with prompt and model of its variant.
    pub fn of(trial: &'a TrialRecord, prompt: Option<&'a str>, model: Option<&'a ModelRef>) -> TrialReport<'a> {
        let case = &*trial.case;
        TrialReport {
            ordinal: trial.ordinal,
            suite: &trial.suite,
            case: CaseFacts {
                id: case.id.as_str(),
                digest: case.digest,
                vars: &case.vars,
                expected: case.expected.as_ref(),
                context: &case.context,
                tags: &case.tags,
                group: case.group.as_deref(),
                weight: case.weight,
            },
            prompt,
            model,
            variant: trial.variant,
            repeat: trial.repeat,
            outcome: trial.outcome,
            score: trial.score,
            note: trial.note.as_deref(),
            scores: trial.scores.iter().map(CheckResult::in_full).collect(),
            call: trial.call.as_ref().map(CallReport::of),
            judging: trial
                .judging
                .iter()
                .map(|call| JudgingReport { model: &call.model, call: CallReport::of(call) })
                .collect(),
            wall_ms: trial.wall_ms,
        }
    }
}

impl<'a> CallReport<'a> {
    /// The report of a stored call.
    pub fn of(call: &'a CallRecord) -> CallReport<'a> {
        CallReport {
            source: call.source,
            request: &call.request,
            reply: call.reply.as_ref().ok(),
            error: call.reply.as_ref().err(),
            latency_ms: call.latency_ms,
            ttft_ms: call.reply.as_ref().ok().and_then(|reply| reply.stream?.first_token_ms),
            waited_ms: call.waited_ms,
            attempts: call.attempts,
            started: call.started.to_rfc3339(),
            cost_usd: call.cost,
            spent_usd: call.spent(),
            possible_double_charge: call.possible_double_charge,
            semantic: call.semantic.as_ref(),
            hedges: call.hedges,
            answered_by: call.answered_by.as_ref(),
            route: call.route.as_ref(),
        }
    }
}

impl View for TrialsReport<'_> {
    const WHAT: &'static str = "the trials of a run";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        if self.trials.is_empty() {
            doc.push(Block::Paragraph(Line::from(format!("no such trial in run {}", self.run))));
        }
        self.trials.iter().for_each(|trial| show_trial(trial, &mut doc));
        doc
    }

    fn lines(&self) -> Option<Vec<Value>> {
        self.trials.iter().map(|trial| serde_json::to_value(trial).ok()).collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn show_trial(trial: &TrialReport<'_>, doc: &mut Doc) {
    let model = trial.model.map_or("unknown model".to_owned(), ToString::to_string);
    let prompt = trial.prompt.unwrap_or("unknown prompt");
    let repeat = if trial.repeat > 0 { format!(" (repeat {})", trial.repeat) } else { String::new() };
    let heading = Line::of(trial.outcome.word(), Tone::of_outcome(trial.outcome))
        .text("  ")
        .then(format!("{}{repeat}", trial.case.id), Tone::Strong)
        .then(format!("  {} · {prompt} · {model}", trial.suite), Tone::Dim);
    doc.push(Block::Heading(heading));
    doc.push(Block::Facts(facts(trial)));
    if !trial.scores.is_empty() {
        doc.push(Block::Table(check_table(&trial.scores)));
    }
    let Some(call) = &trial.call else { return };
    for message in &call.request.messages {
        show_text(message.role.word(), &message_text(message), doc);
    }
    if let Some(reply) = call.reply {
        for (index, passage) in reply.contexts.iter().enumerate() {
            show_text(&format!("context {}", index + 1), passage, doc);
        }
        show_text("reply", &visible_output(reply), doc);
        // Without a text they are the reply themselves.
        if !reply.text.is_empty() && !reply.tool_calls.is_empty() {
            let calls: Vec<String> =
                reply.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments)).collect();
            show_text("tool calls", &calls.join("\n"), doc);
        }
    }
    show_judging(trial, doc);
}

/// What checks kept beside their scores, and what judges were asked and answered; the export has all of it.
fn show_judging(trial: &TrialReport<'_>, doc: &mut Doc) {
    for check in &trial.scores {
        if let Some(details) = &check.details {
            let text = serde_json::to_string_pretty(details).unwrap_or_default();
            show_text(&format!("details of {}", check.name), &cut(&text), doc);
        }
    }
    for (index, judging) in trial.judging.iter().enumerate() {
        let call = &judging.call;
        let cost = call.cost_usd.map_or("—".to_owned(), |usd| usd.to_string());
        let about = format!("judge {}: {} · {} · {cost}", index + 1, judging.model, call.source.word());
        doc.push(Block::Heading(Line::of(about, Tone::Strong)));
        for message in &call.request.messages {
            show_text(&format!("judge {}, {}", index + 1, message.role.word()), &cut(&message_text(message)), doc);
        }
        let title = format!("judge {}, answer", index + 1);
        match (call.reply, call.error) {
            (Some(reply), _) => show_text(&title, &cut(&visible_output(reply)), doc),
            (None, Some(error)) => show_text(&title, &error.to_string(), doc),
            (None, None) => {}
        }
    }
}

/// The beginning of a long text, with its length told.
fn cut(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= SHOWN_CHARS {
        return text.to_owned();
    }
    let shown: String = text.chars().take(SHOWN_CHARS).collect();
    format!("{shown}… ({chars} characters)")
}

fn show_text(title: &str, text: &str, doc: &mut Doc) {
    doc.push(Block::Heading(Line::of(title, Tone::Strong)));
    if text.is_empty() {
        doc.push(Block::Paragraph(Line::of("(empty)", Tone::Dim)));
    } else {
        doc.push(Block::Code(text.to_owned()));
    }
}

fn facts(trial: &TrialReport<'_>) -> Vec<(String, Line)> {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), Line::from(value)));
    if let Some(note) = trial.note {
        fact("why", note.to_owned());
    }
    if let Some(score) = trial.score {
        fact("score", format!("{:.3}", score.get()));
    }
    if let Some(expected) = trial.case.expected {
        fact("expected", expected.as_str().map_or_else(|| expected.to_string(), str::to_owned));
    }
    let Some(call) = &trial.call else { return facts };
    if let Some(error) = call.error.filter(|error| Some(error.message.as_str()) != trial.note) {
        fact(error.kind.word(), error.message.clone());
    }
    let mut took = format!("{} · {}", call.source.word(), call.latency_ms);
    if let Some(first) = call.ttft_ms {
        took.push_str(&format!(" · first token after {first}"));
    }
    if call.attempts > 1 {
        took.push_str(&format!(" · {} attempts", call.attempts));
    }
    if call.waited_ms > Millis(0) {
        took.push_str(&format!(" · waited {}", call.waited_ms));
    }
    if call.hedges > 0 {
        took.push_str(&format!(" · {} hedged", call.hedges));
    }
    fact("call", took);
    if let Some(found) = call.semantic {
        let mut like = format!("{:.4} like the question of call {}", found.similarity, found.origin.short());
        if let Some(agreement) = found.agreement {
            like.push_str(if agreement.same_text { ", same answer" } else { ", another answer" });
        }
        fact("similar", like);
    }
    if let (Some(model), Some(route)) = (call.answered_by, call.route) {
        fact("answered by", format!("{model} ({}: {})", route.strategy.word(), route.why));
        if let (Some(characters), Some(broken)) = (route.continued_after, route.tried.last()) {
            fact(
                "continued",
                format!("the first {characters} characters are of {}, whose stream broke off", broken.model),
            );
        }
    }
    let money = |usd: Option<Usd>| usd.map_or("—".to_owned(), |usd| usd.to_string());
    let mut cost = format!("{}, spent {}", money(call.cost_usd), money(call.spent_usd));
    if call.possible_double_charge {
        cost.push_str(" (an attempt that was not answered to its end may be billed as well)");
    }
    fact("cost", cost);
    if let Some(reply) = call.reply {
        if let Some(usage) = reply.usage {
            let shown = |tokens: Option<Tokens>| tokens.map_or("—".to_owned(), |tokens| tokens.to_string());
            fact("tokens", format!("{} in, {} out", shown(usage.total_input()), shown(usage.total_output())));
        }
        fact("finish", reply.finish.word().to_owned());
        for warning in &reply.warnings {
            fact("altered", format!("{} {}: {}", warning.param, warning.action, warning.reason));
        }
    }
    facts
}

fn check_table(scores: &[CheckResult]) -> Table {
    let mut columns = vec![Column::names("result"), Column::names("check"), Column::numbers("score")];
    columns.push(Column::numbers("weight"));
    columns.push(Column::words("reason"));
    let rows = scores.iter().map(|check| {
        let tone = match check.word() {
            "pass" => Tone::Pass,
            "fail" => Tone::Fail,
            "n/a" => Tone::Dim,
            _ => Tone::Unsure,
        };
        vec![
            Line::of(check.word(), tone),
            Line::from(check.name.as_str()),
            Line::from(check.value.map_or("—".to_owned(), |value| format!("{:.2}", value.get()))),
            Line::from(check.weight.to_string()),
            Line::from(check.reason.as_str()),
        ]
    });
    Table { columns, rows: rows.collect() }.without_boring("weight", "1")
}

fn message_text(message: &Message) -> String {
    let parts: Vec<String> = message.parts.iter().map(part_text).collect();
    parts.join("\n")
}

fn part_text(part: &Part) -> String {
    match part {
        Part::Text(text) => text.clone(),
        Part::Reasoning { text, .. } => format!("[reasoning] {text}"),
        Part::Image(media) => format!("[image {}]", media_text(media)),
        Part::File { name, media } => format!("[file {name} {}]", media_text(media)),
        Part::ToolCall(call) => format!("{}({})", call.name, call.arguments),
        Part::ToolResult { id, text, is_error } => {
            format!("[{} of {id}] {text}", if *is_error { "error" } else { "result" })
        }
    }
}

fn media_text(media: &Media) -> String {
    match media {
        Media::Url(url) => url.clone(),
        Media::Base64 { mime, data } => format!("{mime}, {} characters of base64", data.len()),
    }
}

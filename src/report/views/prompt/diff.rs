//! Two prompts side by side: texts word by word, variables, parameters, tokens, cost, and what each scored.

use serde::Serialize;
use serde_json::Value;

use super::super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::super::super::present::View;
use super::edit_lines::edit_lines;
use super::results::{PromptResult, PromptResults, shown_result, shown_usd};
use crate::base::{Digest, ModelRef, RunId, SafeName, Tokens, Usd};
use crate::eval::{SCHEMA_VERSION, shown_cost_range};
use crate::prompt::{Change, Mark, MessageDiff, OverrideDiff, Prompt, PromptDiff, ValueChange, VariableDiff};
use crate::record::{Incomparable, Role};

/// Most characters of a value in a sentence.
const VALUE_CHARS: usize = 60;

/// What differs between two prompts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiffReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The first prompt.
    pub before: DiffSide,
    /// The second prompt.
    pub after: DiffSide,
    /// What differs as written.
    #[serde(flatten)]
    pub diff: PromptDiff,
    /// What differs in what is sent, with the variables that were given; `null` when none were.
    pub rendered: Option<RenderedDiff>,
    /// What the tokens and cost of a call are counted on: `template`, the text as written, or `rendered`.
    pub counted_on: &'static str,
    /// Tokens and cost by model.
    pub models: Vec<ModelEstimate>,
    /// What each scored.
    pub results: SideResults,
}

/// One of the two prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffSide {
    /// Its name, such as `code-review@1.2.0`.
    pub prompt: String,
    /// Digest of its content.
    pub digest: Digest,
    /// Its file.
    pub path: String,
}

impl DiffSide {
    /// This prompt.
    pub fn of(prompt: &Prompt) -> DiffSide {
        DiffSide { prompt: prompt.name.clone(), digest: prompt.digest, path: prompt.place.path.display().to_string() }
    }
}

/// The two prompts with the same variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenderedDiff {
    /// Where the variables are from: `SUITE:ID`, or `variables`.
    pub with: String,
    /// The model that overrides were applied for.
    pub model: ModelRef,
    /// The messages of both; empty unless both can be rendered.
    pub messages: Vec<MessageDiff>,
    /// Whether the first can be rendered.
    pub before: RenderedSide,
    /// Whether the second can be rendered.
    pub after: RenderedSide,
}

/// Whether a prompt can be rendered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RenderedSide {
    /// Why it cannot.
    pub problem: Option<String>,
}

/// Tokens and cost of a call of one model with each prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelEstimate {
    /// The model.
    pub model: ModelRef,
    /// With the first prompt; `null` when it cannot be rendered.
    pub before: Option<CallEstimate>,
    /// With the second prompt.
    pub after: Option<CallEstimate>,
}

/// What a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CallEstimate {
    /// Input tokens.
    pub input_tokens: Tokens,
    /// Whether they are counted with the model's own vocabulary.
    pub input_exact: bool,
    /// Most output tokens.
    pub most_output_tokens: Tokens,
    /// Cost with the shortest answer; `null` when the price is unknown.
    pub cost_low_usd: Option<Usd>,
    /// Cost with the longest answer; `null` when the price is unknown.
    pub cost_high_usd: Option<Usd>,
}

/// What each prompt scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SideResults {
    /// The first.
    pub before: PromptResults,
    /// The second.
    pub after: PromptResults,
    /// Pairs of results on the same suite whose checks were of different versions: they are not compared. Absent when
    /// there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incomparable: Vec<IncomparableResults>,
}

/// Two runs of a suite whose scores different versions of checks gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncomparableResults {
    /// The suite.
    pub suite: SafeName,
    /// The run of the first prompt.
    pub before: RunId,
    /// The run of the second prompt.
    pub after: RunId,
    /// What differs.
    #[serde(flatten)]
    pub why: Incomparable,
}

impl DiffReport {
    /// A report of this difference, without anything rendered, counted or scored yet.
    pub fn of(before: &Prompt, after: &Prompt) -> DiffReport {
        DiffReport {
            schema_version: SCHEMA_VERSION,
            before: DiffSide::of(before),
            after: DiffSide::of(after),
            diff: PromptDiff::of(before, after),
            rendered: None,
            counted_on: "template",
            models: Vec::new(),
            results: SideResults {
                before: PromptResults::none(before.digest),
                after: PromptResults::none(after.digest),
                incomparable: Vec::new(),
            },
        }
    }

    fn show_written(&self, doc: &mut Doc) {
        let diff = &self.diff;
        if let Some(about) = &diff.about {
            doc.push(Block::Heading(Line::of("about", Tone::Strong)));
            doc.push(Block::Edits(edit_lines(about)));
        }
        show_messages("message", &diff.messages, doc);
        for partial in &diff.partials {
            doc.push(heading("partial", &format!("{} {}", partial.name, word(partial.change))));
            doc.push(Block::Edits(edit_lines(&partial.text)));
        }
        let sections = [
            ("variables", diff.variables.iter().map(variable_line).collect::<Vec<_>>()),
            ("params", diff.params.iter().map(value_line).collect()),
            ("overrides by model", diff.overrides.iter().map(override_line).collect()),
            ("output", diff.output.iter().map(value_line).collect()),
            ("other", diff.other.iter().map(value_line).collect()),
        ];
        for (title, lines) in sections.into_iter().filter(|(_, lines)| !lines.is_empty()) {
            doc.push(Block::Heading(Line::of(title, Tone::Strong)));
            doc.push(Block::List(lines));
        }
    }

    fn show_rendered(&self, rendered: &RenderedDiff, doc: &mut Doc) {
        doc.push(heading("rendered", &format!("with {} for {}", rendered.with, rendered.model)));
        let sides = [(&self.before, &rendered.before), (&self.after, &rendered.after)];
        let problems: Vec<Line> = sides
            .into_iter()
            .filter_map(|(side, rendered)| Some((side, rendered.problem.as_ref()?)))
            .map(|(side, problem)| Line::from(format!("{} cannot be rendered: {problem}", side.prompt)))
            .collect();
        if !problems.is_empty() {
            doc.push(Block::List(problems));
        } else if rendered.messages.iter().all(|message| message.change == Change::Same) {
            doc.push(Block::Paragraph(Line::from("the same messages")));
        }
        show_messages("rendered message", &rendered.messages, doc);
    }

    fn show_models(&self, doc: &mut Doc) {
        if self.models.is_empty() {
            return;
        }
        let on = if self.counted_on == "template" { "the text as written" } else { "the rendered messages" };
        doc.push(heading("tokens and cost of a call", &format!("by {on}")));
        let columns = vec![
            Column::names("model"),
            Column::numbers("input"),
            Column::numbers("change"),
            Column::numbers("cost before"),
            Column::numbers("cost after"),
        ];
        let rows = self.models.iter().map(ModelEstimate::cells).collect();
        doc.push(Block::Table(Table { columns, rows }));
    }

    fn show_results(&self, doc: &mut Doc) {
        doc.push(Block::Heading(Line::of("results", Tone::Strong)));
        let sides = [(&self.before, &self.results.before), (&self.after, &self.results.after)];
        if sides.iter().all(|(_, results)| results.results.is_empty()) {
            doc.push(Block::Paragraph(Line::from("neither was evaluated yet")));
            return;
        }
        let columns = vec![
            Column::names("prompt"),
            Column::names("result"),
            Column::words("suite"),
            Column::words("model"),
            Column::numbers("cost/call"),
            Column::names("evaluated"),
        ];
        let rows = |(side, results): (&DiffSide, &PromptResults)| -> Vec<Vec<Line>> {
            if results.results.is_empty() {
                let mut cells = vec![Line::from(side.prompt.as_str()), Line::from("not evaluated")];
                cells.resize(6, Line::from("—"));
                return vec![cells];
            }
            results.results.iter().map(|result| result_row(side, result)).collect()
        };
        doc.push(Block::Table(Table { columns, rows: sides.into_iter().flat_map(rows).collect() }));
        let notes = self.results.incomparable.iter().map(|pair| {
            Line::from(format!(
                "the results on {} are not comparable: {} (runs {} and {}); run the older one again",
                pair.suite, pair.why, pair.before, pair.after
            ))
        });
        doc.push_list(notes.collect());
    }
}

impl View for DiffReport {
    const WHAT: &'static str = "the difference of two prompts";

    fn doc(&self) -> Doc {
        let mut doc = Doc::new();
        let names = format!("{} → {}", self.before.prompt, self.after.prompt);
        let what = match (self.diff.is_empty(), self.diff.same_content) {
            (true, _) => "  nothing differs",
            (false, true) => "  the same is sent; only `about` differs",
            (false, false) => "",
        };
        doc.push(Block::Heading(Line::of(names, Tone::Strong).text(what)));
        self.show_written(&mut doc);
        if let Some(rendered) = &self.rendered {
            self.show_rendered(rendered, &mut doc);
        }
        self.show_models(&mut doc);
        self.show_results(&mut doc);
        doc
    }
}

impl ModelEstimate {
    fn cells(&self) -> Vec<Line> {
        let count = |side: Option<CallEstimate>| side.map(|side| side.input_tokens);
        let (before, after) = (count(self.before), count(self.after));
        let shown = |side: Option<CallEstimate>| match side {
            Some(side) if side.input_exact => side.input_tokens.to_string(),
            Some(side) => format!("~{}", side.input_tokens),
            None => "—".to_owned(),
        };
        let change = match (before, after) {
            (Some(Tokens(before)), Some(Tokens(after))) if after >= before => format!("+{}", Tokens(after - before)),
            (Some(Tokens(before)), Some(Tokens(after))) => format!("-{}", Tokens(before - after)),
            _ => "—".to_owned(),
        };
        vec![
            Line::from(self.model.to_string()),
            Line::from(format!("{} → {}", shown(self.before), shown(self.after))),
            Line::from(change),
            Line::from(shown_call(self.before)),
            Line::from(shown_call(self.after)),
        ]
    }
}

fn shown_call(side: Option<CallEstimate>) -> String {
    side.map_or("—".to_owned(), |side| shown_cost_range(side.cost_low_usd, side.cost_high_usd, 0))
}

fn result_row(side: &DiffSide, result: &PromptResult) -> Vec<Line> {
    vec![
        Line::from(side.prompt.as_str()),
        shown_result(result.verdict, result.pass_rate),
        Line::from(result.suite.as_str()),
        Line::from(result.model.to_string()),
        Line::from(shown_usd(result.cost_per_call_usd)),
        Line::from(result.started.chars().take(10).collect::<String>()),
    ]
}

fn heading(what: &str, more: &str) -> Block {
    Block::Heading(Line::of(what, Tone::Strong).text(format!("  {more}")))
}

fn show_messages(what: &str, messages: &[MessageDiff], doc: &mut Doc) {
    for message in messages.iter().filter(|message| message.change != Change::Same) {
        let number = message.after.or(message.before).unwrap_or_default();
        let moved = match (message.before, message.after) {
            (Some(before), Some(after)) if before != after => format!(", was message {before}"),
            _ => String::new(),
        };
        let role = match (message.role_before, message.role_after) {
            (Some(before), Some(after)) if before != after => format!("{} → {}", before.word(), after.word()),
            (before, after) => after.or(before).map_or("", Role::word).to_owned(),
        };
        doc.push(heading(&format!("{what} {number}"), &format!("{role}, {}{moved}", word(message.change))));
        let is_same_text = message.text.iter().all(|piece| piece.mark == Mark::Same);
        if message.change == Change::Changed && is_same_text && !message.has_new_role() {
            doc.push(Block::Paragraph(Line::from("the same text in other parts")));
        } else if !is_same_text {
            doc.push(Block::Edits(edit_lines(&message.text)));
        }
    }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Same => "the same",
        Change::Added => "added",
        Change::Removed => "removed",
        Change::Changed => "changed",
    }
}

fn variable_line(variable: &VariableDiff) -> Line {
    let breaking = if variable.is_breaking() { ", callers must change" } else { "" };
    let required = match variable.change {
        Change::Added if variable.required_after => ", required",
        Change::Added => ", optional",
        Change::Same | Change::Removed | Change::Changed => "",
    };
    let head = format!("`{}` {}{required}{breaking}", variable.name, word(variable.change));
    match variable.change {
        Change::Changed => Line::from(format!("{head}: {}", values(&variable.rules))),
        Change::Same | Change::Added | Change::Removed => Line::from(head),
    }
}

fn override_line(over: &OverrideDiff) -> Line {
    Line::from(format!("`{}` {}: {}", over.pattern, word(over.change), values(&over.values)))
}

fn value_line(change: &ValueChange) -> Line {
    Line::from(value(change))
}

fn values(changes: &[ValueChange]) -> String {
    changes.iter().map(value).collect::<Vec<_>>().join(", ")
}

fn value(change: &ValueChange) -> String {
    let shown = |value: &Option<Value>| match value {
        None => "—".to_owned(),
        Some(value) => {
            let text = value.to_string();
            let cut = text.chars().count() > VALUE_CHARS;
            let kept: String = text.chars().take(VALUE_CHARS).collect();
            if cut { format!("{kept}…") } else { kept }
        }
    };
    format!("{} {} → {}", change.key, shown(&change.before), shown(&change.after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_from_before_to_after_and_cut_when_long() {
        let change = |before: Option<Value>, after: Option<Value>| ValueChange { key: "k".to_owned(), before, after };
        assert_eq!(value(&change(None, Some(Value::from(1)))), "k — → 1");
        let long = value(&change(Some(Value::from("x".repeat(200))), None));
        assert!(long.chars().count() < 80 && long.ends_with("… → —"), "{long}");
    }
}

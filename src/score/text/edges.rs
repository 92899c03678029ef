//! The beginning and the end of the output: what `starts_with` and `ends_with` share.

use serde_json::json;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{OptionSpec, Prepared};
use super::compare::TextRule;

pub(super) const OPTIONS: &[OptionSpec] = &[
    OptionSpec::value("value", "text", "the text at that end"),
    OptionSpec::flag("ignore_case", "compares without case (Unicode)"),
    OptionSpec::flag("trim", "ignores white space at both ends of the output"),
];

/// Which end of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    Start,
    End,
}

pub(super) fn prepare(settings: &Settings, edge: Edge) -> Result<Prepared, Vec<Fault>> {
    let shown = text_of("value", "", settings.value()?).map_err(Fault::alone)?;
    let rule = TextRule { ignore_case: settings.flag("ignore_case"), trim: settings.flag("trim"), normalize: false };
    let wanted = TextRule { trim: false, ..rule }.apply(&shown).into_owned();
    let canonical = json!(shown);
    Ok(Prepared::new(AtEdge { shown, wanted, rule, edge }).canonical("value", canonical))
}

struct AtEdge {
    shown: String,
    wanted: String,
    rule: TextRule,
    edge: Edge,
}

impl Scorer for AtEdge {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let compared = self.rule.apply(text);
        let (holds, seen, verb) = match self.edge {
            Edge::Start => (compared.starts_with(&self.wanted), reason::quote(text), "starting"),
            Edge::End => (compared.ends_with(&self.wanted), end_of(text), "ending"),
        };
        let wanted = format!("text {verb} with {}{}", reason::quote(&self.shown), self.rule.phrase());
        Finding::of_bool(holds, seen, wanted)
    }
}

/// The end of a long text, quoted.
fn end_of(text: &str) -> String {
    let total = text.chars().count();
    if total <= 80 {
        return reason::quote(text);
    }
    let tail: String = text.chars().skip(total - 60).collect();
    format!("\"…{}\" ({total} characters)", reason::clean(&tail))
}

//! What comparisons of answers share: who is compared, and what the judge is told of the question.

use serde_json::Value;

use super::super::among::{Field, common};
use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{OptionKind, OptionSpec};
use super::subject::Asked;

/// The option of checks that compare.
pub(super) const AMONG: OptionSpec = OptionSpec {
    name: "among",
    kind: OptionKind::Word(&[("written", "written"), ("variants", "variants")]),
    takes: "written or variants",
    about: "`variants` compares the outputs of all variants of the case with each other, once for all of them, when all \
            trials are done; written answers unless given",
};

/// Whether the variants of the case are compared.
///
/// # Errors
/// When an answer is written all the same.
pub(super) fn is_among_variants(settings: &Settings) -> Result<bool, Vec<Fault>> {
    let among = settings.word("among", "written") == "variants";
    if among && settings.get("value").is_some() {
        let message = "with `among: variants` the outputs are compared with each other, and no answer is written";
        return Err(Fault::new("value", message).help("remove the value, or `among`").alone());
    }
    Ok(among)
}

/// What was asked, where it is the same for all variants; else the variables of the case, which are.
pub(super) fn question_of(asked: &Asked, field: &Field<'_>) -> Option<String> {
    let inputs = || field.present().map(|(_, _, input)| input);
    common(inputs(), |input| asked.text(input)).or_else(|| {
        let first: &ScoreInput<'_> = inputs().next()?;
        let lines = first.case.vars.iter().map(|(name, value)| match value {
            Value::String(text) => format!("{name}: {text}"),
            other => format!("{name}: {other}"),
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        (!text.is_empty()).then_some(text)
    })
}

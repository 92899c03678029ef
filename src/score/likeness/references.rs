//! What all these checks share: one or several reference texts, the best of which counts.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{OptionSpec, Prepared};
use crate::base::Ratio;

/// The option that every one of these checks has.
pub(in crate::score) const REFERENCE: OptionSpec = OptionSpec::value(
    "value",
    "text, or a list of texts",
    "the reference; of several the one that the output is most like counts",
);

/// What is said of an output and one reference.
pub(super) enum Likeness {
    /// 0 to 1, and what to say of it beyond the score.
    Of(f64, String),
    /// There is nothing to compare, and why.
    Undefined(String),
}

impl Likeness {
    /// A likeness that needs no further word.
    pub(super) fn of(value: f64) -> Likeness {
        Likeness::Of(value, String::new())
    }

    /// The likeness that belongs to an error rate, which may pass 1.
    pub(super) fn of_rate(rate: f64, unit: &str) -> Likeness {
        Likeness::Of((1.0 - rate).max(0.0), format!(" ({:.1} % of {unit} wrong)", 100.0 * rate))
    }
}

/// Compares an output with one reference.
pub(super) trait Measure: Send + Sync {
    /// What it is called in reasons, such as `ROUGE-L (F)`.
    fn name(&self) -> String;

    /// How like `output` is to `reference`.
    fn compare(&self, output: &str, reference: &str) -> Likeness;
}

struct References<M> {
    texts: Vec<String>,
    measure: M,
}

/// The scorer of a measure, with the references of the settings.
pub(super) fn prepare(settings: &Settings, measure: impl Measure + 'static) -> Result<Prepared, Vec<Fault>> {
    Ok(Prepared::new(References { texts: texts(settings)?, measure }))
}

/// The reference texts of a check.
pub(in crate::score) fn texts(settings: &Settings) -> Result<Vec<String>, Vec<Fault>> {
    let wrong = |message: String| Fault::new("value", message).code("wrong-type").alone();
    match settings.value()? {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(items) if items.is_empty() => Err(wrong("`value` is a list without a text".to_owned())),
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let text = item.as_str().map(str::to_owned);
                text.ok_or_else(|| wrong(format!("`value` must be a list of texts, one is {}", kind_of(item))))
            })
            .collect(),
        other => Err(wrong(format!("`value` must be text or a list of texts, this is {}", kind_of(other)))),
    }
}

impl<M: Measure> Scorer for References<M> {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let mut best: Option<(f64, String, &str)> = None;
        let mut undefined = None;
        for text in &self.texts {
            match self.measure.compare(&input.reply.text, text) {
                Likeness::Of(value, note) if best.as_ref().is_none_or(|(known, ..)| value > *known) => {
                    best = Some((value, note, text));
                }
                Likeness::Of(..) => {}
                Likeness::Undefined(why) => undefined = Some(why),
            }
        }
        match (best, undefined) {
            (Some((value, note, text)), _) => Finding::Graded {
                value: Ratio::clamped(value),
                seen: format!("{} {value:.3}{note} for {}", self.measure.name(), reason::quote(&input.reply.text)),
                wanted: format!("more likeness to {}", reason::quote(text)),
            },
            (None, why) => Finding::Ungraded(why.unwrap_or_else(|| "there is no reference".to_owned())),
        }
    }
}

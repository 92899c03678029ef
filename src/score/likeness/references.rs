//! What all these checks share: one or several reference texts, the best of which counts.

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{OptionSpec, Prepared};
use super::super::world::Examined;
use crate::base::Ratio;
use crate::record::{CorpusMeasure, Segment};

/// The option that every one of these checks has.
pub(in crate::score) const REFERENCE: OptionSpec = OptionSpec::value(
    "value",
    "text, or a list of texts",
    "the reference; of several the one that the output is most like counts",
);

/// What is said of an output and one reference.
pub(super) enum Likeness {
    /// How like they are.
    Of(Compared),
    /// There is nothing to compare, and why.
    Undefined(String),
}

/// How like an output and a reference are.
pub(super) struct Compared {
    /// 0 to 1.
    value: f64,
    /// What to say of it beyond the score.
    note: String,
    /// The counts behind it, of a measure that has a figure for a corpus.
    counts: Vec<u64>,
}

impl Likeness {
    /// A likeness that needs no further word.
    pub(super) fn of(value: f64) -> Likeness {
        Likeness::Of(Compared { value, note: String::new(), counts: Vec::new() })
    }

    /// The likeness that belongs to an error rate, which may pass 1.
    pub(super) fn of_rate(rate: f64, unit: &str) -> Likeness {
        let note = format!(" ({:.1} % of {unit} wrong)", 100.0 * rate);
        Likeness::Of(Compared { value: (1.0 - rate).max(0.0), note, counts: Vec::new() })
    }

    /// With the counts behind it.
    pub(super) fn counting(self, counts: Vec<u64>) -> Likeness {
        match self {
            Likeness::Of(compared) => Likeness::Of(Compared { counts, ..compared }),
            Likeness::Undefined(why) => Likeness::Undefined(why),
        }
    }
}

/// Compares an output with one reference.
pub(super) trait Measure: Send + Sync {
    /// What it is called in reasons, such as `ROUGE-L (F)`.
    fn name(&self) -> String;

    /// How like `output` is to `reference`.
    fn compare(&self, output: &str, reference: &str) -> Likeness;

    /// The figure of a corpus that its counts add up to, and how it reads texts, in the words of a signature.
    fn corpus(&self) -> Option<(CorpusMeasure, String)> {
        None
    }

    /// The counts against several references together, for a corpus; `None` where those of the best one are taken.
    fn together(&self, _output: &str, _references: &[String]) -> Option<Vec<u64>> {
        None
    }
}

struct References<M> {
    texts: Vec<String>,
    measure: M,
    corpus: Option<(CorpusMeasure, String)>,
}

/// The scorer of a measure, with the references of the settings.
pub(super) fn prepare(settings: &Settings, measure: impl Measure + 'static) -> Result<Prepared, Vec<Fault>> {
    let corpus = measure.corpus();
    Ok(Prepared::new(References { texts: texts(settings)?, measure, corpus }))
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
        self.examine(input).finding
    }

    fn examine(&self, input: &ScoreInput<'_>) -> Examined {
        let output = &input.reply.text;
        let mut best: Option<(Compared, &str)> = None;
        let mut undefined = None;
        for text in &self.texts {
            match self.measure.compare(output, text) {
                Likeness::Of(compared) if best.as_ref().is_none_or(|(known, _)| compared.value > known.value) => {
                    best = Some((compared, text));
                }
                Likeness::Of(_) => {}
                Likeness::Undefined(why) => undefined = Some(why),
            }
        }
        let Some((Compared { value, note, counts }, text)) = best else {
            return Finding::Ungraded(undefined.unwrap_or_else(|| "there is no reference".to_owned())).into();
        };
        let finding = Finding::Graded {
            value: Ratio::clamped(value),
            seen: format!("{} {value:.3}{note} for {}", self.measure.name(), reason::quote(output)),
            wanted: format!("more likeness to {}", reason::quote(text)),
        };
        let segment = self.segment(output, counts).and_then(|segment| serde_json::to_value(segment).ok());
        Examined { finding, details: segment }
    }
}

impl<M: Measure> References<M> {
    /// What the output adds to the figure of a corpus; `counts` are those of the best reference.
    fn segment(&self, output: &str, counts: Vec<u64>) -> Option<Segment> {
        let (corpus, settings) = self.corpus.as_ref()?;
        let several = self.texts.len() > 1;
        let together = several.then(|| self.measure.together(output, &self.texts)).flatten();
        Some(Segment {
            corpus: *corpus,
            settings: settings.clone(),
            references: u32::try_from(self.texts.len()).unwrap_or(u32::MAX),
            counts: together.unwrap_or(counts),
        })
    }
}

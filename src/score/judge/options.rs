//! The options of every judge check, and the judges made of them.

use serde_json::{Value, json};

use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::OptionSpec;
use super::ask::Manner;
use super::family;
use crate::base::ModelRef;

/// Most judges of a panel.
const MOST_JUDGES: usize = 9;
/// Most samples of one judge.
const MOST_SAMPLES: u32 = 32;

/// `judge`.
pub(super) const JUDGE: OptionSpec = OptionSpec::fixed(
    "judge",
    "`provider/model`, or a list of them",
    "who judges; `judge:` of the suite or karat.yaml unless given. Of several, a strict majority of all must agree; \
     numbers are the median",
);
/// `samples`.
pub(super) const SAMPLES: OptionSpec = OptionSpec::fixed(
    "samples",
    "a whole number from 1 to 32",
    "how often each judge is asked, at temperature 1: majority or mean, with the agreement told; once at temperature 0 \
     unless given",
);
/// `cascade`.
pub(super) const CASCADE: OptionSpec = OptionSpec::fixed(
    "cascade",
    "`provider/model`",
    "the judge that decides where the others are unsure: no verdict, not unanimous, low confidence by their own word, \
     or a number within 0.1 of the threshold",
);
/// `language`.
pub(super) const LANGUAGE: OptionSpec =
    OptionSpec::fixed("language", "a language", "what reasons are written in; as the judge likes unless given");
/// `max_tokens`.
pub(super) const MAX_TOKENS: OptionSpec = OptionSpec::fixed(
    "max_tokens",
    "a whole number",
    "most tokens of one answer, thinking included; 4096 and more for each item unless given",
);

/// The options of a judge check: its own, and those of every judge.
macro_rules! judge_options {
    ($($own:expr),* $(,)?) => {
        &[
            $($own,)*
            $crate::score::judge::options::JUDGE,
            $crate::score::judge::options::SAMPLES,
            $crate::score::judge::options::CASCADE,
            $crate::score::judge::options::LANGUAGE,
            $crate::score::judge::options::MAX_TOKENS,
        ]
    };
}
pub(super) use judge_options;

/// Who is asked, and how.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judges {
    pub(super) panel: Vec<ModelRef>,
    pub(super) samples: u32,
    pub(super) cascade: Option<ModelRef>,
    pub(super) manner: Manner,
}

impl Judges {
    /// From the options of a check; all faults at once.
    pub(super) fn of(settings: &Settings) -> Result<Judges, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut take = |fault: Fault| faults.push(fault);
        let panel = panel(settings).map_err(&mut take).unwrap_or_default();
        let samples = whole(settings, "samples", u64::from(MOST_SAMPLES)).map_err(&mut take).unwrap_or_default();
        let max_tokens = whole(settings, "max_tokens", 1_000_000).map_err(&mut take).unwrap_or_default();
        let cascade = settings.get("cascade").map(|value| model("cascade", "", value)).transpose();
        let cascade = cascade.map_err(&mut take).unwrap_or_default();
        if cascade.as_ref().is_some_and(|strong| panel.contains(strong)) {
            take(Fault::new("cascade", "the judge of `cascade` is asked already: it must be another one"));
        }
        let language = match settings.get("language") {
            None => None,
            Some(Value::String(name)) if !name.trim().is_empty() => Some(name.trim().to_owned()),
            Some(other) => {
                take(Fault::new("language", format!("`language` must be text, this is {}", kind_of(other))));
                None
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let samples = samples.unwrap_or(1);
        let temperature = if samples > 1 { 1.0 } else { 0.0 };
        let confidence = cascade.is_some();
        Ok(Judges { panel, samples, cascade, manner: Manner { language, max_tokens, temperature, confidence } })
    }

    /// Everyone who may be asked.
    pub(super) fn all(&self) -> impl Iterator<Item = &ModelRef> {
        self.panel.iter().chain(&self.cascade)
    }

    /// As they stand in the identity of a check: the models that are really asked, whoever named them.
    pub(super) fn canonical(&self) -> Vec<(&'static str, Value)> {
        let names: Vec<String> = self.panel.iter().map(ToString::to_string).collect();
        let samples = if self.samples > 1 { json!(self.samples) } else { Value::Null };
        let most = self.manner.max_tokens.map_or(Value::Null, |tokens| json!(tokens));
        vec![("judge", json!(names)), ("samples", samples), ("max_tokens", most)]
    }

    /// What to say of judges that judge their own kind.
    pub(super) fn warnings(&self, settings: &Settings) -> Vec<Fault> {
        let tested = &settings.models().under_test;
        let related = self.all().find_map(|judge| tested.iter().find_map(|tested| family::kinship(judge, tested)));
        let warn = |kinship: String| {
            Fault::new("judge", format!("{kinship}: judges favour their own family"))
                .code("judge-family")
                .help("name a judge of another family with `judge:`, or a panel of several families")
        };
        related.map(warn).into_iter().collect()
    }
}

fn panel(settings: &Settings) -> Result<Vec<ModelRef>, Fault> {
    let Some(value) = settings.get("judge") else {
        return settings.models().judge.clone().map(|judge| vec![judge]).ok_or_else(|| {
            Fault::new("judge", "no judge to ask: neither this check, nor the suite, nor karat.yaml names one")
                .code("no-judge")
                .help("write `judge: provider/model` in karat.yaml, in the suite or here; another family than the models under test judges best")
        });
    };
    let Value::Array(items) = value else { return model("judge", "", value).map(|judge| vec![judge]) };
    if items.is_empty() || items.len() > MOST_JUDGES {
        return Err(Fault::new(
            "judge",
            format!("a panel has 1 to {MOST_JUDGES} judges, this one has {}", items.len()),
        ));
    }
    let mut judges: Vec<ModelRef> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let pointer = format!("/{index}");
        let judge = model("judge", &pointer, item)?;
        if judges.contains(&judge) {
            let fault = Fault::new("judge", format!("`{judge}` is named twice"));
            return Err(fault.pointer(pointer).help("to ask one judge several times, write `samples:`"));
        }
        judges.push(judge);
    }
    Ok(judges)
}

fn model(option: &'static str, pointer: &str, value: &Value) -> Result<ModelRef, Fault> {
    let Some(text) = value.as_str() else {
        let message = format!("`{option}` must be `provider/model`, this is {}", kind_of(value));
        return Err(Fault::new(option, message).code("wrong-type").pointer(pointer));
    };
    ModelRef::parse(text).map_err(|error| Fault::new(option, error.to_string()).pointer(pointer))
}

/// An amount that must be a whole number from 1.
fn whole(settings: &Settings, option: &'static str, most: u64) -> Result<Option<u32>, Fault> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 1.0);
    let number = number.and_then(|number| format!("{number:.0}").parse::<u64>().ok()).filter(|number| *number <= most);
    let wrong = || Fault::new(option, format!("`{option}` must be a whole number from 1 to {most}, this is {value}"));
    number.and_then(|number| u32::try_from(number).ok()).map(Some).ok_or_else(wrong)
}

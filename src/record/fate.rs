//! What becomes of a part of a request on its way to a model.

/// What happens to a part of a request that is not sent just as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Sent under another name, with the same meaning.
    Renamed(String),
    /// Sent with another value.
    Changed,
    /// Left out.
    Dropped,
    /// Sent as it is, though the model is known not to take it: the provider will refuse it, or ignore it.
    Refused,
}

/// A part of a request with its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamFate {
    /// A parameter by its name in `params:`, or a feature: `tools`, `tool_choice`, `parallel_tools`, `prediction`,
    /// `cache`, `images`, `files`, `output.format`, `output.schema`, `messages`.
    pub param: String,
    /// What happens to it.
    pub fate: Fate,
    /// Why.
    pub why: String,
}

/// Features that change what a call costs, or how the form of an answer is asked for, and not what is asked: without
/// them the answers of two models can still be compared.
const SOFT: &[&str] = &["cache", "output.format", "output.schema", "prediction"];

impl ParamFate {
    /// Whether the model is asked something else than what is written: an error before the call.
    pub fn is_rejected(&self) -> bool {
        match self.fate {
            Fate::Dropped | Fate::Refused => !SOFT.contains(&self.param.as_str()),
            Fate::Renamed(_) | Fate::Changed => false,
        }
    }

    /// Whether a feature is missing that karat does without.
    pub fn is_done_without(&self) -> bool {
        match self.fate {
            Fate::Dropped | Fate::Refused => SOFT.contains(&self.param.as_str()),
            Fate::Renamed(_) | Fate::Changed => false,
        }
    }
}

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

    /// What to do about a part that is rejected or done without.
    pub fn remedy(&self) -> String {
        let part = &self.param;
        match part.as_str() {
            "cache" => "remove the mark: the answers are the same, only the price may differ".to_owned(),
            "prediction" => "it is left out: the answers are the same, only slower".to_owned(),
            "output.format" => {
                "JSON is not asked for there: say in the prompt that the answer is JSON, and check it with `is_json`"
                    .to_owned()
            }
            "output.schema" => {
                "the schema is sent all the same and may be ignored or refused; check answers with `json_schema`"
                    .to_owned()
            }
            "images" | "files" | "tools" | "messages" => {
                "ask another model, or write another prompt for this one".to_owned()
            }
            "tool_choice" => "write `tool_choice: auto`, and say in the prompt which tool to call".to_owned(),
            "parallel_tools" => "remove it, or ask another model".to_owned(),
            "max_tokens" => "lower it, for one model under `models:` of the prompt".to_owned(),
            param => format!(
                "remove `{param}`, or take it away for the model: `models: {{\"…\": {{params: {{{param}: null}}}}}}` in the prompt"
            ),
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

//! xAI (reference §9): thinking is counted beside the completion, and errors are `{code, error}`.

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::error_body::ErrorBody;
use super::super::openai::quirks::{Draft, Quirks};
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;
use crate::record::{ChatRequest, ErrorKind};

/// xAI. Its Responses API is reached by `type: openai-responses` with the same base URL.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "xai",
    about: "xAI Chat Completions; its Responses API is `type: openai-responses` with this base URL",
    keys: &[bearer("XAI_API_KEY")],
    base_url: "https://api.x.ai/v1",
    base_url_env: Some("XAI_BASE_URL"),
    hosts: &["api.x.ai"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    lacks: &[("prediction", "this API has no such parameter")],
    adjust,
    thinks,
    usage: Some(Dialect::Xai),
    charge: Some("usage.cost_in_usd_ticks"),
    error,
    ..Quirks::OPENAI
};

/// By the vendor's names: `grok-3-mini`, `grok-4` and later, except those called `non-reasoning`.
fn thinks(request: &ChatRequest) -> bool {
    let name = request.model.to_ascii_lowercase();
    let version = name.strip_prefix("grok-").unwrap_or("");
    let major: String = version.chars().take_while(char::is_ascii_digit).collect();
    let reasons = version.starts_with("3-mini") || major.parse::<u32>().is_ok_and(|major| major >= 4);
    (reasons && !name.contains("non-reasoning")) || asks_to_think(request)
}

fn adjust(draft: &mut Draft<'_>) {
    if thinks(draft.request) {
        for field in ["presence_penalty", "frequency_penalty", "stop"] {
            draft.leave_out(field, "reasoning models do not take it");
        }
    }
}

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    let message = error.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match status {
        // A wrong key is a 400 there.
        400 if says(&["incorrect api key", "invalid api key"]) => Some((ErrorKind::Auth, Retry::Never)),
        403 if says(&["safety", "usage guidelines", "content violates"]) => Some((ErrorKind::Filtered, Retry::Never)),
        403 if says(&["credits", "spending limit"]) => Some((ErrorKind::QuotaExhausted, Retry::Never)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Message, OutputFormat, Params, ToolChoice};

    #[test]
    fn thinking_models_are_told_by_their_names() {
        let ask = |model: &str| ChatRequest {
            vars: None,
            model: model.to_owned(),
            messages: vec![Message::text(crate::record::Role::User, "x")],
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        };
        for model in ["grok-3-mini", "grok-4", "grok-4-fast-reasoning", "grok-4.1", "grok-5"] {
            assert!(thinks(&ask(model)), "{model}");
        }
        for model in ["grok-3", "grok-2-vision", "grok-4-fast-non-reasoning", "other"] {
            assert!(!thinks(&ask(model)), "{model}");
        }
    }
}

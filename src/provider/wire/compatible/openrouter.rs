//! `OpenRouter` (reference §9): a router, whose replies may carry errors of those behind it inside a 200.

use serde_json::{Map, json};

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::error_body::ErrorBody;
use super::super::openai::models::Family;
use super::super::openai::quirks::{Draft, Embeds, Marks, Quirks, Replay};
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;
use crate::record::{Effort, ErrorKind};

/// `OpenRouter`.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "openrouter",
    about: "OpenRouter; models are `vendor/model`",
    keys: &[bearer("OPENROUTER_API_KEY")],
    base_url: "https://openrouter.ai/api/v1",
    base_url_env: Some("OPENROUTER_BASE_URL"),
    hosts: &["openrouter.ai"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    takes: &["top_k", "thinking_budget"],
    resells_openai: true,
    replay: Replay::Details,
    marks: Marks::CacheControl,
    adjust,
    thinks: |request| {
        request.params.thinking_budget.is_some() || asks_to_think(request) || Family::of(&request.model).reasons()
    },
    usage: Some(Dialect::Compatible),
    charge: Some("usage.cost"),
    error,
    embeds: Embeds::AsOpenAi,
    ..Quirks::OPENAI
};

fn adjust(draft: &mut Draft<'_>) {
    // What was charged is told only on demand.
    draft.body.insert("usage".to_owned(), json!({"include": true}));
    draft.rename("max_completion_tokens", "max_tokens");
    let params = &draft.request.params;
    let mut reasoning = Map::new();
    match draft.body.shift_remove("reasoning_effort") {
        Some(effort) if effort == Effort::None.word() => {
            reasoning.insert("enabled".to_owned(), json!(false));
        }
        Some(effort) if params.thinking_budget.is_none() => {
            reasoning.insert("effort".to_owned(), effort);
        }
        // One of the two only.
        Some(_) => draft.changes.dropped("effort", "this API takes it or `thinking_budget`; the budget is sent"),
        None => {}
    }
    match params.thinking_budget {
        Some(budget) if reasoning.is_empty() => {
            reasoning.insert("max_tokens".to_owned(), json!(budget));
        }
        Some(_) => draft.changes.dropped("thinking_budget", "thinking is turned off by `effort: none`"),
        None => {}
    }
    if !reasoning.is_empty() {
        draft.body.insert("reasoning".to_owned(), reasoning.into());
    }
}

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    // None of the hosts that serve the model is free just now.
    (status == 503 && error.message.to_lowercase().contains("no available"))
        .then_some((ErrorKind::Overloaded, Retry::Slowly))
}

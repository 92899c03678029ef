//! Mistral (reference §6): unknown fields are refused there, so that every name must be right.

use serde_json::{Value, json};

use super::super::super::spec::ProviderSpec;
use super::super::openai::quirks::{Draft, Embeds, Quirks, Replay};
use super::Compatible;
use super::wire::{bearer, chat_below};
use crate::price::Dialect;
use crate::record::{ChatRequest, Role};

/// Mistral.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "mistral",
    about: "Mistral AI",
    keys: &[bearer("MISTRAL_API_KEY")],
    base_url: "https://api.mistral.ai",
    base_url_env: Some("MISTRAL_BASE_URL"),
    hosts: &["api.mistral.ai"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    embeds: Embeds::Mistral,
    chat_url: |base| chat_below(base, "v1"),
    takes: &["top_k"],
    renames: &[("seed", "random_seed")],
    replay: Replay::Chunks,
    documents: true,
    adjust,
    thinks: |request: &ChatRequest| request.model.contains("magistral") || super::wire::asks_to_think(request),
    usage: Some(Dialect::Compatible),
    tells_usage: true,
    ..Quirks::OPENAI
};

fn adjust(draft: &mut Draft<'_>) {
    if draft.body.get("tool_choice").is_some_and(|choice| choice == "required") {
        draft.body.insert("tool_choice".to_owned(), json!("any"));
    }
    // A conversation that ends with the model's words is refused unless they are marked as the start of the answer.
    let prefilled = draft.request.messages.last().is_some_and(|message| message.role == Role::Assistant);
    let last = draft.body.get_mut("messages").and_then(Value::as_array_mut).and_then(|messages| messages.last_mut());
    if let (true, Some(Value::Object(last))) = (prefilled, last) {
        last.insert("prefix".to_owned(), json!(true));
    }
}

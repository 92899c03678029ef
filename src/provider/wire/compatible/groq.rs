//! Groq (reference §9).

use serde_json_borrow::Value as Json;

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::body::clean;
use super::super::error_body::ErrorBody;
use super::super::openai::quirks::{Embeds, Quirks};
use super::Compatible;
use super::wire::{asks_to_think, bearer, chat_below};
use crate::record::{ChatReply, ErrorKind};

const NO_SUCH: &str = "this API has no such parameter";

/// Groq.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "groq",
    about: "Groq",
    keys: &[bearer("GROQ_API_KEY")],
    base_url: "https://api.groq.com/openai/v1",
    // The vendor's variable holds the host only.
    base_url_env: Some("GROQ_BASE_URL"),
    hosts: &["api.groq.com"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    chat_url: |base| chat_below(base, "openai/v1"),
    lacks: &[
        ("logprobs", NO_SUCH),
        ("top_logprobs", NO_SUCH),
        ("presence_penalty", NO_SUCH),
        ("frequency_penalty", NO_SUCH),
        ("logit_bias", NO_SUCH),
        ("prediction", NO_SUCH),
    ],
    renames: &[("max_tokens", "max_completion_tokens")],
    thinks: asks_to_think,
    error,
    amend,
    embeds: Embeds::Never,
    ..Quirks::OPENAI
};

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    // The model wrote JSON or a tool call that is none. That is what it answers, for an evaluation to count (reference §16
    // retries no such status): a new try until it fits would make the model look better than it is.
    let unreadable = matches!(error.code.as_str(), "json_validate_failed" | "tool_use_failed");
    (status == 400 && unreadable).then_some((ErrorKind::Malformed, Retry::Never))
}

/// The id of the request stands in the body; `id` is that of the completion.
fn amend(reply: &mut ChatReply, body: &Json<'_>) {
    let of_headers = reply.request_id.as_deref() != body.get("id").as_str();
    if let Some(id) = body.get("x_groq").get("id").as_str().filter(|_| !of_headers) {
        reply.request_id = Some(clean(id));
    }
}

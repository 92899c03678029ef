//! The server of llama.cpp (reference §11).

use serde_json_borrow::Value as Json;

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::error_body::ErrorBody;
use super::super::openai::quirks::Quirks;
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;
use crate::record::{ChatReply, ErrorKind, Usage};

/// A llama.cpp server.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "llamacpp",
    about: "llama.cpp server",
    keys: &[bearer("LLAMA_API_KEY")],
    base_url: "http://127.0.0.1:8080/v1",
    base_url_env: Some("LLAMACPP_BASE_URL"),
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    takes: &["top_k"],
    lacks: &[
        ("prediction", "this server has no such parameter"),
        ("service_tier", "this server has no such parameter"),
    ],
    thinks: asks_to_think,
    usage: Some(Dialect::Compatible),
    error,
    amend,
    ..Quirks::OPENAI
};

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    let too_long = error.kind == "exceed_context_size_error";
    (matches!(status, 400 | 500) && too_long).then_some((ErrorKind::ContextLength, Retry::Never))
}

/// Builds without `usage` still tell their `timings`: what came from the cache, what was read, what was written.
fn amend(reply: &mut ChatReply, body: &Json<'_>) {
    if reply.usage.is_some() {
        return;
    }
    let count = |name: &str| body.get("timings").get(name).as_u64();
    if let (Some(input), Some(output)) = (count("prompt_n"), count("predicted_n")) {
        reply.usage = Some(Usage { cache_read: count("cache_n"), ..Usage::plain(input, output) });
    }
}

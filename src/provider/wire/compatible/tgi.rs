//! Text Generation Inference of Hugging Face (reference §11), by its OpenAI-compatible path.

use serde_json::json;

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::error_body::ErrorBody;
use super::super::openai::quirks::{Draft, Embeds, Quirks};
use super::Compatible;
use super::wire::{bearer, chat_below, does_not_fit};
use crate::price::Dialect;
use crate::record::{ErrorKind, OutputFormat};

const NO_SUCH: &str = "this server has no such parameter";

/// A TGI server.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "tgi",
    about: "Text Generation Inference server; its model is always called `tgi`",
    keys: &[bearer("HF_TOKEN")],
    base_url: "http://127.0.0.1:3000",
    base_url_env: Some("TGI_BASE_URL"),
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    chat_url: |base| chat_below(base, "v1"),
    lacks: &[
        ("prediction", NO_SUCH),
        ("service_tier", NO_SUCH),
        ("parallel_tool_calls", NO_SUCH),
        ("reasoning_effort", NO_SUCH),
    ],
    adjust,
    usage: Some(Dialect::Compatible),
    error,
    embeds: Embeds::Never,
    ..Quirks::OPENAI
};

fn adjust(draft: &mut Draft<'_>) {
    if draft.request.params.temperature == Some(0.0) {
        draft.leave_out("temperature", "this server takes no temperature of 0");
    }
    // Its grammars carry the schema as `value`.
    let format = match &draft.request.output {
        OutputFormat::JsonSchema { schema, .. } => json!({"type": "json_object", "value": schema}),
        OutputFormat::Json => {
            draft.leave_out("response_format", "this server takes JSON only by a schema");
            return;
        }
        OutputFormat::Text => return,
    };
    draft.body.insert("response_format".to_owned(), format);
}

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    match (status, error.kind.as_str()) {
        _ if does_not_fit(status, error) => Some((ErrorKind::ContextLength, Retry::Never)),
        (429, "overloaded") => Some((ErrorKind::Overloaded, Retry::Slowly)),
        (424, _) => Some((ErrorKind::Server, Retry::Soon)),
        _ => None,
    }
}

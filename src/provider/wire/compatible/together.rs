//! Together (reference §9): `logprobs` is a number there.

use serde_json::json;

use super::super::super::spec::{ProviderSpec, Retry};
use super::super::error_body::ErrorBody;
use super::super::openai::quirks::{Draft, Quirks};
use super::Compatible;
use super::wire::{asks_to_think, bearer, does_not_fit};
use crate::record::{Effort, ErrorKind};

/// Together.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "together",
    about: "Together AI",
    keys: &[bearer("TOGETHER_API_KEY")],
    base_url: "https://api.together.ai/v1",
    base_url_env: Some("TOGETHER_BASE_URL"),
    hosts: &["api.together.ai", "api.together.xyz"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    takes: &["top_k"],
    lacks: &[("prediction", "this API has no such parameter")],
    adjust,
    error,
    thinks: asks_to_think,
    ..Quirks::OPENAI
};

fn adjust(draft: &mut Draft<'_>) {
    let alternatives = draft.body.shift_remove("top_logprobs");
    if draft.body.contains_key("logprobs") {
        draft.body.insert("logprobs".to_owned(), alternatives.unwrap_or_else(|| json!(0)));
    }
    let Some(wanted) = draft.request.params.effort else { return };
    let sent = match wanted {
        Effort::None => {
            draft.body.shift_remove("reasoning_effort");
            draft.body.insert("reasoning".to_owned(), json!({"enabled": false}));
            return;
        }
        Effort::Minimal => Effort::Low,
        Effort::Xhigh | Effort::Max => Effort::High,
        Effort::Low | Effort::Medium | Effort::High => return,
    };
    draft.changes.clamped("effort", format!("this API has `low`, `medium` and `high`; sent `{}`", sent.word()));
    draft.body.insert("reasoning_effort".to_owned(), json!(sent.word()));
}

fn error(status: u16, error: &ErrorBody) -> Option<(ErrorKind, Retry)> {
    does_not_fit(status, error).then_some((ErrorKind::ContextLength, Retry::Never))
}

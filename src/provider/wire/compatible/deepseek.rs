//! `DeepSeek` (reference §9): thinking is switched by a field of its own and must be sent back.

use serde_json::json;

use super::super::super::spec::ProviderSpec;
use super::super::openai::quirks::{Draft, Embeds, Quirks, Replay};
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;
use crate::record::{ChatRequest, Effort};

/// `DeepSeek`.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "deepseek",
    about: "DeepSeek",
    keys: &[bearer("DEEPSEEK_API_KEY")],
    base_url: "https://api.deepseek.com",
    base_url_env: Some("DEEPSEEK_BASE_URL"),
    hosts: &["api.deepseek.com"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    lacks: &[("prediction", "this API has no such parameter")],
    replay: Replay::Content,
    adjust,
    thinks,
    usage: Some(Dialect::DeepSeek),
    embeds: Embeds::Never,
    ..Quirks::OPENAI
};

fn thinks(request: &ChatRequest) -> bool {
    request.model.contains("reasoner") || request.model.contains("-r1") || asks_to_think(request)
}

fn adjust(draft: &mut Draft<'_>) {
    match draft.request.params.effort {
        Some(Effort::None) => {
            draft.body.shift_remove("reasoning_effort");
            draft.body.insert("thinking".to_owned(), json!({"type": "disabled"}));
        }
        Some(_) => {
            draft.body.insert("thinking".to_owned(), json!({"type": "enabled"}));
        }
        None => {}
    }
    if thinks(draft.request) {
        for field in ["temperature", "top_p"] {
            draft.leave_out(field, "this API ignores it while the model thinks");
        }
    }
}

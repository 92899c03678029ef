//! Perplexity: answers from the web, with searches and citations on the bill.

use serde_json_borrow::Value as Json;

use super::super::super::spec::{KeySource, ProviderSpec};
use super::super::openai::quirks::{Draft, Embeds, Quirks};
use super::Compatible;
use super::wire::{asks_to_think, bearer};
use crate::price::Dialect;
use crate::record::ChatReply;

const NO_SUCH: &str = "this API has no such parameter";

const KEYS: &[KeySource] = &[bearer("PERPLEXITY_API_KEY"), bearer("PPLX_API_KEY")];

/// Perplexity.
pub(in crate::provider) static SPEC: ProviderSpec = ProviderSpec {
    name: "perplexity",
    about: "Perplexity Sonar",
    keys: KEYS,
    base_url: "https://api.perplexity.ai",
    base_url_env: Some("PERPLEXITY_BASE_URL"),
    hosts: &["api.perplexity.ai"],
    wire: Some(&Compatible::new(&QUIRKS)),
    ..ProviderSpec::PLAIN
};

const QUIRKS: Quirks = Quirks {
    takes: &["top_k"],
    lacks: &[
        ("seed", NO_SUCH),
        ("logprobs", NO_SUCH),
        ("top_logprobs", NO_SUCH),
        ("prediction", NO_SUCH),
        ("service_tier", NO_SUCH),
    ],
    adjust,
    thinks: |request| {
        request.model.contains("reasoning") || request.model.contains("deep-research") || asks_to_think(request)
    },
    usage: Some(Dialect::Perplexity),
    charge: Some("usage.cost.total_cost"),
    amend,
    embeds: Embeds::Never,
    tells_usage: true,
    ..Quirks::OPENAI
};

fn adjust(draft: &mut Draft<'_>) {
    // An object beyond what the schema allows is an error there, so is the flag for it.
    if let Some(schema) = draft.body.get_mut("response_format").and_then(|format| format.get_mut("json_schema"))
        && let Some(schema) = schema.as_object_mut()
    {
        schema.remove("strict");
    }
}

/// Thinking comes inside the text, between tags; it is no part of the answer.
fn amend(reply: &mut ChatReply, _: &Json<'_>) {
    let Some(rest) = reply.text.trim_start().strip_prefix("<think>") else { return };
    if let Some((thought, answer)) = rest.split_once("</think>") {
        let (thought, answer) = (thought.trim().to_owned(), answer.trim_start().to_owned());
        reply.reasoning.get_or_insert(thought);
        reply.text = answer;
    }
}

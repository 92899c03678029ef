//! Parameters of Converse: few are the same for all models, the others go to the model in its own words.

use serde_json::{Map, Value, json};

use super::super::anthropic::Family;
use super::super::body::{Changes, number};
use crate::record::{ChatRequest, Effort, Params};

/// Fewest tokens of Claude's thinking budget.
const MIN_BUDGET: u32 = 1024;

/// Writes `inferenceConfig`, `outputConfig.effort`, `serviceTier` and `additionalModelRequestFields`.
pub(super) fn parameters(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    let params = &request.params;
    let family = Family::of(&request.model);
    let mut own = Map::new();
    let thinks = thinking(&mut own, request, family, changes);
    let mut inference = Map::new();
    if let Some(limit) = params.max_tokens {
        inference.insert("maxTokens".to_owned(), json!(limit));
    }
    sampling(&mut inference, &mut own, request, family, thinks, changes);
    if !params.stop.is_empty() {
        inference.insert("stopSequences".to_owned(), json!(params.stop));
    }
    if !inference.is_empty() {
        body.insert("inferenceConfig".to_owned(), Value::Object(inference));
    }
    if let Some(effort) = effort(&mut own, params, family, changes) {
        body.insert("outputConfig".to_owned(), json!({"effort": effort.word()}));
    }
    if let Some(tier) = &params.service_tier {
        body.insert("serviceTier".to_owned(), json!({"type": tier}));
    }
    if !own.is_empty() {
        body.insert("additionalModelRequestFields".to_owned(), Value::Object(own));
    }
    let absent = [
        ("seed", params.seed.is_some()),
        ("presence_penalty", params.presence_penalty.is_some()),
        ("frequency_penalty", params.frequency_penalty.is_some()),
        ("logprobs", params.logprobs.is_some()),
        ("prediction", request.prediction.is_some()),
    ];
    for (name, _) in absent.into_iter().filter(|(_, is_set)| *is_set) {
        changes.dropped(name, "this API has no such parameter");
    }
}

fn is_claude(family: Family) -> bool {
    family != Family::Foreign
}

/// Writes Claude's thinking budget; says whether it is on.
fn thinking(own: &mut Map<String, Value>, request: &ChatRequest, family: Family, changes: &mut Changes) -> bool {
    let Some(wanted) = request.params.thinking_budget else { return false };
    if !is_claude(family) {
        changes.dropped("thinking_budget", "only Claude takes one here; write the model's own fields under `extra`");
        return false;
    }
    if !family.can_think() {
        changes.dropped("thinking_budget", "this model does not think");
        return false;
    }
    if !family.takes_budget() {
        changes.clamped("thinking_budget", "this model thinks adaptively and takes no budget");
        own.insert("thinking".to_owned(), json!({"type": "adaptive"}));
        return false;
    }
    let most = request.params.max_tokens.map_or(u32::MAX, |limit| limit.saturating_sub(1));
    let budget = wanted.max(MIN_BUDGET).min(most);
    if budget < MIN_BUDGET {
        changes.dropped("thinking_budget", format!("it must be at least {MIN_BUDGET} and below max_tokens"));
        return false;
    }
    if budget != wanted {
        let why = format!("it must be at least {MIN_BUDGET} and below max_tokens; sent {budget}");
        changes.clamped("thinking_budget", why);
    }
    own.insert("thinking".to_owned(), json!({"type": "enabled", "budget_tokens": budget}));
    true
}

/// The effort for `outputConfig`; turning thinking off is Claude's own field.
fn effort(own: &mut Map<String, Value>, params: &Params, family: Family, changes: &mut Changes) -> Option<Effort> {
    let wanted = params.effort?;
    if is_claude(family) && !family.can_think() {
        changes.dropped("effort", "this model does not think");
        return None;
    }
    let floor = family.least_thinking().filter(|_| is_claude(family));
    match (wanted, floor) {
        (Effort::None, Some(kind)) => {
            if kind != "disabled" {
                changes.clamped("effort", format!("thinking cannot be turned off; sent `{kind}`"));
            }
            own.insert("thinking".to_owned(), json!({"type": kind}));
            None
        }
        (Effort::None | Effort::Minimal, _) => {
            changes.clamped("effort", format!("this API has no `{}`; sent `low`", wanted.word()));
            Some(Effort::Low)
        }
        (other, _) => Some(other),
    }
}

fn sampling(
    inference: &mut Map<String, Value>,
    own: &mut Map<String, Value>,
    request: &ChatRequest,
    family: Family,
    thinks: bool,
    changes: &mut Changes,
) {
    let params = &request.params;
    let why_not = match () {
        () if !family.samples() => Some("this model takes no sampling parameters"),
        () if thinks => Some("it cannot be set while the model thinks"),
        () => None,
    };
    for (name, field, value) in [("temperature", "temperature", params.temperature), ("top_p", "topP", params.top_p)] {
        let Some(value) = value else { continue };
        if let Some(why) = why_not {
            changes.dropped(name, why);
        } else if name == "top_p" && params.temperature.is_some() && !family.samples_both() {
            changes.dropped(name, "this model takes `temperature` or `top_p`, not both");
        } else {
            if value > 1.0 {
                changes.clamped(name, "at most 1 here");
            }
            inference.insert(field.to_owned(), number(value.min(1.0)));
        }
    }
    let Some(top_k) = params.top_k else { return };
    let is_nova = request.model.contains("nova");
    match why_not {
        Some(why) => changes.dropped("top_k", why),
        None if is_claude(family) => {
            own.insert("top_k".to_owned(), json!(top_k));
        }
        None if is_nova => {
            own.insert("inferenceConfig".to_owned(), json!({"topK": top_k}));
        }
        None => changes.dropped("top_k", "each model has its own field; write it under `extra`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Message, OutputFormat, Role, ToolChoice};

    fn sent(model: &str, params: Params) -> (Value, Vec<String>) {
        let request = ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::User, "u")],
            model: model.to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params,
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        };
        let (mut body, mut changes) = (Map::new(), Changes::default());
        parameters(&mut body, &request, &mut changes);
        (Value::Object(body), changes.0.iter().map(|w| format!("{} {}", w.param, w.action)).collect())
    }

    #[test]
    fn shared_parameters_have_fields_and_others_go_to_the_model() {
        let params = || Params {
            max_tokens: Some(9),
            temperature: Some(0.5),
            top_k: Some(3),
            stop: vec!["x".into()],
            service_tier: Some("flex".into()),
            ..Params::default()
        };
        let inference = json!({"maxTokens": 9, "temperature": 0.5, "stopSequences": ["x"]});
        let common = |own: Value| json!({"inferenceConfig": inference, "serviceTier": {"type": "flex"}, "additionalModelRequestFields": own});
        let claude = sent("anthropic.claude-haiku-4-5-20251001-v1:0", params());
        assert_eq!(claude, (common(json!({"top_k": 3})), vec![]));
        let nova = sent("us.amazon.nova-pro-v1:0", params());
        assert_eq!(nova, (common(json!({"inferenceConfig": {"topK": 3}})), vec![]));
        assert_eq!(sent("meta.llama3-70b", params()).1, ["top_k dropped"]);
        assert_eq!(sent("anthropic.claude-opus-5", params()).1, ["temperature dropped", "top_k dropped"]);
    }

    #[test]
    fn thinking_is_claudes_own_field() {
        let budget = |model: &str, tokens, max_tokens| {
            sent(model, Params { thinking_budget: Some(tokens), max_tokens, ..Params::default() })
        };
        let (body, changed) = budget("anthropic.claude-haiku-4-5", 2000, None);
        let enabled = json!({"type": "enabled", "budget_tokens": 2000});
        assert_eq!((&body["additionalModelRequestFields"]["thinking"], changed.len()), (&enabled, 0));
        assert_eq!(budget("anthropic.claude-haiku-4-5", 2000, Some(500)).1, ["thinking_budget dropped"]);
        assert_eq!(budget("anthropic.claude-haiku-4-5", 9000, Some(5000)).1, ["thinking_budget clamped"]);
        assert_eq!(budget("amazon.nova-pro-v1:0", 2000, None), (json!({}), vec!["thinking_budget dropped".to_owned()]));
    }

    #[test]
    fn efforts_are_words_of_the_api() {
        let effort = |model: &str, effort| sent(model, Params { effort: Some(effort), ..Params::default() });
        assert_eq!(effort("openai.gpt-oss-120b", Effort::High), (json!({"outputConfig": {"effort": "high"}}), vec![]));
        assert_eq!(effort("openai.gpt-oss-120b", Effort::None).1, ["effort clamped"]);
        let (body, changed) = effort("anthropic.claude-opus-5", Effort::None);
        assert_eq!(body, json!({"additionalModelRequestFields": {"thinking": {"type": "disabled"}}}));
        assert_eq!(changed.len(), 0);
    }

    #[test]
    fn parameters_that_the_api_lacks_are_dropped_visibly() {
        let params = Params {
            seed: Some(1),
            presence_penalty: Some(1.0),
            frequency_penalty: Some(1.0),
            logprobs: Some(1),
            ..Params::default()
        };
        assert_eq!(sent("amazon.nova-pro-v1:0", params).1.len(), 4);
    }
}

//! What to leave out when a provider says which field of a request it does not take.

use serde_json::json;

use super::spec::Failure;
use crate::record::{ChatRequest, Params, Warning};

/// The request without the field that the provider refused, and what to tell the user; `None` when the failure names no
/// field, or one that cannot go without changing what is asked.
///
/// One more attempt with it may succeed. It is never the same question: sampling and limits are the provider's default
/// then, so that results must show the warning.
pub fn heal(request: &ChatRequest, failure: &Failure) -> Option<(ChatRequest, Warning)> {
    let field = failure.param.as_deref()?;
    let mut healed = request.clone();
    if healed.params.extra.shift_remove(field).is_some() {
        return Some((healed, warning(field, "dropped", failure)));
    }
    // The newer field means the same.
    if field == "max_tokens"
        && failure.error.message.contains("max_completion_tokens")
        && let Some(limit) = healed.params.max_tokens.take()
    {
        healed.params.extra.insert("max_completion_tokens".to_owned(), json!(limit));
        return Some((healed, warning("max_tokens", "renamed", failure)));
    }
    let param = drop_param(&mut healed, field)?;
    Some((healed, warning(param, "dropped", failure)))
}

fn warning(param: &str, action: &str, failure: &Failure) -> Warning {
    Warning { param: param.to_owned(), action: action.to_owned(), reason: failure.error.message.clone() }
}

/// Takes out the parameter behind a field of any wire; its name, or `None` when there is nothing to take out.
fn drop_param(request: &mut ChatRequest, field: &str) -> Option<&'static str> {
    let params: &mut Params = &mut request.params;
    let (name, was_set) = match field {
        "temperature" => ("temperature", params.temperature.take().is_some()),
        "top_p" => ("top_p", params.top_p.take().is_some()),
        "top_k" => ("top_k", params.top_k.take().is_some()),
        "max_tokens" | "max_completion_tokens" | "max_output_tokens" => {
            ("max_tokens", params.max_tokens.take().is_some())
        }
        "stop" | "stop_sequences" => ("stop", !std::mem::take(&mut params.stop).is_empty()),
        "seed" | "random_seed" => ("seed", params.seed.take().is_some()),
        "presence_penalty" => ("presence_penalty", params.presence_penalty.take().is_some()),
        "frequency_penalty" => ("frequency_penalty", params.frequency_penalty.take().is_some()),
        "logprobs" | "top_logprobs" => ("logprobs", params.logprobs.take().is_some()),
        "reasoning_effort" | "reasoning.effort" | "reasoning" | "effort" => ("effort", params.effort.take().is_some()),
        "service_tier" => ("service_tier", params.service_tier.take().is_some()),
        "parallel_tool_calls" => ("parallel_tools", request.parallel_tools.take().is_some()),
        "prediction" => ("prediction", request.prediction.take().is_some()),
        // Messages, tools and the form of the answer are what is asked.
        _ => return None,
    };
    was_set.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::wire::openai;
    use super::*;
    use crate::net::HttpReply;
    use crate::record::{Message, OutputFormat, Role, ToolChoice};

    fn failure(body: &serde_json::Value) -> Failure {
        let wire = openai::SPEC.wire.expect("wire");
        let reply = HttpReply { status: 400, body: body.to_string().into_bytes(), ..HttpReply::default() };
        wire.decode(&reply).expect_err("failure")
    }

    fn request(params: Params) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::User, "u")],
            model: "m".to_owned(),
            output: OutputFormat::Text,
            parallel_tools: Some(true),
            params,
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        }
    }

    #[test]
    fn the_field_that_is_named_goes_and_nothing_else() {
        let params = Params { temperature: Some(0.0), top_p: Some(0.5), max_tokens: Some(9), ..Params::default() };
        let refused = failure(&json!({"error": {"code": "unsupported_value", "param": "temperature",
            "message": "Unsupported value: 'temperature' does not support 0 with this model."}}));
        assert_eq!(refused.param.as_deref(), Some("temperature"));
        let (healed, warning) = heal(&request(params.clone()), &refused).expect("healed");
        assert_eq!(healed, request(Params { temperature: None, ..params.clone() }));
        assert_eq!((warning.param.as_str(), warning.action.as_str()), ("temperature", "dropped"));
        let refused = failure(&json!({"error": {"code": "unsupported_parameter", "param": "max_tokens",
            "message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}));
        let (healed, warning) = heal(&request(params.clone()), &refused).expect("healed");
        assert_eq!((healed.params.max_tokens, warning.action.as_str()), (None, "renamed"));
        assert_eq!(healed.params.extra.get("max_completion_tokens"), Some(&json!(9)));
        let refused = failure(&json!({"detail": [{"loc": ["body", "parallel_tool_calls"], "type": "extra_forbidden",
            "msg": "Extra inputs are not permitted"}]}));
        let (healed, _) = heal(&request(params), &refused).expect("healed");
        assert_eq!(healed.parallel_tools, None);
    }

    #[test]
    fn what_is_asked_is_never_changed() {
        let params = Params { temperature: Some(0.0), ..Params::default() };
        for error in [
            json!({"error": {"code": "unsupported_parameter", "param": "messages", "message": "no"}}),
            json!({"error": {"code": "unsupported_value", "param": "top_p", "message": "it is not set"}}),
            json!({"error": {"code": "invalid_value", "param": "temperature", "message": "out of range"}}),
            json!({"error": {"message": "bad request"}}),
        ] {
            assert_eq!(heal(&request(params.clone()), &failure(&error)), None, "{error}");
        }
        let extra = json!({"safe_prompt": true}).as_object().cloned().expect("object");
        let refused = failure(&json!({"error": {"message": "Unrecognized request argument supplied: 'safe_prompt'"}}));
        let (healed, _) = heal(&request(Params { extra, ..params }), &refused).expect("healed");
        assert!(healed.params.extra.is_empty());
    }
}

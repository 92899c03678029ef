//! What a script sees of a trial beside the output.

use serde_json::{Map, Value, json};

use super::super::check::ScoreInput;

/// The line that asks a program, or the body that asks an address.
pub(super) fn question(input: &ScoreInput<'_>) -> Value {
    json!({"output": input.reply.text, "context": context(input)})
}

/// `context` of a script. What is not known is left out: to read it then throws (see `prelude.js`).
pub(super) fn context(input: &ScoreInput<'_>) -> Value {
    let (case, reply) = (input.case, input.reply);
    let mut context = Map::new();
    context.insert("vars".to_owned(), Value::Object(case.vars.clone()));
    if let Some(expected) = case.expected.as_ref().filter(|expected| !expected.is_null()) {
        context.insert("expected".to_owned(), expected.clone());
    }
    context.insert("case".to_owned(), json!({"id": case.id.to_string(), "tags": case.tags, "group": case.group}));
    // As the retrieval checks see them: what an application retrieved, else the passages of the case.
    let contexts = if reply.contexts.is_empty() { &case.context } else { &reply.contexts };
    context.insert("contexts".to_owned(), json!(contexts));
    let calls: Vec<Value> = reply
        .tool_calls
        .iter()
        .map(|call| {
            // The model's text as it is where it is no JSON.
            let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!(call.arguments));
            json!({"id": call.id, "name": call.name, "arguments": arguments})
        })
        .collect();
    context.insert("tool_calls".to_owned(), Value::Array(calls));
    context.insert("finish".to_owned(), reply.finish.word().into());
    context.insert("refusal".to_owned(), json!(reply.refusal));
    context.insert("reasoning".to_owned(), json!(reply.reasoning));
    context.insert("model".to_owned(), json!(reply.model));
    if !reply.is_batched() {
        context.insert("latency_ms".to_owned(), json!(input.latency.0));
    }
    let cost = input.cost.and_then(|cost| cost.exact().parse::<f64>().ok());
    if let Some(cost) = cost {
        context.insert("cost_usd".to_owned(), json!(cost));
    }
    Value::Object(context)
}

//! `POST /v1/messages` (reference §3.1, §3.2, §3.8).

use serde_json::{Map, Value, json};

use super::super::super::spec::{Encoded, Endpoint};
use super::super::body::{Changes, bytes_of, join_url, merge_extra, number};
use super::super::cache_marks::cache_marks;
use super::messages::{system, turns};
use super::models::Family;
use super::schema::closed;
use crate::net::{HttpRequest, Method};
use crate::record::{CallError, ChatRequest, Effort, OutputFormat, Params, Part, Role, ToolChoice};

/// The version without sampling parameters.
const NEW_VERSION: &str = "2026-10-21";

/// The version with sampling parameters; the only one that compatible servers are sure to know.
const OLD_VERSION: &str = "2023-06-01";

/// Fewest tokens of a thinking budget.
const MIN_BUDGET: u32 = 1024;

/// Parameters that only [`OLD_VERSION`] takes.
const SAMPLING: &[&str] = &["temperature", "top_p", "top_k"];

pub(super) fn encode(request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
    let mut changes = Changes::default();
    let mut body = body(request, &mut changes)?;
    if endpoint.stream {
        body.insert("stream".to_owned(), json!(true));
    }
    merge_extra(&mut body, &request.params.extra);
    let needs_old = has_sampling(&body) || answers_with_documents(request);
    let version = if needs_old || !endpoint.official { OLD_VERSION } else { NEW_VERSION };
    // The base URL comes without `/v1`; one that has it is taken as well.
    let base = endpoint.base_url.trim_end_matches('/');
    let http = HttpRequest {
        method: Method::Post,
        url: join_url(base.strip_suffix("/v1").unwrap_or(base), "v1/messages"),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("anthropic-version".to_owned(), version.to_owned()),
        ],
        auth: None,
        body: bytes_of(&body),
    };
    Ok(Encoded { http, warnings: changes.0 })
}

/// The body without the user's extra fields; other clouds take the same one with small differences.
pub(in super::super) fn body(request: &ChatRequest, changes: &mut Changes) -> Result<Map<String, Value>, CallError> {
    let family = Family::of(&request.model);
    let marks = cache_marks(request, changes);
    let mut body = Map::new();
    let mut config = Map::new();
    body.insert("model".to_owned(), json!(request.model));
    body.insert("max_tokens".to_owned(), json!(max_tokens(request, family)));
    if let Some(system) = system(request, &marks, changes) {
        body.insert("system".to_owned(), system);
    }
    body.insert("messages".to_owned(), Value::Array(turns(request, &marks, changes)?));
    effort(&mut body, &mut config, request.params.effort, family, changes);
    let thinks = thinking(&mut body, request, family, changes) || thinks_by_extra(&request.params);
    sampling(&mut body, &request.params, family, thinks, changes);
    plain(&mut body, request, changes);
    output(&mut config, request, changes);
    if !config.is_empty() {
        body.insert("output_config".to_owned(), Value::Object(config));
    }
    tools(&mut body, request, family, thinks, changes);
    Ok(body)
}

fn has_sampling(body: &Map<String, Value>) -> bool {
    SAMPLING.iter().any(|name| body.contains_key(*name))
}

/// Documents in an answer of the model: only [`OLD_VERSION`] takes them.
fn answers_with_documents(request: &ChatRequest) -> bool {
    let is_file = |part: &Part| matches!(part, Part::File { .. });
    request.messages.iter().any(|message| message.role == Role::Assistant && message.parts.iter().any(is_file))
}

/// Whether thinking is turned on by an extra field.
fn thinks_by_extra(params: &Params) -> bool {
    let kind = params.extra.get("thinking").and_then(|thinking| thinking.get("type")).and_then(Value::as_str);
    matches!(kind, Some("enabled" | "adaptive"))
}

/// The limit, which the API requires. Thinking counts inside it, so a default leaves room for the budget.
fn max_tokens(request: &ChatRequest, family: Family) -> u32 {
    request.params.max_tokens.unwrap_or_else(|| {
        let budget = request.params.thinking_budget.filter(|_| family.takes_budget()).unwrap_or(0);
        family.default_max_tokens(&request.model).saturating_add(budget)
    })
}

/// Writes `thinking`; says whether a thinking budget is on.
fn thinking(body: &mut Map<String, Value>, request: &ChatRequest, family: Family, changes: &mut Changes) -> bool {
    let Some(wanted) = request.params.thinking_budget else { return false };
    if !family.can_think() {
        changes.dropped("thinking_budget", "this model does not think");
        return false;
    }
    if !family.takes_budget() {
        changes.clamped("thinking_budget", "this model thinks adaptively and takes no budget");
        body.insert("thinking".to_owned(), json!({"type": "adaptive"}));
        return false;
    }
    let limit = max_tokens(request, family);
    let budget = wanted.max(MIN_BUDGET).min(limit.saturating_sub(1));
    if budget < MIN_BUDGET {
        changes.dropped("thinking_budget", format!("it must be at least {MIN_BUDGET} and below max_tokens ({limit})"));
        return false;
    }
    if budget != wanted {
        let why = format!("it must be at least {MIN_BUDGET} and below max_tokens ({limit}); sent {budget}");
        changes.clamped("thinking_budget", why);
    }
    body.insert("thinking".to_owned(), json!({"type": "enabled", "budget_tokens": budget}));
    true
}

/// Writes `output_config.effort`, or turns thinking off.
fn effort(
    body: &mut Map<String, Value>,
    config: &mut Map<String, Value>,
    effort: Option<Effort>,
    family: Family,
    changes: &mut Changes,
) {
    let Some(wanted) = effort else { return };
    if !family.can_think() {
        changes.dropped("effort", "this model does not think");
        return;
    }
    let sent = match (wanted, family.least_thinking()) {
        (Effort::None, Some(kind)) => {
            if kind != "disabled" {
                changes.clamped("effort", format!("thinking cannot be turned off; sent `{kind}`"));
            }
            body.insert("thinking".to_owned(), json!({"type": kind}));
            return;
        }
        (Effort::None | Effort::Minimal, _) => {
            changes.clamped("effort", format!("this model has no `{}`; sent `low`", wanted.word()));
            Effort::Low
        }
        (other, _) => other,
    };
    config.insert("effort".to_owned(), json!(sent.word()));
}

fn sampling(body: &mut Map<String, Value>, params: &Params, family: Family, thinks: bool, changes: &mut Changes) {
    let top_k = params.top_k.map(f64::from);
    for (name, value) in [("temperature", params.temperature), ("top_p", params.top_p), ("top_k", top_k)] {
        let Some(value) = value else { continue };
        if !family.samples() {
            changes.dropped(name, "this model takes no sampling parameters");
        } else if thinks {
            changes.dropped(name, "it cannot be set while the model thinks");
        } else if name == "top_p" && params.temperature.is_some() && !family.samples_both() {
            changes.dropped(name, "this model takes `temperature` or `top_p`, not both");
        } else if name == "top_k" {
            body.insert(name.to_owned(), json!(params.top_k));
        } else {
            if value > 1.0 {
                changes.clamped(name, "at most 1 here");
            }
            body.insert(name.to_owned(), number(value.min(1.0)));
        }
    }
}

fn plain(body: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    let params = &request.params;
    let absent = [
        ("prediction", request.prediction.is_some()),
        ("seed", params.seed.is_some()),
        ("presence_penalty", params.presence_penalty.is_some()),
        ("frequency_penalty", params.frequency_penalty.is_some()),
        ("logprobs", params.logprobs.is_some()),
    ];
    for (name, _) in absent.into_iter().filter(|(_, is_set)| *is_set) {
        changes.dropped(name, "this API has no such parameter");
    }
    let stops: Vec<&String> = params.stop.iter().filter(|text| !text.trim().is_empty()).collect();
    if stops.len() < params.stop.len() {
        changes.dropped("stop", "texts of white space alone are refused by this API");
    }
    if !stops.is_empty() {
        body.insert("stop_sequences".to_owned(), json!(stops));
    }
    if let Some(tier) = &params.service_tier {
        body.insert("service_tier".to_owned(), json!(tier));
    }
}

fn output(config: &mut Map<String, Value>, request: &ChatRequest, changes: &mut Changes) {
    match &request.output {
        OutputFormat::Text => {}
        OutputFormat::Json => changes.dropped("output.format", "this API has no JSON mode without a schema"),
        OutputFormat::JsonSchema { schema, .. } => {
            let (schema, changed) = closed(schema);
            if changed {
                changes.clamped(
                    "output.schema",
                    "objects are sent with `additionalProperties: false`, as the API requires",
                );
            }
            config.insert("format".to_owned(), json!({"type": "json_schema", "schema": schema}));
        }
    }
}

fn tools(body: &mut Map<String, Value>, request: &ChatRequest, family: Family, thinks: bool, changes: &mut Changes) {
    if request.tools.is_empty() {
        return;
    }
    let list: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters}))
        .collect();
    body.insert("tools".to_owned(), Value::Array(list));
    let mut choice = Map::new();
    match &request.tool_choice {
        ToolChoice::Auto => {}
        ToolChoice::None => {
            body.insert("tool_choice".to_owned(), json!({"type": "none"}));
            return;
        }
        ToolChoice::Required | ToolChoice::Named(_) if thinks || !family.can_force_tools() => {
            changes.dropped("tool_choice", "this model cannot be forced to call a tool (or not while it thinks)");
        }
        ToolChoice::Required => {
            choice.insert("type".to_owned(), json!("any"));
        }
        ToolChoice::Named(name) => {
            choice.insert("type".to_owned(), json!("tool"));
            choice.insert("name".to_owned(), json!(name));
        }
    }
    if request.parallel_tools == Some(false) {
        choice.entry("type").or_insert_with(|| json!("auto"));
        choice.insert("disable_parallel_tool_use".to_owned(), json!(true));
    }
    if !choice.is_empty() {
        body.insert("tool_choice".to_owned(), Value::Object(choice));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Media, Message, Tool};

    const OFFICIAL: Endpoint<'static> = Endpoint::new("https://api.anthropic.com", true);
    const OTHER: Endpoint<'static> = Endpoint::new("http://127.0.0.1:1/proxy/v1/", false);

    fn request(model: &str, params: Params) -> ChatRequest {
        ChatRequest {
            model: model.to_owned(),
            messages: vec![Message::text(Role::User, "u")],
            params,
            output: OutputFormat::Text,
            tools: vec![],
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        }
    }

    struct Sent {
        body: Value,
        version: String,
        changed: Vec<String>,
    }

    fn sent(request: &ChatRequest, endpoint: Endpoint<'_>) -> Sent {
        let encoded = encode(request, endpoint).expect("encodes");
        Sent {
            body: serde_json::from_slice(&encoded.http.body).expect("json"),
            version: encoded.http.headers[1].1.clone(),
            changed: encoded.warnings.iter().map(|w| format!("{} {}", w.param, w.action)).collect(),
        }
    }

    #[test]
    fn the_version_follows_from_sampling_model_and_host() {
        let warm = || Params { temperature: Some(0.2), ..Params::default() };
        let cases = [
            ("claude-haiku-4-5", Params::default(), OFFICIAL, "2026-10-21"),
            ("claude-haiku-4-5", warm(), OFFICIAL, "2023-06-01"),
            ("claude-opus-5", warm(), OFFICIAL, "2026-10-21"),
            ("claude-haiku-4-5", Params::default(), OTHER, "2023-06-01"),
        ];
        for (model, params, endpoint, version) in cases {
            let sampled = params.temperature.is_some() && model == "claude-haiku-4-5";
            let sent = sent(&request(model, params), endpoint);
            assert_eq!(sent.version, version, "{model}");
            assert_eq!(sent.body.get("temperature").is_some(), sampled, "{model}");
        }
    }

    #[test]
    fn base_urls_with_and_without_version_lead_to_the_same_path() {
        let url = |base_url| {
            let endpoint = Endpoint::new(base_url, false);
            encode(&request("claude-opus-5", Params::default()), endpoint).map(|encoded| encoded.http.url)
        };
        for base in ["http://x/p", "http://x/p/", "http://x/p/v1", "http://x/p/v1/"] {
            assert_eq!(url(base), Ok("http://x/p/v1/messages".to_owned()), "{base}");
        }
    }

    #[test]
    fn parameters_that_the_api_lacks_are_dropped_visibly() {
        let params = Params {
            temperature: Some(1.5),
            top_p: Some(0.5),
            top_k: Some(3),
            seed: Some(1),
            presence_penalty: Some(1.0),
            frequency_penalty: Some(1.0),
            logprobs: Some(2),
            stop: vec!["\n".into(), "END".into()],
            ..Params::default()
        };
        let old = sent(&request("claude-haiku-4-5", params.clone()), OFFICIAL);
        assert_eq!(
            old.changed,
            [
                "temperature clamped",
                "top_p dropped",
                "seed dropped",
                "presence_penalty dropped",
                "frequency_penalty dropped",
                "logprobs dropped",
                "stop dropped"
            ]
        );
        assert_eq!(
            (&old.body["temperature"], &old.body["top_k"], &old.body["stop_sequences"]),
            (&json!(1.0), &json!(3), &json!(["END"]))
        );
        let new = sent(&request("claude-opus-5-5", params), OFFICIAL);
        assert_eq!(new.changed.len(), 8, "{:?}", new.changed);
    }

    #[test]
    fn thinking_budgets_fit_the_limit_and_the_model() {
        let ask = |model: &str, budget, limit| {
            let params = Params { thinking_budget: Some(budget), max_tokens: limit, ..Params::default() };
            let sent = sent(&request(model, params), OFFICIAL);
            (sent.body.get("thinking").cloned().unwrap_or_default(), sent.body["max_tokens"].clone(), sent.changed)
        };
        let enabled = |budget: u32| json!({"type": "enabled", "budget_tokens": budget});
        assert_eq!(ask("claude-haiku-4-5", 2000, None), (enabled(2000), json!(10192), vec![]));
        let clamped = || vec!["thinking_budget clamped".to_owned()];
        assert_eq!(ask("claude-haiku-4-5", 10, Some(4000)), (enabled(1024), json!(4000), clamped()));
        assert_eq!(ask("claude-haiku-4-5", 9000, Some(4000)), (enabled(3999), json!(4000), clamped()));
        assert_eq!(
            ask("claude-haiku-4-5", 2000, Some(500)),
            (Value::Null, json!(500), vec!["thinking_budget dropped".to_owned()])
        );
        assert_eq!(ask("claude-fable-5", 2000, None), (json!({"type": "adaptive"}), json!(8192), clamped()));
    }

    #[test]
    fn effort_none_turns_thinking_off_where_that_is_possible() {
        let ask = |model: &str, effort| {
            let sent = sent(&request(model, Params { effort: Some(effort), ..Params::default() }), OFFICIAL);
            (sent.body["thinking"]["type"].clone(), sent.body["output_config"]["effort"].clone(), sent.changed.len())
        };
        assert_eq!(ask("claude-opus-5", Effort::None), (json!("disabled"), Value::Null, 0));
        assert_eq!(ask("claude-sonnet-5-5", Effort::None), (json!("between_tools"), Value::Null, 1));
        assert_eq!(ask("claude-opus-5-5", Effort::None), (Value::Null, json!("low"), 1));
        assert_eq!(ask("claude-opus-5", Effort::Xhigh), (Value::Null, json!("xhigh"), 0));
    }

    #[test]
    fn tools_are_forced_only_where_the_model_allows_it() {
        let choice = |model: &str, budget| {
            let mut ask = request(model, Params { thinking_budget: budget, ..Params::default() });
            ask.tools = vec![Tool { name: "f".into(), description: "d".into(), parameters: json!({"type": "object"}) }];
            ask.tool_choice = ToolChoice::Named("f".into());
            let sent = sent(&ask, OFFICIAL);
            (sent.body.get("tool_choice").cloned().unwrap_or_default(), sent.changed)
        };
        assert_eq!(choice("claude-haiku-4-5", None), (json!({"type": "tool", "name": "f"}), vec![]));
        assert_eq!(choice("claude-haiku-4-5", Some(2000)).1, ["tool_choice dropped"]);
        assert_eq!(choice("claude-haiku-5-5", None), (json!({"type": "tool", "name": "f"}), vec![]));
        assert_eq!(choice("claude-sonnet-5-5", None), (Value::Null, vec!["tool_choice dropped".to_owned()]));
    }

    #[test]
    fn one_tool_at_a_time_is_a_part_of_the_choice() {
        let choice = |model: &str, tool_choice| {
            let mut ask = request(model, Params::default());
            ask.tools = vec![Tool { name: "f".into(), description: "d".into(), parameters: json!({"type": "object"}) }];
            ask.parallel_tools = Some(false);
            ask.tool_choice = tool_choice;
            sent(&ask, OFFICIAL).body["tool_choice"].clone()
        };
        let one = |kind: &str| json!({"type": kind, "disable_parallel_tool_use": true});
        assert_eq!(choice("claude-opus-5", ToolChoice::Auto), one("auto"));
        assert_eq!(choice("claude-opus-5", ToolChoice::Required), one("any"));
        assert_eq!(choice("claude-opus-5-5", ToolChoice::Required), one("auto"));
        assert_eq!(choice("claude-opus-5", ToolChoice::None), json!({"type": "none"}));
    }

    #[test]
    fn an_answer_with_a_document_needs_the_old_version() {
        let mut ask = request("claude-opus-5", Params::default());
        let media = Media::Base64 { data: "aGk=".into(), mime: "application/pdf".into() };
        let parts = vec![Part::File { media, name: "a.pdf".into() }];
        ask.messages.insert(1, Message { cache: None, role: Role::Assistant, parts });
        assert_eq!(sent(&ask, OFFICIAL).version, "2023-06-01");
    }

    #[test]
    fn the_stream_is_asked_for_where_it_is_wanted() {
        let ask = request("claude-opus-5", Params::default());
        assert_eq!(sent(&ask, Endpoint { stream: true, ..OFFICIAL }).body["stream"], json!(true));
        assert!(sent(&ask, OFFICIAL).body.get("stream").is_none());
    }
}

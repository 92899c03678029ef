//! What a model takes of a request: the one answer for lint, plans and people.
//!
//! The wires' `encode` is the judge of what is sent, so that nothing is said here that the call would not do: the request
//! is encoded as it is, and once more without each of its parts. Beside that stand the capabilities that the price data
//! states, for models whose rules no wire knows.

use serde_json::Value;

use super::settings::ProviderSettings;
use super::spec::{Endpoint, Wire};
use crate::price::{Capability, ModelFacts};
use crate::record::{CallError, ChatRequest, Effort, Fate, OutputFormat, ParamFate, Params, Part, Role, ToolChoice};

/// Takes one part of a request away; `None` when it is not there.
type Remove = fn(&ChatRequest) -> Option<ChatRequest>;

/// Every part of a request that a model may lack, with how it is taken away. Sorted by name.
const PARTS: &[(&str, Remove)] = &[
    ("cache", |request| {
        request.messages.iter().any(|message| message.cache.is_some()).then(|| {
            let mut less = request.clone();
            less.messages.iter_mut().for_each(|message| message.cache = None);
            less
        })
    }),
    ("effort", |request| param(request, "effort")),
    ("frequency_penalty", |request| param(request, "frequency_penalty")),
    ("logprobs", |request| param(request, "logprobs")),
    ("max_tokens", |request| param(request, "max_tokens")),
    // To allow several calls is every API's default: nothing is lost when it is not said.
    ("parallel_tools", |request| {
        let forbids = request.parallel_tools == Some(false) && !request.tools.is_empty();
        forbids.then(|| ChatRequest { parallel_tools: None, ..request.clone() })
    }),
    ("prediction", |request| request.prediction.is_some().then(|| ChatRequest { prediction: None, ..request.clone() })),
    ("presence_penalty", |request| param(request, "presence_penalty")),
    ("seed", |request| param(request, "seed")),
    ("service_tier", |request| param(request, "service_tier")),
    ("stop", |request| param(request, "stop")),
    ("temperature", |request| param(request, "temperature")),
    ("thinking_budget", |request| param(request, "thinking_budget")),
    ("top_k", |request| param(request, "top_k")),
    ("top_p", |request| param(request, "top_p")),
];

/// Every part of `request` that `settings`' provider does not send to its model just as it is written, each once, by
/// name. The mock takes everything. `facts` is what the price data says of the model.
pub fn fates(settings: &ProviderSettings, request: &ChatRequest, facts: Option<&ModelFacts>) -> Vec<ParamFate> {
    let Some(wire) = settings.spec.wire else { return Vec::new() };
    let mut found = Vec::new();
    match sent(settings, wire, request) {
        Ok((body, warnings)) => {
            for (param, fate, why) in warnings {
                add(&mut found, &param, fate, why);
            }
            for (name, remove) in PARTS {
                let Some((less, _)) = remove(request).and_then(|less| sent(settings, wire, &less).ok()) else {
                    continue;
                };
                if less == body {
                    // A limit may equal the one that the API is told anyway; an extra field may lie on the part.
                    if *name == "max_tokens" || !request.params.extra.is_empty() {
                        continue;
                    }
                    let why = match *name {
                        "cache" => "this API has no marks: it caches long prefixes by itself, or none",
                        _ => "this API has no words for it",
                    };
                    add(&mut found, name, Fate::Dropped, why);
                } else if let Some(to) = new_name(name, &less, &body) {
                    add(&mut found, name, Fate::Renamed(to), "the same under the API's name");
                }
            }
        }
        Err(error) => add(&mut found, "messages", Fate::Refused, error.message),
    }
    if let Some(facts) = facts {
        stated(&mut found, request, facts);
    }
    // A model that cannot think does as it is told.
    for fate in found.iter_mut().filter(|fate| fate.param == "effort" && fate.fate == Fate::Dropped) {
        if request.params.effort == Some(Effort::None) {
            fate.fate = Fate::Changed;
        }
    }
    found.sort_by(|a, b| a.param.cmp(&b.param));
    found
}

/// Whether anything is known of a model: the mock, and what the price data lists. Of others only the wire's rules are.
pub fn is_known(settings: &ProviderSettings, facts: Option<&ModelFacts>) -> bool {
    settings.spec.wire.is_none() || facts.is_some()
}

/// What becomes of a part by a warning of the wire, and why.
type Warned = (String, Fate, String);

/// The body that would be sent, and what was changed for it.
fn sent(
    settings: &ProviderSettings,
    wire: &dyn Wire,
    request: &ChatRequest,
) -> Result<(Value, Vec<Warned>), CallError> {
    // Where a request goes does not matter here: what is not known yet has a stand-in.
    let mut options = settings.options.clone();
    for (option, stand_in) in [("project", "project"), ("region", "us-east-1"), ("location", "global")] {
        options.fill(option, Some(stand_in.to_owned()));
    }
    let base_url = settings.base_url();
    let official = settings.spec.is_official(base_url);
    let known_as = settings.known_as(&request.model);
    let endpoint = Endpoint { options: &options, known_as, ..Endpoint::new(base_url, official) };
    let encoded = wire.encode(request, endpoint)?;
    let warned = encoded.warnings.into_iter().map(|warning| {
        let fate = if warning.action == "dropped" { Fate::Dropped } else { Fate::Changed };
        (warning.param, fate, warning.reason)
    });
    Ok((serde_json::from_slice(&encoded.http.body).unwrap_or(Value::Null), warned.collect()))
}

/// The request without a parameter, when it is set. What the user merges into the body by `extra` is nobody's judgement.
fn param(request: &ChatRequest, name: &str) -> Option<ChatRequest> {
    let gone = Params { unset: [name.to_owned()].into(), ..Params::default() };
    let is_set = request.params.sets(name);
    is_set.then(|| ChatRequest { params: request.params.overlaid(&gone).settled(), ..request.clone() })
}

/// Whether a part does not reach the model.
fn is_lost(fate: &Fate) -> bool {
    matches!(fate, Fate::Dropped | Fate::Refused)
}

/// Of two reasons against a part the first is the better one: that of the wire.
fn add(found: &mut Vec<ParamFate>, param: &str, fate: Fate, why: impl Into<String>) {
    let known = found.iter_mut().find(|known| known.param == param);
    match known {
        None => found.push(ParamFate { param: param.to_owned(), fate, why: why.into() }),
        Some(known) if !is_lost(&known.fate) && is_lost(&fate) => {
            known.fate = fate;
            known.why = why.into();
        }
        Some(_) => {}
    }
}

/// The field that a part became, when it is called otherwise.
fn new_name(name: &str, less: &Value, more: &Value) -> Option<String> {
    if name == "cache" {
        return None;
    }
    let mut path = Vec::new();
    let added = added_field(less, more, &mut path)?;
    (added.rsplit('.').next() != Some(name)).then_some(added)
}

/// The path of the first field that `more` has and `less` has not.
fn added_field(less: &Value, more: &Value, path: &mut Vec<String>) -> Option<String> {
    let (Value::Object(less), Value::Object(more)) = (less, more) else { return None };
    for (key, value) in more {
        path.push(key.clone());
        match (less.get(key), value) {
            // An object that is only there to hold the field.
            (None, Value::Object(inner)) if inner.len() == 1 => {
                path.extend(inner.keys().cloned());
                return Some(path.join("."));
            }
            (None, _) => return Some(path.join(".")),
            (Some(before), _) => {
                if let Some(found) = added_field(before, value, path) {
                    return Some(found);
                }
            }
        }
        path.pop();
    }
    None
}

/// What the price data states against the request.
fn stated(found: &mut Vec<ParamFate>, request: &ChatRequest, facts: &ModelFacts) {
    let lacks = |capability| facts.can(capability) == Some(false);
    let params = &request.params;
    let mut refuse = |applies: bool, param: &str, why: &str| {
        if applies {
            add(found, param, Fate::Refused, why);
        }
    };
    // Some models that think sample as soon as they are told not to.
    let samples = !lacks(Capability::Sampling) || params.effort == Some(Effort::None);
    for name in ["temperature", "top_p", "top_k"] {
        refuse(!samples && params.sets(name), name, "this model takes no sampling parameters");
    }
    let thinks = !lacks(Capability::Reasoning);
    let asks_to_think = params.effort.is_some_and(|effort| effort != Effort::None);
    refuse(!thinks && asks_to_think, "effort", "this model does not reason");
    refuse(!thinks && params.thinking_budget.is_some(), "thinking_budget", "this model does not reason");
    let has_tools = !request.tools.is_empty();
    refuse(has_tools && lacks(Capability::Tools), "tools", "this model calls no tools");
    let forces = matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Named(_));
    refuse(
        has_tools && forces && lacks(Capability::ToolChoice),
        "tool_choice",
        "this model cannot be told to call a tool",
    );
    let single = has_tools && request.parallel_tools.is_some();
    refuse(single && lacks(Capability::ParallelTools), "parallel_tools", "this model has no such choice");
    let has = |wanted: fn(&Part) -> bool| request.messages.iter().any(|message| message.parts.iter().any(wanted));
    let images = has(|part| matches!(part, Part::Image(_)));
    refuse(images && lacks(Capability::Vision), "images", "this model sees no images");
    let files = has(|part| matches!(part, Part::File { .. }));
    refuse(files && lacks(Capability::Pdf), "files", "this model reads no documents");
    let marked = request.messages.iter().any(|message| message.cache.is_some());
    refuse(marked && lacks(Capability::PromptCache), "cache", "this model has no prompt cache");
    let system = request.messages.iter().any(|message| message.role == Role::System);
    refuse(system && lacks(Capability::System), "messages", "this model takes no system messages");
    let schema = matches!(request.output, OutputFormat::JsonSchema { .. });
    refuse(schema && lacks(Capability::JsonSchema), "output.schema", "this model cannot be held to a schema");
    if let (Some(wanted), Some(most)) = (params.max_tokens, facts.max_output)
        && wanted > most
    {
        refuse(true, "max_tokens", &format!("this model writes at most {most} tokens"));
    }
}

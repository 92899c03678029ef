//! Which parameters a model does not accept, by what the providers document of their APIs.
//!
//! Providers answer such a parameter with an error; karat's own wires leave it out and say so. Names that no table knows
//! are servers of their own, which may take anything: nothing is said of them, except what the price data states.

use crate::base::ModelRef;
use crate::price::{Capability, ModelFacts};
use crate::record::{Effort, Params};

/// A parameter and why the model does not take it as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) param: &'static str,
    pub(super) why: String,
}

/// Who defines the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    OpenAi,
    Anthropic,
    Gemini,
    Cohere,
    Groq,
    Other,
}

/// Everything of `params` that `model` refuses, in the order of the parameters' names.
pub(super) fn refused(model: &ModelRef, params: &Params, facts: Option<&ModelFacts>) -> Vec<Refused> {
    let mut found = match api_of(model) {
        Api::OpenAi => openai(&model.model, params),
        Api::Anthropic => anthropic(&model.model, params),
        Api::Gemini => gemini(params),
        Api::Cohere => cohere(params),
        Api::Groq => {
            set(params, &["logprobs", "presence_penalty", "frequency_penalty"], "this API has no such parameter")
        }
        Api::Other => Vec::new(),
    };
    if facts.and_then(|facts| facts.can(Capability::Sampling)) == Some(false) && !samples_without_effort(model, params)
    {
        add(&mut found, set(params, &["temperature", "top_p", "top_k"], "this model takes no sampling parameters"));
    }
    found.sort_by_key(|refused| refused.param);
    found
}

fn api_of(model: &ModelRef) -> Api {
    match model.provider.as_str() {
        "openai" | "azure" | "azure_openai" => Api::OpenAi,
        "anthropic" => Api::Anthropic,
        "gemini" | "google" | "vertex" | "vertex_ai" => Api::Gemini,
        "cohere" => Api::Cohere,
        "groq" => Api::Groq,
        _ => Api::Other,
    }
}

/// Whether a parameter is set.
fn is_set(params: &Params, name: &str) -> bool {
    match name {
        "temperature" => params.temperature.is_some(),
        "top_p" => params.top_p.is_some(),
        "top_k" => params.top_k.is_some(),
        "seed" => params.seed.is_some(),
        "stop" => !params.stop.is_empty(),
        "presence_penalty" => params.presence_penalty.is_some(),
        "frequency_penalty" => params.frequency_penalty.is_some(),
        "logprobs" => params.logprobs.is_some(),
        "effort" => params.effort.is_some(),
        "thinking_budget" => params.thinking_budget.is_some(),
        _ => false,
    }
}

/// Those of `names` that are set, each with the same reason.
fn set(params: &Params, names: &[&'static str], why: &str) -> Vec<Refused> {
    let set = names.iter().filter(|name| is_set(params, name));
    set.map(|param| Refused { param, why: why.to_owned() }).collect()
}

/// Adds what is not there yet: the first reason is the better one.
fn add(found: &mut Vec<Refused>, more: Vec<Refused>) {
    for refused in more {
        if found.iter().all(|known| known.param != refused.param) {
            found.push(refused);
        }
    }
}

/// OpenAI's families of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OpenAiFamily {
    /// gpt-3.5, gpt-4o, gpt-4.1 and chat-tuned models: sampling, no effort.
    Classic,
    /// o1, o3, o4, gpt-5, gpt-6 and later: no sampling.
    Reasoning,
    /// gpt-5.1 and later 5.x: sampling with effort `none` only.
    ReasoningOrNone,
    Foreign,
}

fn openai_family(model: &str) -> OpenAiFamily {
    let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
    let name = name.strip_prefix("ft:").unwrap_or(&name);
    if name.ends_with("chat-latest") || name.starts_with("chatgpt-") {
        return OpenAiFamily::Classic;
    }
    if name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return OpenAiFamily::Reasoning;
    }
    let Some(version) = name.strip_prefix("gpt-") else { return OpenAiFamily::Foreign };
    let digits = version.bytes().take_while(u8::is_ascii_digit).count();
    let (major, rest) = version.split_at(digits);
    match major.parse::<u32>() {
        Err(_) => OpenAiFamily::Foreign,
        Ok(0..=4) => OpenAiFamily::Classic,
        Ok(_) if rest.contains("-chat") => OpenAiFamily::Classic,
        Ok(5) if rest.starts_with('.') => OpenAiFamily::ReasoningOrNone,
        Ok(_) => OpenAiFamily::Reasoning,
    }
}

/// Whether an OpenAI model that thinks samples because it is told not to think.
fn samples_without_effort(model: &ModelRef, params: &Params) -> bool {
    api_of(model) == Api::OpenAi
        && openai_family(&model.model) == OpenAiFamily::ReasoningOrNone
        && params.effort == Some(Effort::None)
}

fn openai(model: &str, params: &Params) -> Vec<Refused> {
    let family = openai_family(model);
    let mut found = set(params, &["top_k", "thinking_budget"], "OpenAI's API has no such parameter");
    let thinks_silently = family == OpenAiFamily::ReasoningOrNone && params.effort == Some(Effort::None);
    match family {
        OpenAiFamily::Foreign => return Vec::new(),
        OpenAiFamily::Classic => {
            add(&mut found, set(params, &["effort"], "this model does not reason"));
            if params.stop.len() > 4 {
                found.push(Refused { param: "stop", why: "at most 4 texts may end an answer".to_owned() });
            }
        }
        OpenAiFamily::Reasoning | OpenAiFamily::ReasoningOrNone => {
            let none = ["presence_penalty", "frequency_penalty", "stop"];
            add(&mut found, set(params, &none, "reasoning models do not take it"));
            let why = if family == OpenAiFamily::Reasoning {
                "reasoning models take only the default"
            } else {
                "this model takes it only with `effort: none`"
            };
            if !thinks_silently {
                add(&mut found, set(params, &["temperature", "top_p", "logprobs"], why));
            }
        }
    }
    found
}

/// The version in a Claude name, as two numbers; `None` for other names.
fn claude_version(model: &str) -> Option<(u32, u32)> {
    let lower = model.to_ascii_lowercase();
    let words = lower.get(lower.find("claude")?..)?.split(['-', '.', '@', ':', '_']);
    // Dates have eight digits; versions have one or two.
    let mut numbers = words.filter(|word| word.len() <= 2).filter_map(|word| word.parse::<u32>().ok());
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

fn anthropic(model: &str, params: &Params) -> Vec<Refused> {
    let absent = ["seed", "presence_penalty", "frequency_penalty", "logprobs"];
    let mut found = set(params, &absent, "Anthropic's API has no such parameter");
    let Some(version) = claude_version(model) else { return found };
    let sampling = ["temperature", "top_p", "top_k"];
    if version >= (4, 7) {
        add(&mut found, set(params, &sampling, "this model takes no sampling parameters"));
    } else if version >= (4, 0) && params.temperature.is_some() && params.top_p.is_some() {
        add(&mut found, set(params, &["top_p"], "this model takes `temperature` or `top_p`, not both"));
    }
    if params.temperature.is_some_and(|value| value > 1.0) {
        add(&mut found, set(params, &["temperature"], "Anthropic's models take at most 1"));
    }
    match params.thinking_budget {
        Some(_) if version < (4, 0) => {
            add(&mut found, set(params, &["thinking_budget"], "this model does not think"));
        }
        Some(1..1024) => add(&mut found, set(params, &["thinking_budget"], "a budget has at least 1024 tokens")),
        _ => {}
    }
    if params.stop.iter().any(|text| text.trim().is_empty()) {
        add(&mut found, set(params, &["stop"], "texts of white space alone are refused"));
    }
    found
}

fn gemini(params: &Params) -> Vec<Refused> {
    let mut found = Vec::new();
    if params.effort.is_some() {
        add(&mut found, set(params, &["thinking_budget"], "Gemini takes `effort` or `thinking_budget`, not both"));
    }
    if params.stop.len() > 5 {
        add(&mut found, set(params, &["stop"], "at most 5 texts may end an answer"));
    }
    found
}

fn cohere(params: &Params) -> Vec<Refused> {
    let mut found = Vec::new();
    if params.stop.len() > 5 {
        add(&mut found, set(params, &["stop"], "at most 5 texts may end an answer"));
    }
    for (name, value) in
        [("presence_penalty", params.presence_penalty), ("frequency_penalty", params.frequency_penalty)]
    {
        if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
            add(&mut found, set(params, &[name], "Cohere takes 0 to 1"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_by(model: &str, params: &Params) -> Vec<&'static str> {
        let model = ModelRef::parse(model).expect("model");
        refused(&model, params, None).into_iter().map(|refused| refused.param).collect()
    }

    fn all() -> Params {
        Params {
            temperature: Some(0.5),
            top_p: Some(0.9),
            top_k: Some(40),
            seed: Some(1),
            stop: vec!["END".to_owned()],
            presence_penalty: Some(0.5),
            frequency_penalty: Some(0.5),
            logprobs: Some(1),
            effort: Some(Effort::Low),
            thinking_budget: Some(2000),
            ..Params::default()
        }
    }

    #[test]
    fn each_family_refuses_what_its_documentation_says() {
        let sampling = [
            "frequency_penalty",
            "logprobs",
            "presence_penalty",
            "stop",
            "temperature",
            "thinking_budget",
            "top_k",
            "top_p",
        ];
        assert_eq!(refused_by("openai/o3", &all()), sampling);
        assert_eq!(refused_by("openai/gpt-5-mini", &all()), sampling);
        assert_eq!(refused_by("openai/gpt-5.2", &all()), sampling);
        assert_eq!(refused_by("openai/gpt-6", &all()), sampling);
        assert_eq!(refused_by("openai/gpt-4o", &all()), ["effort", "thinking_budget", "top_k"]);
        assert_eq!(refused_by("openai/gpt-5-chat-latest", &all()), ["effort", "thinking_budget", "top_k"]);
        let absent = ["frequency_penalty", "logprobs", "presence_penalty", "seed"];
        assert_eq!(refused_by("anthropic/claude-haiku-4-5", &all()), [&absent[..], &["top_p"]].concat());
        assert_eq!(
            refused_by("anthropic/claude-opus-5", &all()),
            [&absent[..], &["temperature", "top_k", "top_p"]].concat()
        );
        assert_eq!(
            refused_by("anthropic/claude-3-5-haiku-latest", &all()),
            [&absent[..], &["thinking_budget"]].concat()
        );
        assert_eq!(refused_by("gemini/gemini-2.5-pro", &all()), ["thinking_budget"]);
        assert_eq!(
            refused_by("groq/llama-3.3-70b-versatile", &all()),
            ["frequency_penalty", "logprobs", "presence_penalty"]
        );
        assert_eq!(refused_by("ollama/qwen3", &all()), [""; 0]);
    }

    #[test]
    fn values_and_pairs_are_looked_at_too() {
        let none = Params { effort: Some(Effort::None), temperature: Some(0.2), top_p: Some(0.5), ..Params::default() };
        assert_eq!(refused_by("openai/gpt-5.2", &none), [""; 0]);
        assert_eq!(refused_by("openai/gpt-5", &none), ["temperature", "top_p"]);
        let hot = Params { temperature: Some(1.5), ..Params::default() };
        assert_eq!(refused_by("anthropic/claude-haiku-4-5", &hot), ["temperature"]);
        assert_eq!(refused_by("openai/gpt-4o", &hot), [""; 0]);
        let stops = Params { stop: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(), ..Params::default() };
        assert_eq!(refused_by("openai/gpt-4o", &stops), ["stop"]);
        assert_eq!(refused_by("gemini/gemini-2.5-pro", &stops), [""; 0]);
        let little = Params { thinking_budget: Some(500), ..Params::default() };
        assert_eq!(refused_by("anthropic/claude-haiku-4-5", &little), ["thinking_budget"]);
        assert_eq!(
            refused_by("openai/gpt-5-mini", &Params { max_tokens: Some(5), seed: Some(1), ..Params::default() }),
            [""; 0]
        );
    }

    #[test]
    fn the_price_data_speaks_for_models_without_a_table() {
        let facts = ModelFacts {
            mode: crate::price::Mode::Chat,
            context_window: None,
            max_output: None,
            min_cache_tokens: None,
            deprecated_on: None,
            retired: false,
            caps: Vec::new(),
            caps_no: vec![Capability::Sampling],
        };
        let model = ModelRef::parse("openrouter/openai/o3").expect("model");
        let params = Params { temperature: Some(0.0), seed: Some(1), ..Params::default() };
        let found: Vec<_> = refused(&model, &params, Some(&facts)).into_iter().map(|refused| refused.param).collect();
        assert_eq!(found, ["temperature"]);
    }
}

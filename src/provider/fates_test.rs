//! What each kind of provider makes of each part of a request, as a table in a file: a change of it is seen in review.
//!
//! `KARAT_BLESS=1 cargo test --lib fates` rewrites it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use super::*;
use crate::base::SafeName;
use crate::price::{Capability, Mode, ModelFacts, PriceTable};
use crate::record::{
    CacheTtl, ChatRequest, Effort, Fate, Media, Message, OutputFormat, ParamFate, Params, Part, Role, Tool, ToolChoice,
};

/// Kinds with a model of each family whose rules differ.
const MODELS: &[(&str, &[&str])] = &[
    (
        "anthropic",
        &["claude-3-haiku-20240307", "claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-5", "claude-fable-5-1"],
    ),
    ("azure", &["a-deployment", "known-deployment"]),
    (
        "bedrock",
        &["anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-pro-v1:0", "meta.llama3-1-70b-instruct-v1:0"],
    ),
    ("cohere", &["command-a-03-2025"]),
    ("deepseek", &["deepseek-chat", "deepseek-reasoner"]),
    ("fireworks", &["accounts/fireworks/models/deepseek-v3"]),
    ("gemini", &["gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-pro-preview"]),
    ("groq", &["llama-3.3-70b-versatile"]),
    ("llamacpp", &["any"]),
    ("lmstudio", &["any"]),
    ("mistral", &["mistral-large-latest"]),
    ("mock", &["any"]),
    ("ollama", &["llama3.2"]),
    ("openai", &["gpt-4", "gpt-4o", "o3", "gpt-5-mini", "gpt-5.2", "gpt-6", "gpt-5-chat-latest"]),
    ("openai-responses", &["gpt-4o", "gpt-5-mini"]),
    ("openrouter", &["openai/o3", "anthropic/claude-opus-5", "nobody/knows-this"]),
    ("perplexity", &["sonar-pro"]),
    ("replicate", &["meta/meta-llama-3-70b-instruct"]),
    ("tgi", &["tgi"]),
    ("together", &["meta-llama/Llama-3.3-70B-Instruct-Turbo"]),
    ("vertex", &["gemini-2.5-flash", "claude-haiku-4-5@20251001"]),
    ("vllm", &["any"]),
    ("xai", &["grok-3", "grok-4"]),
];

fn plain(model: &str) -> ChatRequest {
    ChatRequest {
        vars: None,
        messages: vec![Message::text(Role::System, "Answer in JSON."), Message::text(Role::User, "What is it?")],
        model: model.to_owned(),
        output: OutputFormat::Text,
        parallel_tools: None,
        params: Params::default(),
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
    }
}

fn with_part(model: &str, part: Part) -> ChatRequest {
    let mut request = plain(model);
    request.messages[1].parts.push(part);
    request
}

fn with_tools(model: &str) -> ChatRequest {
    let parameters = json!({"type": "object", "properties": {"q": {"type": "string"}}});
    let tool = Tool { name: "search".into(), description: "Search".into(), parameters };
    ChatRequest { tools: vec![tool], ..plain(model) }
}

/// Every part alone, with the name of its column.
fn parts(model: &str) -> Vec<(&'static str, ChatRequest)> {
    let param = |params: Params| ChatRequest { params, ..plain(model) };
    let with = Params::default;
    let media = |mime: &str| Media::Base64 { data: "AAAA".into(), mime: mime.into() };
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false});
    let mut marked = plain(model);
    marked.messages[0].cache = Some(CacheTtl::OneHour);
    vec![
        ("cache", marked),
        ("effort: low", param(Params { effort: Some(Effort::Low), ..with() })),
        ("effort: none", param(Params { effort: Some(Effort::None), ..with() })),
        ("effort: max", param(Params { effort: Some(Effort::Max), ..with() })),
        ("files", with_part(model, Part::File { media: media("application/pdf"), name: "a.pdf".into() })),
        ("frequency_penalty", param(Params { frequency_penalty: Some(0.5), ..with() })),
        ("images", with_part(model, Part::Image(media("image/png")))),
        ("logprobs", param(Params { logprobs: Some(2), ..with() })),
        ("max_tokens", param(Params { max_tokens: Some(500), ..with() })),
        ("max_tokens: 9000000", param(Params { max_tokens: Some(9_000_000), ..with() })),
        ("output: json", ChatRequest { output: OutputFormat::Json, ..plain(model) }),
        (
            "output: schema",
            ChatRequest { output: OutputFormat::JsonSchema { name: "a".into(), schema }, ..plain(model) },
        ),
        ("parallel_tools", ChatRequest { parallel_tools: Some(false), ..with_tools(model) }),
        ("prediction", ChatRequest { prediction: Some("It is".into()), ..plain(model) }),
        ("presence_penalty", param(Params { presence_penalty: Some(0.5), ..with() })),
        ("seed", param(Params { seed: Some(7), ..with() })),
        ("service_tier", param(Params { service_tier: Some("flex".into()), ..with() })),
        ("stop", param(Params { stop: vec!["END".into()], ..with() })),
        ("stop: 6 texts", param(Params { stop: ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec(), ..with() })),
        ("temperature", param(Params { temperature: Some(0.2), ..with() })),
        ("temperature: 1.5", param(Params { temperature: Some(1.5), ..with() })),
        ("thinking_budget", param(Params { thinking_budget: Some(2000), ..with() })),
        ("tool_choice: named", ChatRequest { tool_choice: ToolChoice::Named("search".into()), ..with_tools(model) }),
        ("tool_choice: none", ChatRequest { tool_choice: ToolChoice::None, ..with_tools(model) }),
        ("tools", with_tools(model)),
        ("top_k", param(Params { top_k: Some(40), ..with() })),
        ("top_p", param(Params { top_p: Some(0.9), ..with() })),
        ("top_p with temperature", param(Params { top_p: Some(0.9), temperature: Some(0.2), ..with() })),
    ]
}

fn settings(kind: &str) -> ProviderSettings {
    let spec = provider_spec(kind).expect("a kind");
    let mut settings = ProviderSettings::new(SafeName::parse(kind).expect("name"), spec);
    settings.models = BTreeMap::from([("known-deployment".to_owned(), "gpt-5-mini".to_owned())]);
    settings
}

fn facts_of(kind: &str, model: &str) -> Option<ModelFacts> {
    PriceTable::bundled().expect("prices").resolve(Some(kind), model, None).facts()
}

fn told(fate: &ParamFate, column: &str) -> String {
    // A column is named after its part; what else is not sent as it is has its own name here.
    let part = if column.starts_with(&fate.param) { String::new() } else { format!("{} ", fate.param) };
    match &fate.fate {
        Fate::Renamed(to) => format!("{part}as {to}"),
        Fate::Changed => format!("{part}changed: {}", fate.why),
        Fate::Dropped => format!("{part}DROPPED: {}", fate.why),
        Fate::Refused => format!("{part}REFUSED: {}", fate.why),
    }
}

#[test]
fn the_table_of_kinds_and_parts_is_what_its_file_says() {
    let mut table = String::from(
        "What becomes of each part of a request, by kind of provider and model. Parts that are not listed are sent as they are.\n",
    );
    let mut kinds: Vec<&str> = MODELS.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    // Embedding models and programs take no such parts.
    let chats = |spec: &&&ProviderSpec| spec.name == "mock" || spec.wire.is_some_and(|wire| wire.chats());
    let all: Vec<&str> = PROVIDERS.iter().filter(chats).map(|spec| spec.name).collect();
    let mut known = all.clone();
    known.sort_unstable();
    assert_eq!(kinds, known, "every kind has a line in this test");
    for (kind, models) in MODELS {
        let settings = settings(kind);
        for model in *models {
            let facts = facts_of(kind, model);
            let unknown = if is_known(&settings, facts.as_ref()) { "" } else { "  (not in the price data)" };
            writeln!(table, "\n{kind}/{model}{unknown}").expect("write");
            for (column, request) in parts(model) {
                let found = fates(&settings, &request, facts.as_ref());
                let words: Vec<String> = found.iter().map(|fate| told(fate, column)).collect();
                if !words.is_empty() {
                    writeln!(table, "  {column:<23} {}", words.join("; ")).expect("write");
                }
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/http/parts.txt");
    if std::env::var_os("KARAT_BLESS").is_some() {
        fs::write(&path, &table).expect("write");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(table == wanted, "fixtures/http/parts.txt differs; look at `git diff` after KARAT_BLESS=1\n{table}");
}

fn names(kind: &str, request: &ChatRequest, facts: Option<&ModelFacts>) -> Vec<(String, bool)> {
    let found = fates(&settings(kind), request, facts);
    found.into_iter().map(|fate| (fate.is_rejected(), fate.param)).map(|(rejected, param)| (param, rejected)).collect()
}

#[test]
fn the_price_data_speaks_for_models_whose_rules_no_wire_knows() {
    let facts = ModelFacts {
        mode: Mode::Chat,
        context_window: None,
        max_output: Some(100),
        min_cache_tokens: None,
        deprecated_on: None,
        retired: false,
        caps: Vec::new(),
        caps_no: vec![Capability::Sampling, Capability::Tools, Capability::JsonSchema],
    };
    let params = Params { temperature: Some(0.0), seed: Some(1), max_tokens: Some(101), ..Params::default() };
    let schema = OutputFormat::JsonSchema { name: "a".into(), schema: json!({"type": "object"}) };
    let request = ChatRequest { params, output: schema, ..with_tools("m") };
    let wanted = [("max_tokens", true), ("output.schema", false), ("temperature", true), ("tools", true)];
    let wanted: Vec<(String, bool)> = wanted.iter().map(|(name, is)| ((*name).to_owned(), *is)).collect();
    assert_eq!(names("vllm", &request, Some(&facts)), wanted);
    assert_eq!(names("vllm", &request, None), []);
}

#[test]
fn a_limit_that_equals_the_default_is_sent() {
    let params = Params { max_tokens: Some(8192), ..Params::default() };
    assert_eq!(names("anthropic", &ChatRequest { params, ..plain("claude-haiku-4-5") }, None), []);
}

#[test]
fn what_extra_fields_cover_is_nobodys_judgement() {
    let extra = json!({"seed": 3}).as_object().cloned().expect("object");
    let params = Params { seed: Some(1), extra, ..Params::default() };
    assert_eq!(names("openai", &ChatRequest { params, ..plain("gpt-4o") }, None), []);
}

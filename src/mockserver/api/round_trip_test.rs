//! What a wire writes, the server reads; what the server writes, the wire reads.

use serde_json::{Value, json};

use super::super::exchange::{Incoming, Outgoing};
use super::super::reply::{Stamp, written};
use super::super::target::{Api, Asked, target};
use crate::net::HttpReply;
use crate::provider::{Endpoint, Wire, provider_spec};
use crate::record::{
    ChatReply, ChatRequest, Effort, Finish, Media, Message, OutputFormat, Params, Part, Role, Tool, ToolCall,
    ToolChoice, Usage,
};

const KINDS: [(&str, &str); 4] = [
    ("openai", "gpt-4o"),
    ("openai-responses", "gpt-4o"),
    ("anthropic", "claude-haiku-4-5"),
    ("gemini", "gemini-2.0-flash"),
];

fn wire(kind: &str) -> &'static dyn Wire {
    provider_spec(kind).expect(kind).wire.expect(kind)
}

fn request(model: &str, messages: Vec<Message>) -> ChatRequest {
    ChatRequest {
        vars: None,
        messages,
        model: model.to_owned(),
        output: OutputFormat::Text,
        parallel_tools: None,
        params: Params { max_tokens: Some(64), ..Params::default() },
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
    }
}

/// The request as it comes in, and its API.
fn sent(kind: &str, request: &ChatRequest, stream: bool) -> (Api, Vec<u8>) {
    let endpoint = Endpoint { stream, ..Endpoint::new("http://127.0.0.1:1", false) };
    let http = wire(kind).encode(request, endpoint).expect("encodes").http;
    let rest = http.url.trim_start_matches("http://127.0.0.1:1").to_owned();
    let (path, query) = rest.split_once('?').unwrap_or((&rest, ""));
    let incoming =
        Incoming { method: "POST".to_owned(), path: path.to_owned(), query: query.to_owned(), ..Incoming::default() };
    let api = target(&incoming).unwrap_or_else(|| panic!("{kind}: {rest}"));
    assert_eq!(api.kind(), Some(kind));
    (api, http.body)
}

fn read(kind: &str, request: &ChatRequest, stream: bool) -> Asked {
    let (api, body) = sent(kind, request, stream);
    api.read(&body).expect(kind)
}

fn tool() -> Tool {
    let parameters = json!({"type": "object", "properties": {"x": {"type": "integer"}}});
    Tool { name: "f".into(), description: "does f".into(), parameters }
}

fn call(id: &str) -> ToolCall {
    ToolCall { arguments: "{\"x\":1}".into(), id: id.into(), name: "f".into() }
}

#[test]
fn requests_are_read_as_they_were_asked() {
    let image = Part::Image(Media::Base64 { data: "AA==".into(), mime: "image/png".into() });
    let message = |role, parts| Message { cache: None, parts, role };
    let said = |role, text: &str| Message::text(role, text);
    let result = Part::ToolResult { id: "call_x".into(), is_error: false, text: "42 degrees".into() };
    for (kind, model) in KINDS {
        let cases = [
            request(model, vec![said(Role::User, "hello")]),
            request(model, vec![said(Role::System, "be brief"), said(Role::User, "hello")]),
            request(model, vec![said(Role::User, "a"), said(Role::Assistant, "b"), said(Role::User, "c")]),
            request(model, vec![message(Role::User, vec![Part::Text("what is it?".into()), image.clone()])]),
            ChatRequest {
                tools: vec![tool()],
                tool_choice: ToolChoice::Named("f".into()),
                ..request(model, vec![said(Role::User, "use it")])
            },
            ChatRequest {
                tools: vec![tool()],
                ..request(
                    model,
                    vec![
                        said(Role::User, "use it"),
                        message(Role::Assistant, vec![Part::ToolCall(call("call_x"))]),
                        message(Role::Tool, vec![result.clone()]),
                    ],
                )
            },
            ChatRequest {
                params: Params { temperature: Some(0.5), max_tokens: Some(7), ..Params::default() },
                ..request(model, vec![said(Role::User, "hello")])
            },
        ];
        for (index, asked) in cases.iter().enumerate() {
            for stream in [false, true] {
                let found = read(kind, asked, stream);
                assert_eq!(found.stream, stream, "{kind} {index}");
                assert_eq!(found.request.canonical(), asked.canonical(), "{kind} {index}");
            }
        }
    }
}

#[test]
fn every_parameter_of_an_api_comes_back() {
    let all = Params {
        effort: Some(Effort::Low),
        frequency_penalty: Some(0.5),
        logprobs: Some(2),
        max_tokens: Some(2000),
        presence_penalty: Some(-1.0),
        seed: Some(7),
        service_tier: Some("flex".into()),
        stop: vec!["END".into(), "x".into()],
        temperature: Some(0.25),
        top_p: Some(0.5),
        extra: json!({"user": "u1"}).as_object().cloned().expect("object"),
        ..Params::default()
    };
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {}, "required": []});
    let asked = |model: &str, params| ChatRequest {
        output: OutputFormat::JsonSchema { name: "output".into(), schema: schema.clone() },
        params,
        ..request(model, vec![Message::text(Role::User, "as JSON")])
    };
    let chat = asked("gpt-4o", Params { effort: None, ..all.clone() });
    assert_eq!(read("openai", &chat, false).request, chat);
    let reasoning = asked("o3", Params { max_tokens: Some(9), effort: Some(Effort::High), ..Params::default() });
    assert_eq!(read("openai", &reasoning, true).request, reasoning);
    let responses = Params {
        effort: None,
        frequency_penalty: None,
        presence_penalty: None,
        seed: None,
        stop: vec![],
        ..all.clone()
    };
    let responses = asked("gpt-4o", responses);
    assert_eq!(read("openai-responses", &responses, false).request, responses);
    let messages = Params {
        effort: None,
        frequency_penalty: None,
        presence_penalty: None,
        logprobs: None,
        seed: None,
        top_p: None,
        top_k: Some(3),
        ..all.clone()
    };
    let messages = asked("claude-haiku-4-5", messages);
    assert_eq!(read("anthropic", &messages, false).request, messages);
    let gemini = Params { effort: None, top_k: Some(3), ..all };
    let gemini = asked("gemini-2.0-flash", gemini);
    assert_eq!(read("gemini", &gemini, false).request, gemini);
}

fn replies() -> Vec<ChatReply> {
    let usage =
        Usage { input: Some(86), cache_read: Some(1920), output: Some(300), reasoning: Some(40), ..Usage::default() };
    let plain = ChatReply {
        usage: Some(usage),
        model: Some("the-model".into()),
        ..ChatReply::of_text("Hello  you,\nthere. é")
    };
    vec![
        plain.clone(),
        ChatReply { finish: Finish::Length, ..plain.clone() },
        ChatReply {
            text: String::new(),
            tool_calls: vec![call("a"), call("b")],
            finish: Finish::ToolCalls,
            ..plain.clone()
        },
        ChatReply { reasoning: Some("let me see".into()), ..plain },
    ]
}

fn decoded(kind: &str, outgoing: &Outgoing, stream: bool) -> ChatReply {
    let headers = outgoing.headers.clone();
    let reply = HttpReply { status: outgoing.status, headers: headers.into_iter().collect(), body: outgoing.bytes() };
    if !stream {
        return wire(kind).decode(&reply).expect(kind);
    }
    let mut decoder = wire(kind).streaming().expect(kind).decoder();
    let text = String::from_utf8(reply.body).expect("text");
    for block in text.split("\n\n").filter(|block| !block.is_empty()) {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        let frame = crate::provider::Frame {
            event: field("event: "),
            data: field("data: ").expect("data"),
            is_exception: false,
        };
        if decoder.frame(&frame).expect(kind) == crate::provider::Sign::End {
            break;
        }
    }
    decoder.finish().expect(kind)
}

#[test]
fn replies_are_read_by_the_wires_as_they_were_recorded() {
    for (kind, model) in KINDS {
        for (index, reply) in replies().iter().enumerate() {
            for stream in [false, true] {
                let asked_for = request(model, vec![Message::text(Role::User, "u")]);
                let (api, body) = sent(kind, &asked_for, stream);
                let asked = api.read(&body).expect("reads");
                let stamp = Stamp { id: "karat1", created: 1, gap: std::time::Duration::ZERO };
                let found = decoded(kind, &written(&api, &asked, reply, stamp), stream);
                let of = |reply: &ChatReply| {
                    (
                        reply.text.clone(),
                        reply.tool_calls.clone(),
                        reply.finish,
                        reply.reasoning.clone(),
                        reply.model.clone(),
                    )
                };
                assert_eq!(of(&found), of(reply), "{kind} {index} {stream}");
                let (total, known) = (found.usage.expect("usage"), reply.usage.expect("usage"));
                assert_eq!(total.total_input(), known.total_input(), "{kind} {index} {stream}");
                assert_eq!(total.total_output(), known.total_output(), "{kind} {index} {stream}");
                assert_eq!((total.cache_read, total.reasoning), (known.cache_read, known.reasoning), "{kind} {index}");
            }
        }
    }
}

#[test]
fn refusals_stay_refusals_where_the_api_has_a_word_for_them() {
    let refused = ChatReply { refusal: Some("I cannot".into()), finish: Finish::Refusal, ..ChatReply::of_text("") };
    for (kind, model) in &KINDS[..3] {
        let (api, body) = sent(kind, &request(model, vec![Message::text(Role::User, "u")]), false);
        let asked = api.read(&body).expect("reads");
        let stamp = Stamp { id: "karat1", created: 1, gap: std::time::Duration::ZERO };
        let found = decoded(kind, &written(&api, &asked, &refused, stamp), false);
        assert_eq!(found.finish, Finish::Refusal, "{kind}");
    }
}

#[test]
fn unreadable_requests_say_what_is_wrong() {
    let chat = Api::Chat;
    for (body, wanted) in [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "no `model`"),
        ("{\"model\": \"m\"}", "no `messages`"),
        ("{\"model\": \"m\", \"messages\": [{\"role\": \"robot\"}]}", "`robot` is not a role"),
    ] {
        let why = chat.read(body.as_bytes()).expect_err(body);
        assert!(why.contains(wanted), "{body}: {why}");
    }
    let value: Value = super::openai::error(404, "m");
    assert_eq!(value["error"]["code"], "not_recorded");
}

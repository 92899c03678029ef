//! How a host that speaks Chat Completions differs from OpenAI, as data and a few pure functions.

use std::fmt;

use serde_json::{Map, Value, json};
use serde_json_borrow::Value as Json;

use super::super::super::spec::Retry;
use super::super::body::{Changes, join_url};
use super::super::error_body::ErrorBody;
use super::usage;
use crate::base::Usd;
use crate::price::{Dialect, RawUsage, charge_stated};
use crate::record::{CacheTtl, ChatReply, ChatRequest, ErrorKind, Message, Part, Role, Usage};

/// How the thinking of earlier turns goes back to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider::wire) enum Replay {
    /// Not at all.
    Never,
    /// As the text of `reasoning_content` (`DeepSeek`).
    Content,
    /// As the items of `reasoning_details`, unchanged (`OpenRouter`).
    Details,
    /// As `thinking` chunks before the text (Mistral).
    Chunks,
}

/// How embeddings are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider::wire) enum Embeds {
    /// There are none.
    Never,
    /// In OpenAI's words, below the same address.
    AsOpenAi,
    /// In Mistral's words.
    Mistral,
}

/// How a mark for the prompt cache is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider::wire) enum Marks {
    /// Not at all: the host caches by itself.
    Never,
    /// `prompt_cache_breakpoint` (gpt-5.6 and later).
    Breakpoint,
    /// `cache_control`, as Anthropic writes it (`OpenRouter`).
    CacheControl,
}

/// A request body under construction.
pub(in crate::provider::wire) struct Draft<'a> {
    /// What is asked.
    pub(in crate::provider::wire) request: &'a ChatRequest,
    /// The body so far, without the user's extra fields.
    pub(in crate::provider::wire) body: &'a mut Map<String, Value>,
    /// What was left out or changed.
    pub(in crate::provider::wire) changes: &'a mut Changes,
}

impl Draft<'_> {
    /// Leaves a field of the body out and says so.
    pub(in crate::provider::wire) fn leave_out(&mut self, field: &str, why: &str) {
        let param = param_of(field);
        // One parameter may stand in two fields.
        if self.body.shift_remove(field).is_some() && !self.changes.0.iter().any(|change| change.param == param) {
            self.changes.dropped(param, why);
        }
    }

    /// Gives a field another name; the meaning stays, so that there is nothing to say.
    pub(in crate::provider::wire) fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.body.shift_remove(from) {
            self.body.insert(to.to_owned(), value);
        }
    }
}

/// What users call the parameter behind a field of the body.
fn param_of(field: &str) -> &str {
    match field {
        "reasoning_effort" => "effort",
        "response_format" => "output.format",
        "parallel_tool_calls" => "parallel_tools",
        "max_completion_tokens" => "max_tokens",
        "top_logprobs" => "logprobs",
        other => other,
    }
}

/// A class of failure that an error body means at one host only.
pub(in crate::provider::wire) type ErrorRule = fn(u16, &ErrorBody) -> Option<(ErrorKind, Retry)>;

/// The differences of one host. Written as what differs from [`Quirks::OPENAI`].
#[derive(Clone, Copy)]
pub(in crate::provider::wire) struct Quirks {
    /// Address of the chat, from the base URL.
    pub(in crate::provider::wire) chat_url: fn(&str) -> String,
    /// Parameters beyond OpenAI's that the host takes: `top_k`, `thinking_budget`.
    pub(in crate::provider::wire) takes: &'static [&'static str],
    /// Fields of the body that the host lacks, and why.
    pub(in crate::provider::wire) lacks: &'static [(&'static str, &'static str)],
    /// Fields of the body that are spelled otherwise: OpenAI's name, the host's.
    pub(in crate::provider::wire) renames: &'static [(&'static str, &'static str)],
    /// Whether names of OpenAI's models are OpenAI's models there.
    pub(in crate::provider::wire) resells_openai: bool,
    /// How thinking goes back.
    pub(in crate::provider::wire) replay: Replay,
    /// How cache marks are written.
    pub(in crate::provider::wire) marks: Marks,
    /// Whether files by URL are taken, as `document_url` chunks.
    pub(in crate::provider::wire) documents: bool,
    /// Whether a stream tells its usage without being asked, and may refuse to be asked.
    pub(in crate::provider::wire) tells_usage: bool,
    /// What else is different in the body.
    pub(in crate::provider::wire) adjust: fn(&mut Draft<'_>),
    /// Whether the model thinks long before it answers.
    pub(in crate::provider::wire) thinks: fn(&ChatRequest) -> bool,
    /// How usage is counted; `None`: told from the numbers themselves.
    pub(in crate::provider::wire) usage: Option<Dialect>,
    /// Where the charge is stated, in the words of the price data; `None`: wherever it is known to stand.
    pub(in crate::provider::wire) charge: Option<&'static str>,
    /// Errors that mean something else there.
    pub(in crate::provider::wire) error: ErrorRule,
    /// What else the body says, once the reply is read.
    pub(in crate::provider::wire) amend: fn(&mut ChatReply, &Json<'_>),
    /// Whether it has OpenAI's embeddings.
    pub(in crate::provider::wire) embeds: Embeds,
}

/// Functions say nothing.
impl fmt::Debug for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quirks")
            .field("takes", &self.takes)
            .field("lacks", &self.lacks)
            .field("replay", &self.replay)
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}

impl Quirks {
    /// OpenAI itself, and servers about which nothing is known.
    pub(in crate::provider::wire) const OPENAI: Quirks = Quirks {
        chat_url: |base| join_url(base, "chat/completions"),
        takes: &[],
        lacks: &[],
        renames: &[],
        resells_openai: false,
        replay: Replay::Never,
        marks: Marks::Never,
        documents: false,
        tells_usage: false,
        adjust: |_| {},
        thinks: |_| false,
        usage: None,
        charge: None,
        error: |_, _| None,
        amend: |_, _| {},
        embeds: Embeds::AsOpenAi,
    };

    pub(super) fn takes(&self, param: &str) -> bool {
        self.takes.contains(&param)
    }

    /// The classes of a `usage` object; `None` when it holds no counts at all.
    pub(in crate::provider::wire) fn usage_of<'v>(&self, raw: impl Into<RawUsage<'v>>) -> Option<Usage> {
        let raw = raw.into();
        self.usage.map_or_else(|| usage::usage_of(raw), |dialect| usage::usage_as(dialect, raw))
    }

    /// What the provider says it charged.
    pub(in crate::provider::wire) fn charge_of<'v>(&self, raw: impl Into<RawUsage<'v>>) -> Option<Usd> {
        let raw = raw.into();
        match self.charge {
            Some(field) => Usd::from_decimal(charge_stated(field, raw)?),
            None => usage::reported_cost(raw),
        }
    }

    /// Puts earlier thinking and a cache mark onto what a message became.
    pub(super) fn dress(&self, message: &Message, sent: &mut [Value]) {
        if message.role == Role::Assistant
            && let Some(Value::Object(last)) = sent.last_mut()
        {
            self.replay_onto(message, last);
        }
        // An answer of the model may carry no mark: OpenAI refuses it there.
        if message.cache.is_some() && message.role != Role::Assistant {
            self.mark(message, sent);
        }
    }

    fn replay_onto(&self, message: &Message, sent: &mut Map<String, Value>) {
        let thoughts = || {
            message.parts.iter().filter_map(|part| match part {
                Part::Reasoning { opaque, text } => Some((opaque.as_deref(), text.as_str())),
                _ => None,
            })
        };
        let text: Vec<&str> = thoughts().map(|(_, text)| text).filter(|text| !text.is_empty()).collect();
        match self.replay {
            Replay::Content if !text.is_empty() => {
                sent.insert("reasoning_content".to_owned(), json!(text.concat()));
            }
            Replay::Details => {
                let items: Vec<Value> =
                    thoughts().filter_map(|(opaque, _)| serde_json::from_str(opaque?).ok()).collect();
                if !items.is_empty() {
                    sent.insert("reasoning_details".to_owned(), Value::Array(items));
                }
            }
            Replay::Chunks if !text.is_empty() => {
                let thinking = json!({"type": "thinking", "thinking": [{"type": "text", "text": text.concat()}]});
                let said = sent.get("content").and_then(Value::as_str).filter(|said| !said.is_empty());
                let said = said.map(|said| json!({"type": "text", "text": said}));
                sent.insert("content".to_owned(), Value::Array(std::iter::once(thinking).chain(said).collect()));
            }
            Replay::Never | Replay::Content | Replay::Chunks => {}
        }
    }

    fn mark(&self, message: &Message, sent: &mut [Value]) {
        let (field, mark) = match self.marks {
            Marks::Never => return,
            Marks::Breakpoint => ("prompt_cache_breakpoint", json!({"mode": "explicit"})),
            Marks::CacheControl => match message.cache {
                Some(CacheTtl::OneHour) => ("cache_control", json!({"type": "ephemeral", "ttl": "1h"})),
                Some(CacheTtl::FiveMinutes) | None => ("cache_control", json!({"type": "ephemeral"})),
            },
        };
        let Some(content) = sent.last_mut().and_then(|last| last.get_mut("content")) else { return };
        if let Value::String(text) = content {
            *content = json!([{"type": "text", "text": std::mem::take(text)}]);
        }
        if let Some(part) = content.as_array_mut().and_then(|parts| parts.last_mut()).and_then(Value::as_object_mut) {
            part.insert(field.to_owned(), mark);
        }
    }

    /// The thinking of a message, as it must be sent back.
    pub(super) fn thoughts_of(&self, message: &Json<'_>, shown: Option<&str>) -> Vec<Part> {
        match self.replay {
            Replay::Never => Vec::new(),
            Replay::Content | Replay::Chunks => {
                shown.map(|text| Part::Reasoning { opaque: None, text: text.to_owned() }).into_iter().collect()
            }
            Replay::Details => {
                let items = message.get("reasoning_details").as_array().unwrap_or_default();
                items.iter().map(Value::from).map(|item| detail(&item)).collect()
            }
        }
    }
}

/// An item of `reasoning_details`: it goes back as it came, its readable part is kept beside it.
pub(super) fn detail(item: &Value) -> Part {
    let text = ["text", "summary"].into_iter().find_map(|field| item.get(field)?.as_str());
    Part::Reasoning { opaque: Some(item.to_string()), text: text.unwrap_or_default().to_owned() }
}

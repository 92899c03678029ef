//! The wire that all compatible hosts share: OpenAI's, with the quirks of the host.

use serde_json::json;

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure, KeySource, Wire};
use super::super::super::stream::StreamWire;
use super::super::body::{Changes, join_url, merge_extra};
use super::super::embeddings::mistral::MistralEmbeddings;
use super::super::error_body::ErrorBody;
use super::super::openai::decode::decode;
use super::super::openai::embeddings::Embeddings;
use super::super::openai::encode::{body, post, stream};
use super::super::openai::models::Family;
use super::super::openai::quirks::{Draft, Embeds, Quirks};
use super::super::openai::stream::ChatStream;
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest, Effort, EmbeddingReply};

/// A host that speaks Chat Completions.
#[derive(Debug)]
pub(super) struct Compatible {
    stream: ChatStream,
}

impl Compatible {
    /// A host with these quirks.
    pub(super) const fn new(quirks: &'static Quirks) -> Compatible {
        Compatible { stream: ChatStream { quirks } }
    }

    fn quirks(&self) -> &'static Quirks {
        self.stream.quirks
    }
}

impl Wire for Compatible {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let quirks = self.quirks();
        let family = if quirks.resells_openai {
            Family::of(endpoint.known_as.unwrap_or(&request.model))
        } else {
            Family::Foreign
        };
        // OpenAI's own host is the only one that OpenAI's newest words are for.
        let elsewhere = Endpoint { official: false, ..endpoint };
        let mut changes = Changes::default();
        let mut fields = body(request, family, elsewhere, quirks, &mut changes)?;
        let mut draft = Draft { request, body: &mut fields, changes: &mut changes };
        for (field, why) in quirks.lacks {
            draft.leave_out(field, why);
        }
        (quirks.adjust)(&mut draft);
        for (from, to) in quirks.renames {
            draft.rename(from, to);
        }
        merge_extra(&mut fields, &request.params.extra);
        if quirks.tells_usage && endpoint.stream {
            fields.insert("stream".to_owned(), json!(true));
        } else {
            stream(&mut fields, endpoint);
        }
        Ok(post((quirks.chat_url)(endpoint.base_url), &fields, changes))
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        decode(reply, self.quirks())
    }

    fn thinks_long(&self, request: &ChatRequest) -> bool {
        (self.quirks().thinks)(request)
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        Some(&self.stream)
    }

    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        match self.quirks().embeds {
            Embeds::Never => None,
            Embeds::AsOpenAi => Some(self),
            Embeds::Mistral => Some(&MistralEmbeddings),
        }
    }
}

impl EmbeddingWire for Compatible {
    fn limit(&self) -> BatchLimit {
        Embeddings.limit()
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let mut encoded = Embeddings.encode(ask, Endpoint { official: false, ..endpoint })?;
        let chat = (self.quirks().chat_url)(endpoint.base_url);
        if let Some(base) = chat.strip_suffix("chat/completions") {
            encoded.http.url = join_url(base, "embeddings");
        }
        Ok(encoded)
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        Embeddings.decode(reply, ask)
    }
}

/// A key that travels as `Authorization: Bearer`.
pub(super) const fn bearer(env: &'static str) -> KeySource {
    KeySource { env, header: "authorization", prefix: "Bearer " }
}

/// Address of the chat below `version`, whether the base URL already ends with that or not.
pub(super) fn chat_below(base: &str, version: &str) -> String {
    let base = base.trim_end_matches('/');
    let base = base.strip_suffix(version).unwrap_or(base);
    join_url(&join_url(base, version), "chat/completions")
}

/// Whether the validation of TGI, which others have taken over, says that the input does not fit: "`inputs` tokens +
/// `max_new_tokens` must be <= 4096", "`inputs` must have less than 1024 tokens".
pub(super) fn does_not_fit(status: u16, error: &ErrorBody) -> bool {
    let message = error.message.to_lowercase();
    let sums = message.contains("`inputs` tokens + `max_new_tokens` must be <=");
    matches!(status, 400 | 413 | 422) && (sums || message.contains("`inputs` must have less than"))
}

/// Whether thinking was asked for.
pub(super) fn asks_to_think(request: &ChatRequest) -> bool {
    request.params.effort.is_some_and(|effort| effort != Effort::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_may_end_with_the_version() {
        for base in ["https://h", "https://h/", "https://h/v1", "https://h/v1/"] {
            assert_eq!(chat_below(base, "v1"), "https://h/v1/chat/completions");
        }
        assert_eq!(chat_below("https://h/prefix/v1", "v1"), "https://h/prefix/v1/chat/completions");
        assert_eq!(chat_below("https://h", "openai/v1"), "https://h/openai/v1/chat/completions");
    }
}

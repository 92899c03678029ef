//! Recording what somebody else's program asks: replies that passed through a proxy become a cassette.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::cassette::{CassetteError, Kept, Shelf};
use super::clean::{clean_reply, hide_found_in};
use super::reading::Reading;
use super::registry::{PROVIDERS, provider_spec};
use super::spec::{Failure, Wire};
use super::stream::with_head;
use crate::base::{Millis, ModelRef, Redactor, SafeName, Secret};
use crate::net::HttpReply;
use crate::record::{ChatReply, ChatRequest};

/// One request that was answered.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The kind of provider whose API it is, such as `openai`.
    pub kind: &'static str,
    /// What was asked.
    pub request: &'a ChatRequest,
    /// The whole reply.
    pub reply: &'a HttpReply,
    /// From sending to the last byte.
    pub latency: Duration,
}

/// Keeps replies, and writes them into one cassette.
pub struct Recorder {
    shelf: Shelf,
    suite: SafeName,
    upstream: String,
    provider: Option<SafeName>,
    secrets: Mutex<Vec<Secret>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder").field("suite", &self.suite).finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder into `<folder>/<suite>.jsonl`, of the server at `upstream`. Models are kept as those of `provider`, or
    /// of the kind that has that server.
    pub fn new(folder: PathBuf, root: &Path, suite: SafeName, upstream: &str, provider: Option<SafeName>) -> Recorder {
        let shelf = Shelf::new(folder, root.to_path_buf());
        Recorder { shelf, suite, upstream: upstream.to_owned(), provider, secrets: Mutex::default() }
    }

    /// Keeps a text out of everything that is written from now on.
    pub fn hide(&self, secret: &str) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if !secret.trim().is_empty() && secrets.iter().all(|known| known.expose() != secret) {
            secrets.push(Secret::new(secret));
        }
    }

    /// Keeps the reply of an exchange; says under which label. Failed calls are not kept.
    ///
    /// # Errors
    /// [`Failure`] when there is nothing to keep: the reply is an error, or not one of this API.
    pub fn keep(&self, exchange: &Exchange<'_>) -> Result<String, Failure> {
        let wire = provider_spec(exchange.kind).ok().and_then(|spec| spec.wire);
        let unknown = || Failure::new(crate::record::ErrorKind::Refused, "this API cannot be recorded");
        let mut reply = read_reply(wire.ok_or_else(unknown)?, exchange.reply)?;
        // The times belong to that moment, and the body may hold what nobody should keep.
        reply.stream = None;
        clean_reply(&self.redactor(), &mut reply);
        hide_found_in(&mut reply);
        let provider = self.provider_of(exchange.kind);
        let request = exchange.request;
        let model = ModelRef::parse(&format!("{provider}/{}", request.model)).map_err(|_| unknown())?;
        let digest = request.digest(model.provider.as_str());
        let label = format!("{}/{}", self.suite, digest.short());
        self.shelf.record(&Kept {
            digest,
            label: &label,
            model: &model,
            repeat: 0,
            request,
            reply: &reply,
            latency_ms: Millis::of(exchange.latency),
            cost: None,
        });
        Ok(label)
    }

    /// Writes what was kept since the last time; the files written.
    ///
    /// # Errors
    /// [`CassetteError`].
    pub fn write(&self) -> Result<Vec<PathBuf>, CassetteError> {
        self.shelf.finish(&self.redactor())
    }

    fn redactor(&self) -> Redactor {
        Redactor::new(self.secrets.lock().unwrap_or_else(PoisonError::into_inner).iter())
    }

    fn provider_of(&self, kind: &str) -> String {
        if let Some(provider) = &self.provider {
            return provider.to_string();
        }
        let at_home = PROVIDERS.iter().filter(|spec| spec.is_official(&self.upstream));
        // One vendor may have several APIs.
        let same = at_home.clone().find(|spec| spec.name == kind);
        same.or(at_home.clone().next()).map_or(kind, |spec| spec.name).to_owned()
    }
}

/// The reply of a whole body, a stream or not.
fn read_reply(wire: &dyn Wire, reply: &HttpReply) -> Result<ChatReply, Failure> {
    let is_stream = reply.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    let streaming = wire.streaming().filter(|_| is_stream && (200..300).contains(&reply.status));
    let Some(streaming) = streaming else { return wire.decode(reply) };
    let mut reading = Reading::new(streaming, Duration::ZERO);
    let ended = reading.take(&reply.body, Duration::ZERO);
    let outcome = match ended {
        Ok(true) => reading.finish(),
        Ok(false) => reading.end_of_body(Duration::ZERO),
        Err(failure) => Err(failure),
    };
    with_head(outcome, reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Message, OutputFormat, Params, Role, ToolChoice};

    #[test]
    fn replies_are_kept_without_keys_and_errors_are_not_kept() {
        let folder = tempfile::tempdir().expect("temp");
        let suite = SafeName::parse("app").expect("name");
        let recorder =
            Recorder::new(folder.path().to_path_buf(), folder.path(), suite, "https://api.deepseek.com/v1", None);
        recorder.hide("canary-5up3r-s3cret");
        // The shape of a key of OpenAI, which nobody told the recorder.
        let stranger = format!("sk-proj-{}", "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYz".repeat(2));
        let request = ChatRequest {
            vars: None,
            messages: vec![Message::text(Role::User, format!("my key is {stranger}"))],
            model: "m".to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: Vec::new(),
        };
        let text = format!("canary-5up3r-s3cret and {stranger} and more");
        let body = serde_json::json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]});
        let whole = |status, body: String| HttpReply { status, body: body.into_bytes(), ..HttpReply::default() };
        let keep = |reply: &HttpReply| {
            let latency = Duration::from_millis(5);
            recorder.keep(&Exchange { kind: "openai", request: &request, reply, latency })
        };
        let label = keep(&whole(200, body.to_string())).expect("kept");
        assert!(label.starts_with("app/") && label.len() == "app/".len() + 12, "{label}");
        assert!(keep(&whole(500, body.to_string())).is_err() && keep(&whole(200, "{".to_owned())).is_err());
        let written = recorder.write().expect("written");
        let text = std::fs::read_to_string(&written[0]).expect("read");
        assert_eq!(text.lines().count(), 1);
        assert!(!text.contains("canary") && !text.contains(&stranger[8..30]), "{text}");
        assert!(text.contains("(redacted) and (redacted) and more"), "{text}");
        // Named as the provider that has this server, though the API is OpenAI's.
        assert!(text.contains("\"model\":\"deepseek/m\""), "{text}");
        assert!(recorder.write().expect("nothing").is_empty());
    }
}

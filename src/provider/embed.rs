//! The door to embedding models: cassette, kept vectors, then the provider, many texts in one request.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::clean::clean_error;
use super::question::EmbeddingRequest;
use super::route::{Backend, Errand, Route};
use super::settings::CallMode;
use super::vector_shelf::VectorShelf;
use crate::base::{Diagnostic, Digest, Millis, ModelRef, Usd};
use crate::record::{CallError, CallSource, ChatReply, EmbeddingCall, EmbeddingReply, ErrorKind};

/// Most texts of one request; the API takes 2,048.
const MAX_TEXTS: usize = 256;

/// Most bytes of one request. The API takes 300,000 tokens, and a token is rarely less than two bytes.
const MAX_BYTES: usize = 400_000;

/// Vectors of earlier calls.
pub trait VectorCache: Send + Sync {
    /// The vectors that are kept for these texts, by model and by the server they came from.
    fn find(&self, model: &ModelRef, endpoint: &str, texts: &[Digest]) -> HashMap<Digest, Vec<f32>>;

    /// Keeps what a call brought, and what it cost. Returns when it is durable; may block.
    ///
    /// # Errors
    /// Why it could not be kept.
    fn keep(&self, call: &EmbeddingCall) -> Result<(), String>;
}

/// Money spent on vectors: what is known, and the calls of which it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EmbeddingSpend {
    /// Known money.
    pub known: Usd,
    /// Calls whose cost is unknown.
    pub unknown_calls: u64,
}

impl EmbeddingSpend {
    fn add(&mut self, spent: Option<Usd>) {
        match spent {
            Some(spent) => self.known = self.known.saturating_add(spent),
            None => self.unknown_calls += 1,
        }
    }
}

impl Caller {
    /// Whether vectors can be had from a model: its provider is known, has its key, and speaks of embeddings. Nothing is
    /// called.
    ///
    /// # Errors
    /// A diagnostic without a place; the caller of this knows where the model was named.
    pub fn can_embed(&self, model: &ModelRef) -> Result<(), Box<Diagnostic>> {
        self.knows(model)?;
        let has_them = self
            .routes
            .get(&model.provider)
            .is_some_and(|route| route.settings.spec.wire.is_some_and(|wire| wire.embeddings().is_some()));
        if has_them {
            return Ok(());
        }
        let message = format!("provider `{}` has no embeddings", model.provider);
        let help = "name a model of an OpenAI-compatible provider, such as `openai/text-embedding-3-small`";
        Err(Box::new(Diagnostic::error("no-embeddings", message).help(help)))
    }

    /// The vectors of some texts, in their order; that of a blank text is empty, nothing is asked for it.
    ///
    /// Order: cassette when replaying, kept vectors, the provider with its limits and retries. What a call brings is
    /// kept before this returns. `spend` counts what was spent, also when it fails half way.
    ///
    /// # Errors
    /// [`CallError`]: of the call that failed, or [`ErrorKind::NotRecorded`] when replaying.
    pub async fn embed(
        &self,
        model: &ModelRef,
        texts: &[String],
        spend: &mut EmbeddingSpend,
        stop: &CancellationToken,
    ) -> Result<Vec<Vec<f32>>, CallError> {
        let Some(route) = self.routes.get(&model.provider) else {
            return Err(refused(format!("`{}` is not a provider", model.provider)));
        };
        let mut wanted: Vec<(Digest, &String)> = Vec::new();
        let mut seen = HashSet::new();
        for text in texts.iter().filter(|text| !text.trim().is_empty()) {
            let digest = EmbeddingCall::text_digest(text);
            if seen.insert(digest) {
                wanted.push((digest, text));
            }
        }
        let mut found = self.known_vectors(model, route, &wanted)?;
        let missing: Vec<(Digest, &String)> =
            wanted.iter().filter(|(digest, _)| !found.contains_key(digest)).copied().collect();
        if self.mode == CallMode::Replay
            && let Some((_, first)) = missing.first()
        {
            return Err(self.vectors.not_recorded(model, first, missing.len()));
        }
        for batch in batches(&missing) {
            let call = self.embed_batch(model, route, batch, stop).await;
            spend.add(call.spent());
            let call = self.keep_vectors(call).await?;
            for (digest, vector) in call.texts.iter().zip(call.reply?.vectors) {
                found.insert(*digest, vector);
            }
        }
        if self.mode == CallMode::Record {
            self.vectors.record(
                model,
                wanted
                    .iter()
                    .filter_map(|(digest, text)| Some((*digest, text.as_str(), found.get(digest)?.as_slice()))),
            );
        }
        let vector = |text: &String| found.get(&EmbeddingCall::text_digest(text)).cloned().unwrap_or_default();
        Ok(texts.iter().map(vector).collect())
    }

    /// Those of the texts that a call would be made for.
    pub fn not_embedded(&self, model: &ModelRef, texts: Vec<String>) -> Vec<String> {
        let Some(route) = self.routes.get(&model.provider) else { return texts };
        if self.mode == CallMode::Replay {
            return Vec::new();
        }
        let digests: Vec<Digest> = texts.iter().map(|text| EmbeddingCall::text_digest(text)).collect();
        let cache = self.vector_cache.as_ref();
        let known = cache.map(|cache| cache.find(model, endpoint_of(route), &digests)).unwrap_or_default();
        let mut seen = HashSet::new();
        let is_new = |(_, digest): &(String, Digest)| !known.contains_key(digest) && seen.insert(*digest);
        texts.into_iter().zip(digests).filter(is_new).map(|(text, _)| text).collect()
    }

    /// What needs no call.
    fn known_vectors(
        &self,
        model: &ModelRef,
        route: &Route,
        wanted: &[(Digest, &String)],
    ) -> Result<HashMap<Digest, Vec<f32>>, CallError> {
        let mut found = HashMap::new();
        if self.mode == CallMode::Replay {
            found = self.vectors.find(model, wanted.iter().map(|(digest, _)| *digest))?;
        }
        let missing: Vec<Digest> =
            wanted.iter().map(|(digest, _)| *digest).filter(|digest| !found.contains_key(digest)).collect();
        if let Some(cache) = self.vector_cache.as_ref().filter(|_| !missing.is_empty()) {
            found.extend(cache.find(model, endpoint_of(route), &missing));
        }
        Ok(found)
    }

    async fn embed_batch(
        &self,
        model: &ModelRef,
        route: &Route,
        batch: &[(Digest, &String)],
        stop: &CancellationToken,
    ) -> EmbeddingCall {
        let started = self.clock.now();
        let texts = batch.iter().map(|(_, text)| (*text).clone()).collect();
        let request = EmbeddingRequest { model: model.model.clone(), texts };
        let identity = Digest::of_bytes(b"embeddings");
        let mut call = EmbeddingCall {
            model: model.clone(),
            endpoint: endpoint_of(route).to_owned(),
            texts: batch.iter().map(|(digest, _)| *digest).collect(),
            reply: Err(refused("nothing was asked".to_owned())),
            source: CallSource::Live,
            latency_ms: Millis(0),
            attempts: 0,
            waited_ms: Millis(0),
            started,
            cost: None,
            possible_double_charge: false,
        };
        if !matches!(route.backend, Backend::Http(_)) {
            call.reply = Err(refused(format!("provider `{}` has no embeddings", model.provider)));
            return call;
        }
        if let Some(error) = self.known_failure(model) {
            call.reply = Err(error);
            return call;
        }
        let errand = Errand { request: &request, label: "embeddings", identity: &identity, stop, hasty: false };
        let answer = route.answer(errand).await;
        let mut reply = answer.reply;
        if let Err(error) = &mut reply {
            clean_error(&self.redactor, error);
        }
        tracing::debug!(
            model = %model,
            texts = batch.len(),
            attempts = answer.attempts,
            latency_ms = Millis::of(answer.latency).0,
            error = reply.as_ref().err().map(|error| error.message.as_str()),
            "embeddings"
        );
        call.cost = reply.as_ref().ok().and_then(|reply| self.price(model, &Ok(billed(reply)), started));
        call.latency_ms = if reply.is_ok() { Millis::of(answer.latency) } else { Millis(0) };
        call.attempts = answer.attempts;
        call.waited_ms = Millis::of(answer.waited);
        call.possible_double_charge = answer.possible_double_charge;
        call.reply = reply;
        call
    }

    /// Makes a call durable. What was paid for and cannot be kept is an error: nothing more may be spent then.
    async fn keep_vectors(&self, call: EmbeddingCall) -> Result<EmbeddingCall, CallError> {
        let Some(cache) = &self.vector_cache else { return Ok(call) };
        if call.attempts == 0 {
            return Ok(call);
        }
        let cache = Arc::clone(cache);
        let kept = tokio::task::spawn_blocking(move || cache.keep(&call).map(|()| call)).await;
        match kept {
            Ok(Ok(call)) => Ok(call),
            Ok(Err(why)) => Err(refused(format!("vectors cannot be kept: {why}"))),
            Err(error) => Err(refused(format!("internal error: vectors were not kept: {error}"))),
        }
    }
}

/// The vectors that cassettes hold of some texts; nothing is called.
///
/// # Errors
/// When the file cannot be read.
pub fn recorded_vectors(
    cassettes: &Path,
    root: &Path,
    model: &ModelRef,
    texts: &[Digest],
) -> Result<HashMap<Digest, Vec<f32>>, CallError> {
    VectorShelf::new(cassettes, root).find(model, texts.iter().copied())
}

/// Texts in groups that fit one request.
fn batches<'a, 't>(texts: &'a [(Digest, &'t String)]) -> Vec<&'a [(Digest, &'t String)]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (at, (_, text)) in texts.iter().enumerate() {
        if at > start && (at - start >= MAX_TEXTS || bytes + text.len() > MAX_BYTES) {
            batches.extend(texts.get(start..at));
            (start, bytes) = (at, 0);
        }
        bytes += text.len();
    }
    batches.extend(texts.get(start..).filter(|rest| !rest.is_empty()));
    batches
}

fn endpoint_of(route: &Route) -> &str {
    route.settings.base_url().trim_end_matches('/')
}

/// The reply as the price table sees one.
fn billed(reply: &EmbeddingReply) -> ChatReply {
    ChatReply { usage: reply.usage, reported_cost: reply.reported_cost, ..ChatReply::of_text("") }
}

fn refused(message: String) -> CallError {
    CallError { kind: ErrorKind::Refused, message, status: None, request_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_grouped_by_number_and_size_and_none_is_lost() {
        let sizes = |lengths: &[usize]| {
            let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
            let digest = Digest::of_bytes(b"");
            let pairs: Vec<(Digest, &String)> = texts.iter().map(|text| (digest, text)).collect();
            batches(&pairs).iter().map(|batch| batch.len()).collect::<Vec<_>>()
        };
        assert!(sizes(&[]).is_empty());
        assert_eq!(sizes(&[1; 600]), [256, 256, 88]);
        assert_eq!(sizes(&[300_000, 100_000, 1, 500_000, 1]), [2, 1, 1, 1]);
    }
}

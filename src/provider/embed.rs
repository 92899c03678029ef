//! The door to embedding models: cassette, kept vectors, then the provider, many texts in one request.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::aside::{Spend, batches, refused};
use super::caller::Caller;
use super::question::Question;
use super::route::{Backend, Route};
use super::settings::CallMode;
use super::side_question::EmbeddingRequest;
use super::side_wire::{BatchLimit, EmbeddingWire};
use super::vector_shelf::VectorShelf;
use crate::base::{Diagnostic, Digest, Millis};
use crate::record::{CallError, CallSource, EmbeddingCall, EmbeddingModel, EmbeddingReply};

/// Vectors of earlier calls.
pub trait VectorCache: Send + Sync {
    /// The vectors that are kept for these texts, by model with its parameters and by the server they came from.
    fn find(&self, model: &EmbeddingModel, endpoint: &str, texts: &[Digest]) -> HashMap<Digest, Vec<f32>>;

    /// Keeps what a call brought, and what it cost. Returns when it is durable; may block.
    ///
    /// # Errors
    /// Why it could not be kept.
    fn keep(&self, call: &EmbeddingCall) -> Result<(), String>;
}

impl Caller {
    /// Whether vectors can be had from a model: its provider is known, has its key, and speaks of embeddings. Nothing is
    /// called.
    ///
    /// # Errors
    /// A diagnostic without a place; the caller of this knows where the model was named.
    pub fn can_embed(&self, model: &EmbeddingModel) -> Result<(), Box<Diagnostic>> {
        let help = "name a model of a provider with embeddings, such as `openai/text-embedding-3-small`";
        self.offers(&model.model, "no-embeddings", "embeddings", help, |wire| wire.embeddings().is_some())?;
        let Some(route) = self.routes.get(&model.model.provider) else { return Ok(()) };
        let Backend::Http(http) = &route.backend else { return Ok(()) };
        // Encoding says what the API has no words for.
        let request = request_of(model, vec!["a text".to_owned()]);
        match request.encode(&*http.wire, route.settings.endpoint(&*http.wire, http.official)) {
            Ok(_) => Ok(()),
            Err(error) => {
                let help = "change or leave out that parameter of `embedding` in karat.yaml";
                Err(Box::new(Diagnostic::error("unsupported-parameter", error.message).help(help)))
            }
        }
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
        model: &EmbeddingModel,
        texts: &[String],
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<Vec<Vec<f32>>, CallError> {
        let route = self.way_to(&model.model)?;
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
        let wire = route.settings.spec.wire.and_then(|wire| wire.embeddings());
        // Without a wire nothing is sent: the call below says why.
        let limit = wire.map_or(BatchLimit { texts: usize::MAX, bytes: usize::MAX }, EmbeddingWire::limit);
        for batch in batches(&missing, limit, |(_, text)| text.len()) {
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
    pub fn not_embedded(&self, model: &EmbeddingModel, texts: Vec<String>) -> Vec<String> {
        let Some(route) = self.routes.get(&model.model.provider) else { return texts };
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
        model: &EmbeddingModel,
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
        model: &EmbeddingModel,
        route: &Route,
        batch: &[(Digest, &String)],
        stop: &CancellationToken,
    ) -> EmbeddingCall {
        let started = self.clock.now();
        let request = request_of(model, batch.iter().map(|(_, text)| (*text).clone()).collect());
        let answer = self.ask_aside(&model.model, &request, "embeddings", stop).await;
        let price = |reply: &EmbeddingReply| self.price_usage(&model.model, reply.usage, reply.reported_cost, started);
        EmbeddingCall {
            model: model.clone(),
            endpoint: endpoint_of(route).to_owned(),
            texts: batch.iter().map(|(digest, _)| *digest).collect(),
            source: CallSource::Live,
            latency_ms: Millis::of(answer.latency),
            attempts: answer.attempts,
            waited_ms: Millis::of(answer.waited),
            started,
            cost: answer.reply.as_ref().ok().and_then(price),
            possible_double_charge: answer.possible_double_charge,
            reply: answer.reply,
        }
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
    model: &EmbeddingModel,
    texts: &[Digest],
) -> Result<HashMap<Digest, Vec<f32>>, CallError> {
    VectorShelf::new(cassettes, root).find(model, texts.iter().copied())
}

fn request_of(model: &EmbeddingModel, texts: Vec<String>) -> EmbeddingRequest {
    EmbeddingRequest { model: model.model.model.clone(), texts, params: model.params }
}

fn endpoint_of(route: &Route) -> &str {
    route.settings.base_url().trim_end_matches('/')
}

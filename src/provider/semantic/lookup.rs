//! Looking for an answer to nearly the same question, and keeping new ones.

use std::sync::PoisonError;

use tokio_util::sync::CancellationToken;

use super::scope::scope;
use super::signature::cosine;
use super::{NewQuestion, Semantic, Signature};
use crate::base::{Digest, Timestamp};
use crate::provider::aside::Spend;
use crate::provider::caller::{Ask, Caller, cache_key};
use crate::provider::route::Route;
use crate::provider::settings::CallMode;
use crate::record::{CachedReply, CallRecord, CallSource, EmbeddingCall, Finish, SemanticMatch};

/// What the semantic cache knows of a question.
pub(in crate::provider) struct Alike {
    /// To be kept when a live call answers it.
    question: NewQuestion,
    /// The best answer it has.
    pub(in crate::provider) found: Option<(SemanticMatch, CachedReply)>,
    /// Whether the model is to be asked all the same.
    pub(in crate::provider) verify: bool,
}

impl Caller {
    /// Why the semantic cache was of no use, when it was not: the first failure to embed a question.
    pub fn semantic_problem(&self) -> Option<String> {
        let semantic = self.semantic.as_ref()?;
        semantic.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks for an answer to nearly the same question. `None` when the cache is not for this call or the request has no
    /// text to be compared. Only when the providers are really called: a cassette must hold what the model said.
    pub(in crate::provider) async fn alike(
        &self,
        semantic: &Semantic,
        ask: &Ask<'_>,
        route: &Route,
        key: &Digest,
        stop: &CancellationToken,
    ) -> Option<Box<Alike>> {
        let settings = &semantic.settings;
        let is_live = self.mode == CallMode::Live && route.settings.cache;
        if !is_live || (!ask.alike && !settings.repeats) {
            return None;
        }
        let (text, rest) = settings.compare.split(&ask.request)?;
        let endpoint = self.routes.get(&settings.model.model.provider)?.settings.base_url().trim_end_matches('/');
        let mut spend = Spend::default();
        let vectors = self.embed(&settings.model, std::slice::from_ref(&text), &mut spend, stop).await;
        if let Some(aside) = ask.aside {
            aside.lock().unwrap_or_else(PoisonError::into_inner).plus(spend);
        }
        let vector = match vectors {
            Ok(vectors) => vectors.into_iter().next()?,
            Err(error) => {
                let mut problem = semantic.problem.lock().unwrap_or_else(PoisonError::into_inner);
                problem.get_or_insert_with(|| error.to_string());
                return None;
            }
        };
        let signature = Signature::of(&vector)?;
        let question = NewQuestion {
            // Repeats of a question are one question here.
            scope: scope(&cache_key(route, &rest, 0), &settings.model, endpoint, settings.compare),
            origin: *key,
            signature,
            text: EmbeddingCall::text_digest(&text),
            model: settings.model.clone(),
            endpoint: endpoint.to_owned(),
            made: self.clock.now(),
        };
        let found = semantic.best(&question, &vector, self.clock.now());
        Some(Box::new(Alike { question, verify: is_chosen(key, settings.verify), found }))
    }

    /// Keeps a question that a live call has answered, with what the cache had for it.
    pub(in crate::provider) fn learn(&self, record: &mut CallRecord, alike: Option<Box<Alike>>) {
        let (Some(semantic), Some(alike)) = (&self.semantic, alike) else { return };
        let Ok(reply) = &record.reply else { return };
        if record.source != CallSource::Live {
            return;
        }
        if reply.finish != Finish::Error {
            semantic.settings.store.keep(&alike.question);
        }
        record.semantic = alike.found.map(|(found, kept)| SemanticMatch { kept: Some(Box::new(kept)), ..found });
    }

    /// Writes down which questions answered, and lets go of too many.
    pub(in crate::provider) fn settle_questions(&self) {
        if let Some(semantic) = &self.semantic {
            let used = std::mem::take(&mut *semantic.used.lock().unwrap_or_else(PoisonError::into_inner));
            semantic.settings.store.settle(&used);
        }
    }
}

impl Semantic {
    /// The nearest question with an answer, from the threshold on.
    fn best(&self, question: &NewQuestion, vector: &[f32], now: Timestamp) -> Option<(SemanticMatch, CachedReply)> {
        let store = &self.settings.store;
        let threshold = self.settings.threshold;
        let near = {
            let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
            let newer = store.newer(index.upto);
            newer.iter().for_each(|kept| index.add(kept));
            index.near(&question.scope, &question.signature, threshold)
        };
        if near.is_empty() {
            return None;
        }
        let kept = store.vectors(&near).into_iter();
        let mut ranked: Vec<_> =
            kept.filter_map(|kept| Some((cosine(vector, &kept.vector)?, kept.id, kept.origin))).collect();
        ranked.retain(|(similarity, ..)| *similarity >= threshold);
        // Of equally near ones the newest.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let found = ranked.into_iter().find_map(|(similarity, id, origin)| {
            let reply = store.reply(&origin)?;
            Some((id, SemanticMatch { similarity, origin, agreement: None, kept: None }, reply))
        });
        let (id, found, reply) = found?;
        self.used.lock().unwrap_or_else(PoisonError::into_inner).push((id, now));
        Some((found, reply))
    }
}

/// Whether a call is among the share that is made all the same: the same calls in every run.
fn is_chosen(key: &Digest, share: f64) -> bool {
    let (groups, _) = key.as_bytes().as_chunks::<4>();
    let drawn = groups.last().map_or(0, |group| u32::from_be_bytes(*group));
    f64::from(drawn) < share * (f64::from(u32::MAX) + 1.0)
}

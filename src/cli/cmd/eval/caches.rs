//! The caches of a run: kept replies and kept questions in the store, and what a run says of them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::load::Loaded;
use crate::base::{Digest, Timestamp};
use crate::cli::{Session, UsageError};
use crate::config::{CallMode, CompareWord, Config};
use crate::provider::{
    Compare, KeptQuestion, KeptVector, NewQuestion, QuestionStore, ReplyCache, SemanticSettings, Signature,
};
use crate::record::{CachedReply, EmbeddingModel};
use crate::store::{CacheCap, QuestionRow, ReplyReader, Store, StoreError};

/// The embedding model of the semantic cache; `None` when it is off, or when nothing is really called.
///
/// # Errors
/// [`UsageError`] when it is on and no model is named.
pub(super) fn semantic_model(config: &Config) -> Result<Option<EmbeddingModel>, UsageError> {
    let semantic = &config.cache.semantic;
    if !semantic.enabled.value || config.calls.value != CallMode::Live {
        return Ok(None);
    }
    let model = semantic.model.value.as_ref().or(config.embedding.value.as_ref());
    let Some(model) = model else {
        let message = "the semantic cache needs an embedding model";
        let help = "write `cache: {semantic: {model: openai/text-embedding-3-small}}` in karat.yaml";
        return Err(UsageError::of("no-embedding-model", message, help));
    };
    Ok(Some(model.clone()))
}

/// What a run says of its caches, as it is stored with its options.
pub(super) fn facts(config: &Config) -> Value {
    let semantic = &config.cache.semantic;
    match semantic_model(config) {
        Ok(Some(model)) => json!({
            "mode": "semantic", "model": model.to_string(), "threshold": semantic.threshold.value,
            "verify": semantic.verify.value, "compare": semantic.compare.value.word()
        }),
        Ok(None) | Err(_) => json!({"mode": if config.cache.enabled.value { "exact" } else { "off" }}),
    }
}

/// The response cache: replies of live calls in the store, not older than its time to live.
pub(super) fn replies(config: &Config, store: &Store, session: &Session) -> Option<Arc<dyn ReplyCache>> {
    let cache = &config.cache;
    let not_before = session.not_before(cache.ttl.value);
    let replies = StoredReplies { reader: store.reply_reader(), not_before };
    cache.enabled.value.then(|| Arc::new(replies) as Arc<dyn ReplyCache>)
}

/// The semantic cache, when it is on.
pub(super) fn semantic(loaded: &Loaded, store: &Store, session: &Session) -> Option<SemanticSettings> {
    let semantic = &loaded.config.cache.semantic;
    let model = semantic_model(&loaded.config).ok().flatten()?;
    let questions = StoredQuestions {
        store: store.clone(),
        reader: store.reply_reader(),
        not_before: session.not_before(semantic.ttl.value),
        most: semantic.max_entries.value,
    };
    Some(SemanticSettings {
        model,
        threshold: semantic.threshold.value,
        compare: match semantic.compare.value {
            CompareWord::LastUser => Compare::LastUser,
            CompareWord::Conversation => Compare::Conversation,
        },
        verify: semantic.verify.value,
        repeats: semantic.repeats.value,
        store: Arc::new(questions),
    })
}

/// Lets go of replies beyond the caps, and tells what the semantic cache could not do.
pub(super) fn settle(config: &Config, store: &Store, problem: Option<&str>, session: &Session) {
    if let Some(problem) = problem {
        session
            .ui
            .problem(&format!("warning: the semantic cache was of no use where a question has no vector: {problem}"));
    }
    let cap = CacheCap { entries: config.cache.max_entries.value, bytes: config.cache.max_size.value };
    // The run is over and stored; a cache that is too large for one run longer harms nobody.
    match store.evict(cap) {
        Ok(evicted) => tracing::debug!(evicted, "replies that may not answer any more"),
        Err(error) => session.ui.problem(&format!("warning: the response cache cannot be cut to its size: {error}")),
    }
}

struct StoredReplies {
    reader: ReplyReader,
    not_before: Timestamp,
}

impl ReplyCache for StoredReplies {
    fn get(&self, key: &Digest) -> Option<CachedReply> {
        self.reader.get(key, self.not_before)
    }
}

/// Kept questions in the store. Where it cannot be read there are none, with a warning in the log: the model is asked.
struct StoredQuestions {
    store: Store,
    reader: ReplyReader,
    not_before: Timestamp,
    most: u64,
}

fn or_none<T: Default>(read: Result<T, StoreError>) -> T {
    read.unwrap_or_else(|error| {
        tracing::warn!(%error, "the semantic cache cannot be used");
        T::default()
    })
}

impl QuestionStore for StoredQuestions {
    fn newer(&self, after: i64) -> Vec<KeptQuestion> {
        let rows = or_none(self.store.questions(after, self.most)).into_iter();
        rows.filter_map(|(id, scope, bits)| Some(KeptQuestion { id, scope, signature: Signature::from_bytes(&bits)? }))
            .collect()
    }

    fn vectors(&self, ids: &[i64]) -> Vec<KeptVector> {
        let rows = or_none(self.store.question_vectors(ids)).into_iter();
        rows.map(|(id, origin, vector)| KeptVector { id, origin, vector }).collect()
    }

    fn reply(&self, origin: &Digest) -> Option<CachedReply> {
        self.reader.get(origin, self.not_before)
    }

    fn keep(&self, question: &NewQuestion) {
        or_none(self.store.add_question(&QuestionRow {
            scope: &question.scope,
            origin: &question.origin,
            signature: &question.signature.to_bytes(),
            text: &question.text,
            model: &question.model,
            endpoint: &question.endpoint,
            made: question.made,
        }));
    }

    fn settle(&self, used: &[(i64, Timestamp)]) {
        or_none(self.store.settle_questions(used, self.most));
    }
}

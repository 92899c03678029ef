//! Vectors of embedding models, and what they cost.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Transaction, params};

use super::StoreError;
use super::run::Store;
use super::words::{json, picos, signed};
use crate::base::{Digest, RunId};
use crate::record::{CallSource, EmbeddingCall, EmbeddingModel};

impl Store {
    /// The vectors that are kept for these texts, by model and server.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn embeddings(
        &self,
        model: &EmbeddingModel,
        endpoint: &str,
        texts: &[Digest],
    ) -> Result<HashMap<Digest, Vec<f32>>, StoreError> {
        let model = model.to_string();
        self.read(|db| {
            let query = "SELECT vector FROM embedding WHERE text = ?1 AND model = ?2 AND endpoint = ?3";
            let mut statement = db.prepare_cached(query)?;
            let mut found = HashMap::new();
            for text in texts {
                let vector = statement
                    .query_row(params![text.as_bytes(), model, endpoint], |row| Ok(numbers(row.get_ref(0)?.as_blob()?)))
                    .optional()?;
                if let Some(vector) = vector.filter(|vector| !vector.is_empty()) {
                    found.insert(*text, vector);
                }
            }
            Ok(found)
        })
    }

    /// Keeps the vectors of a call, and the call with what it cost: both or none. A text that has a vector already gets
    /// the new one.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn add_embeddings(&self, run: &RunId, call: &EmbeddingCall) -> Result<(), StoreError> {
        let run = self.run_number(run)?;
        self.write(|db| {
            add_call(db, run, call)?;
            let Ok(reply) = &call.reply else { return Ok(()) };
            let mut insert = db.prepare_cached(
                "INSERT INTO embedding (model, endpoint, text, vector, made) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (text, model, endpoint) DO UPDATE SET vector = excluded.vector, made = excluded.made",
            )?;
            let model = call.model.to_string();
            for (text, vector) in call.texts.iter().zip(&reply.vectors) {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                insert.execute(params![model, call.endpoint, text.as_bytes(), bytes, call.started.0])?;
            }
            Ok(())
        })
    }
}

/// The call among all others, so that limits and bills see it. It answers no trial.
fn add_call(db: &Transaction<'_>, run: i64, call: &EmbeddingCall) -> rusqlite::Result<()> {
    let content = serde_json::json!({"embeddings": call.texts.len(), "model": call.model.model.model, "params": call.model.params});
    db.prepare_cached("INSERT INTO body (content) VALUES (?1)")?.execute([content.to_string()])?;
    let body = db.last_insert_rowid();
    let error = call.reply.as_ref().err();
    let usage = call.reply.as_ref().ok().and_then(|reply| reply.usage);
    let spent = call.spent();
    db.prepare_cached(
        "INSERT INTO call (run, cache_key, reusable, model, source, request, error_kind, error, latency_ms, attempts, \
         waited_ms, started, cost, spent, possible_double_charge, altered, ambiguous, input, output) \
         VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0, ?15, ?16, ?17)",
    )?
    .execute(params![
        run,
        Digest::of_bytes(content.to_string().as_bytes()).as_bytes(),
        call.model.model.to_string(),
        call.source.word(),
        body,
        error.map(|error| error.kind.word()),
        error.map(json),
        signed(call.latency_ms.0),
        call.attempts,
        signed(call.waited_ms.0),
        call.started.0,
        picos(call.cost),
        picos(spent),
        call.possible_double_charge,
        usage.map(|usage| usage.ambiguous),
        usage.and_then(|usage| usage.input).map(signed),
        usage.and_then(|usage| usage.output).map(signed),
    ])?;
    if call.source == CallSource::Live {
        db.prepare_cached("UPDATE run SET spent = spent + ?2, unknown_calls = unknown_calls + ?3 WHERE id = ?1")?
            .execute(params![run, picos(spent).unwrap_or(0), spent.is_none()])?;
    }
    Ok(())
}

/// The numbers of a vector; none when it is not one.
pub(super) fn numbers(bytes: &[u8]) -> Vec<f32> {
    match bytes.as_chunks::<4>() {
        (groups, []) => groups.iter().map(|group| f32::from_le_bytes(*group)).collect(),
        _ => Vec::new(),
    }
}

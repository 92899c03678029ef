//! Questions of the semantic cache, and what it had for calls.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use super::embedding::numbers;
use super::run::Store;
use super::words::{digest, signed, unreadable};
use crate::base::{Digest, Timestamp};
use crate::record::{Agreement, EmbeddingModel, SemanticFacts, SemanticMatch};

/// A question to be kept; its vector is kept already.
#[derive(Debug, Clone, Copy)]
pub struct QuestionRow<'a> {
    /// Digest of everything that must be equal.
    pub scope: &'a Digest,
    /// Cache key of the call that answers it.
    pub origin: &'a Digest,
    /// Bits of its vector.
    pub signature: &'a [u8],
    /// Digest of its text.
    pub text: &'a Digest,
    /// The model of the vector.
    pub model: &'a EmbeddingModel,
    /// The server of the vector.
    pub endpoint: &'a str,
    /// When it was asked.
    pub made: Timestamp,
}

/// Number, scope and signature of a kept question.
pub type QuestionBits = (i64, Digest, Vec<u8>);

/// Number, cache key of the answer, and vector of a kept question.
pub type QuestionVector = (i64, Digest, Vec<f32>);

impl Store {
    /// The newest `most` questions after a number, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn questions(&self, after: i64, most: u64) -> Result<Vec<QuestionBits>, StoreError> {
        self.read(|db| {
            let query = "SELECT id, scope, signature FROM semantic_entry WHERE id > ?1 ORDER BY id DESC LIMIT ?2";
            let mut statement = db.prepare_cached(query)?;
            let rows = statement.query_map(params![after, signed(most)], |row| {
                Ok((row.get(0)?, digest(row, 1)?, row.get_ref(2)?.as_blob()?.to_vec()))
            })?;
            let mut questions: Vec<QuestionBits> = rows.collect::<rusqlite::Result<_>>()?;
            questions.reverse();
            Ok(questions)
        })
    }

    /// Vectors of some questions; those that are gone are left out.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub fn question_vectors(&self, ids: &[i64]) -> Result<Vec<QuestionVector>, StoreError> {
        self.read(|db| {
            let query = "SELECT s.id, s.origin, e.vector FROM semantic_entry s JOIN embedding e ON e.id = s.embedding \
                         WHERE s.id = ?1";
            let mut statement = db.prepare_cached(query)?;
            let mut vectors = Vec::with_capacity(ids.len());
            for id in ids {
                let read = |row: &Row<'_>| Ok((row.get(0)?, digest(row, 1)?, numbers(row.get_ref(2)?.as_blob()?)));
                vectors.extend(statement.query_row([id], read).optional()?);
            }
            Ok(vectors)
        })
    }

    /// Keeps a question; one that is there already counts as used again. Says whether there was a vector for it.
    ///
    /// # Errors
    /// Why the store cannot be written.
    pub fn add_question(&self, question: &QuestionRow<'_>) -> Result<bool, StoreError> {
        self.write(|db| {
            let rows = db
                .prepare_cached(
                    "INSERT INTO semantic_entry (scope, origin, signature, embedding, made, used) \
                     SELECT ?1, ?2, ?3, id, ?4, ?4 FROM embedding WHERE text = ?5 AND model = ?6 AND endpoint = ?7 \
                     ON CONFLICT (origin) DO UPDATE SET used = excluded.used",
                )?
                .execute(params![
                    question.scope.as_bytes(),
                    question.origin.as_bytes(),
                    question.signature,
                    question.made.0,
                    question.text.as_bytes(),
                    question.model.to_string(),
                    question.endpoint,
                ])?;
            Ok(rows > 0)
        })
    }

    /// Notes when questions answered, and forgets those beyond `most` that were not used the longest. Returns how many
    /// were forgotten; their calls and vectors stay.
    ///
    /// # Errors
    /// Why the store cannot be written.
    pub fn settle_questions(&self, used: &[(i64, Timestamp)], most: u64) -> Result<usize, StoreError> {
        self.write(|db| {
            let mut note = db.prepare_cached("UPDATE semantic_entry SET used = max(used, ?2) WHERE id = ?1")?;
            for (id, at) in used {
                note.execute(params![id, at.0])?;
            }
            db.prepare_cached(
                "DELETE FROM semantic_entry WHERE id IN \
                 (SELECT id FROM semantic_entry ORDER BY used DESC, id DESC LIMIT -1 OFFSET ?1)",
            )?
            .execute([signed(most)])
        })
    }
}

/// Writes what the semantic cache had for a call.
pub(super) fn add_match(db: &Connection, call: i64, found: &SemanticMatch) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO semantic_match (call, similarity, origin, same_text, same_outcome) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        call,
        found.similarity,
        found.origin.as_bytes(),
        found.agreement.map(|agreement| agreement.same_text),
        found.agreement.and_then(|agreement| agreement.same_outcome),
    ])?;
    Ok(())
}

/// Columns of a match, in the order [`read_match`] takes them; `m` is the table.
pub(super) const MATCH_COLUMNS: &str = "m.similarity, m.origin, m.same_text, m.same_outcome";

/// How many [`MATCH_COLUMNS`] there are.
pub(super) const MATCH_COUNT: usize = 4;

/// Reads the columns [`MATCH_COLUMNS`] from `first` on.
pub(super) fn read_match(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<SemanticMatch>> {
    let Some(similarity) = row.get::<_, Option<f64>>(first)? else { return Ok(None) };
    if !(-1.0..=1.0).contains(&similarity) {
        return Err(unreadable(first, format!("{similarity} is not a cosine")));
    }
    let same_text: Option<bool> = row.get(first + 2)?;
    let same_outcome = row.get(first + 3)?;
    let agreement = same_text.map(|same_text| Agreement { same_text, same_outcome });
    Ok(Some(SemanticMatch { similarity, origin: digest(row, first + 1)?, agreement, kept: None }))
}

/// The same for summaries.
pub(super) fn read_match_facts(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<SemanticFacts>> {
    let found = read_match(row, first)?;
    Ok(found.map(|found| SemanticFacts { similarity: found.similarity, agreement: found.agreement }))
}

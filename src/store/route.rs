//! What routes and circuit breakers leave behind, and what routes want to know of earlier runs.

use rusqlite::params;

use super::StoreError;
use super::run::Store;
use super::words::parsed;
use crate::base::{ModelRef, RunId, SafeName, Timestamp, Usd};

/// Latest live calls of a model that count.
const LATEST: i64 = 500;

/// What earlier live calls say about a model.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ModelCalls {
    /// Calls.
    pub calls: u64,
    /// Those that failed for a reason of the provider's.
    pub failed: u64,
    /// Median latency of the replies, in milliseconds.
    pub p50_latency_ms: Option<f64>,
    /// Mean known cost of a reply.
    pub mean_cost: Option<Usd>,
}

impl Store {
    /// What the latest 500 live calls of a model since `not_before` say about it, whether it was asked by name or by a
    /// route; `None` when there are none.
    ///
    /// # Errors
    /// Why the store cannot be read.
    pub fn model_calls(&self, model: &ModelRef, not_before: Timestamp) -> Result<Option<ModelCalls>, StoreError> {
        // A request that nobody could have answered says nothing about the model.
        let query = "SELECT error_kind, latency_ms, cost FROM call INDEXED BY call_live WHERE source = 'live' \
                     AND started >= ?2 AND coalesce(answered_by, model) = ?1 AND (error_kind IS NULL OR error_kind \
                     NOT IN ('cancelled', 'refused', 'bad_request', 'context_length', 'filtered', 'not_recorded')) \
                     ORDER BY started DESC LIMIT ?3";
        let rows: Vec<(Option<String>, i64, Option<i64>)> = self.read(|db| {
            let mut statement = db.prepare_cached(query)?;
            let rows = statement.query_map(params![model.to_string(), not_before.0, LATEST], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
            rows.collect()
        })?;
        if rows.is_empty() {
            return Ok(None);
        }
        let replies = rows.iter().filter(|(error, ..)| error.is_none());
        let mut latencies: Vec<i64> = replies.clone().map(|(_, latency, _)| *latency).collect();
        latencies.sort_unstable();
        let median = latencies.len().checked_sub(1).and_then(|last| latencies.get(last / 2));
        let costs: Vec<i64> = replies.filter_map(|(.., cost)| *cost).collect();
        let mean =
            costs.iter().map(|cost| i128::from(*cost)).sum::<i128>().checked_div(costs.len().try_into().unwrap_or(0));
        Ok(Some(ModelCalls {
            calls: count(rows.len()),
            failed: count(rows.len() - latencies.len()),
            p50_latency_ms: median.map(|millis| f64::from(u32::try_from(*millis).unwrap_or(u32::MAX))),
            mean_cost: mean.and_then(|mean| i64::try_from(mean).ok()).map(Usd::from_picos),
        }))
    }

    /// Adds to how often the breakers of a run's providers opened.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be written.
    pub fn add_breaker_openings(&self, run: &RunId, openings: &[(SafeName, u32)]) -> Result<(), StoreError> {
        if openings.is_empty() {
            return Ok(());
        }
        let id = self.run_number(run)?;
        self.write(|db| {
            let mut add = db.prepare(
                "INSERT INTO breaker (run, provider, openings) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (run, provider) DO UPDATE SET openings = openings + excluded.openings",
            )?;
            for (provider, openings) in openings {
                add.execute(params![id, provider.as_str(), openings])?;
            }
            Ok(())
        })
    }

    /// How often the breakers of a run's providers opened, by name; those left out that never did.
    ///
    /// # Errors
    /// [`StoreError::RunNotFound`]; otherwise why the store cannot be read.
    pub fn breaker_openings(&self, run: &RunId) -> Result<Vec<(SafeName, u64)>, StoreError> {
        let id = self.run_number(run)?;
        self.read(|db| {
            let query = "SELECT provider, openings FROM breaker WHERE run = ?1 ORDER BY provider";
            let mut statement = db.prepare_cached(query)?;
            let rows = statement
                .query_map([id], |row| Ok((parsed(row, 0, SafeName::parse)?, super::words::unsigned(row.get(1)?))))?;
            rows.collect()
        })
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

//! The columns of calls that several queries share, and how they are read.

use rusqlite::Row;

use super::words::{millis, small, tokens, usd, word};
use crate::base::{Millis, Usd};
use crate::record::{CallSource, Usage};

/// Plain columns of a call, in the order [`CallColumns::read`] takes them.
pub(super) const CALL_COLUMNS: &str = "c.source, c.attempts, c.latency_ms, c.cost, c.ambiguous, c.input, c.cache_read, \
     c.cache_write, c.cache_write_1h, c.cache_write_12h, c.output, c.reasoning, c.input_audio, c.input_image, \
     c.cache_read_audio, c.output_audio, c.output_image, c.citation, c.web_searches";

/// What [`CALL_COLUMNS`] says.
pub(super) struct CallColumns {
    pub(super) source: CallSource,
    pub(super) attempts: u32,
    pub(super) latency_ms: Millis,
    pub(super) cost: Option<Usd>,
    pub(super) usage: Option<Usage>,
}

impl CallColumns {
    /// How many there are.
    pub(super) const COUNT: usize = 19;

    /// Reads the columns that start at `first`; `None` when the row has no call.
    pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<CallColumns>> {
        if row.get_ref(first)?.as_str_or_null()?.is_none() {
            return Ok(None);
        }
        Ok(Some(CallColumns {
            source: word(row, first, CallSource::parse)?,
            attempts: small(row.get(first + 1)?),
            latency_ms: millis(row.get(first + 2)?),
            cost: usd(row.get(first + 3)?),
            usage: read_usage(row, first + 4)?,
        }))
    }
}

fn read_usage(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Usage>> {
    let Some(ambiguous) = row.get::<_, Option<bool>>(first)? else { return Ok(None) };
    Ok(Some(Usage {
        ambiguous,
        input: tokens(row, first + 1)?,
        cache_read: tokens(row, first + 2)?,
        cache_write: tokens(row, first + 3)?,
        cache_write_1h: tokens(row, first + 4)?,
        cache_write_12h: tokens(row, first + 5)?,
        output: tokens(row, first + 6)?,
        reasoning: tokens(row, first + 7)?,
        input_audio: tokens(row, first + 8)?,
        input_image: tokens(row, first + 9)?,
        cache_read_audio: tokens(row, first + 10)?,
        output_audio: tokens(row, first + 11)?,
        output_image: tokens(row, first + 12)?,
        citation: tokens(row, first + 13)?,
        web_searches: tokens(row, first + 14)?,
        // Kept in the reply only: sums need no columns for units that are billed apart.
        ..Usage::default()
    }))
}

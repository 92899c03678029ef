//! Amazon Bedrock Converse: the input count excludes both cache classes.

use super::reader::Reader;
use crate::record::Usage;

/// Writes that the details do not name as one-hour are of the shortest lifetime.
pub(super) fn bedrock(reader: &mut Reader<'_>) -> Usage {
    let hour = reader.tagged(&["cacheDetails"], "ttl", "1h", "inputTokens");
    let written = reader.count(&["cacheWriteInputTokens"]);
    Usage {
        input: reader.count(&["inputTokens"]),
        cache_read: reader.count(&["cacheReadInputTokens"]),
        cache_write: written.map(|written| reader.rest(written, &[hour])),
        cache_write_1h: hour,
        output: reader.count(&["outputTokens"]),
        ..Usage::default()
    }
}

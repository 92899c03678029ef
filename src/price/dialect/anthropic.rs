//! Anthropic Messages: the input count excludes both cache classes.

use super::reader::Reader;
use crate::record::Usage;

/// Writes without a breakdown by lifetime are of the shortest one. Thinking is inside the output; older replies do not
/// split it off, then it is unknown, not zero.
pub(super) fn anthropic(reader: &mut Reader<'_>) -> Usage {
    let short = reader.count(&["cache_creation", "ephemeral_5m_input_tokens"]);
    let hour = reader.count(&["cache_creation", "ephemeral_1h_input_tokens"]);
    let written = match reader.count(&["cache_creation_input_tokens"]) {
        Some(written) => Some(reader.rest(written, &[hour])),
        None => short,
    };
    let thinking = reader.count(&["output_tokens_details", "thinking_tokens"]);
    Usage {
        input: reader.count(&["input_tokens"]),
        cache_read: reader.count(&["cache_read_input_tokens"]),
        cache_write: written,
        cache_write_1h: hour,
        output: reader.count(&["output_tokens"]).map(|output| reader.rest(output, &[thinking])),
        reasoning: thinking,
        web_searches: reader.count(&["server_tool_use", "web_search_requests"]),
        ..Usage::default()
    }
}

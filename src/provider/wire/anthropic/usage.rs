//! Usage of the Messages API, in buckets that never overlap (reference §3.4, §14.1).

use serde_json::Value;

use crate::price::{Dialect, normalize};
use crate::record::Usage;

/// The buckets of a `usage` object; `None` when it holds no counts at all.
///
/// `input_tokens` excludes the cache. With `iterations` (compaction, fallback, advisor) the sum of them is the bill.
pub(super) fn usage_of(raw: &Value) -> Option<Usage> {
    let steps = raw.get("iterations").and_then(Value::as_array).filter(|steps| !steps.is_empty());
    let mut usage = match steps {
        Some(steps) => steps.iter().filter_map(one).reduce(sum)?,
        None => one(raw)?,
    };
    usage.web_searches =
        raw.pointer("/server_tool_use/web_search_requests").and_then(Value::as_u64).filter(|searches| *searches > 0);
    Some(usage)
}

fn one(raw: &Value) -> Option<Usage> {
    Some(normalize(Dialect::Anthropic, raw)).filter(|usage| usage.total_input().or(usage.total_output()).is_some())
}

fn sum(a: Usage, b: Usage) -> Usage {
    let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
    };
    Usage {
        input: add(a.input, b.input),
        cache_read: add(a.cache_read, b.cache_read),
        cache_write: add(a.cache_write, b.cache_write),
        cache_write_1h: add(a.cache_write_1h, b.cache_write_1h),
        output: add(a.output, b.output),
        reasoning: add(a.reasoning, b.reasoning),
        ambiguous: a.ambiguous || b.ambiguous,
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn published_vectors_of_messages_hold() {
        // Reference §14.3, rows 5 and 6.
        let cached = json!({"input_tokens": 21, "cache_creation_input_tokens": 188086, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 188086}, "output_tokens": 393});
        let usage = usage_of(&cached).expect("usage");
        assert_eq!(
            (usage.input, usage.cache_write, usage.output, usage.reasoning),
            (Some(21), Some(188_086), Some(393), None)
        );
        assert_eq!(usage.total_input().map(|tokens| tokens.0), Some(188_107));
        let split = json!({"input_tokens": 50, "cache_creation_input_tokens": 556, "cache_read_input_tokens": 2000,
            "cache_creation": {"ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 100},
            "output_tokens": 503, "output_tokens_details": {"thinking_tokens": 400}});
        let wanted = Usage {
            input: Some(50),
            cache_read: Some(2000),
            cache_write: Some(456),
            cache_write_1h: Some(100),
            output: Some(103),
            reasoning: Some(400),
            ..Usage::default()
        };
        assert_eq!(usage_of(&split), Some(wanted));
    }

    #[test]
    fn what_the_split_does_not_explain_has_the_short_lifetime() {
        let usage = |raw: Value| usage_of(&raw).map(|usage| (usage.cache_write, usage.cache_write_1h, usage.ambiguous));
        let base = |creation: Value| json!({"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 100, "cache_creation": creation});
        assert_eq!(usage(base(Value::Null)), Some((Some(100), None, false)));
        assert_eq!(usage(base(json!({"ephemeral_1h_input_tokens": 30}))), Some((Some(70), Some(30), false)));
        assert_eq!(usage(base(json!({"ephemeral_1h_input_tokens": 130}))), Some((Some(0), Some(130), true)));
    }

    #[test]
    fn iterations_are_summed_and_searches_counted() {
        let raw = json!({"input_tokens": 5, "output_tokens": 5, "server_tool_use": {"web_search_requests": 2},
            "iterations": [{"input_tokens": 10, "output_tokens": 1}, {"input_tokens": 20, "output_tokens": 2}]});
        let usage = usage_of(&raw).expect("usage");
        assert_eq!((usage.input, usage.output, usage.web_searches), (Some(30), Some(3), Some(2)));
        assert_eq!(usage_of(&json!({})), None);
    }
}

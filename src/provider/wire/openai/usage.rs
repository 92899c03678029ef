//! Usage of Chat Completions, in buckets that never overlap (reference §2.2, §9, §14.1).

use crate::base::Usd;
use crate::price::{Dialect, RawUsage, normalize};
use crate::record::Usage;

/// The buckets of a `usage` object; `None` when it holds no counts at all.
///
/// The wire serves every compatible server, so what contains what is told from the totals, not from the vendor's name.
pub(super) fn usage_of<'v>(raw: impl Into<RawUsage<'v>>) -> Option<Usage> {
    let raw = raw.into();
    // DeepSeek splits the prompt itself, and says so by these fields.
    let splits = raw.get("prompt_cache_hit_tokens").is_some();
    let dialect = if splits { Dialect::DeepSeek } else { Dialect::Compatible };
    usage_as(dialect, raw)
}

/// The same where the vendor's way of counting is known.
pub(super) fn usage_as(dialect: Dialect, raw: RawUsage<'_>) -> Option<Usage> {
    Some(normalize(dialect, raw)).filter(|usage| usage.total_input().or(usage.total_output()).is_some())
}

/// What the provider says it charged: `OpenRouter` in dollars, xAI in ticks of 1e-10 dollars.
pub(super) fn reported_cost(raw: RawUsage<'_>) -> Option<Usd> {
    let ticks = count(raw, "cost_in_usd_ticks");
    if let Some(ticks) = ticks {
        return i64::try_from(ticks).ok()?.checked_mul(100).map(Usd::from_picos);
    }
    let cost = raw.get("cost")?;
    let text = cost.to_value().as_number().map(ToString::to_string)?;
    let exact = rust_decimal::Decimal::from_scientific(&text).or_else(|_| text.parse()).ok()?;
    Usd::from_decimal(exact).filter(|usd| usd.picos() >= 0)
}

/// A count; servers that count in floats are rounded.
fn count(raw: RawUsage<'_>, name: &str) -> Option<u64> {
    let value = raw.get(name)?;
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

fn whole(number: f64) -> Option<u64> {
    format!("{:.0}", number.max(0.0)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn published_vectors_of_chat_completions_hold() {
        // Reference §14.3, rows 1, 4, 12, 14, 18, 19.
        let cases = [
            (
                json!({"prompt_tokens": 2006, "completion_tokens": 300, "total_tokens": 2306,
                    "prompt_tokens_details": {"cached_tokens": 1920}}),
                Usage { input: Some(86), cache_read: Some(1920), output: Some(300), ..Usage::default() },
            ),
            (
                json!({"prompt_tokens": 120, "completion_tokens": 220,
                    "prompt_tokens_details": {"audio_tokens": 100, "text_tokens": 20},
                    "completion_tokens_details": {"audio_tokens": 200, "text_tokens": 20}}),
                Usage {
                    input: Some(20),
                    input_audio: Some(100),
                    output: Some(20),
                    output_audio: Some(200),
                    ..Usage::default()
                },
            ),
            (
                json!({"prompt_tokens": 32, "completion_tokens": 9, "total_tokens": 135,
                    "completion_tokens_details": {"reasoning_tokens": 94}}),
                Usage { input: Some(32), output: Some(9), reasoning: Some(94), ..Usage::default() },
            ),
            (
                json!({"prompt_tokens": 500, "prompt_cache_hit_tokens": 384, "prompt_cache_miss_tokens": 116,
                    "completion_tokens": 300, "completion_tokens_details": {"reasoning_tokens": 250}}),
                Usage {
                    input: Some(116),
                    cache_read: Some(384),
                    output: Some(50),
                    reasoning: Some(250),
                    ..Usage::default()
                },
            ),
            (
                json!({"prompt_tokens": 194, "completion_tokens": 2, "cost": 0.00492,
                    "prompt_tokens_details": {"cached_tokens": 0}}),
                Usage { input: Some(194), cache_read: Some(0), output: Some(2), ..Usage::default() },
            ),
            (
                json!({"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 500}}),
                Usage { input: Some(100), cache_read: Some(500), output: Some(5), ambiguous: true, ..Usage::default() },
            ),
        ];
        for (raw, wanted) in cases {
            assert_eq!(usage_of(&raw), Some(wanted), "{raw}");
        }
    }

    #[test]
    fn cache_writes_and_thinking_are_carved_out() {
        let raw = json!({"prompt_tokens": 3300, "completion_tokens": 500, "total_tokens": 3800,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 3207},
            "completion_tokens_details": {"reasoning_tokens": 320, "rejected_prediction_tokens": 10}});
        let usage = usage_of(&raw).expect("usage");
        assert_eq!(
            (usage.input, usage.cache_write, usage.output, usage.reasoning),
            (Some(93), Some(3207), Some(180), Some(320))
        );
        assert_eq!((usage.total_input().map(|t| t.0), usage.total_output().map(|t| t.0)), (Some(3300), Some(500)));
    }

    #[test]
    fn contradictions_are_marked_and_never_negative() {
        let raw = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 99,
            "completion_tokens_details": {"reasoning_tokens": 50}});
        let usage = usage_of(&raw).expect("usage");
        assert_eq!((usage.output, usage.ambiguous), (Some(0), true));
    }

    #[test]
    fn unknown_is_not_zero() {
        assert_eq!(usage_of(&json!({})), None);
        let usage = usage_of(&json!({"prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": null}))
            .expect("usage");
        assert_eq!((usage.cache_read, usage.reasoning), (None, None));
    }

    #[test]
    fn reported_charges_are_exact() {
        let exact = |raw: Value| reported_cost((&raw).into()).map(Usd::exact);
        assert_eq!(exact(json!({"cost": 0.00492})).as_deref(), Some("0.00492"));
        assert_eq!(exact(json!({"cost": 1e-6})).as_deref(), Some("0.000001"));
        assert_eq!(exact(json!({"cost_in_usd_ticks": 12345})).as_deref(), Some("0.0000012345"));
        assert_eq!(exact(json!({})), None);
    }
}

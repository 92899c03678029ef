//! The dialects, in one table, and the door from a raw usage object to [`Usage`].

use super::raw::RawUsage;
use super::reader::Reader;
use super::{anthropic, bedrock, gemini, openai, single};
use crate::record::Usage;
use serde::{Deserialize, Deserializer};

/// The shape of an API's usage object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// OpenAI Chat Completions, Responses and Embeddings, and vendors that count the same way.
    OpenAi,
    /// Anthropic Messages, on every cloud.
    Anthropic,
    /// Amazon Bedrock Converse.
    Bedrock,
    /// Google Gemini, on both of its APIs.
    Gemini,
    /// `DeepSeek`: as OpenAI, with cache hits and misses of its own.
    DeepSeek,
    /// xAI: as OpenAI, with thinking outside the completion tokens in chat.
    Xai,
    /// Perplexity: citations, searches and thinking counted apart.
    Perplexity,
    /// Cohere: billed units.
    Cohere,
    /// Voyage and Jina: one total.
    Voyage,
    /// Ollama.
    Ollama,
    /// A server that speaks OpenAI's protocol and is not in the price data: what contains what is told from the totals.
    Compatible,
}

impl Dialect {
    /// Word and dialect, in one table.
    pub const ALL: &[(&str, Dialect)] = &[
        ("openai", Dialect::OpenAi),
        ("anthropic", Dialect::Anthropic),
        ("bedrock", Dialect::Bedrock),
        ("gemini", Dialect::Gemini),
        ("deepseek", Dialect::DeepSeek),
        ("xai", Dialect::Xai),
        ("perplexity", Dialect::Perplexity),
        ("cohere", Dialect::Cohere),
        ("voyage", Dialect::Voyage),
        ("ollama", Dialect::Ollama),
        ("compatible", Dialect::Compatible),
    ];

    /// The dialect of a word.
    pub fn parse(word: &str) -> Option<Dialect> {
        Dialect::ALL.iter().find(|(known, _)| *known == word).map(|(_, dialect)| *dialect)
    }
}

impl<'de> Deserialize<'de> for Dialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dialect, D::Error> {
        let word = String::deserialize(deserializer)?;
        Dialect::parse(&word).ok_or_else(|| serde::de::Error::custom(format!("`{word}` is not a usage dialect")))
    }
}

/// Splits a raw usage object, as the API returned it, into classes that never overlap.
///
/// What the object does not state stays `None`. A negative count is unknown, and parts beyond their total leave zero for
/// the rest; both are flagged `ambiguous`. Both API shapes of a vendor (chat and responses) are told apart by their field names.
pub fn normalize<'v>(dialect: Dialect, raw: impl Into<RawUsage<'v>>) -> Usage {
    let mut reader = Reader::of(raw.into());
    let usage = match dialect {
        Dialect::OpenAi => openai::openai(&mut reader),
        Dialect::DeepSeek => openai::deepseek(&mut reader),
        Dialect::Xai => openai::xai(&mut reader),
        Dialect::Compatible => openai::compatible(&mut reader),
        Dialect::Anthropic => anthropic::anthropic(&mut reader),
        Dialect::Bedrock => bedrock::bedrock(&mut reader),
        Dialect::Gemini => gemini::gemini(&mut reader),
        Dialect::Perplexity => single::perplexity(&mut reader),
        Dialect::Cohere => single::cohere(&mut reader),
        Dialect::Voyage => single::voyage(&mut reader),
        Dialect::Ollama => single::ollama(&mut reader),
    };
    Usage { ambiguous: reader.is_ambiguous(), ..usage }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn acceptance_vectors_of_all_apis() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/cost/usage.jsonl");
        let text = fs::read_to_string(path).expect("vectors");
        let mut seen = 0;
        for line in text.lines() {
            let vector: Value = serde_json::from_str(line).expect(line);
            let dialect = Dialect::parse(vector["dialect"].as_str().expect("word")).expect("dialect");
            let expected = &vector["expected"];
            let mut found = serde_json::to_value(normalize(dialect, &vector["raw"])).expect("json");
            // A class that is stated to be zero may also be absent from the expectation, never the other way round.
            let classes = found.as_object_mut().expect("object");
            classes.retain(|class, count| *count != json!(0) || expected.get(class).is_some());
            assert_eq!(found, *expected, "{}", vector["id"]);
            seen += 1;
        }
        assert_eq!(seen, 19);
    }

    #[test]
    fn totals_keep_what_the_provider_counted() {
        let raw = json!({"input_tokens": 21, "cache_creation_input_tokens": 188_086, "output_tokens": 393});
        let usage = normalize(Dialect::Anthropic, &raw);
        assert_eq!(usage.total_input().map(|tokens| tokens.0), Some(188_107));
        assert_eq!(usage.total_output().map(|tokens| tokens.0), Some(393));
    }

    #[test]
    fn a_negative_count_is_unknown_and_not_free() {
        for (dialect, raw) in [
            (Dialect::OpenAi, json!({"prompt_tokens": -5, "completion_tokens": -1})),
            (Dialect::Anthropic, json!({"input_tokens": -5, "output_tokens": -1})),
            (Dialect::Gemini, json!({"promptTokenCount": -5, "candidatesTokenCount": -1})),
        ] {
            let usage = normalize(dialect, &raw);
            assert_eq!((usage.input, usage.output, usage.ambiguous), (None, None, true), "{raw}");
        }
        let raw = json!({"promptTokenCount": 5, "candidatesTokenCount": -1, "toolUsePromptTokenCount": -2});
        let usage = normalize(Dialect::Gemini, &raw);
        assert_eq!((usage.input, usage.output), (None, None));
    }

    #[test]
    fn an_empty_or_foreign_object_is_unknown_in_every_dialect() {
        for (word, dialect) in Dialect::ALL {
            for raw in [json!({}), json!(null), json!("x"), json!({"prompt_tokens": null, "input_tokens": "12"})] {
                let usage = normalize(*dialect, &raw);
                assert_eq!((usage.total_input(), usage.total_output()), (None, None), "{word} {raw}");
            }
            assert_eq!(Dialect::parse(word), Some(*dialect));
        }
    }

    #[test]
    fn contradictions_are_clamped_and_flagged() {
        let usage = normalize(
            Dialect::OpenAi,
            &json!({"prompt_tokens":100,"prompt_tokens_details":{"cached_tokens":160},"completion_tokens":10,"completion_tokens_details":{"reasoning_tokens":11}}),
        );
        assert_eq!((usage.input, usage.cache_read, usage.output, usage.ambiguous), (Some(0), Some(160), Some(0), true));
        let negative = normalize(Dialect::OpenAi, &json!({"prompt_tokens":-5,"completion_tokens":1}));
        assert_eq!((negative.input, negative.ambiguous), (None, true));
    }

    #[test]
    fn compatible_servers_tell_by_their_total_where_thinking_is_counted() {
        let of = |total: u64| {
            let raw = json!({"prompt_tokens":10,"completion_tokens":50,"total_tokens":total,"completion_tokens_details":{"reasoning_tokens":20}});
            let usage = normalize(Dialect::Compatible, &raw);
            (usage.output, usage.reasoning, usage.ambiguous)
        };
        assert_eq!(of(60), (Some(30), Some(20), false));
        assert_eq!(of(80), (Some(50), Some(20), false));
        assert_eq!(of(61), (Some(30), Some(20), true));
    }
}

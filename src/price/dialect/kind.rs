//! The dialects, in one table, and the door from a raw usage object to [`Usage`].

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::reader::Reader;
use super::{anthropic, bedrock, gemini, openai, single};
use crate::record::Usage;

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
/// What the object does not state stays `None`. Numbers that contradict each other are clamped to zero and flagged
/// `ambiguous`. Both API shapes of a vendor (chat and responses) are told apart by their field names.
pub fn normalize(dialect: Dialect, raw: &Value) -> Usage {
    let mut reader = Reader::of(raw);
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
    use serde_json::json;

    use super::*;

    /// One row of the acceptance table: number, dialect, raw usage, the classes it must give, and whether it is flagged.
    type Row = (u32, Dialect, Value, Value, bool);

    fn rows() -> Vec<Row> {
        use Dialect::{Anthropic, Bedrock, Cohere, Compatible, DeepSeek, Gemini, Ollama, OpenAi, Xai};
        vec![
            (
                1,
                OpenAi,
                json!({"prompt_tokens":2006,"prompt_tokens_details":{"cached_tokens":1920},"completion_tokens":300}),
                json!({"input":86,"cache_read":1920,"output":300}),
                false,
            ),
            (
                2,
                OpenAi,
                json!({"input_tokens":3300,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":3207},"output_tokens":500,"output_tokens_details":{"reasoning_tokens":320}}),
                json!({"input":93,"cache_write":3207,"output":180,"reasoning":320}),
                false,
            ),
            (
                3,
                OpenAi,
                json!({"input_tokens":10000,"input_tokens_details":{"cached_tokens":4000,"cache_write_tokens":5000,"cache_write_tokens_details":{"ttl_30m_tokens":2000,"ttl_12h_tokens":3000}},"output_tokens":1}),
                json!({"input":1000,"cache_read":4000,"cache_write":2000,"cache_write_12h":3000,"output":1}),
                false,
            ),
            (
                4,
                OpenAi,
                json!({"prompt_tokens":120,"prompt_tokens_details":{"audio_tokens":100,"text_tokens":20},"completion_tokens":220,"completion_tokens_details":{"audio_tokens":200,"text_tokens":20}}),
                json!({"input":20,"input_audio":100,"output":20,"output_audio":200}),
                false,
            ),
            (
                5,
                Anthropic,
                json!({"input_tokens":21,"cache_creation_input_tokens":188_086,"cache_creation":{"ephemeral_5m_input_tokens":188_086},"cache_read_input_tokens":0,"output_tokens":393}),
                json!({"input":21,"cache_write":188_086,"output":393}),
                false,
            ),
            (
                6,
                Anthropic,
                json!({"input_tokens":50,"cache_creation_input_tokens":556,"cache_creation":{"ephemeral_5m_input_tokens":456,"ephemeral_1h_input_tokens":100},"cache_read_input_tokens":2000,"output_tokens":503,"output_tokens_details":{"thinking_tokens":400}}),
                json!({"input":50,"cache_read":2000,"cache_write":456,"cache_write_1h":100,"output":103,"reasoning":400}),
                false,
            ),
            // A stream's usage as its decoder hands it over: the newest value of each field, nothing summed.
            (7, Anthropic, json!({"input_tokens":25,"output_tokens":15}), json!({"input":25,"output":15}), false),
            (
                8,
                Gemini,
                json!({"promptTokenCount":1000,"cachedContentTokenCount":600,"candidatesTokenCount":50,"thoughtsTokenCount":200,"totalTokenCount":1250}),
                json!({"input":400,"cache_read":600,"output":50,"reasoning":200}),
                false,
            ),
            (
                9,
                Gemini,
                json!({"promptTokenCount":10,"candidatesTokenCount":110,"thoughtsTokenCount":100,"totalTokenCount":120}),
                json!({"input":10,"output":10,"reasoning":100}),
                false,
            ),
            // Tool results are input at the input rate; they have no bucket of their own.
            (
                10,
                Gemini,
                json!({"promptTokenCount":100,"toolUsePromptTokenCount":50,"candidatesTokenCount":20,"totalTokenCount":170}),
                json!({"input":150,"output":20}),
                false,
            ),
            (
                11,
                Bedrock,
                json!({"inputTokens":30,"cacheReadInputTokens":1000,"cacheWriteInputTokens":500,"cacheDetails":[{"ttl":"1h","inputTokens":500}],"outputTokens":40}),
                json!({"input":30,"cache_read":1000,"cache_write_1h":500,"output":40}),
                false,
            ),
            (
                12,
                Xai,
                json!({"prompt_tokens":32,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":94},"total_tokens":135}),
                json!({"input":32,"output":9,"reasoning":94}),
                false,
            ),
            (
                13,
                Xai,
                json!({"input_tokens":32,"output_tokens":103,"output_tokens_details":{"reasoning_tokens":94}}),
                json!({"input":32,"output":9,"reasoning":94}),
                false,
            ),
            (
                14,
                DeepSeek,
                json!({"prompt_tokens":500,"prompt_cache_hit_tokens":384,"prompt_cache_miss_tokens":116,"completion_tokens":300,"completion_tokens_details":{"reasoning_tokens":250}}),
                json!({"input":116,"cache_read":384,"output":50,"reasoning":250}),
                false,
            ),
            (
                15,
                Cohere,
                json!({"tokens":{"input_tokens":78,"output_tokens":8},"billed_units":{"input_tokens":12,"output_tokens":8}}),
                json!({"input":12,"output":8}),
                false,
            ),
            (16, Ollama, json!({"eval_count":40}), json!({"output":40}), false),
            (17, Gemini, json!({"promptTokenCount":8,"totalTokenCount":8}), json!({"input":8,"output":0}), false),
            (
                18,
                OpenAi,
                json!({"prompt_tokens":194,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens":2,"cost":0.00492}),
                json!({"input":194,"output":2}),
                false,
            ),
            (
                19,
                Compatible,
                json!({"prompt_tokens":100,"prompt_tokens_details":{"cached_tokens":500},"completion_tokens":1}),
                json!({"input":100,"cache_read":500,"output":1}),
                true,
            ),
        ]
    }

    #[test]
    fn acceptance_vectors_of_all_apis() {
        for (number, dialect, raw, expected, ambiguous) in rows() {
            let usage = normalize(dialect, &raw);
            let mut found = serde_json::to_value(usage).expect("json");
            let classes = found.as_object_mut().expect("object");
            classes.remove("ambiguous");
            // A class that is stated to be zero may also be absent from the expectation, never the other way round.
            classes.retain(|class, count| *count != json!(0) || expected.get(class).is_some());
            assert_eq!(found, expected, "vector {number}");
            assert_eq!(usage.ambiguous, ambiguous, "vector {number}");
        }
    }

    #[test]
    fn totals_keep_what_the_provider_counted() {
        let anthropic = rows().into_iter().find(|row| row.0 == 5).expect("row 5");
        let total = normalize(anthropic.1, &anthropic.2).total_input().map(|tokens| tokens.0);
        assert_eq!(total, Some(188_107));
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
        assert_eq!((negative.input, negative.ambiguous), (Some(0), true));
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

//! Token counts: exact for OpenAI's vocabularies, an estimate with a range for everyone else's.

use std::sync::LazyLock;

use tiktoken::CoreBpe;
use tiktoken::encoding::{cl100k_base, o200k_base};

use crate::base::ModelRef;
use crate::record::{Message, Part};

/// Tokens that frame each message, and the answer that follows.
const PER_MESSAGE: u64 = 3;
const PER_NAME: u64 = 1;
const FOR_REPLY: u64 = 3;

/// A number of tokens, exact or estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenEstimate {
    /// The count, or the best guess.
    pub tokens: u64,
    /// The least it may be; equal to `tokens` when exact.
    pub low: u64,
    /// The most it may be; equal to `tokens` when exact.
    pub high: u64,
    /// Whether it is a count by the model's own vocabulary.
    pub exact: bool,
}

/// Counts the tokens of a text for a model. Special-token strings in it are ordinary text.
pub fn count_tokens(model: &ModelRef, text: &str) -> TokenEstimate {
    Family::of(model).count(text)
}

/// Counts the tokens of a chat prompt: its texts, plus what frames messages in OpenAI's chat format (3 per message and 3
/// for the reply; OpenAI cookbook, "How to count tokens"). Images and files are not counted, tool calls approximately:
/// with any of them the estimate is not exact.
pub fn estimate_prompt_tokens(model: &ModelRef, messages: &[Message]) -> TokenEstimate {
    let family = Family::of(model);
    let mut is_plain = true;
    let mut sum = FOR_REPLY;
    for message in messages {
        let mut content = 0;
        for part in &message.parts {
            is_plain &= matches!(part, Part::Text(text) if counts_exactly(text));
            content += count_part(family.encoding, part);
        }
        sum += frame(family.encoding, message.role.word(), None) + content;
    }
    family.estimate(sum, is_plain)
}

/// OpenAI's vocabularies, loaded on first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Cl100k,
    O200k,
}

static CL100K: LazyLock<CoreBpe> = LazyLock::new(cl100k_base);
static O200K: LazyLock<CoreBpe> = LazyLock::new(o200k_base);

impl Encoding {
    pub(super) fn vocabulary(self) -> &'static CoreBpe {
        match self {
            Encoding::Cl100k => &CL100K,
            Encoding::O200k => &O200K,
        }
    }

    pub(super) fn count(self, text: &str) -> u64 {
        // A vocabulary takes about a tenth of a second to load: not for nothing.
        if text.is_empty() {
            return 0;
        }
        u64::try_from(self.vocabulary().count(text)).unwrap_or(u64::MAX)
    }
}

/// OpenAI's patterns fold the long s of `'\u{17f}` into the contraction `'s`; the encoder does not, and can then be a
/// token off. Among some 400,000 random texts compared with two other encoders, every difference that was looked into
/// had this cause.
fn counts_exactly(text: &str) -> bool {
    !text.contains("'\u{17f}")
}

/// How a model's tokens relate to an OpenAI vocabulary, in percent of its count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) encoding: Encoding,
    low: u64,
    pub(super) mid: u64,
    high: u64,
    exact: bool,
}

/// Model names of OpenAI by their start, longest first where one contains another. `false`: the vocabulary is assumed.
const OPENAI: &[(&str, Encoding, bool)] = &[
    ("gpt-4o", Encoding::O200k, true),
    ("chatgpt-4o", Encoding::O200k, true),
    ("gpt-4.1", Encoding::O200k, true),
    ("gpt-4.5", Encoding::O200k, true),
    ("gpt-5", Encoding::O200k, true),
    ("gpt-oss", Encoding::O200k, true),
    ("o1", Encoding::O200k, true),
    ("o3", Encoding::O200k, true),
    ("o4-mini", Encoding::O200k, true),
    ("gpt-4", Encoding::Cl100k, true),
    ("gpt-3.5", Encoding::Cl100k, true),
    ("gpt-35", Encoding::Cl100k, true),
    ("text-embedding-3", Encoding::Cl100k, true),
    ("text-embedding-ada-002", Encoding::Cl100k, true),
    ("gpt-", Encoding::O200k, false),
    ("chat-latest", Encoding::O200k, false),
    ("codex-", Encoding::O200k, false),
];

/// Parts of other vendors' model names, with low, middle and high percent of the `o200k` count: measured over prose in 20
/// languages, code and data; the newer Claude vocabulary is about 30 % finer than the earlier one.
const OTHERS: &[(&[&str], [u64; 3])] = &[
    (&["gemini", "gemma"], [90, 115, 160]),
    (
        &[
            "claude-2",
            "claude-3",
            "claude-instant",
            "haiku-4-5",
            "sonnet-4",
            "opus-4-1",
            "opus-4-2025",
            "opus-4@",
            "opus-4-5",
            "opus-4-6",
        ],
        [110, 130, 165],
    ),
    (&["claude"], [140, 170, 215]),
    (&["mistral", "mixtral", "ministral", "codestral", "magistral", "devstral", "pixtral", "voxtral"], [110, 130, 160]),
    (&["llama", "qwen", "deepseek"], [90, 105, 140]),
];

/// When nothing is known about a vocabulary.
const UNKNOWN: [u64; 3] = [90, 125, 215];

impl Family {
    /// What is assumed of a vocabulary of which nothing is known.
    pub(super) const UNKNOWN: Family = Family::other(UNKNOWN);

    const fn other([low, mid, high]: [u64; 3]) -> Family {
        Family { encoding: Encoding::O200k, low, mid, high, exact: false }
    }

    pub(super) fn of(model: &ModelRef) -> Family {
        let full = model.model.to_ascii_lowercase();
        // Routers put the vendor first (`openai/gpt-5`), fine-tunes a mark (`ft:gpt-4o:…`).
        let name = full.rsplit('/').next().unwrap_or(&full);
        let name = name.strip_prefix("ft:").unwrap_or(name);
        if let Some((_, encoding, exact)) = OPENAI.iter().find(|(start, _, _)| name.starts_with(start)) {
            return Family { encoding: *encoding, low: 100, mid: 100, high: 100, exact: *exact };
        }
        // Versions are written `4-5` by the vendor and `4.5` by routers.
        let name = name.replace('.', "-");
        let known = OTHERS.iter().find(|(parts, _)| parts.iter().any(|part| name.contains(part)));
        known.map_or(Family::UNKNOWN, |(_, percent)| Family::other(*percent))
    }

    pub(super) fn count(&self, text: &str) -> TokenEstimate {
        self.estimate(self.encoding.count(text), counts_exactly(text))
    }

    fn estimate(&self, counted: u64, is_plain: bool) -> TokenEstimate {
        let scaled = |percent: u64| counted.saturating_mul(percent).div_ceil(100);
        TokenEstimate {
            tokens: scaled(self.mid),
            low: scaled(self.low),
            high: scaled(self.high),
            exact: self.exact && is_plain,
        }
    }
}

/// What a message costs besides its content.
fn frame(encoding: Encoding, role: &str, name: Option<&str>) -> u64 {
    let name = name.map_or(0, |name| PER_NAME + encoding.count(name));
    PER_MESSAGE + encoding.count(role) + name
}

fn count_part(encoding: Encoding, part: &Part) -> u64 {
    match part {
        Part::Text(text) | Part::ToolResult { text, .. } | Part::Reasoning { text, .. } => encoding.count(text),
        Part::ToolCall(call) => encoding.count(&call.name) + encoding.count(&call.arguments),
        Part::Image(_) | Part::File { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;
    use crate::record::Media;
    use crate::record::Role;

    fn vectors() -> Vec<Value> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/cost/tokens.jsonl");
        let text = fs::read_to_string(path).expect("vectors");
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    fn text<'v>(value: &'v Value, key: &str) -> &'v str {
        value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
    }

    #[test]
    fn texts_count_as_in_tiktoken() {
        let mut seen = 0;
        for vector in vectors() {
            let input = match text(&vector, "kind") {
                "text" => text(&vector, "text").to_owned(),
                "repeat" => {
                    text(&vector, "unit").repeat(vector["times"].as_u64().expect("times").try_into().expect("usize"))
                }
                _ => continue,
            };
            for (encoding, name) in [(Encoding::Cl100k, "cl100k_base"), (Encoding::O200k, "o200k_base")] {
                assert_eq!(Some(encoding.count(&input)), vector["tokens"][name].as_u64(), "{} {name}", vector["id"]);
            }
            seen += 1;
        }
        assert_eq!(seen, 92);
    }

    #[test]
    fn chats_count_as_openai_frames_them() {
        let mut seen = 0;
        for vector in vectors().iter().filter(|vector| text(vector, "kind") == "chat") {
            let model = ModelRef::parse(&format!("openai/{}", text(vector, "model"))).expect("model");
            let family = Family::of(&model);
            assert_eq!(
                family.encoding == Encoding::Cl100k,
                text(vector, "encoding") == "cl100k_base",
                "{}",
                vector["id"]
            );
            let messages = vector["messages"].as_array().expect("messages");
            let count: u64 = messages
                .iter()
                .map(|message| {
                    let name = message.get("name").and_then(Value::as_str);
                    frame(family.encoding, text(message, "role"), name)
                        + family.encoding.count(text(message, "content"))
                })
                .sum();
            assert_eq!(Some(count + FOR_REPLY), vector["tokens"].as_u64(), "{}", vector["id"]);
            seen += 1;
        }
        assert_eq!(seen, 11);
    }

    #[test]
    fn prompts_count_through_the_public_door() {
        let model = ModelRef::parse("openai/gpt-5").expect("model");
        let messages = [
            Message::text(Role::System, "You are a helpful assistant."),
            Message::text(Role::User, "What is the capital of France?"),
        ];
        // Vector s-chat-097.
        let exact = TokenEstimate { tokens: 24, low: 24, high: 24, exact: true };
        assert_eq!(estimate_prompt_tokens(&model, &messages), exact);
        assert_eq!(estimate_prompt_tokens(&model, &[]).tokens, 3);
        let mut with_image = messages.to_vec();
        with_image[1].parts.push(Part::Image(Media::Url("https://example.com/a.png".to_owned())));
        assert_eq!(estimate_prompt_tokens(&model, &with_image), TokenEstimate { exact: false, ..exact });
    }

    #[test]
    fn other_vocabularies_are_estimates_with_a_range() {
        let estimate = |model: &str| count_tokens(&ModelRef::parse(model).expect(model), "Hello, world! Hello, world!");
        let openai = estimate("openai/gpt-4o");
        assert!(openai.exact && openai.tokens == 8, "{openai:?}");
        for (model, tokens, low, high) in [
            ("gemini/gemini-2.5-pro", 10, 8, 13),
            ("anthropic/claude-haiku-4-5", 11, 9, 14),
            ("anthropic/claude-opus-5", 14, 12, 18),
            ("anthropic/claude-opus-4-20250514", 11, 9, 14),
            ("openrouter/anthropic/claude-opus-4.5", 11, 9, 14),
            ("acme/whatever", 10, 8, 18),
            ("openai/gpt-6-sol", 8, 8, 8),
        ] {
            assert_eq!(estimate(model), TokenEstimate { tokens, low, high, exact: false }, "{model}");
        }
        for model in ["openrouter/openai/gpt-4o", "openai/ft:gpt-4o-mini-2024-07-18:acme::x", "azure/gpt-4o"] {
            assert!(estimate(model).exact, "{model}");
        }
        assert_eq!(count_tokens(&ModelRef::parse("acme/x").expect("model"), "").tokens, 0);
    }

    #[test]
    fn a_contracted_long_s_is_no_exact_count() {
        let model = ModelRef::parse("openai/gpt-4o").expect("model");
        assert!(!count_tokens(&model, "what'\u{17f}'S").exact);
        let messages = [Message::text(Role::User, "what'\u{17f}'S")];
        assert!(!estimate_prompt_tokens(&model, &messages).exact);
        assert!(count_tokens(&model, "what's con\u{17f}tant").exact);
    }

    #[test]
    fn long_runs_of_blanks_neither_panic_nor_overflow_a_small_stack() {
        let count = || {
            let blanks = format!("{}x", " ".repeat(1_000_000));
            (Encoding::O200k.count(&blanks), Encoding::Cl100k.count(&blanks))
        };
        let small = std::thread::Builder::new().stack_size(512 * 1024).spawn(count).expect("thread");
        // As many as bpe-openai, another encoder, counts.
        assert_eq!(small.join().expect("counted"), (7_814, 7_814));
    }
}

//! Which parameters a model takes (reference §3.8): sending a wrong one is a 400.

/// Families of models that differ in their parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Family {
    /// Claude 3: sampling, both parameters together; small answers.
    Claude3,
    /// opus-4-1, sonnet-4, sonnet-4-5, opus-4-5, haiku-4-5.
    Claude4,
    /// sonnet-4-6, opus-4-6.
    Claude46,
    /// opus-4-7, opus-4-8, sonnet-5: no sampling any more.
    Claude47,
    /// opus-5.
    Opus5,
    /// fable-5.
    Fable5,
    /// fable-5-1 and later.
    Fable51,
    /// haiku-5-5.
    Haiku55,
    /// sonnet-5-5.
    Sonnet55,
    /// opus-5-5, and any newer Claude: the strictest rules known.
    Newest,
    /// Not a Claude name: the server knows its own rules, everything is passed on.
    Foreign,
}

impl Family {
    /// The family of a model name, whatever prefix (`anthropic/…`, `us.anthropic.…`) and date it carries.
    pub(in super::super) fn of(model: &str) -> Family {
        let lower = model.to_ascii_lowercase();
        let Some(at) = lower.find("claude") else { return Family::Foreign };
        let words: Vec<&str> = lower.get(at..).unwrap_or("").split(['-', '.', '@', ':', '_']).skip(1).collect();
        let tier = words.iter().find(|word| matches!(**word, "opus" | "sonnet" | "haiku" | "fable")).copied();
        // Dates have eight digits; versions have one or two.
        let numbers: Vec<u32> =
            words.iter().filter(|word| word.len() <= 2).filter_map(|word| word.parse().ok()).collect();
        let major = numbers.first().copied().unwrap_or(u32::MAX);
        let minor = numbers.get(1).copied().unwrap_or(0);
        match (tier, major, minor) {
            (_, 0..=3, _) => Family::Claude3,
            (_, 4, 0..=5) => Family::Claude4,
            (_, 4, 6) => Family::Claude46,
            (_, 4, _) | (Some("sonnet"), 5, 0) => Family::Claude47,
            (Some("opus"), 5, 0) => Family::Opus5,
            (Some("fable"), 5, 0) => Family::Fable5,
            (Some("fable"), 5, _) => Family::Fable51,
            (Some("haiku"), 5, 5) => Family::Haiku55,
            (Some("sonnet"), 5, 5) => Family::Sonnet55,
            _ => Family::Newest,
        }
    }

    /// Whether `temperature`, `top_p`, `top_k` are accepted (under API version 2023-06-01).
    pub(in super::super) fn samples(self) -> bool {
        matches!(self, Family::Claude3 | Family::Claude4 | Family::Claude46 | Family::Foreign)
    }

    /// Whether `temperature` and `top_p` may stand together. 4-6 is documented to take both and has been seen to refuse.
    pub(in super::super) fn samples_both(self) -> bool {
        matches!(self, Family::Claude3 | Family::Foreign)
    }

    /// Whether `thinking: {type: enabled, budget_tokens}` is accepted.
    pub(in super::super) fn takes_budget(self) -> bool {
        match self {
            Family::Claude4 | Family::Claude46 | Family::Claude47 | Family::Opus5 | Family::Foreign => true,
            Family::Claude3
            | Family::Fable5
            | Family::Fable51
            | Family::Haiku55
            | Family::Sonnet55
            | Family::Newest => false,
        }
    }

    /// How thinking is turned off: `disabled`, `between_tools` as the floor, or not at all.
    pub(in super::super) fn least_thinking(self) -> Option<&'static str> {
        match self {
            Family::Claude4
            | Family::Claude46
            | Family::Claude47
            | Family::Opus5
            | Family::Haiku55
            | Family::Foreign => Some("disabled"),
            Family::Sonnet55 => Some("between_tools"),
            Family::Claude3 | Family::Fable5 | Family::Fable51 | Family::Newest => None,
        }
    }

    /// Whether it has thinking at all.
    pub(in super::super) fn can_think(self) -> bool {
        self != Family::Claude3
    }

    /// Whether it thinks even when nobody asks.
    pub(in super::super) fn is_always_thinking(self) -> bool {
        matches!(self, Family::Fable5 | Family::Fable51 | Family::Sonnet55 | Family::Newest)
    }

    /// Whether `tool_choice` may force a tool.
    pub(in super::super) fn can_force_tools(self) -> bool {
        match self {
            Family::Claude3
            | Family::Claude4
            | Family::Claude46
            | Family::Claude47
            | Family::Opus5
            | Family::Fable5
            | Family::Haiku55
            | Family::Foreign => true,
            Family::Fable51 | Family::Sonnet55 | Family::Newest => false,
        }
    }

    /// `max_tokens` when the user sets none: the API requires one. The model's most, at most 8192.
    pub(in super::super) fn default_max_tokens(self, model: &str) -> u32 {
        // Claude 3 (not 3.5 and later) answers with at most 4096 tokens.
        if self == Family::Claude3 && !model.contains("3-5") && !model.contains("3-7") { 4096 } else { 8192 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_follow_from_names() {
        let cases = [
            ("claude-3-haiku-20240307", Family::Claude3),
            ("claude-3-5-sonnet-latest", Family::Claude3),
            ("claude-sonnet-4-20250514", Family::Claude4),
            ("claude-haiku-4-5", Family::Claude4),
            ("claude-opus-4-1-20250805", Family::Claude4),
            ("anthropic/claude-sonnet-4.6", Family::Claude46),
            ("claude-opus-4-8", Family::Claude47),
            ("claude-sonnet-5", Family::Claude47),
            ("claude-sonnet-5-20260401", Family::Claude47),
            ("claude-opus-5", Family::Opus5),
            ("claude-fable-5", Family::Fable5),
            ("claude-fable-5-1", Family::Fable51),
            ("claude-haiku-5-5", Family::Haiku55),
            ("claude-sonnet-5-5", Family::Sonnet55),
            ("claude-opus-5-5", Family::Newest),
            ("claude-opus-9", Family::Newest),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", Family::Claude4),
            ("qwen3", Family::Foreign),
        ];
        for (model, family) in cases {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }

    #[test]
    fn the_default_limit_is_what_the_model_can_do() {
        let limit = |model: &str| Family::of(model).default_max_tokens(model);
        assert_eq!(
            [limit("claude-3-haiku-20240307"), limit("claude-3-5-haiku-latest"), limit("claude-opus-5")],
            [4096, 8192, 8192]
        );
    }
}

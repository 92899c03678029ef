//! Counting texts for one model, and the beginning of a text that fits a budget of tokens.

use super::tokens::{Family, TokenEstimate};
use crate::base::ModelRef;

/// Counts tokens as one model does, or by what is likely when the model is not known.
#[derive(Debug, Clone, Copy)]
pub struct TokenCounter(Family);

impl TokenCounter {
    /// For a model; `None` when nobody knows yet which one it will be.
    pub fn of(model: Option<&ModelRef>) -> TokenCounter {
        TokenCounter(model.map_or(Family::UNKNOWN, Family::of))
    }

    /// The tokens of a text.
    pub fn count(&self, text: &str) -> TokenEstimate {
        self.0.count(text)
    }

    /// The longest beginning of `text` of at most `budget` tokens, cut between two tokens and never inside a character.
    /// For a vocabulary that is not published, the budget is compared with the best guess.
    pub fn beginning<'t>(&self, text: &'t str, budget: u64) -> &'t str {
        let Family { encoding, mid, .. } = self.0;
        // The largest count that scales to the budget or less.
        let most = u64::try_from(u128::from(budget) * 100 / u128::from(mid.max(1))).unwrap_or(u64::MAX);
        if most == 0 {
            return "";
        }
        if encoding.count(text) <= most {
            return text;
        }
        let vocabulary = encoding.vocabulary();
        let mut ends: Vec<usize> = Vec::new();
        let mut end = 0;
        for token in vocabulary.encode(text).into_iter().take(usize::try_from(most).unwrap_or(usize::MAX)) {
            end += vocabulary.decode(&[token]).len();
            ends.push(end);
        }
        // A shorter text may be split otherwise and count more: then one token less is tried.
        while let Some(end) = ends.pop() {
            if let Some(beginning) = text.get(..end)
                && encoding.count(beginning) <= most
            {
                return beginning;
            }
        }
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counter(model: &str) -> TokenCounter {
        TokenCounter::of(Some(&ModelRef::parse(model).expect("model")))
    }

    #[test]
    fn a_text_is_cut_between_tokens() {
        let openai = counter("openai/gpt-5");
        assert_eq!(openai.beginning("Hello, world! Hello, world!", 4), "Hello, world!");
        assert_eq!(openai.beginning("Hello, world!", 4), "Hello, world!");
        assert_eq!(openai.beginning("Hello, world!", 0), "");
        // One flag is several tokens, of which none but the last ends a character.
        let flag = openai.beginning("🇦🇽🇦🇽🇦🇽", 1);
        assert!("🇦🇽🇦🇽🇦🇽".starts_with(flag), "{flag}");
    }

    #[test]
    fn an_unpublished_vocabulary_is_cut_by_the_best_guess() {
        let text = "word ".repeat(500);
        for (model, factor) in [("anthropic/claude-opus-5", 170), ("anthropic/claude-haiku-4-5", 130)] {
            let counter = counter(model);
            let kept = counter.beginning(&text, 100);
            assert!(counter.count(kept).tokens <= 100 && kept.len() < text.len());
            let words = kept.split_whitespace().count();
            assert!(words.abs_diff(100 * 100 / factor) <= 1, "{model}: {words}");
        }
        assert_eq!(TokenCounter::of(None).count("Hello, world! Hello, world!").tokens, 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

        #[test]
        fn what_is_kept_is_a_beginning_that_fits(text in "\\PC{0,80}|[ \n\ta-z🇦é]{0,200}", budget in 0_u64..40) {
            for counter in [counter("openai/gpt-4o"), counter("openai/gpt-4"), TokenCounter::of(None)] {
                let kept = counter.beginning(&text, budget);
                prop_assert!(text.starts_with(kept));
                prop_assert!(counter.count(kept).tokens <= budget, "{kept:?}");
                prop_assert_eq!(kept == text, counter.count(&text).tokens <= budget);
            }
        }
    }
}

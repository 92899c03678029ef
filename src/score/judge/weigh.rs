//! The expected grade, by the probabilities of the tokens that a judge could have written in its place.

use crate::record::LogprobToken;

/// Alternatives less likely than this are noise of the long tail (as in the G-Eval of `DeepEval`).
const LEAST: f64 = 0.01;

/// Σ p·grade / Σ p over the alternatives of the last token that is the grade; `None` where they are not known, or where
/// the grade is written in several tokens.
pub(super) fn weighted(tokens: &[LogprobToken], score: i64, (low, high): (i64, i64)) -> Option<f64> {
    let said = score.to_string();
    let token = tokens.iter().rev().find(|token| token.text.trim() == said)?;
    let grade = |text: &str| {
        let text = text.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: i32 = text.parse().ok().filter(|_| digits)?;
        (low..=high).contains(&i64::from(number)).then(|| f64::from(number))
    };
    let likely = token.top.iter().filter_map(|(text, logprob)| {
        let probability = logprob.exp();
        grade(text).filter(|_| probability >= LEAST && probability.is_finite()).map(|grade| (grade, probability))
    });
    let (sum, all) = likely.fold((0.0, 0.0), |(sum, all), (grade, p)| (sum + p * grade, all + p));
    (all > 0.0).then(|| sum / all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(text: &str, top: &[(&str, f64)]) -> LogprobToken {
        let top = top.iter().map(|(text, p): &(&str, f64)| ((*text).to_owned(), p.ln())).collect();
        LogprobToken { text: text.to_owned(), logprob: 0.0, top }
    }

    #[test]
    fn only_likely_grades_on_the_scale_weigh() {
        let top = [("7", 0.5), (" 7", 0.1), ("9", 0.3), ("73", 0.05), ("seven", 0.04), ("2", 0.009)];
        // (0.6 · 7 + 0.3 · 9) / 0.9: both ways of writing 7 count, 73 is off the scale, 2 is too unlikely.
        let seen = weighted(&[token("7", &top)], 7, (0, 10)).expect("a grade");
        assert!((seen - 6.9 / 0.9).abs() < 1e-9, "{seen}");
    }

    #[test]
    fn what_is_not_known_is_not_weighed() {
        assert_eq!(weighted(&[], 7, (0, 10)), None);
        assert_eq!(weighted(&[token("7", &[])], 7, (0, 10)), None);
        assert_eq!(weighted(&[token("1", &[("1", 1.0)]), token("0", &[("0", 1.0)])], 10, (0, 10)), None);
        assert_eq!(weighted(&[token("7", &[("x", 1.0)])], 7, (0, 10)), None);
    }

    proptest! {
        #[test]
        fn a_weighted_grade_stays_on_the_scale(odds in proptest::collection::vec((0_i64..20, -9.0_f64..0.5), 0..20)) {
            let top = odds.iter().map(|(grade, logprob)| (grade.to_string(), *logprob)).collect();
            let token = LogprobToken { text: "5".into(), logprob: 0.0, top };
            if let Some(grade) = weighted(&[token], 5, (1, 10)) {
                prop_assert!((1.0 - 1e-9..=10.0 + 1e-9).contains(&grade));
            }
        }
    }
}

//! From the opinions of several judges, or of one judge asked several times, to one.

use super::metric::{Failure, Opinion};

/// How numbers are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Average {
    /// Samples of one judge: an estimate of its expected score.
    Mean,
    /// Judges of a panel: one that is far off moves nothing. A strict majority must be on its side of the threshold.
    Median,
}

/// One opinion of many.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settled {
    pub(super) opinion: Result<Opinion, Failure>,
    /// Share of all that agree with it: the same word, or the same side of the threshold. `None` without an opinion.
    pub(super) agreement: Option<f64>,
}

/// Strict majority of all, those who gave no opinion included. `who` is what they are called, such as `judges`.
pub(super) fn settle(all: &[Result<Opinion, Failure>], line: f64, average: Average, who: &str) -> Settled {
    if let [one] = all {
        return Settled { opinion: one.clone(), agreement: one.is_ok().then_some(1.0) };
    }
    let without = all.iter().filter_map(|opinion| match opinion {
        Err(Failure::NotApplicable(why)) => Some(why),
        Ok(_) | Err(Failure::Ungraded(_)) => None,
    });
    if let Some(why) = without.clone().next().filter(|_| most(without.count(), all.len())) {
        return Settled { opinion: Err(Failure::NotApplicable(why.clone())), agreement: None };
    }
    let given: Vec<&Opinion> = all.iter().filter_map(|opinion| opinion.as_ref().ok()).collect();
    let settled = if given.iter().any(|opinion| opinion.verdict.is_some()) {
        by_word(&given, all.len())
    } else {
        by_number(&given, all.len(), line, average)
    };
    match settled {
        Some((opinion, count)) => {
            let seen = format!("{} (by {count} of {} {who})", opinion.seen, all.len());
            Settled { opinion: Ok(Opinion { seen, ..opinion }), agreement: Some(share(count, all.len())) }
        }
        None => Settled { opinion: Err(Failure::Ungraded(no_majority(all, &given, line, who))), agreement: None },
    }
}

fn most(count: usize, of: usize) -> bool {
    2 * count > of
}

fn share(count: usize, of: usize) -> f64 {
    let exact = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    if of == 0 { 0.0 } else { exact(count) / exact(of) }
}

/// The word that most say, with the value that it has on average among them.
fn by_word(given: &[&Opinion], of: usize) -> Option<(Opinion, usize)> {
    let saying = |word: Option<&str>| -> Vec<&Opinion> {
        given.iter().copied().filter(|opinion| opinion.verdict.as_deref() == word).collect()
    };
    let winner = given.iter().find(|opinion| most(saying(opinion.verdict.as_deref()).len(), of))?;
    let alike = saying(winner.verdict.as_deref());
    let value = mean(alike.iter().map(|opinion| opinion.value));
    Some((Opinion { value, ..(*winner).clone() }, alike.len()))
}

fn by_number(given: &[&Opinion], of: usize, line: f64, average: Average) -> Option<(Opinion, usize)> {
    if !most(given.len(), of) {
        return None;
    }
    let values = || given.iter().map(|opinion| opinion.value);
    let value = match average {
        Average::Mean => mean(values()),
        Average::Median => median(values().collect()),
    };
    let count = values().filter(|one| (*one >= line) == (value >= line)).count();
    if average == Average::Median && !most(count, of) {
        return None;
    }
    let far = |opinion: &Opinion| (opinion.value - value).abs();
    let nearest = given.iter().min_by(|a, b| far(a).total_cmp(&far(b)))?;
    let name = if average == Average::Mean { "mean" } else { "median" };
    let seen = format!("{name} {value:.3}, nearest {}", nearest.seen);
    Some((Opinion { value, seen, ..(*nearest).clone() }, count))
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count();
    let exact = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if count == 0 { 0.0 } else { values.sum::<f64>() / exact }
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

fn no_majority(all: &[Result<Opinion, Failure>], given: &[&Opinion], line: f64, who: &str) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut count = |word: String| match counts.iter_mut().find(|(known, _)| *known == word) {
        Some((_, count)) => *count += 1,
        None => counts.push((word, 1)),
    };
    for opinion in given {
        let side = if opinion.value >= line { "a pass" } else { "a fail" };
        count(opinion.verdict.as_ref().map_or_else(|| side.to_owned(), |word| format!("`{word}`")));
    }
    let mut first = None;
    for failure in all.iter().filter_map(|opinion| opinion.as_ref().err()) {
        match failure {
            Failure::Ungraded(why) => {
                first = first.or(Some(why));
                count("no verdict".to_owned());
            }
            Failure::NotApplicable(_) => count("not applicable".to_owned()),
        }
    }
    let counts: Vec<String> = counts.iter().map(|(word, count)| format!("{count} say {word}")).collect();
    let first = first.map_or_else(String::new, |why| format!("; {why}"));
    format!("no strict majority of {} {who}: {}{first}", all.len(), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn number(value: f64) -> Result<Opinion, Failure> {
        Ok(Opinion { value, verdict: None, seen: format!("{value}"), parts: Value::Null })
    }

    fn word(word: &str) -> Result<Opinion, Failure> {
        let value = if word == "pass" { 1.0 } else { 0.0 };
        Ok(Opinion { value, verdict: Some(word.to_owned()), seen: word.to_owned(), parts: Value::Null })
    }

    fn none() -> Result<Opinion, Failure> {
        Err(Failure::Ungraded("outage".to_owned()))
    }

    fn value(all: &[Result<Opinion, Failure>], average: Average) -> Option<(f64, f64)> {
        let settled = settle(all, 0.5, average, "judges");
        Some((settled.opinion.ok()?.value, settled.agreement?))
    }

    #[test]
    fn a_word_needs_a_strict_majority_of_all() {
        let (pass, fail) = (word("pass"), word("fail"));
        let two = [pass.clone(), fail.clone(), pass.clone()];
        assert_eq!(value(&two, Average::Median), Some((1.0, 2.0 / 3.0)));
        assert_eq!(value(&[pass.clone(), fail.clone()], Average::Median), None);
        // Two of four are no majority of four, though they are one of those who answered.
        let half = [pass.clone(), pass.clone(), none(), none()];
        let Err(Failure::Ungraded(why)) = settle(&half, 0.5, Average::Median, "judges").opinion else {
            panic!("ungraded")
        };
        assert_eq!(why, "no strict majority of 4 judges: 2 say `pass`, 2 say no verdict; outage");
        assert_eq!(value(&[fail.clone(), none(), fail], Average::Median), Some((0.0, 2.0 / 3.0)));
    }

    #[test]
    fn numbers_are_averaged_and_a_panel_must_be_on_one_side() {
        let spread = [number(0.2), number(0.6), number(1.0)];
        assert_eq!(value(&spread, Average::Median), Some((0.6, 2.0 / 3.0)));
        assert_eq!(value(&spread, Average::Mean).map(|(mean, _)| (mean * 1e9).round()), Some(6e8));
        assert_eq!(value(&[number(0.9), number(0.3)], Average::Median), None);
        assert_eq!(value(&[number(0.9), number(0.3)], Average::Mean), Some((0.6, 0.5)));
        assert_eq!(value(&[number(0.9), none(), none()], Average::Mean), None);
        assert_eq!(value(&[none(), none(), none()], Average::Median), None);
    }

    #[test]
    fn most_may_say_that_it_does_not_apply() {
        let na = || Err(Failure::NotApplicable("no statements".to_owned()));
        let settled = settle(&[na(), number(1.0), na()], 0.5, Average::Median, "judges");
        assert_eq!(settled.opinion, na());
        let Err(Failure::Ungraded(why)) = settle(&[na(), number(1.0), none()], 0.5, Average::Mean, "samples").opinion
        else {
            panic!("ungraded")
        };
        assert_eq!(
            why,
            "no strict majority of 3 samples: 1 say a pass, 1 say not applicable, 1 say no verdict; outage"
        );
    }

    proptest! {
        #[test]
        fn averages_stay_among_their_values(values in proptest::collection::vec(0.0_f64..=1.0, 1..9)) {
            let all: Vec<_> = values.iter().copied().map(number).collect();
            let (low, high) = values.iter().fold((1.0_f64, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
            for average in [Average::Mean, Average::Median] {
                if let Some((value, agreement)) = value(&all, average) {
                    prop_assert!(value >= low - 1e-12 && value <= high + 1e-12);
                    prop_assert!((0.0..=1.0).contains(&agreement));
                } else {
                    prop_assert!(average == Average::Median && values.len() % 2 == 0);
                }
            }
        }
    }
}

//! `tfidf_cosine`: cosine of weighed words.

use super::super::measure::tfidf::{count_cosine, tfidf_cosine};
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "tfidf_cosine",
    family: "likeness",
    about: "the output uses the words of the reference as often, rare words weighing more (cosine of TF-IDF)",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE, OptionSpec::flag("plain_counts", "weighs all words alike")],
    degenerate: &[
        "`threshold` is 0.5 unless given",
        "words are runs of two and more letters, digits and `_` in lower case; word order does not count",
        "weights are fitted on the output and the reference alone",
        "when neither text has a word it is ungraded",
        "equal to scikit-learn 1.9",
    ],
    example: "- tfidf_cosine: The cat sat on the mat",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Cosine { plain: settings.flag("plain_counts") })
}

struct Cosine {
    plain: bool,
}

impl Measure for Cosine {
    fn name(&self) -> String {
        "cosine".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let found = if self.plain { count_cosine(output, reference) } else { tfidf_cosine(output, reference) };
        found.map_or_else(|| Likeness::Undefined("neither text has a word of two letters".to_owned()), Likeness::of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ungraded, value_of};

    #[test]
    fn order_does_not_count_and_nothing_is_nothing() {
        assert!(value_of("tfidf_cosine: the cat sat", "sat cat the").is_some_and(|value| value > 1.0 - 1e-12));
        assert_eq!(value_of("tfidf_cosine: the cat", ""), Some(0.0));
        assert!(ungraded("tfidf_cosine: a", "!").contains("neither text"));
    }
}

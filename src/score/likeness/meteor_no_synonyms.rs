//! `meteor_no_synonyms`: shared words and stems, in order.

use super::super::measure::meteor::meteor;
use super::super::measure::tokens::blank_separated;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "meteor_no_synonyms",
    family: "likeness",
    about: "the output shares words and their stems with the reference in like order (METEOR without synonyms)",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[REFERENCE],
    degenerate: &[
        "`threshold` is 0.5 unless given",
        "words are runs between white space, case is ignored, stems are Porter's; texts without words score 0",
        "synonyms are not known: figures are lower than those of METEOR with WordNet, which is why the name says so",
        "a text compared with itself scores a little below 1",
        "equal to NLTK 3.10 with WordNet switched off (Lavie and Agarwal 2007)",
    ],
    example: "- meteor_no_synonyms: The cat sat on the mat",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(settings, Meteor)
}

struct Meteor;

impl Measure for Meteor {
    fn name(&self) -> String {
        "METEOR without synonyms".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        Likeness::of(meteor(&blank_separated(reference), &blank_separated(output)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn stems_match_and_order_counts() {
        let value = |text: &str| value_of("meteor_no_synonyms: the dogs were running home", text).expect("scored");
        assert!(
            value("the dog were run home") > 0.9
                && value("home running were dogs the") < value("the dogs were running home")
        );
        assert!(value("").abs() < 1e-12);
    }
}

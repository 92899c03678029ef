//! `levenshtein`: likeness by edits of characters.

use super::super::measure::edit;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};

type Compare = fn(&str, &str) -> f64;

const METHODS: &[(&str, &str)] = &[
    ("levenshtein", "levenshtein"),
    ("damerau", "damerau"),
    ("osa", "osa"),
    ("indel", "indel"),
    ("jaro_winkler", "jaro_winkler"),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "levenshtein",
    family: "likeness",
    about: "few edits of characters lie between the output and the reference",
    version: 1,
    pass_at: 0.8,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        REFERENCE,
        OptionSpec {
            name: "method",
            kind: OptionKind::Word(METHODS),
            takes: "levenshtein, damerau, osa, indel or jaro_winkler",
            about: "which edits count: with swaps of neighbours (damerau, osa), without substitutions (indel, the ratio \
                    of fuzzy matchers), or Jaro-Winkler's likeness of names; `levenshtein` unless given",
        },
        OptionSpec::flag("ignore_case", "compares in lower case"),
    ],
    degenerate: &[
        "the score is 1 - edits / length of the longer text; `threshold` is 0.8 unless given",
        "two empty texts are alike (1), one empty text is not (0)",
        "lengths are in Unicode code points, nothing is normalised",
        "equal to RapidFuzz 3.14",
    ],
    example: "- levenshtein: {value: Reykjavik, method: jaro_winkler, threshold: 0.9}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(
        settings,
        Edits {
            method: settings.word("method", "levenshtein").to_owned(),
            compare: match settings.word("method", "levenshtein") {
                "damerau" => edit::damerau_likeness,
                "osa" => edit::osa_likeness,
                "indel" => edit::indel_likeness,
                "jaro_winkler" => edit::jaro_winkler_likeness,
                _ => edit::levenshtein_likeness,
            },
            ignore_case: settings.flag("ignore_case"),
        },
    )
}

struct Edits {
    method: String,
    compare: Compare,
    ignore_case: bool,
}

impl Measure for Edits {
    fn name(&self) -> String {
        format!("likeness ({})", self.method)
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        if self.ignore_case {
            return Likeness::of((self.compare)(&output.to_lowercase(), &reference.to_lowercase()));
        }
        Likeness::of((self.compare)(output, reference))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn methods_count_edits_differently() {
        let value =
            |method: &str| value_of(&format!("levenshtein: {{value: abc, method: {method}}}"), "ca").expect("scored");
        assert_eq!((value("levenshtein"), value("osa")), (0.0, 0.0));
        assert!((value("damerau") - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(value_of("levenshtein: {value: PARIS, ignore_case: true}", "paris"), Some(1.0));
        assert_eq!((value_of("levenshtein: ''", ""), value_of("levenshtein: a", "")), (Some(1.0), Some(0.0)));
    }
}

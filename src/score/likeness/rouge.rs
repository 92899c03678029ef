//! `rouge`: shared words, word pairs or the longest common sequence of words.

use super::super::measure::ngram::Figures;
use super::super::measure::rouge::{Cut, rouge_l, rouge_lsum, rouge_n};
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};

const VARIANTS: &[(&str, &str)] = &[("l", "l"), ("n1", "n1"), ("n2", "n2"), ("lsum", "lsum")];
const FIGURES: &[(&str, &str)] = &[("f", "f"), ("precision", "precision"), ("recall", "recall")];
const TOKENIZERS: &[(&str, &str)] = &[("latin", "latin"), ("unicode", "unicode")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "rouge",
    family: "likeness",
    about: "the output shares words (n1), word pairs (n2) or their order (l, lsum) with the reference",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        REFERENCE,
        OptionSpec {
            name: "variant",
            kind: OptionKind::Word(VARIANTS),
            takes: "l, n1, n2 or lsum",
            about: "longest common sequence, words, word pairs, or sequences line by line; `l` unless given",
        },
        OptionSpec {
            name: "figure",
            kind: OptionKind::Word(FIGURES),
            takes: "f, precision or recall",
            about: "which share counts; `f`, their harmonic mean, unless given",
        },
        OptionSpec {
            name: "tokenizer",
            kind: OptionKind::Word(TOKENIZERS),
            takes: "latin or unicode",
            about: "`latin` knows `[a-z0-9]` only, as the reference library does; `unicode` takes words of every script",
        },
        OptionSpec::flag("stemmer", "compares Porter stems of words of four letters and more"),
    ],
    degenerate: &[
        "`threshold` is 0.5 unless given",
        "texts without words score 0; a text in a script that `tokenizer: latin` does not know is ungraded",
        "`lsum` takes each line as a sentence",
        "equal to rouge-score 0.1.2 (Lin 2004) with `tokenizer: latin`",
    ],
    example: "- rouge: {value: The cat sat on the mat, variant: l, threshold: 0.6}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let measure = Rouge {
        variant: settings.word("variant", "l").to_owned(),
        figure: settings.word("figure", "f").to_owned(),
        cut: Cut { unicode: settings.word("tokenizer", "latin") == "unicode", stemmed: settings.flag("stemmer") },
    };
    references::prepare(settings, measure)
}

struct Rouge {
    variant: String,
    figure: String,
    cut: Cut,
}

impl Measure for Rouge {
    fn name(&self) -> String {
        format!("ROUGE-{} ({})", self.variant.trim_start_matches('n').to_uppercase(), self.figure)
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let (given, wanted) = (self.cut.tokens(output), self.cut.tokens(reference));
        let unread = |text: &str, tokens: &[String]| tokens.is_empty() && text.chars().any(char::is_alphanumeric);
        if !self.cut.unicode && (unread(output, &given) || unread(reference, &wanted)) {
            let why = "`tokenizer: latin` finds no word in the text; set `tokenizer: unicode`";
            return Likeness::Undefined(why.to_owned());
        }
        let Figures { precision, recall, f } = match self.variant.as_str() {
            "n1" => rouge_n(&wanted, &given, 1),
            "n2" => rouge_n(&wanted, &given, 2),
            "lsum" => rouge_lsum(reference, output, self.cut),
            _ => rouge_l(&wanted, &given),
        };
        Likeness::of(match self.figure.as_str() {
            "precision" => precision,
            "recall" => recall,
            _ => f,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{on_text, passes, reason_of, ungraded, value_of};

    #[test]
    fn variants_and_figures_differ() {
        let close = |yaml: &str, text: &str, wanted: f64| {
            let seen = value_of(yaml, text).expect("scored");
            assert!((seen - wanted).abs() < 1e-9, "{yaml}: {seen}");
        };
        close("rouge: the cat sat", "the cat", 0.8);
        close("rouge: {value: the cat sat, figure: precision}", "the cat", 1.0);
        close("rouge: {value: the cat sat, figure: recall}", "the cat", 2.0 / 3.0);
        close("rouge: {value: the cat sat, variant: n2}", "the cat", 2.0 / 3.0);
        close("rouge: {value: [a dog, the cat sat], variant: n1}", "sat the cat", 1.0);
        close("rouge: {value: running dogs, stemmer: true}", "run dog", 1.0);
    }

    #[test]
    fn other_scripts_need_the_unicode_tokenizer() {
        assert!(ungraded("rouge: 日本語です", "日本語です").contains("tokenizer: unicode"));
        assert!(passes("rouge: {value: 日本語です, tokenizer: unicode, threshold: 1}", "日本語です"));
    }

    #[test]
    fn the_default_threshold_is_a_half_and_the_reason_says_the_figure() {
        assert!(passes("rouge: a b c d", "a b") && !passes("rouge: a b c d", "a"));
        let reason = reason_of("rouge: a b c d", "a");
        assert_eq!(reason, "saw ROUGE-L (f) 0.400 for \"a\"; wanted more likeness to \"a b c d\"");
        assert_eq!(
            on_text("rouge: a", "").reason,
            "saw ROUGE-L (f) 0.000 for an empty text; wanted more likeness to \"a\""
        );
    }
}

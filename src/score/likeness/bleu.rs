//! `bleu`: BLEU of one sentence.

use super::super::measure::bleu::{BleuCounts, Smoothing};
use super::super::measure::tokens;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::references::{self, Likeness, Measure, REFERENCE};
use crate::record::CorpusMeasure;

const TOKENIZERS: &[(&str, &str)] =
    &[("13a", "13a"), ("international", "international"), ("character", "character"), ("none", "none")];
const SMOOTHING: &[(&str, &str)] = &[("exp", "exp"), ("floor", "floor"), ("add_one", "add_one"), ("none", "none")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "bleu",
    family: "likeness",
    about: "the output shares runs of one to four words with the reference (sentence BLEU)",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        REFERENCE,
        OptionSpec {
            name: "tokenizer",
            kind: OptionKind::Word(TOKENIZERS),
            takes: "13a, international, character or none",
            about: "how sacreBLEU cuts texts; `13a` unless given, `character` for Chinese and Japanese",
        },
        OptionSpec {
            name: "smoothing",
            kind: OptionKind::Word(SMOOTHING),
            takes: "exp, floor, add_one or none",
            about: "what stands in for runs that are never met; `exp` unless given",
        },
        OptionSpec::flag("ignore_case", "compares in lower case"),
    ],
    degenerate: &[
        "`threshold` is 0.5 unless given; 1 is 100 of BLEU",
        "texts that share no word score 0, empty ones too",
        "runs longer than the output are left out (effective order), as is right for single sentences",
        "several references count one by one, the best counts",
        "BLEU of a sentence is a weak signal: the summary has the BLEU of all outputs together (summed counts, clipped by \
         the most of all references, all four orders), for `goal: {corpus_bleu: \">= 0.3\"}`",
        "equal to sacreBLEU 2.6 (Papineni et al. 2002)",
    ],
    example: "- bleu: {value: The cat sat on the mat, threshold: 0.4}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    references::prepare(
        settings,
        Bleu {
            tokenizer: settings.word("tokenizer", "13a").to_owned(),
            smoothing: match settings.word("smoothing", "exp") {
                "floor" => Smoothing::Floor,
                "add_one" => Smoothing::AddOne,
                "none" => Smoothing::None,
                _ => Smoothing::Exp,
            },
            ignore_case: settings.flag("ignore_case"),
        },
    )
}

struct Bleu {
    tokenizer: String,
    smoothing: Smoothing,
    ignore_case: bool,
}

impl Bleu {
    fn tokens(&self, text: &str) -> Vec<String> {
        let lower = if self.ignore_case { text.to_lowercase() } else { text.to_owned() };
        match self.tokenizer.as_str() {
            "international" => tokens::international(&lower),
            "character" => tokens::characters(&lower),
            "none" => tokens::blank_separated(&lower),
            _ => tokens::thirteen_a(&lower),
        }
    }
}

impl Measure for Bleu {
    fn name(&self) -> String {
        "BLEU".to_owned()
    }

    fn compare(&self, output: &str, reference: &str) -> Likeness {
        let counts = BleuCounts::of(&self.tokens(output), &[self.tokens(reference)]);
        Likeness::of(counts.score(self.smoothing, true)).counting(counts.numbers())
    }

    fn corpus(&self) -> Option<(CorpusMeasure, String)> {
        let case = if self.ignore_case { "lc" } else { "mixed" };
        let tokenizer = match self.tokenizer.as_str() {
            "international" => "intl",
            "character" => "char",
            other => other,
        };
        Some((CorpusMeasure::Bleu, format!("case:{case}|eff:no|tok:{tokenizer}|smooth:{}", self.smoothing.signature())))
    }

    fn together(&self, output: &str, references: &[String]) -> Option<Vec<u64>> {
        let references: Vec<Vec<String>> = references.iter().map(|reference| self.tokens(reference)).collect();
        Some(BleuCounts::of(&self.tokens(output), &references).numbers())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::value_of;

    #[test]
    fn the_same_text_scores_1_and_a_stranger_0() {
        assert!(value_of("bleu: the cat sat", "the cat sat").is_some_and(|value| value > 1.0 - 1e-12));
        assert_eq!(value_of("bleu: yes", "no"), Some(0.0));
        assert_eq!(value_of("bleu: a", ""), Some(0.0));
        let (plain, lower) =
            (value_of("bleu: The Cat", "the cat"), value_of("bleu: {value: The Cat, ignore_case: true}", "the cat"));
        assert!(plain < lower);
    }
}

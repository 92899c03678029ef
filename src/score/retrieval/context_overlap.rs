//! `context_overlap`: the words of the output, or of a reference, stand in the passages.

use std::collections::HashSet;

use serde_json::Value;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::measure::rouge::Cut;
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::passages::{CONTEXT, ITEM, PATH, Passages, shown};
use crate::base::Ratio;

const OF: &[(&str, &str)] = &[("output", "output"), ("reference", "reference")];
/// Longest runs of words.
const MAX_RUN: f64 = 8.0;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "context_overlap",
    family: "retrieval",
    about: "the words of the output (or of a reference) stand in the context passages",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec {
            name: "of",
            kind: OptionKind::Word(OF),
            takes: "output or reference",
            about: "whose words are looked for: the output's (what of the answer is taken from the passages), unless \
                    given; or those of a reference (what of the right answer was retrieved), as with `value`",
        },
        OptionSpec::value("value", "text", "the reference; with `of: reference` the case's `expected` unless given"),
        OptionSpec::fixed(
            "run",
            "a whole number from 1 to 8",
            "how many words in a row are looked for together; 1 unless given",
        ),
        CONTEXT,
        PATH,
        ITEM,
    ],
    degenerate: &[
        "the share of runs of `run` words that stand in a passage, each run counted as often as it occurs; a run does not \
         reach from one passage to the next (K-precision of Adlakha et al. 2024 clips counts, this does not)",
        "words are those of Unicode (UAX 29) in lower case, Chinese and Japanese by character; punctuation does not count",
        "a text with fewer words than `run` is not applicable; without passages, or without the reference, ungraded",
        "an empty list at `path` scores 0; `threshold` is 0.5 unless given",
        "words that stand in the passages prove nothing: `faithfulness` asks a judge whether the statements do",
    ],
    example: "- context_overlap: {of: output, run: 2, threshold: 0.6}",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = settings.get("value").map(|value| text_of("value", "", value)).transpose().map_err(Fault::alone)?;
    let of_output = reference.is_none() && settings.word("of", "output") == "output";
    if of_output && settings.get("path").is_some() {
        let fault = Fault::new("path", "passages that stand in the output hold its words by themselves");
        return Err(fault.help("write `of: reference`, or leave `path` out").alone());
    }
    let run = run(settings).map_err(Fault::alone)?;
    let check = ContextOverlap { of_output, reference, run, passages: Passages::of(settings, None)? };
    let plain = if run == 1 { Value::Null } else { Value::from(run) };
    Ok(Prepared::new(check).canonical("run", plain))
}

fn run(settings: &Settings) -> Result<usize, Fault> {
    let Some(value) = settings.get("run") else { return Ok(1) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a small whole number")]
    let whole =
        value.as_f64().filter(|run| run.fract() == 0.0 && (1.0..=MAX_RUN).contains(run)).map(|run| run as usize);
    whole.ok_or_else(|| Fault::new("run", format!("`run` must be a whole number from 1 to 8, this is {value}")))
}

struct ContextOverlap {
    of_output: bool,
    reference: Option<String>,
    run: usize,
    passages: Passages,
}

impl ContextOverlap {
    /// The text whose words are looked for.
    fn text<'a>(&'a self, input: &'a ScoreInput<'_>) -> Result<&'a str, Finding> {
        if self.of_output {
            return Ok(&input.reply.text);
        }
        let of_case = || input.case.expected.as_ref().and_then(Value::as_str);
        self.reference
            .as_deref()
            .or_else(of_case)
            .ok_or_else(|| Finding::Ungraded("the case has no `expected` text to look for; write `value:`".to_owned()))
    }

    fn name(&self) -> &'static str {
        if self.of_output { "the output" } else { "the reference" }
    }
}

impl Scorer for ContextOverlap {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let (passages, text) = match (self.passages.read(input), self.text(input)) {
            (Ok(passages), Ok(text)) => (passages, text),
            (Err(finding), _) | (_, Err(finding)) => return finding,
        };
        let cut = Cut { unicode: true, stemmed: false };
        let words = cut.tokens(text);
        let runs: Vec<&[String]> = words.windows(self.run).collect();
        if runs.is_empty() {
            let least = reason::count(u64::try_from(self.run).unwrap_or(u64::MAX), "word", "words");
            return Finding::NotApplicable(format!("{} has fewer than {least}", self.name()));
        }
        let passages: Vec<Vec<String>> = passages.iter().map(|passage| cut.tokens(passage)).collect();
        let known: HashSet<&[String]> = passages.iter().flat_map(|words| words.windows(self.run)).collect();
        let strange: Vec<String> = runs.iter().filter(|run| !known.contains(**run)).map(|run| run.join(" ")).collect();
        let exact = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let value = exact(runs.len() - strange.len()) / exact(runs.len());
        let strange: Vec<&str> = strange.iter().map(String::as_str).collect();
        let not_in = if strange.is_empty() { String::new() } else { format!("; not in them: {}", shown(&strange)) };
        Finding::Graded {
            value: Ratio::clamped(value),
            seen: format!("{:.1} % of {} in the passages{not_in}", 100.0 * value, self.name()),
            wanted: format!("the words of {} in the passages", self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::testing::{case, problems_of, with_case};
    use crate::record::{Case, Score, ScoreState};

    fn with(passages: &[&str], expected: Option<&str>) -> Case {
        let mut with = case(json!({}), expected.map(|text| json!(text)));
        with.context = passages.iter().map(|text| (*text).to_owned()).collect();
        with
    }

    fn value(score: &Score) -> f64 {
        match score.state {
            ScoreState::Scored { value, .. } => value.get(),
            ScoreState::Ungraded | ScoreState::NotApplicable => panic!("{}", score.reason),
        }
    }

    #[test]
    fn words_of_the_output_are_looked_for_in_all_passages() {
        let case = with(&["Refunds take five days.", "Shops close at 8."], None);
        // `refunds`, `five`, `days`, `shops` of six words.
        let score = with_case("context_overlap", "Refunds: five days! Shops never refund", &case);
        assert!((value(&score) - 4.0 / 6.0).abs() < 1e-12, "{}", score.reason);
        let wanted = "saw 66.7 % of the output in the passages; not in them: \"never\" and 1 more; wanted the words of the \
                      output in the passages";
        assert_eq!(score.reason, wanted);
        // `take five`, `five days` of three pairs; `days shops` would reach over two passages.
        let pairs = with_case("context_overlap: {run: 2}", "take five days shops", &case);
        assert!((value(&pairs) - 2.0 / 3.0).abs() < 1e-12, "{}", pairs.reason);
    }

    #[test]
    fn words_of_a_reference_tell_what_was_retrieved() {
        let case = with(&["五日かかります"], Some("五日"));
        assert!((value(&with_case("context_overlap: {of: reference}", "x", &case)) - 1.0).abs() < 1e-12);
        assert!((value(&with_case("context_overlap: 五日 before", "x", &case)) - 2.0 / 3.0).abs() < 1e-12);
        let none = with_case("context_overlap: {of: reference, path: '$[*]'}", "[]", &case);
        assert!(value(&none).abs() < 1e-12);
        let missing = with_case("context_overlap: {of: reference}", "x", &with(&["a"], None));
        assert!(missing.state == ScoreState::Ungraded && missing.reason.contains("no `expected` text"));
    }

    #[test]
    fn texts_without_words_do_not_apply() {
        let case = with(&["a b"], None);
        for (yaml, text) in [("context_overlap", " … "), ("context_overlap: {run: 3}", "a b")] {
            assert_eq!(with_case(yaml, text, &case).state, ScoreState::NotApplicable, "{yaml}");
        }
        assert_eq!(with_case("context_overlap", "a", &with(&[], None)).state, ScoreState::Ungraded);
    }

    #[test]
    fn settings_that_contradict_are_told() {
        assert!(problems_of("context_overlap: {path: '$[*]'}").contains("by themselves"));
        assert!(problems_of("context_overlap: {run: 9}").contains("from 1 to 8"));
        assert!(problems_of("context_overlap: {of: words}").contains("reference"));
    }
}

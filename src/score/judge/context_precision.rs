//! `context_precision`: useful passages stand before useless ones.

use futures_util::future::BoxFuture;

use super::super::check::ScoreInput;
use super::super::measure::retrieval::average_precision_of;
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::ask::Seat;
use super::bench;
use super::form::Answer;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{self, Asked, CONTEXT, Passages, QUESTION, plain, said};
use super::tally::{parts, verdicts};

const BASES: &[(&str, &str)] = &[("reference", "reference"), ("output", "output")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "context_precision",
    family: "judge",
    about: "useful passages stand before useless ones among those that were retrieved",
    pass_at: 0.8,
    short: "value",
    value: ValueRule::Optional,
    options: judge_options![
        OptionSpec::value("value", "text", "the reference; the case's `expected` unless given"),
        OptionSpec {
            name: "by",
            kind: OptionKind::Word(BASES),
            takes: "reference or output",
            about: "what a passage must be useful for: arriving at the reference, or at the output where there is no \
                    reference; `reference` unless given",
        },
        CONTEXT,
        QUESTION,
    ],
    degenerate: &[
        "sum over useful passages at rank i of (useful ones up to i) / i, divided by the useful ones (Ragas, 2023, \
         without its 1e-10: all useful is exactly 1); `threshold` is 0.8 unless given",
        "0 when no passage is useful",
        "passages are those the application retrieved, else the case's `context`, in their order; without any, without \
         a reference and without one verdict for each passage: ungraded",
        "an empty output, with `by: output`: not applicable",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- context_precision: {from: expected}",
    build: Build::Scorer(prepare),
    reads_text: false,
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = settings.get("value").map(|value| plain("value", value)).transpose().map_err(Fault::alone)?;
    let by_output = settings.word("by", "reference") == "output";
    if by_output && reference.is_some() {
        return Err(Fault::new("by", "`by: output` needs no reference, and `value` is one").alone());
    }
    bench::prepare(
        settings,
        &SPEC,
        1,
        ContextPrecision { reference, by_output, passages: Passages::of(settings)?, asked: Asked::of(settings)? },
    )
}

struct ContextPrecision {
    passages: Passages,
    reference: Option<String>,
    by_output: bool,
    asked: Asked,
}

const WORDS: [(&str, &str); 2] = [
    ("useful", "it holds something that is needed to arrive at that answer"),
    ("useless", "the answer could be given as well without it"),
];

impl ContextPrecision {
    /// The answer that passages must lead to, with its name.
    fn answer(&self, input: &ScoreInput<'_>) -> Result<(&'static str, String), Failure> {
        if self.by_output {
            return subject::output(input).map(|text| ("OUTPUT", text.to_owned()));
        }
        let of_case = || input.case.expected.as_ref().and_then(|value| plain("value", value).ok());
        let missing = || {
            Failure::Ungraded("the case has no `expected` to compare with; write `value:` or `by: output`".to_owned())
        };
        self.reference.clone().or_else(of_case).map(|text| ("REFERENCE", text)).ok_or_else(missing)
    }
}

/// The first useless passage that stands before a useful one, or before nothing useful at all.
fn early(contexts: &[String], entries: &[Answer], useful: &[bool]) -> String {
    let last = useful.iter().rposition(|useful| *useful).unwrap_or(useful.len());
    let mut ranked = contexts.iter().zip(entries).zip(useful).zip(1_usize..).take(last);
    let found = ranked.find(|((_, useful), _)| !**useful);
    found.map_or_else(String::new, |(((passage, entry), _), rank)| {
        format!("; useless at rank {rank}: {}: {}", reason::quote(passage), said(entry.reason()))
    })
}

impl Metric for ContextPrecision {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let contexts = self.passages.wanted(input)?;
            let (name, answer) = self.answer(input)?;
            let task = format!(
                "Task: for each numbered CONTEXT passage, was it useful for arriving at the {name}, an answer to the \
                 question? Judge each passage by itself."
            );
            let material = Material::default()
                .with_some("QUESTION", self.asked.text(input).as_deref())
                .with(name, &answer)
                .with_each("CONTEXT", contexts);
            let entries = verdicts(seat, "context_precision", &task, material, contexts.len(), &WORDS).await?;
            let useful: Vec<bool> = entries.iter().map(|entry| entry.word("verdict") == "useful").collect();
            let value = average_precision_of(&useful);
            let count = useful.iter().filter(|useful| **useful).count();
            Ok(Opinion {
                value,
                verdict: None,
                seen: format!("{count} of {} passages useful{}", useful.len(), early(contexts, &entries, &useful)),
                parts: parts(contexts, &entries),
            })
        })
    }

    fn wanted(&self) -> String {
        "useful passages first".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "context_precision",
    output: "Refunds take five days.",
    right: &[r#"{"verdicts": [{"id": 1, "reason": "says five days", "verdict": "useful"},
        {"id": 2, "reason": "about shops", "verdict": "useless"}]}"#],
    bad: r#"{"verdicts": [{"id": 1, "reason": "about shops", "verdict": "useless"},
        {"id": 2, "reason": "says five days", "verdict": "useful"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 1, "reason": "says five days", "verdict": "useful"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_of, case, problems_of};
    use super::*;
    use crate::record::{ChatReply, ScoreState};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn ranks_weigh_as_in_the_formula() {
        let cases: &[(&[bool], f64)] = &[
            (&[true, true, true], 1.0),
            (&[false, true], 0.5),
            // (1/1 + 2/3) / 2.
            (&[true, false, true], (1.0 + 2.0 / 3.0) / 2.0),
            (&[false, false, true], 1.0 / 3.0),
            (&[false, false], 0.0),
            (&[], 0.0),
        ];
        for (useful, wanted) in cases {
            assert!((average_precision_of(useful) - wanted).abs() < 1e-12, "{useful:?}");
        }
        assert_eq!(average_precision_of(&[true; 7]).to_bits(), 1.0_f64.to_bits());
    }

    proptest! {
        #[test]
        fn it_is_a_share_and_better_order_never_hurts(useful in proptest::collection::vec(any::<bool>(), 0..20)) {
            let value = average_precision_of(&useful);
            let mut sorted = useful.clone();
            sorted.sort_by_key(|useful| !useful);
            prop_assert!((0.0..=1.0).contains(&value) && average_precision_of(&sorted) >= value - 1e-12);
        }
    }

    #[test]
    fn without_a_reference_the_output_can_be_the_measure() {
        let mut with = case(json!({}), None);
        with.context = vec!["c".to_owned()];
        let world = ScriptedWorld::judging(&[r#"{"verdicts": [{"id": 1, "reason": "r", "verdict": "useful"}]}"#]);
        let reply = ChatReply::of_text("an answer");
        let missing = asked_of("context_precision", &reply, &with, &world);
        assert_eq!(missing.state, ScoreState::Ungraded);
        assert!(missing.reason.contains("`by: output`"), "{}", missing.reason);
        assert!(asked_of("context_precision: {by: output}", &reply, &with, &world).is_pass());
        let shown = world.questions.lock().expect("no panic")[0].request.messages[1].joined_text();
        assert!(shown.contains("<<<OUTPUT") && !shown.contains("<<<REFERENCE"), "{shown}");
        let empty = asked_of("context_precision: {by: output}", &ChatReply::of_text(""), &with, &world);
        assert_eq!(empty.state, ScoreState::NotApplicable);
        assert!(problems_of("context_precision: {value: x, by: output}").contains("needs no reference"));
    }
}

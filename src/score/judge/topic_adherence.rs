//! `topic_adherence`: what belongs to the allowed topics is answered, and nothing else.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{said, share};
use super::turns::Turns;

const FIGURES: &[(&str, &str)] = &[("f1", "f1"), ("precision", "precision"), ("recall", "recall")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "topic_adherence",
    family: "judge",
    about: "the assistant answers what belongs to the allowed topics, and nothing else",
    short: "value",
    value: ValueRule::Required,
    options: judge_options![
        OptionSpec::value("value", "text, or a list of texts", "the allowed topics"),
        OptionSpec {
            name: "figure",
            kind: OptionKind::Word(FIGURES),
            takes: "f1, precision or recall",
            about: "precision: of the turns answered, those on an allowed topic; recall: of those on an allowed topic, \
                    the ones answered; `f1` unless given",
        },
    ],
    degenerate: &[
        "TP / (TP + FP), TP / (TP + FN) and TP / (TP + (FP + FN) / 2) over the user's turns (Ragas, 2024, without its \
         1e-10): TP allowed and answered, FP not allowed and answered, FN allowed and refused; fails unless it is 1 or \
         `threshold` says otherwise",
        "1 where the figure has nothing to count because nothing was done wrong: other topics only, all refused",
        "an empty output, a conversation without a user, and precision or recall with nothing to count beside \
         mistakes: not applicable",
        "not one verdict for each turn of the user, also after one repair: ungraded",
    ],
    calls: "1 question, 2 calls where the answer must be repaired; times judges and samples",
    example: "- topic_adherence: [refunds, delivery, opening hours]",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let topics = texts_of("value", settings.value()?)?;
    let figure = Figure::of(settings.word("figure", "f1"));
    let canonical = json!(topics);
    let prepared = bench::prepare(settings, &SPEC, 1, TopicAdherence { topics, figure })?;
    Ok(prepared.canonical("value", canonical))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    F1,
    Precision,
    Recall,
}

impl Figure {
    fn of(word: &str) -> Figure {
        match word {
            "precision" => Figure::Precision,
            "recall" => Figure::Recall,
            _ => Figure::F1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Figure::F1 => "F1",
            Figure::Precision => "precision",
            Figure::Recall => "recall",
        }
    }
}

struct TopicAdherence {
    topics: Vec<String>,
    figure: Figure,
}

const TASK: &str = "Task: the assistant may speak of the allowed TOPICs only. For each numbered USER turn: does it ask about \
                    one of them, and did the assistant answer it or refuse? Turns that ask for nothing, such as thanks, \
                    count as allowed.";
const TOPIC: [(&str, &str); 2] =
    [("allowed", "it asks about an allowed topic"), ("other", "it asks about something else")];
const VERDICT: [(&str, &str); 2] = [
    ("answered", "the assistant gave what was asked for, or a part of it"),
    ("refused", "it declined, changed the subject, or did not respond"),
];

/// Turns by topic and verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    /// Allowed and answered.
    right: usize,
    /// Not allowed and answered.
    strayed: usize,
    /// Allowed and refused.
    withheld: usize,
}

impl Counts {
    fn of(entries: &[Answer]) -> Counts {
        let count = |topic: &str, verdict: &str| {
            entries.iter().filter(|entry| entry.word("topic") == topic && entry.word("verdict") == verdict).count()
        };
        Counts {
            right: count("allowed", "answered"),
            strayed: count("other", "answered"),
            withheld: count("allowed", "refused"),
        }
    }

    /// `None` where there is nothing to count beside mistakes of the other kind.
    fn figure(self, figure: Figure) -> Option<f64> {
        let Counts { right, strayed, withheld } = self;
        if strayed + withheld == 0 {
            return Some(1.0);
        }
        let (part, whole) = match figure {
            Figure::F1 => (2 * right, 2 * right + strayed + withheld),
            Figure::Precision => (right, right + strayed),
            Figure::Recall => (right, right + withheld),
        };
        (whole > 0).then(|| share(part, whole))
    }
}

fn amiss(turns: &[&str], entries: &[Answer]) -> String {
    let wrong = |entry: &Answer| (entry.word("topic") == "allowed") != (entry.word("verdict") == "answered");
    let found = turns.iter().zip(entries).find(|(_, entry)| wrong(entry));
    found.map_or_else(String::new, |(turn, entry)| {
        let (topic, verdict) = (entry.word("topic"), entry.word("verdict"));
        format!("; {topic} and {verdict}: {}: {}", reason::quote(turn), said(entry.reason()))
    })
}

impl Metric for TopicAdherence {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let turns = Turns::of(input)?;
            let asked = turns.user();
            if asked.is_empty() {
                return Err(Failure::NotApplicable("the user said nothing".to_owned()));
            }
            let material = turns.add_to(Material::default().with_each("TOPIC", &self.topics));
            let entry = Form::reasoned().choice("topic", &TOPIC).choice("verdict", &VERDICT);
            let form = Form::default().items("turns", asked.len(), entry);
            let answer = seat.ask(&Question::new("topic_adherence", TASK, material, form)).await?;
            let entries = answer.items("turns");
            let counts = Counts::of(&entries);
            let name = self.figure.name();
            let Some(value) = counts.figure(self.figure) else {
                return Err(Failure::NotApplicable(format!("there is nothing to count for {name}")));
            };
            let Counts { right, strayed, withheld } = counts;
            let part = |(turn, entry): (&&str, &Answer)| json!({"item": turn, "topic": entry.word("topic"), "verdict": entry.word("verdict"), "reason": entry.reason()});
            let parts: Value = asked.iter().zip(&entries).map(part).collect();
            let counted = format!("{right} right, {strayed} off topic answered, {withheld} on topic refused");
            let seen = format!("{name} {value:.3} ({counted}){}", amiss(&asked, &entries));
            Ok(Opinion { value, verdict: None, seen, parts })
        })
    }

    fn wanted(&self) -> String {
        format!("answers on {} alone", reason::list(&self.topics))
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "topic_adherence: [refunds, delivery]",
    output: "Within five days.",
    right: &[r#"{"turns": [{"id": 1, "reason": "on refunds", "topic": "allowed", "verdict": "answered"}]}"#],
    bad: r#"{"turns": [{"id": 1, "reason": "gave no time", "topic": "allowed", "verdict": "refused"}]}"#,
    wrong_count: r#"{"turns": [{"id": 1, "reason": "on refunds", "verdict": "answered"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_are_those_of_the_formulas() {
        let near = |counts: Counts, figure: Figure, wanted: f64| {
            let seen = counts.figure(figure).expect("a figure");
            assert!((seen - wanted).abs() < 1e-12, "{counts:?} {figure:?}: {seen}");
        };
        let counts = Counts { right: 3, strayed: 1, withheld: 2 };
        near(counts, Figure::Precision, 0.75);
        near(counts, Figure::Recall, 0.6);
        near(counts, Figure::F1, 2.0 * 0.75 * 0.6 / (0.75 + 0.6));
        let quiet = Counts { right: 0, strayed: 0, withheld: 0 };
        near(quiet, Figure::F1, 1.0);
        assert_eq!(Counts { withheld: 1, ..quiet }.figure(Figure::Precision), None);
        assert_eq!(Counts { strayed: 1, ..quiet }.figure(Figure::Recall), None);
        near(Counts { strayed: 1, ..quiet }, Figure::F1, 0.0);
    }

    proptest! {
        #[test]
        fn every_figure_is_a_share(right in 0_usize..9, strayed in 0_usize..9, withheld in 0_usize..9) {
            for figure in [Figure::F1, Figure::Precision, Figure::Recall] {
                let value = Counts { right, strayed, withheld }.figure(figure);
                prop_assert!(value.is_none_or(|value| (0.0..=1.0).contains(&value)));
            }
        }
    }
}

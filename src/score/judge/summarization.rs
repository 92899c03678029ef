//! `summarization`: a summary says only what its source says, and what matters of it.

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{plain, share};
use super::tally::{parts, statements, tally, verdicts};

/// Questions that a judge makes of the source unless told otherwise, as in `DeepEval`.
const USUAL: usize = 5;
/// Most questions.
const MOST: usize = 30;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "summarization",
    family: "judge",
    about: "the output, a summary, says only what its source says, and what matters of it",
    pass_at: 0.6,
    short: "value",
    value: ValueRule::Optional,
    options: judge_options![
        OptionSpec::value("value", "text", "the source; the case's `context` passages unless given"),
        OptionSpec::fixed(
            "questions",
            "a whole number from 1 to 30, or a list of questions",
            "what a good summary answers with yes; the judge makes 5 of the source unless given",
        ),
    ],
    degenerate: &[
        "the lower one of alignment (statements of the summary that follow from the source / its statements) and \
         coverage (questions that source and summary both answer with yes / those that the source answers with yes) \
         (DeepEval); `threshold` is 0.6 unless given",
        "an empty output and one that states nothing score 0",
        "no source, a source that answers no question with yes, and not one verdict for each item: ungraded",
    ],
    calls: "5 questions, 4 with written ones, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- summarization: {from: vars.article}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let source = settings.get("value").map(|value| plain("value", value)).transpose().map_err(Fault::alone)?;
    let asking = settings.get("questions").map(asking).transpose()?.unwrap_or(Asking::Made(USUAL));
    let (questions, canonical) = match &asking {
        Asking::Made(USUAL) => (5, Value::Null),
        Asking::Made(count) => (5, json!(count)),
        Asking::Written(list) => (4, json!(list)),
    };
    let prepared = bench::prepare(settings, &SPEC, questions, Summarization { source, asking })?;
    Ok(prepared.canonical("questions", canonical))
}

fn asking(value: &Value) -> Result<Asking, Vec<Fault>> {
    let wrong = || {
        Fault::new("questions", format!("`questions` must be a whole number from 1 to {MOST}, or a list of as many"))
            .alone()
    };
    if value.is_number() {
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        return count.filter(|count| (1..=MOST).contains(count)).map(Asking::Made).ok_or_else(wrong);
    }
    let list = texts_of("questions", value)?;
    if list.len() > MOST { Err(wrong()) } else { Ok(Asking::Written(list)) }
}

/// Where the questions come from.
enum Asking {
    Made(usize),
    Written(Vec<String>),
}

struct Summarization {
    source: Option<String>,
    asking: Asking,
}

const ALIGNED: &str = "Task: for each numbered STATEMENT of a summary, does it follow from the SOURCE? Use nothing that \
                       you know from elsewhere.";
const ALIGNED_WORDS: [(&str, &str); 3] = [
    ("yes", "it follows from the source"),
    ("no", "the source says otherwise"),
    ("unclear", "the source does not say, or only in part"),
];
const ANSWER_WORDS: [(&str, &str); 3] =
    [("yes", "the text says so"), ("no", "the text says otherwise"), ("not_told", "the text does not say")];

impl Summarization {
    fn source(&self, input: &ScoreInput<'_>) -> Result<String, Failure> {
        let of_case = || (!input.case.context.is_empty()).then(|| input.case.context.join("\n\n"));
        let missing = || {
            let why = "the source is not known: the case has no `context`; write `value: {from: vars.NAME}`";
            Failure::Ungraded(why.to_owned())
        };
        self.source.clone().or_else(of_case).ok_or_else(missing)
    }

    async fn questions(&self, source: &str, seat: &Seat<'_>) -> Result<Vec<String>, Failure> {
        let count = match &self.asking {
            Asking::Written(list) => return Ok(list.clone()),
            Asking::Made(count) => *count,
        };
        let task = format!(
            "Task: write {count} closed questions about what matters most in the SOURCE, each one answered with yes by \
             the source, and each about something else. A good summary answers them too."
        );
        let material = Material::default().with("SOURCE", source);
        let form = Form::default().items("questions", count, Form::default().text("question", "ends with `?`"));
        let answer = seat.ask(&Question::new("questions", task, material, form)).await?;
        let questions: Vec<String> =
            answer.items("questions").iter().map(|entry| entry.word("question").trim().to_owned()).collect();
        if questions.iter().any(String::is_empty) {
            return Err(Failure::Ungraded("the judge wrote an empty question about the source".to_owned()));
        }
        Ok(questions)
    }
}

/// Answers that a text gives.
async fn answers(name: &str, text: &str, questions: &[String], seat: &Seat<'_>) -> Result<Vec<Answer>, Failure> {
    let task =
        format!("Task: answer each numbered QUESTION by the {name} alone. Use nothing that you know from elsewhere.");
    let material = Material::default().with_each("QUESTION", questions).with(name, text);
    verdicts(seat, "answers", &task, material, questions.len(), &ANSWER_WORDS).await
}

fn is_yes(answer: &Answer) -> bool {
    answer.word("verdict") == "yes"
}

/// Questions that both answer with yes, those that the source does, and the first one that the summary leaves open.
fn covered<'q>(questions: &'q [String], source: &[Answer], summary: &[Answer]) -> (usize, usize, Option<&'q String>) {
    let wanted = || questions.iter().zip(source).zip(summary).filter(|((_, source), _)| is_yes(source));
    let open = wanted().find(|(_, summary)| !is_yes(summary)).map(|((question, _), _)| question);
    (wanted().filter(|(_, summary)| is_yes(summary)).count(), wanted().count(), open)
}

impl Metric for Summarization {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let source = self.source(input)?;
            let summary = &input.reply.text;
            let nothing = |seen: &str| Opinion { value: 0.0, verdict: None, seen: seen.to_owned(), parts: Value::Null };
            if summary.trim().is_empty() {
                return Ok(nothing("an empty output"));
            }
            let stated = statements(seat, "SUMMARY", summary, None).await?;
            if stated.is_empty() {
                return Ok(nothing("an output that states nothing"));
            }
            let material = Material::default().with("SOURCE", &source).with_each("STATEMENT", &stated);
            let aligned = verdicts(seat, "alignment", ALIGNED, material, stated.len(), &ALIGNED_WORDS).await?;
            let alignment = tally("statements by the source", &stated, &aligned, is_yes);
            let questions = self.questions(&source, seat).await?;
            let by_source = answers("SOURCE", &source, &questions, seat).await?;
            if !by_source.iter().any(is_yes) {
                return Err(Failure::Ungraded("the source answers none of the questions with yes".to_owned()));
            }
            let by_summary = answers("SUMMARY", summary, &questions, seat).await?;
            let (both, wanted, open) = covered(&questions, &by_source, &by_summary);
            let open = open.map_or_else(String::new, |question| format!("; open: {}", reason::quote(question)));
            let coverage = share(both, wanted);
            Ok(Opinion {
                value: alignment.value.min(coverage),
                verdict: None,
                seen: format!("{both} of {wanted} questions answered{open}, and {}", alignment.seen),
                parts: json!({
                    "alignment": alignment.value,
                    "coverage": coverage,
                    "statements": alignment.parts,
                    "source": parts(&questions, &by_source),
                    "summary": parts(&questions, &by_summary),
                }),
            })
        })
    }

    fn wanted(&self) -> String {
        "a summary of what matters in the source and of nothing else".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "summarization: {value: Refunds take five days. Shops open at nine., questions: 2}",
    output: "Refunds take five days, shops open at nine.",
    right: &[
        r#"{"statements": ["Refunds take five days.", "Shops open at nine."]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "said", "verdict": "yes"}, {"id": 2, "reason": "said", "verdict": "yes"}]}"#,
        r#"{"questions": [{"id": 1, "question": "Do refunds take five days?"}, {"id": 2, "question": "Do shops open at nine?"}]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "said", "verdict": "yes"}, {"id": 2, "reason": "said", "verdict": "yes"}]}"#,
        r#"{"verdicts": [{"id": 1, "reason": "said", "verdict": "yes"}, {"id": 2, "reason": "said", "verdict": "yes"}]}"#,
    ],
    bad: r#"{"verdicts": [{"id": 1, "reason": "said", "verdict": "yes"}, {"id": 2, "reason": "no word", "verdict": "not_told"}]}"#,
    wrong_count: r#"{"verdicts": [{"id": 2, "reason": "said", "verdict": "yes"}]}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, check, problems_of};
    use crate::record::ScoreState;
    use serde_json::{Value, json};

    fn words(words: &[&str]) -> String {
        let entries: Vec<Value> =
            words.iter().zip(1..).map(|(word, id)| json!({"id": id, "reason": "r", "verdict": word})).collect();
        json!({"verdicts": entries}).to_string()
    }

    fn score(aligned: &[&str], source: &[&str], summary: &[&str]) -> crate::record::Score {
        let stated = json!({"statements": aligned.iter().zip(1..).map(|(_, id)| format!("s{id}")).collect::<Vec<_>>()});
        let world = ScriptedWorld::judging(&[&stated.to_string(), &words(aligned), &words(source), &words(summary)]);
        asked("summarization: {value: a, questions: [p, q, r, s]}", "x", &world)
    }

    #[test]
    fn the_lower_one_of_alignment_and_coverage_counts() {
        let value = |score: crate::record::Score| match score.state {
            ScoreState::Scored { value, .. } => value.get(),
            _ => panic!("{}", score.reason),
        };
        // Alignment 1/2: an unclear statement is none that follows. Coverage 2/3: what the source does not say, the
        // summary need not say.
        let source = ["yes", "yes", "yes", "no"];
        let summary = ["yes", "not_told", "yes", "yes"];
        assert!((value(score(&["yes", "unclear"], &source, &summary)) - 0.5).abs() < 1e-12);
        assert!((value(score(&["yes", "yes"], &source, &summary)) - 2.0 / 3.0).abs() < 1e-12);
        let none = score(&["yes"], &["no", "no", "not_told", "no"], &summary);
        assert_eq!(none.state, ScoreState::Ungraded);
        assert!(none.reason.contains("answers none of the questions with yes"), "{}", none.reason);
    }

    #[test]
    fn nothing_said_is_no_summary_and_a_source_is_needed() {
        let world = ScriptedWorld::default();
        assert!(asked("summarization: a", " ", &world).is_fail());
        let unknown = asked("summarization", "x", &world);
        assert_eq!(unknown.state, ScoreState::Ungraded);
        assert!(unknown.reason.contains("value: {from: vars.NAME}"), "{}", unknown.reason);
        let world = ScriptedWorld::judging(&[r#"{"statements": []}"#]);
        assert!(asked("summarization: a", "Sorry, I cannot.", &world).is_fail());
    }

    #[test]
    fn the_number_of_questions_is_told() {
        let calls = |yaml: &str| check(yaml).asks().judges.iter().map(|(_, calls)| *calls).collect::<Vec<_>>();
        assert_eq!(calls("summarization: a"), [10]);
        assert_eq!(calls("summarization: {value: a, questions: [b]}"), [8]);
        assert_eq!(check("summarization: a").identity(), check("summarization: {value: a, questions: 5}").identity());
        for yaml in ["summarization: {value: a, questions: 0}", "summarization: {value: a, questions: 31}"] {
            assert!(problems_of(yaml).contains("a whole number from 1 to 30"), "{yaml}");
        }
    }
}

//! `task_completion`: what was done accomplishes the task, by tool calls and answer.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::ScoreInput;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{plain, said};
use super::turns::trace;

/// Grades with their scores. Anchored ones, because judges spread free numbers over 0 to 1 as they please.
const GRADES: [(&str, f64, &str); 5] = [
    ("complete", 1.0, "all that the task asks for is accomplished"),
    ("mostly", 0.75, "what matters is accomplished; something minor is missing"),
    ("half", 0.5, "a part that matters is accomplished and another is not"),
    ("little", 0.25, "only a step towards it is done"),
    ("none", 0.0, "nothing that the task asks for is accomplished"),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "task_completion",
    family: "judge",
    about: "what was done accomplishes the task, by the tool calls, their results and the answer",
    pass_at: 0.75,
    short: "value",
    value: ValueRule::Optional,
    options: judge_options![OptionSpec::value(
        "value",
        "text",
        "the task; a judge finds it in what the user asked unless given"
    )],
    degenerate: &[
        "complete 1, mostly 0.75, half 0.5, little 0.25, none 0: a judge first tells task and outcome, then grades how \
         well they agree (DeepEval, with anchored grades in place of a free number); `threshold` is 0.75 unless given",
        "an empty output without tool calls scores 0 and asks nobody; a call that has no result is not yet an outcome",
        "where the request is not known, and for any other grade, also after one repair: ungraded",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- task_completion: Order 7 is cancelled and the customer told so",
    build: Build::Scorer(prepare),
    // What tools did counts where nothing was said.
    reads_text: false,
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let task = settings.get("value").map(|value| plain("value", value)).transpose().map_err(Fault::alone)?;
    bench::prepare(settings, &SPEC, 2, TaskCompletion { task })
}

struct TaskCompletion {
    /// As written.
    task: Option<String>,
}

const OUTCOME: &str = "tell the outcome: what was really accomplished by the end, by calls with their results and by \
                       the OUTPUT. What is only announced is not accomplished, and what a tool refused is not either.";
const GRADE: &str = "Task: how far does the OUTCOME accomplish the TASK?";

impl TaskCompletion {
    /// The task and what was accomplished.
    async fn outcome(&self, input: &ScoreInput<'_>, seat: &Seat<'_>) -> Result<(String, String), Failure> {
        let steps = trace(input)?;
        let (asked, form) = match &self.task {
            Some(_) => (format!("Task: read the steps of an assistant and {OUTCOME}"), Form::default()),
            None => (
                format!("Task: read the steps of an assistant. Tell the task that the user set, then {OUTCOME}"),
                Form::default().text("task", "what the user wants done, in one or two sentences"),
            ),
        };
        let form = form.text("outcome", "what was accomplished, in one to three sentences");
        let answer = seat.ask(&Question::new("outcome", asked, steps, form)).await?;
        let task = self.task.clone().unwrap_or_else(|| answer.word("task").to_owned());
        if task.trim().is_empty() {
            return Err(Failure::NotApplicable("the user set no task".to_owned()));
        }
        Ok((task, answer.word("outcome").to_owned()))
    }
}

impl Metric for TaskCompletion {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            if input.reply.text.trim().is_empty() && input.reply.tool_calls.is_empty() {
                let seen = "an empty output without tool calls".to_owned();
                return Ok(Opinion { value: 0.0, verdict: None, seen, parts: serde_json::Value::Null });
            }
            let (task, outcome) = self.outcome(input, seat).await?;
            let material = Material::default().with("TASK", &task).with("OUTCOME", &outcome);
            let words = GRADES.map(|(word, _, about)| (word, about));
            let form = Form::reasoned().choice("verdict", &words);
            let answer = seat.ask(&Question::new("task_completion", GRADE, material, form)).await?;
            let grade = answer.word("verdict");
            let Some((_, value, _)) = GRADES.iter().find(|(word, ..)| *word == grade) else {
                return Err(Failure::Ungraded(format!("internal error: `{grade}` has no score")));
            };
            Ok(Opinion {
                value: *value,
                // Grades are numbers: of `mostly` and `complete` neither is the other's opposite.
                verdict: None,
                seen: format!("{grade}: {}", said(answer.reason())),
                parts: json!({"task": task, "outcome": outcome, "verdict": grade, "reason": answer.reason()}),
            })
        })
    }

    fn wanted(&self) -> String {
        "the task accomplished".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "task_completion",
    output: "It arrives within five days.",
    right: &[
        r#"{"task": "Tell when the refund arrives.", "outcome": "The user was told: within five days."}"#,
        r#"{"reason": "told", "verdict": "complete"}"#,
    ],
    bad: r#"{"reason": "no time told", "verdict": "little"}"#,
    wrong_count: r#"{"reason": "told", "verdict": "0.9"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked, asked_as, case};
    use super::super::turns::tests::{on, talk};
    use crate::record::{ChatReply, ScoreState, ToolCall};
    use serde_json::json;

    #[test]
    fn each_grade_has_its_score() {
        for (grade, value) in [("complete", 1.0), ("mostly", 0.75), ("half", 0.5), ("little", 0.25), ("none", 0.0)] {
            let answer = json!({"reason": "r", "verdict": grade}).to_string();
            let score = on("task_completion: do it", &["do it"], "done", &[r#"{"outcome": "o"}"#, &answer]);
            let ScoreState::Scored { value: seen, passed } = score.state else { panic!("{}", score.reason) };
            assert!((seen.get() - value).abs() < 1e-12 && passed == (value >= 0.75), "{grade}: {}", score.reason);
        }
    }

    #[test]
    fn a_written_task_is_not_asked_for_and_calls_alone_are_judged() {
        let call = ToolCall { arguments: "{}".into(), id: "c".into(), name: "cancel".into() };
        let reply = ChatReply { tool_calls: vec![call], ..ChatReply::of_text("") };
        let world = ScriptedWorld::judging(&[r#"{"outcome": "o"}"#, r#"{"reason": "r", "verdict": "half"}"#]);
        let case = case(json!({}), None);
        let score = asked_as("task_completion: cancel", &reply, &case, Some(&talk(&["stop it"])), &world);
        assert!(score.is_fail(), "{}", score.reason);
        let questions = world.questions.lock().expect("no panic");
        assert!(!questions[0].request.messages[0].joined_text().contains("\"task\""));
        assert!(questions[1].request.messages[1].joined_text().contains("<<<TASK"));
    }

    #[test]
    fn nothing_done_is_zero_and_an_unknown_request_is_ungraded() {
        let world = ScriptedWorld::default();
        assert!(asked("task_completion", "", &world).is_fail());
        assert_eq!(asked("task_completion", "x", &world).state, ScoreState::Ungraded);
        let none = on("task_completion", &["Hi"], "Hello", &[r#"{"task": " ", "outcome": "greeted"}"#]);
        assert_eq!(none.state, ScoreState::NotApplicable, "{}", none.reason);
    }
}

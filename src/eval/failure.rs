//! One trial that did not pass, with what is needed to understand and repeat it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::base::{Digest, Millis, ModelRef, Ratio, SafeName};
use crate::record::{ChatReply, ErrorKind, Outcome, RunHeader, Score, ScoreState, TrialRecord, VariantRecord};

/// Characters of a reply that a report keeps; the whole reply is in the store.
const EXCERPT_CHARS: usize = 600;

/// The result of one check, in the flat form of the reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckResult {
    /// The user's name for the check, or the check's own.
    pub name: String,
    /// The check, such as `not_contains`.
    pub check: String,
    /// Version of the check's implementation.
    pub version: u32,
    /// `scored`, `ungraded` or `not_applicable`.
    pub state: &'static str,
    /// 0..=1; `None` unless scored.
    pub value: Option<Ratio>,
    /// Whether it reaches its threshold; `None` unless scored.
    pub passed: Option<bool>,
    /// How much it counts in the trial's score.
    pub weight: f64,
    /// What was seen and what was wanted.
    pub reason: String,
    /// Votes, parts and raw answers; absent where the reason says it all, and in summaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl CheckResult {
    /// The flat form of a score, with its details.
    pub fn in_full(score: &Score) -> CheckResult {
        CheckResult { details: score.details.clone(), ..CheckResult::of(score) }
    }

    /// The flat form of a score.
    pub fn of(score: &Score) -> CheckResult {
        let (state, value, passed) = match score.state {
            ScoreState::Scored { value, passed } => ("scored", Some(value), Some(passed)),
            ScoreState::Ungraded => ("ungraded", None, None),
            ScoreState::NotApplicable => ("not_applicable", None, None),
        };
        CheckResult {
            name: score.name.clone(),
            check: score.check.clone(),
            version: score.version,
            state,
            value,
            passed,
            weight: score.weight,
            reason: score.reason.clone(),
            details: None,
        }
    }

    /// `pass`, `fail`, `ungraded` or `n/a`.
    pub fn word(&self) -> &'static str {
        match (self.passed, self.state) {
            (Some(true), _) => "pass",
            (Some(false), _) => "fail",
            (None, "not_applicable") => "n/a",
            (None, _) => "ungraded",
        }
    }
}

/// A trial that is `fail`, `error` or `ungraded`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Name of the suite.
    pub suite: SafeName,
    /// Id of the case.
    pub case: String,
    /// Shown name of the prompt.
    pub prompt: String,
    /// The model; `None` when the run does not know the variant.
    pub model: Option<ModelRef>,
    /// Digest of the variant.
    pub variant: Digest,
    /// 0-based repeat.
    pub repeat: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Weighted mean of its scored checks.
    pub score: Option<Ratio>,
    /// Why it errored or was ungraded, in one line.
    pub note: Option<String>,
    /// Class of the error, when the call failed.
    pub error_kind: Option<ErrorKind>,
    /// One per check, in the order of the suite.
    pub scores: Vec<CheckResult>,
    /// The beginning of the reply's text, refusal or tool calls; `None` without a reply.
    pub output: Option<String>,
    /// Length of the whole output in characters.
    pub output_chars: Option<u64>,
    /// Latency of the answering attempt.
    pub latency_ms: Option<Millis>,
    /// The command that runs this case again, on this model; on all of them where they are compared with each other.
    pub rerun: String,
}

impl Failure {
    /// The report of a trial. `file` is its suite's file when the run was started with file names; `by_prompt` puts the
    /// prompt into the rerun command: its suite has several. With `by_case` it names neither prompt nor model.
    pub(super) fn of(
        trial: &TrialRecord,
        variant: Option<&VariantRecord>,
        file: Option<&str>,
        by_prompt: bool,
        by_case: bool,
    ) -> Failure {
        let call = trial.call.as_ref();
        let reply = call.and_then(|call| call.reply.as_ref().ok());
        let error = call.and_then(|call| call.reply.as_ref().err());
        let output = reply.map(visible_output);
        Failure {
            suite: trial.suite.clone(),
            case: trial.case.id.to_string(),
            prompt: variant.map_or_else(|| "unknown prompt".to_owned(), |variant| variant.prompt.clone()),
            model: variant.map(|variant| variant.model.clone()),
            variant: trial.variant,
            repeat: trial.repeat,
            outcome: trial.outcome,
            score: trial.score,
            note: trial.note.clone().or_else(|| error.map(ToString::to_string)),
            error_kind: error.map(|error| error.kind),
            scores: trial.scores.iter().map(CheckResult::of).collect(),
            output_chars: output.as_ref().and_then(|text| u64::try_from(text.chars().count()).ok()),
            output: output.map(|text| text.chars().take(EXCERPT_CHARS).collect()),
            latency_ms: call.filter(|_| reply.is_some()).map(|call| call.latency_ms),
            rerun: rerun_command(
                file.map_or(SuiteArgument::Name(trial.suite.as_str()), SuiteArgument::File),
                trial.case.id.as_str(),
                variant.filter(|_| by_prompt && !by_case).map(|variant| variant.prompt.as_str()),
                variant.filter(|_| !by_case).map(|variant| &variant.model),
            ),
        }
    }
}

impl Failure {
    /// With what the rerun command needs where the cases of the run were generated.
    pub(super) fn of_run(mut self, header: &RunHeader) -> Failure {
        if let Some(count) = header.options.get("fuzz").and_then(Value::as_u64) {
            self.rerun.push_str(&format!(" --fuzz {count} --seed {}", header.seed));
            if let Some(model) = header.options.get("paraphrase").and_then(Value::as_str) {
                self.rerun.push_str(&format!(" --paraphrase {}", quoted(model)));
            }
        }
        self
    }
}

/// What a reply says: its text, else its refusal, else the tools it calls, one per line.
pub fn visible_output(reply: &ChatReply) -> Cow<'_, str> {
    if !reply.text.is_empty() {
        return Cow::Borrowed(&reply.text);
    }
    if let Some(refusal) = &reply.refusal {
        return Cow::Borrowed(refusal);
    }
    let calls: Vec<String> = reply.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments)).collect();
    Cow::Owned(calls.join("\n"))
}

/// How a command names a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteArgument<'a> {
    /// By its name: it is among those that are found without being named.
    Name(&'a str),
    /// By its file, relative to the project.
    File(&'a str),
}

/// The command that runs one case again, quoted for a POSIX shell.
pub fn rerun_command(suite: SuiteArgument<'_>, case: &str, prompt: Option<&str>, model: Option<&ModelRef>) -> String {
    let suite = match suite {
        SuiteArgument::Name(name) => flag("suite", name),
        SuiteArgument::File(path) => quoted(path).into_owned(),
    };
    let mut words = vec!["karat eval".to_owned(), suite, flag("case", case)];
    words.extend(prompt.map(|prompt| flag("prompt", prompt)));
    words.extend(model.map(|model| flag("model", &model.to_string())));
    words.join(" ")
}

/// A flag with its value; joined by `=` where the value would be read as a flag itself.
fn flag(name: &str, value: &str) -> String {
    let separator = if value.starts_with('-') { '=' } else { ' ' };
    format!("--{name}{separator}{}", quoted(value))
}

/// A word as a POSIX shell takes it unchanged.
pub fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./@:+,=%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ToolCall;

    #[test]
    fn rerun_commands_survive_a_shell() {
        let model = ModelRef::parse("openai/gpt-5.4-mini").expect("model");
        assert_eq!(
            rerun_command(SuiteArgument::Name("code-review"), "sql-1", None, Some(&model)),
            "karat eval --suite code-review --case sql-1 --model openai/gpt-5.4-mini"
        );
        assert_eq!(
            rerun_command(SuiteArgument::Name("s"), "it's $(rm -rf ~)", Some("p@1.0.0"), None),
            r"karat eval --suite s --case 'it'\''s $(rm -rf ~)' --prompt p@1.0.0"
        );
        let by_name = SuiteArgument::Name("s");
        assert_eq!(rerun_command(by_name, "größe", None, None), "karat eval --suite s --case 'größe'");
        assert_eq!(rerun_command(by_name, "-x", None, None), "karat eval --suite s --case=-x");
        let by_file = SuiteArgument::File("my evals/s.yaml");
        assert_eq!(rerun_command(by_file, "a", None, None), "karat eval 'my evals/s.yaml' --case a");
    }

    #[test]
    fn a_reply_without_text_shows_its_refusal_or_tool_calls() {
        let mut reply = ChatReply::of_text("");
        assert_eq!(visible_output(&reply), "");
        reply.tool_calls.push(ToolCall { id: "1".into(), name: "search".into(), arguments: "{\"q\":1}".into() });
        assert_eq!(visible_output(&reply), "search({\"q\":1})");
        reply.refusal = Some("I cannot".into());
        assert_eq!(visible_output(&reply), "I cannot");
    }

    #[test]
    fn the_three_states_of_a_score_stay_apart() {
        let score = |state| Score {
            name: "n".into(),
            check: "contains".into(),
            version: 1,
            weight: 1.0,
            state,
            reason: String::new(),
            details: None,
        };
        let words: Vec<_> = [
            ScoreState::Scored { value: Ratio::ONE, passed: true },
            ScoreState::Scored { value: Ratio::ZERO, passed: false },
            ScoreState::Ungraded,
            ScoreState::NotApplicable,
        ]
        .map(|state| CheckResult::of(&score(state)).word())
        .to_vec();
        assert_eq!(words, ["pass", "fail", "ungraded", "n/a"]);
    }
}

//! `javascript`: a script of the user's own judges the output, in an engine that has nothing but the language.

use std::time::Duration;

use serde_json::{Map, Number, Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::Examined;
use super::engine::{Failure, Script};
use super::input;
use super::verdict::Answer;
use crate::base::{Digest, Ratio, parse_duration};

/// Time of one evaluation unless given, and the most that may be given.
const TIMEOUT: Duration = Duration::from_millis(100);
const MAX_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "javascript",
    family: "script",
    about: "a script of your own judges the output",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed(
            "value",
            "an expression, or a body with `return`",
            "sees `output` (text) and `context`: `vars`, `expected`, `contexts`, `case` (`id`, `tags`, `group`), \
             `tool_calls` (`name`, `arguments`), `finish`, `refusal`, `reasoning`, `model`, `latency_ms`, `cost_usd`; \
             an expression may be a function, which is called with both",
        ),
        OptionSpec::file("file", "the path of a script inside the project, relative to the suite, instead of `value`"),
        OptionSpec::fixed("timeout", "a duration", "time for one evaluation, 100ms unless given, at most 10s"),
    ],
    degenerate: &[
        "the answer is true, false, a number from 0 to 1, or `{pass, score, reason, named_scores}`; anything else, a \
         number outside, an exception, a timeout and more than 32 MiB of memory are ungraded, with the reason",
        "`pass` decides where the answer has one, unless `threshold` is written; a number passes at `threshold`, 1 \
         unless given",
        "reading `expected`, `cost_usd` or `latency_ms` of `context` where they are not known throws, so the score is \
         ungraded; `Object.hasOwn(context, \"expected\")` asks",
        "no files, network, clock or chance: there is no `Date`, `Math.random`, `console`, `require` or `eval`; \
         nothing is awaited; what is built in is frozen, so that nothing passes from one case to another",
        "the time is looked at between steps: one built-in search in a very long text may outlast it",
    ],
    example: "- javascript: output.length < 200 && !output.includes(context.vars.name)",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let timeout = timeout(settings);
    let script = script(settings);
    let (timeout, (script, digest)) = match (timeout, script) {
        (Ok(timeout), Ok(script)) => (timeout, script),
        (timeout, script) => return Err(timeout.err().into_iter().chain(script.err()).collect()),
    };
    let held = if timeout == TIMEOUT { Value::Null } else { json!(timeout.as_millis().to_string()) };
    Ok(Prepared::new(JavaScript { script, timeout })
        .canonical("value", json!({"script": digest.to_string()}))
        .canonical("file", Value::Null)
        .canonical("timeout", held))
}

fn timeout(settings: &Settings) -> Result<Duration, Fault> {
    let Some(value) = settings.get("timeout") else { return Ok(TIMEOUT) };
    let text = text_of("timeout", "", value)?;
    let timeout = parse_duration(&text).map_err(|message| Fault::new("timeout", message))?;
    if timeout.is_zero() || timeout > MAX_TIMEOUT {
        return Err(Fault::new("timeout", format!("`timeout` must be from 1ms to 10s, this is `{text}`")));
    }
    Ok(timeout)
}

/// The script and the digest of its text.
fn script(settings: &Settings) -> Result<(Script, Digest), Fault> {
    let (option, value) = match (settings.get("value"), settings.get("file")) {
        (Some(_), Some(_)) => return Err(Fault::new("file", "`value` and `file` are both given")),
        (Some(value), None) => ("value", value),
        (None, Some(value)) => ("file", value),
        (None, None) => return Err(Fault::new("value", "it has neither a script nor a `file`").code("missing-field")),
    };
    let Value::String(text) = value else {
        let message = format!("a script must be text, this is {value}");
        return Err(Fault::new(option, message).code("wrong-type").help("put it in quotes"));
    };
    if text.trim().is_empty() {
        return Err(Fault::new(option, "the script is empty").code("invalid-script"));
    }
    let script = Script::parse(text).map_err(|failure| fault(option, text, &failure))?;
    if let Some(failure) = unknown_name(&script) {
        let help = "a script has `output`, `context` and the language, without `Date`, `console`, `require` and \
                    everything else of a host";
        return Err(fault(option, text, &failure).help(help));
    }
    Ok((script, Digest::of_bytes(text.trim().as_bytes())))
}

/// A name that is not there, found by calling the script once on an empty output: better told before a paid call. What
/// else goes wrong on a made-up case says nothing.
fn unknown_name(script: &Script) -> Option<Failure> {
    const EMPTY: &str = r#"{"vars":{},"case":{"id":"","tags":[]},"contexts":[],"tool_calls":[],"finish":"stop"}"#;
    script.call("", Some(EMPTY), TIMEOUT).err().filter(|failure| failure.is_unknown_name)
}

fn fault(option: &'static str, text: &str, failure: &Failure) -> Fault {
    let at = failure.at.and_then(|(line, col)| offset(text, line, col));
    let message = match (at, failure.at) {
        // The engine names the bracket it found behind the script, which is not the user's.
        (None, Some(_)) => return Fault::new(option, "the script ends where more is expected").code("invalid-script"),
        _ => reason::message(&failure.message),
    };
    let place = match (at, failure.at) {
        // A text that the file shows otherwise (with escapes) has no place of its own.
        (_, Some((line, col))) if line > 1 => format!(" (line {line}, column {col} of the script)"),
        _ => String::new(),
    };
    Fault::new(option, format!("{message}{place}")).code("invalid-script").range(at.map(|at| (at, at + 1)))
}

/// The byte at a line and column, both from 1; columns count characters.
fn offset(text: &str, line: u32, col: u32) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let col = usize::try_from(col).ok()?.checked_sub(1)?;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..)?.lines().next().unwrap_or("");
    // An error at the end stands behind the last character.
    let within = rest.char_indices().nth(col).map_or(rest.len(), |(at, _)| at);
    (start < text.len()).then_some(start + within)
}

struct JavaScript {
    script: Script,
    timeout: Duration,
}

impl Scorer for JavaScript {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        self.examine(input).finding
    }

    fn examine(&self, input: &ScoreInput<'_>) -> Examined {
        let context = self.script.wants_context.then(|| input::context(input));
        match self.script.call(&input.reply.text, context.as_deref(), self.timeout) {
            Ok(answer) => graded(answer, &input.reply.text),
            Err(failure) => {
                let at = failure.at.map_or(String::new(), |(line, col)| format!(" at {line}:{col}"));
                Finding::Ungraded(format!("the script did not judge: {}{at}", reason::message(&failure.message))).into()
            }
        }
    }
}

fn graded(answer: Answer, output: &str) -> Examined {
    let of = || format!("for {}", reason::quote(output));
    match answer {
        Answer::Holds(holds) => Finding::of_bool(holds, format!("`{holds}` {}", of()), "`true` from the script").into(),
        Answer::Number(number) => match Ratio::new(number) {
            Ok(value) => Finding::Graded { value, seen: format!("{number} {}", of()), wanted: wanted_number() }.into(),
            Err(_) => Finding::Ungraded(outside("its answer", number)).into(),
        },
        Answer::Told { pass, score, reason: why, named } => {
            let value = match (score, pass) {
                (Some(score), _) => match Ratio::new(score) {
                    Ok(value) => value,
                    Err(_) => return Finding::Ungraded(outside("`score` of its answer", score)).into(),
                },
                (None, pass) => Ratio::of_bool(pass == Some(true)),
            };
            let seen = match (pass, score) {
                (Some(pass), Some(score)) => format!("`pass: {pass}`, `score: {score}`"),
                (Some(pass), None) => format!("`pass: {pass}`"),
                (None, _) => format!("`score: {}`", value.get()),
            };
            let seen = match why.filter(|why| !why.trim().is_empty()) {
                Some(why) => format!("{seen} {}: {}", of(), reason::message(&why)),
                None => format!("{seen} {}", of()),
            };
            let finding = match pass {
                Some(passed) => Finding::Decided { value, passed, seen, wanted: "`pass: true` from the script".into() },
                None => Finding::Graded { value, seen, wanted: wanted_number() },
            };
            Examined { finding, details: details(named) }
        }
    }
}

/// The scores of parts, by their names; those that are no number stay out, as JSON has none for them.
fn details(named: Vec<(String, f64)>) -> Option<Value> {
    let scores: Map<String, Value> = named
        .into_iter()
        .filter_map(|(name, number)| Some((reason::message(&name), Value::Number(Number::from_f64(number)?))))
        .collect();
    (!scores.is_empty()).then(|| json!({"named_scores": scores}))
}

fn wanted_number() -> String {
    "a number from the script that reaches the threshold".to_owned()
}

fn outside(what: &str, number: f64) -> String {
    format!("the script did not judge: {what} must be from 0 to 1, it is {number}")
}

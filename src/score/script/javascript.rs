//! `javascript`: a script of the user's own judges the output, in an engine that has nothing but the language.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::Examined;
use super::engine::{Failure, Script};
use super::{answer, given, hand, input};
use crate::base::Digest;

/// Who answers, in reasons.
const WHO: &str = "the script";
/// Time of one evaluation unless given, and the most that may be given.
const TIMEOUT: Duration = Duration::from_millis(100);
const MAX_TIMEOUT: (Duration, &str) = (Duration::from_secs(10), "10s");

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
        "the time is looked at between steps: a script that outlasts it in one built-in step is ungraded half a second \
         later, and its thread left to itself; while four such threads are under way, every script is ungraded",
    ],
    example: "- javascript: output.length < 200 && !output.includes(context.vars.name)",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let timeout = given::timeout(settings, TIMEOUT, MAX_TIMEOUT);
    let script = script(settings);
    let (timeout, (script, digest, text)) = match (timeout, script) {
        (Ok(timeout), Ok(script)) => (timeout, script),
        (timeout, script) => return Err(timeout.err().into_iter().chain(script.err()).collect()),
    };
    Ok(Prepared::new(JavaScript { script, timeout })
        .of_code(&text)
        .canonical("value", json!({"script": digest.to_string()}))
        .canonical("file", Value::Null)
        .canonical("timeout", given::canonical(timeout, TIMEOUT)))
}

/// The script, the digest of its text, and the text.
fn script(settings: &Settings) -> Result<(Script, Digest, String), Fault> {
    let (option, text) = given::code(settings, "a script", "the script")?;
    let script = Script::parse(text).map_err(|failure| fault(option, text, &failure))?;
    if let Some(failure) = unknown_name(&script) {
        let help = "a script has `output`, `context` and the language, without `Date`, `console`, `require` and \
                    everything else of a host";
        return Err(fault(option, text, &failure).help(help));
    }
    Ok((script, Digest::of_bytes(text.trim().as_bytes()), text.to_owned()))
}

/// A name that is not there, found by calling the script once on an empty output: better told before a paid call. What
/// else goes wrong on a made-up case says nothing.
fn unknown_name(script: &Script) -> Option<Failure> {
    const EMPTY: &str = r#"{"vars":{},"case":{"id":"","tags":[]},"contexts":[],"tool_calls":[],"finish":"stop"}"#;
    hand::call(script, "", Some(EMPTY), TIMEOUT).err().filter(|failure| failure.is_unknown_name)
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
        let context = self.script.wants_context.then(|| input::context(input).to_string());
        match hand::call(&self.script, &input.reply.text, context.as_deref(), self.timeout) {
            Ok(answer) => answer::graded(answer, &input.reply.text, WHO),
            Err(failure) => {
                let at = failure.at.map_or(String::new(), |(line, col)| format!(" at {line}:{col}"));
                answer::none(WHO, &format!("{}{at}", reason::message(&failure.message)))
            }
        }
    }
}

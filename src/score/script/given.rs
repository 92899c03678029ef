//! Options that own checks share: time, variables, commands.

use std::time::Duration;

use serde_json::Value;

use super::super::settings::{Fault, LITERAL_KEY, Settings, text_of, texts_of};
use super::super::spec::OptionSpec;
use crate::base::{is_variable_name, parse_duration};

/// Time for one answer of a program or an address unless given, and the most that may be given.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_TIMEOUT: (Duration, &str) = (Duration::from_secs(600), "10m");

/// `env` of programs.
pub(super) const ENV: OptionSpec = OptionSpec::fixed(
    "env",
    "a list of names",
    "environment variables that it gets, beside `PATH`, `HOME`, the language and the like; their values are kept out of \
     everything that is written",
);

/// `timeout`, up to `most`, which users write as the word behind it.
pub(super) fn timeout(settings: &Settings, usual: Duration, most: (Duration, &str)) -> Result<Duration, Fault> {
    let Some(value) = settings.get("timeout") else { return Ok(usual) };
    let text = text_of("timeout", "", value)?;
    let timeout = parse_duration(&text).map_err(|message| Fault::new("timeout", message))?;
    let (longest, most) = most;
    if timeout.is_zero() || timeout > longest {
        return Err(Fault::new("timeout", format!("`timeout` must be from 1ms to {most}, this is `{text}`")));
    }
    Ok(timeout)
}

/// `timeout` of programs and addresses.
pub(super) fn patience(settings: &Settings) -> Result<Duration, Fault> {
    timeout(settings, TIMEOUT, MAX_TIMEOUT)
}

/// How a time stands in the identity: not at all when it is the usual one.
pub(super) fn canonical(timeout: Duration, usual: Duration) -> Value {
    if timeout == usual { Value::Null } else { timeout.as_millis().to_string().into() }
}

/// `env`: names of variables, sorted.
pub(super) fn env(settings: &Settings) -> Result<Vec<String>, Vec<Fault>> {
    let Some(value) = settings.get("env") else { return Ok(Vec::new()) };
    let mut names = texts_of("env", value)?;
    if let Some(index) = names.iter().position(|name| !is_variable_name(name)) {
        let pointer = if value.is_array() { format!("/{index}") } else { String::new() };
        // The text is not repeated: people paste the key itself here.
        let fault = Fault::new("env", "`env` lists names of environment variables, this is not a name")
            .code(LITERAL_KEY)
            .pointer(pointer)
            .help("write `env: [MY_TOKEN]`");
        return Err(fault.alone());
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// A program with its arguments: a list, or a text for a program alone.
pub(super) fn command(option: &'static str, value: &Value) -> Result<Vec<String>, Vec<Fault>> {
    let command = texts_of(option, value)?;
    let first = command.first().map_or("", String::as_str);
    if first.trim().is_empty() {
        return Err(Fault::new(option, "it names no program").alone());
    }
    if command.len() == 1 && first.contains(char::is_whitespace) {
        let words = first.split_whitespace().collect::<Vec<_>>().join(", ");
        let fault = Fault::new(option, format!("`{first}` is one program with spaces in its name"));
        return Err(fault.help(format!("no shell reads it; write a list: `[{words}]`")).alone());
    }
    if command.iter().any(|part| part.contains('\0')) {
        return Err(Fault::new(option, "a command cannot have a NUL character").alone());
    }
    Ok(command)
}
/// The text of `value` or `file`, and which of them it is; `what` and `the` name it in faults.
pub(super) fn code<'s>(settings: &'s Settings, what: &str, the: &str) -> Result<(&'static str, &'s str), Fault> {
    let (option, value) = match (settings.get("value"), settings.get("file")) {
        (Some(_), Some(_)) => return Err(Fault::new("file", "`value` and `file` are both given")),
        (Some(value), None) => ("value", value),
        (None, Some(value)) => ("file", value),
        (None, None) => {
            let message = format!("it has neither {what} nor a `file`");
            return Err(Fault::new("value", message).code("missing-field"));
        }
    };
    let Value::String(text) = value else {
        let message = format!("{what} must be text, this is {value}");
        return Err(Fault::new(option, message).code("wrong-type").help("put it in quotes"));
    };
    if text.trim().is_empty() {
        return Err(Fault::new(option, format!("{the} is empty")).code("invalid-script"));
    }
    Ok((option, text))
}

//! Reads the output as JSON.

use serde_json::Value;

use super::super::reason;
use super::super::spec::OptionSpec;

pub(in crate::score) const ALLOW_FENCED: OptionSpec =
    OptionSpec::flag("allow_fenced", "accepts an output that is one ```json fence and nothing else");

/// Why the output gave no JSON value; each says what was seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotJson {
    /// It is not JSON.
    Fault(String),
    /// It nests deeper than karat reads: it may be JSON or not.
    TooDeep(String),
}

/// The output as one JSON value; white space around it is allowed, a fence only when `allow_fenced`.
pub(crate) fn parse_output(text: &str, allow_fenced: bool) -> Result<Value, NotJson> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if let Some(inner) = fenced(text) {
        if allow_fenced {
            return serde_json::from_str(inner).map_err(|error| not_json(inner, &error));
        }
        let fault = format!("{}, which is in a ``` fence (`allow_fenced: true` accepts one)", reason::quote(text));
        return Err(NotJson::Fault(fault));
    }
    Err(not_json(text, &error))
}

fn not_json(text: &str, error: &serde_json::Error) -> NotJson {
    let message = error.to_string();
    if message.starts_with("recursion limit") {
        return NotJson::TooDeep("the output nests deeper than 128 levels, which karat does not read".to_owned());
    }
    if text.trim().is_empty() {
        return NotJson::Fault(reason::quote(text.trim()));
    }
    NotJson::Fault(format!("{}, which is not JSON ({})", reason::quote(text), reason::message(&message)))
}

/// The inside of a text that is one fence and nothing else.
fn fenced(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("```")?.strip_suffix("```")?;
    let (word, body) = inner.split_once('\n')?;
    let word = word.trim();
    let plain = word.is_empty() || word.eq_ignore_ascii_case("json");
    (plain && !body.lines().any(|line| line.trim_start().starts_with("```"))).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_fence_and_nothing_else_is_accepted_when_allowed() {
        for text in ["```json\n{\"a\":1}\n```", "\n```JSON\r\n{\"a\":1}\n```\n", "```\n{\"a\":1}```", "{\"a\":1}"] {
            assert_eq!(parse_output(text, true), Ok(json!({"a": 1})), "{text}");
        }
        for text in
            ["Here:\n```json\n1\n```", "```json\n1\n```\n```json\n2\n```", "```yaml\n1\n```", "```json 1```", "```"]
        {
            assert!(matches!(parse_output(text, true), Err(NotJson::Fault(_))), "{text}");
        }
        let Err(NotJson::Fault(fault)) = parse_output("```json\n1\n```", false) else { panic!("fenced") };
        assert!(fault.contains("allow_fenced: true"), "{fault}");
    }

    #[test]
    fn what_nests_too_deep_is_no_verdict() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert!(matches!(parse_output(&deep, false), Err(NotJson::TooDeep(_))));
    }
}

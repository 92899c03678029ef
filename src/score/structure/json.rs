//! `json`: the output is JSON.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::parse::{ALLOW_FENCED, NotJson, parse_output};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "json",
    family: "structure",
    about: "the whole output is one JSON value",
    version: 1,
    pass_at: 1.0,
    short: "",
    value: ValueRule::None,
    options: &[ALLOW_FENCED],
    degenerate: &[
        "an empty output is not JSON",
        "a bare number, text in quotes, `true` and `null` are JSON; for a mapping use `json_schema`",
        "an output nested deeper than 128 levels is ungraded",
    ],
    example: "- json: {allow_fenced: true}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

#[expect(clippy::unnecessary_wraps, reason = "the signature of every check's `prepare`")]
fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    Ok(Prepared::new(Json { allow_fenced: settings.flag("allow_fenced") }))
}

struct Json {
    allow_fenced: bool,
}

impl Scorer for Json {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        match parse_output(&input.reply.text, self.allow_fenced) {
            Ok(value) => Finding::of_bool(true, format!("JSON {}", reason::json(&value)), "JSON"),
            Err(NotJson::Fault(seen)) => Finding::of_bool(false, seen, "JSON"),
            Err(NotJson::TooDeep(reason)) => Finding::Ungraded(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of};

    #[test]
    fn the_whole_output_must_parse() {
        for text in ["{}", " [1, 2]\n", "null", "\"é\"", "-1e3"] {
            assert!(passes("json", text) && fails("not_json", text), "{text}");
        }
        for text in ["", " ", "{'a': 1}", "{\"a\":1,}", "{} {}", "NaN", "Here: {}", "{\"a\": 1"] {
            assert!(fails("json", text) && passes("not_json", text), "{text}");
        }
        assert!(passes("json: {allow_fenced: true}", "```json\n{}\n```") && fails("json", "```json\n{}\n```"));
    }

    #[test]
    fn it_takes_no_value() {
        let text = problems_of("json: true");
        assert!(text.contains("takes no value") && text.contains("`- not_json`"), "{text}");
    }

    #[test]
    fn the_reason_says_where_the_output_stops_being_json() {
        let reason = reason_of("json", "{\"a\": oops}");
        assert!(reason.contains("which is not JSON") && reason.contains("line 1 column"), "{reason}");
        assert_eq!(reason_of("json", " "), "saw an empty text; wanted JSON");
    }
}

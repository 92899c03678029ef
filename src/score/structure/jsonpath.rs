//! `jsonpath`: what a JSONPath finds in the output meets a condition.

use serde_json::{Value, json};
use serde_json_path::JsonPath;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::text::compare::{TextRule, json_equal};
use super::super::text::regex::Pattern;
use super::parse::{ALLOW_FENCED, NotJson, parse_output};

const SELECT: &[(&str, &str)] = &[("any", "any"), ("all", "all")];
const CONDITIONS: [&str; 5] = ["equals", "contains", "matches", "one_of", "exists"];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "jsonpath",
    family: "structure",
    about: "the output is JSON in which a JSONPath (RFC 9535) finds a value that meets a condition",
    version: 1,
    pass_at: 1.0,
    short: "path",
    value: ValueRule::Required,
    options: &[
        OptionSpec::fixed("path", "a JSONPath", "such as `$.severity` or `$.issues[*].line`"),
        OptionSpec::value("equals", "any value", "the found value is this one: numbers by value, texts exactly"),
        OptionSpec::value("contains", "any value", "the found text contains this text, or the found list this item"),
        OptionSpec::value("matches", "a regular expression", "the found text, or number as text, matches; see `regex`"),
        OptionSpec::value("one_of", "a list", "the found value is one of these"),
        OptionSpec::fixed(
            "exists",
            "true or false",
            "something is found, or nothing; `true` unless a condition is given",
        ),
        OptionSpec {
            name: "select",
            kind: OptionKind::Word(SELECT),
            takes: "any or all",
            about: "of several found values, one must meet the condition, or all; `any` unless given",
        },
        ALLOW_FENCED,
    ],
    degenerate: &[
        "an empty output, or one that is not JSON, fails, also with `exists: false`",
        "when nothing is found every condition but `exists: false` fails, with `select: all` too",
        "`null` that is found exists",
        "`not_jsonpath` also passes on output that is not JSON: add `json`, or write `exists: false`",
    ],
    example: "- jsonpath: {path: $.severity, equals: high}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let path = path(settings);
    let condition = condition(settings);
    let (path, condition) = match (path, condition) {
        (Ok(path), Ok(condition)) => (path, condition),
        (path, condition) => return Err([path.err(), condition.err()].into_iter().flatten().collect()),
    };
    let shown = path.to_string();
    let prepared = Prepared::new(AtPath {
        shown,
        path,
        condition,
        all: settings.word("select", "any") == "all",
        allow_fenced: settings.flag("allow_fenced"),
    });
    // A path alone means that it exists.
    let existing = settings.get("exists") == Some(&json!(true));
    Ok(if existing { prepared.canonical("exists", Value::Null) } else { prepared })
}

fn path(settings: &Settings) -> Result<JsonPath, Fault> {
    let missing = || Fault::new("path", "it has no `path`");
    let text = text_of("path", "", settings.get("path").ok_or_else(missing)?)?;
    JsonPath::parse(&text).map_err(|error| {
        let at = error.position().saturating_sub(1).min(text.len().saturating_sub(1));
        let column = text.char_indices().take_while(|(index, _)| *index < at).count() + 1;
        // `parser error` is all the library says of most mistakes.
        let message = match error.message() {
            told if told.ends_with("parser error") => {
                format!("this is not a JSONPath: it cannot be read from character {column} on")
            }
            told => format!("this is not a JSONPath: {} at character {column}", reason::message(told)),
        };
        Fault::new("path", message)
            .code("invalid-jsonpath")
            .range(Some((at, at + 1)))
            .help("paths begin with `$`, such as `$.issues[0].severity`")
    })
}

fn condition(settings: &Settings) -> Result<Condition, Fault> {
    let given: Vec<(&'static str, &Value)> =
        CONDITIONS.iter().filter_map(|name| settings.get(name).map(|value| (*name, value))).collect();
    match given.as_slice() {
        [] => Ok(Condition::Exists(true)),
        [("equals", value)] => Ok(Condition::Equals((*value).clone())),
        [("contains", value)] => match value {
            Value::String(text) if text.is_empty() => {
                Err(Fault::new("contains", "an empty text is part of every text"))
            }
            value => Ok(Condition::Contains((*value).clone())),
        },
        [("matches", value)] => Pattern::compile("matches", value).map(Condition::Matches),
        [("one_of", Value::Array(values))] if !values.is_empty() => Ok(Condition::OneOf(values.clone())),
        [("one_of", value)] => {
            let seen = if value.is_array() { "an empty list" } else { kind_of(value) };
            Err(Fault::new("one_of", format!("`one_of` must be a list of values, this is {seen}")).code("wrong-type"))
        }
        [(_, Value::Bool(flag))] => Ok(Condition::Exists(*flag)),
        [(_, value)] => {
            let message = format!("`exists` must be true or false, this is {}", kind_of(value));
            Err(Fault::new("exists", message).code("wrong-type"))
        }
        [_, (second, _), ..] => {
            let names: Vec<String> = given.iter().map(|(name, _)| format!("`{name}`")).collect();
            Err(Fault::new(second, format!("{} are given; a path has one condition", names.join(" and ")))
                .help("write one `- jsonpath` for each"))
        }
    }
}

enum Condition {
    Exists(bool),
    Equals(Value),
    Contains(Value),
    Matches(Pattern),
    OneOf(Vec<Value>),
}

impl Condition {
    /// Whether one found value meets it; `Err` when an expression gave up.
    fn holds(&self, found: &Value) -> Result<bool, String> {
        let same = |wanted: &Value, found: &Value| json_equal(wanted, found, TextRule::default());
        Ok(match (self, found) {
            (Condition::Exists(_), _) => true,
            (Condition::Equals(wanted), _) => same(wanted, found),
            (Condition::OneOf(wanted), _) => wanted.iter().any(|wanted| same(wanted, found)),
            (Condition::Contains(Value::String(part)), Value::String(text)) => text.contains(part.as_str()),
            (Condition::Contains(item), Value::Array(items)) => items.iter().any(|found| same(item, found)),
            (Condition::Contains(_), _) => false,
            (Condition::Matches(pattern), Value::String(text)) => pattern.find(text)?.is_some(),
            (Condition::Matches(pattern), Value::Number(number)) => pattern.find(&number.to_string())?.is_some(),
            (Condition::Matches(_), _) => false,
        })
    }

    fn wanted(&self) -> String {
        match self {
            Condition::Exists(true) => "something".to_owned(),
            Condition::Exists(false) => "nothing".to_owned(),
            Condition::Equals(value) => reason::json(value),
            Condition::Contains(value) => format!("text or a list containing {}", reason::json(value)),
            Condition::Matches(pattern) => format!("a match of `{}`", pattern.as_str()),
            Condition::OneOf(values) => format!("one of {}", reason::json(&json!(values))),
        }
    }
}

struct AtPath {
    shown: String,
    path: JsonPath,
    condition: Condition,
    all: bool,
    allow_fenced: bool,
}

impl Scorer for AtPath {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let every = if self.all { ", for each of them" } else { "" };
        let wanted = format!("{} at `{}`{every}", self.condition.wanted(), self.shown);
        let value = match parse_output(&input.reply.text, self.allow_fenced) {
            Ok(value) => value,
            Err(NotJson::Fault(seen)) => return Finding::of_bool(false, seen, wanted),
            Err(NotJson::TooDeep(reason)) => return Finding::Ungraded(reason),
        };
        let found = self.path.query(&value).all();
        if found.is_empty() {
            let holds = matches!(self.condition, Condition::Exists(false));
            return Finding::of_bool(holds, format!("nothing there in {}", reason::json(&value)), wanted);
        }
        let holds = match self.meets(&found) {
            Ok(holds) => holds,
            Err(reason) => return Finding::Ungraded(reason),
        };
        let shown: Vec<String> = found.iter().take(3).map(|value| reason::json(value)).collect();
        let more = if found.len() > 3 { format!(" and {} more", found.len() - 3) } else { String::new() };
        Finding::of_bool(holds, format!("{}{more}", shown.join(", ")), wanted)
    }
}

impl AtPath {
    fn meets(&self, found: &[&Value]) -> Result<bool, String> {
        if let Condition::Exists(wanted) = self.condition {
            return Ok(wanted);
        }
        let mut gave_up = None;
        for value in found {
            match self.condition.holds(value) {
                // The first that decides; one that could not be judged matters only when none does.
                Ok(holds) if holds != self.all => return Ok(holds),
                Ok(_) => {}
                Err(reason) => gave_up = Some(reason),
            }
        }
        gave_up.map_or(Ok(self.all), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, with_case};
    use serde_json::json;

    const REVIEW: &str = r#"{"severity":"high","score":7.0,"none":null,
        "issues":[{"type":"sql injection","line":3},{"type":"xss","line":9}],"tags":["a","b"]}"#;

    #[test]
    fn each_condition_holds_or_not() {
        let table = [
            ("{path: $.severity, equals: high}", true),
            ("{path: $.severity, equals: High}", false),
            ("{path: $.score, equals: 7}", true),
            ("{path: $.severity, one_of: [low, high]}", true),
            ("{path: $.severity, one_of: [low]}", false),
            ("{path: $.severity, contains: ig}", true),
            ("{path: $.tags, contains: b}", true),
            ("{path: $.tags, contains: c}", false),
            ("{path: $.score, contains: 7}", false),
            ("{path: $.severity, matches: '^h'}", true),
            ("{path: $.score, matches: '^7'}", true),
            ("{path: $.severity, matches: '^l'}", false),
            ("{path: $.none, exists: true}", true),
            ("{path: $.missing, exists: false}", true),
            ("{path: $.none, exists: false}", false),
            ("{path: $.missing, equals: null, exists: false}", true),
            ("{path: '$.issues[*].type', contains: xss}", true),
            ("{path: '$.issues[*].type', contains: xss, select: all}", false),
            ("{path: '$.issues[*].line', matches: '^[39]$', select: all}", true),
            ("{path: '$.missing[*]', equals: 1, select: all}", false),
            ("{path: '$.issues[?@.line > 5].type', equals: xss}", true),
            ("{path: '$.issues[0]', equals: {line: 3, type: sql injection}}", true),
        ];
        for (options, wanted) in table {
            assert_eq!(passes(&format!("jsonpath: {options}"), REVIEW), wanted, "{options}");
            assert_eq!(fails(&format!("not_jsonpath: {options}"), REVIEW), wanted, "not {options}");
        }
        assert!(passes("jsonpath: $.severity", REVIEW) && fails("jsonpath: $.nothing", REVIEW));
    }

    #[test]
    fn output_that_is_not_json_fails() {
        for text in ["", "high", "```json\n{\"a\":1}\n```"] {
            assert!(fails("jsonpath: $.a", text) && fails("jsonpath: {path: $.a, exists: false}", text));
        }
        assert!(passes("jsonpath: {path: $.a, allow_fenced: true}", "```json\n{\"a\":1}\n```"));
    }

    #[test]
    fn the_condition_may_come_from_the_case() {
        let case = case(json!({"want": ["low", "high"]}), Some(json!("high")));
        assert!(with_case("jsonpath: {path: $.severity, equals: {from: expected}}", REVIEW, &case).is_pass());
        assert!(with_case("jsonpath: {path: $.severity, one_of: {from: vars.want}}", REVIEW, &case).is_pass());
        let score = with_case("jsonpath: {path: $.severity, one_of: {from: expected}}", REVIEW, &case);
        assert!(!score.is_fail() && score.reason.contains("must be a list"), "{}", score.reason);
    }

    #[test]
    fn bad_paths_and_conditions_are_reported() {
        let text = problems_of("jsonpath: {path: '$.a[', equals: {from: expected}}");
        assert!(text.contains("invalid-jsonpath") && text.contains("from character"), "{text}");
        for (check, wanted) in [
            ("jsonpath: severity", "invalid-jsonpath"),
            ("jsonpath", "has no `path`"),
            ("jsonpath: {equals: 1}", "has no `path`"),
            ("jsonpath: {path: $.a, equals: 1, contains: 2}", "a path has one condition"),
            ("jsonpath: {path: $.a, exists: 1}", "true or false"),
            ("jsonpath: {path: $.a, matches: '('}", "invalid-regex"),
            ("jsonpath: {path: $.a, one_of: []}", "an empty list"),
            ("jsonpath: {path: $.a, eqals: 1}", "did you mean `equals`?"),
        ] {
            let text = problems_of(check);
            assert!(text.contains(wanted), "{check}\n{text}");
        }
        assert_eq!(problems_of("jsonpath: {path: '$[', matches: '('}").matches("error[").count(), 2);
    }

    #[test]
    fn the_reason_shows_what_was_found() {
        let reason = reason_of("jsonpath: {path: $.severity, equals: low}", REVIEW);
        assert_eq!(reason, "saw `\"high\"`; wanted `\"low\"` at `$.severity`");
        assert!(reason_of("jsonpath: $.zzz", "{}").starts_with("saw nothing there in `{}`"));
    }
}

//! `contains_json`: a JSON value stands somewhere in the output.

use serde_json::{Deserializer, Value};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::schema::{Schema, Verdict};
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::text::compare::json_subset;

const TYPES: &[(&str, &str)] = &[("any", "any"), ("object", "object"), ("list", "list")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "contains_json",
    family: "structure",
    about: "a JSON mapping or list stands somewhere in the output, with text around it or not",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::value(
            "value",
            "a mapping or a list",
            "the JSON must contain this: mappings may have further keys, lists have the same items in order",
        ),
        OptionSpec::schema("schema", "the JSON must follow this schema; as in `json_schema`"),
        OptionSpec {
            name: "type",
            kind: OptionKind::Word(TYPES),
            takes: "any, object or list",
            about: "what counts; `any` unless given",
        },
    ],
    degenerate: &[
        "without `value` and `schema` any mapping or list will do, so a footnote such as `[1]` passes: write \
         `type: object`",
        "bare numbers, texts and `true` in prose do not count",
        "of several values the outermost ones are looked at, one after the other; one that fits is enough",
        "an empty output contains none",
    ],
    example: "- contains_json: {value: {severity: high}}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let part = settings.get("value").cloned();
    if let Some(part) = part.as_ref().filter(|part| !part.is_object() && !part.is_array()) {
        let message = format!("`value` must be a mapping or a list, this is {}", kind_of(part));
        return Err(Fault::new("value", message).code("wrong-type").alone());
    }
    let schema = settings.get("schema").map(|schema| Schema::compile("schema", schema)).transpose()?;
    let kind = settings.word("type", "any").to_owned();
    let prepared = Prepared::new(ContainsJson { part, schema, kind });
    Ok(match settings.get("schema") {
        Some(schema) => prepared.canonical("schema", Schema::canonical(schema)),
        None => prepared,
    })
}

struct ContainsJson {
    part: Option<Value>,
    schema: Option<Schema>,
    kind: String,
}

impl Scorer for ContainsJson {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let mut unfit: Option<String> = None;
        let mut unknown: Option<String> = None;
        for value in embedded(text).filter(|value| self.counts(value)) {
            match self.judge(&value) {
                Verdict::Follows => return Finding::of_bool(true, reason::json(&value), self.wanted()),
                Verdict::Violates(how) => {
                    unfit.get_or_insert_with(|| format!("{} ({how})", reason::json(&value)));
                }
                Verdict::Unknown(why) => unknown = Some(why),
            }
        }
        if let Some(why) = unknown {
            return Finding::Ungraded(why);
        }
        let seen = unfit.unwrap_or_else(|| format!("{}, without JSON that counts", reason::quote(text)));
        Finding::of_bool(false, seen, self.wanted())
    }
}

impl ContainsJson {
    fn counts(&self, value: &Value) -> bool {
        match self.kind.as_str() {
            "object" => value.is_object(),
            "list" => value.is_array(),
            _ => true,
        }
    }

    fn judge(&self, value: &Value) -> Verdict {
        if let Some(part) = self.part.as_ref().filter(|part| !json_subset(part, value)) {
            return Verdict::Violates(format!("without {}", reason::json(part)));
        }
        self.schema.as_ref().map_or(Verdict::Follows, |schema| schema.judge(value))
    }

    fn wanted(&self) -> String {
        let what = match self.kind.as_str() {
            "object" => "text with a JSON mapping",
            "list" => "text with a JSON list",
            _ => "text with JSON",
        };
        let part = self.part.as_ref().map_or_else(String::new, |part| format!(" containing {}", reason::json(part)));
        let schema = if self.schema.is_some() { " that follows the schema" } else { "" };
        format!("{what}{part}{schema}")
    }
}

/// The outermost JSON mappings and lists in `text`, in order.
fn embedded(text: &str) -> impl Iterator<Item = Value> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while let Some(start) = rest.find(['{', '[']) {
            let candidate = rest.get(start..)?;
            let mut stream = Deserializer::from_str(candidate).into_iter::<Value>();
            if let Some(Ok(value)) = stream.next() {
                rest = candidate.get(stream.byte_offset()..)?;
                return Some(value);
            }
            rest = candidate.get(1..)?;
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, with_case};
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_found_between_other_text() {
        let found = |text: &str| embedded(text).collect::<Vec<_>>();
        assert_eq!(found("Sure {x}: ```json\n{\"a\":[1]}\n``` and [2]!"), [json!({"a": [1]}), json!([2])]);
        assert_eq!(found("{{\"a\":1}}"), [json!({"a": 1})]);
        assert_eq!(found("no { json [ here"), Vec::<Value>::new());
        assert_eq!(found("é{\"ü\":\"}\"}é"), [json!({"ü": "}"})]);
    }

    #[test]
    fn one_fitting_value_is_enough() {
        let text = "First {\"severity\":\"low\"}, then {\"severity\":\"high\",\"line\":3}.";
        assert!(passes("contains_json", text) && fails("contains_json", "none") && fails("contains_json", ""));
        assert!(passes("contains_json: {value: {severity: high}}", text));
        assert!(fails("contains_json: {value: {severity: medium}}", text));
        assert!(passes("contains_json: {schema: {required: [line]}}", text));
        assert!(fails("contains_json: {schema: {required: [file]}}", text));
        assert!(passes("contains_json", "see [1]") && fails("contains_json: {type: object}", "see [1]"));
        assert!(fails("not_contains_json", text) && passes("not_contains_json", "42"));
    }

    #[test]
    fn the_part_may_come_from_the_case() {
        let case = case(json!({}), Some(json!({"a": 1})));
        assert!(with_case("contains_json: {from: expected}", "{\"a\":1,\"b\":2}", &case).is_pass());
    }

    #[test]
    fn bad_options_are_reported_and_reasons_tell_the_first_misfit() {
        assert!(problems_of("contains_json: text").contains("must be a mapping or a list"));
        assert!(problems_of("contains_json: {a: 1}").contains("{value: {…}}"));
        assert!(problems_of("contains_json: {type: array}").contains("one of any, object, list"));
        assert!(problems_of("contains_json: {schema: {type: 1}}").contains("invalid-schema"));
        let reason = reason_of("contains_json: {value: {b: 2}}", "x {\"b\": 3}");
        assert_eq!(reason, "saw `{\"b\":3}` (without `{\"b\":2}`); wanted text with JSON containing `{\"b\":2}`");
    }

    #[test]
    fn hostile_brackets_end_soon() {
        let text = "[{\"".repeat(20_000);
        assert!(fails("contains_json", &text));
    }
}

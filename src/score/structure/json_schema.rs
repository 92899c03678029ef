//! `json_schema`: the output is JSON that follows a schema.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::schema::{Schema, Verdict};
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::parse::{ALLOW_FENCED, NotJson, parse_output};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "json_schema",
    family: "structure",
    about: "the whole output is JSON that follows a JSON Schema",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Required,
    options: &[
        OptionSpec::schema(
            "value",
            "the schema (`{value: {type: object, …}}`), or the path of a JSON or YAML file inside the project, relative \
             to the suite; drafts 4 to 2020-12 by `$schema`, the newest unless given; `format` is checked; `$ref` must \
             stay inside",
        ),
        OptionSpec::flag("ignore_format", "`format` says nothing, as the drafts from 2019-09 on have it"),
        ALLOW_FENCED,
    ],
    degenerate: &[
        "an empty output, or one that is not JSON, does not follow any schema; `not_json_schema` passes on it: add `json`",
        "keywords a draft does not know are ignored, as the standard asks",
        "an output nested deeper than 128 levels, or a pattern that backtracks too much, is ungraded",
    ],
    example: "- json_schema: review.schema.json",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let value = settings.value()?;
    let schema = Schema::compile_with("value", value, !settings.flag("ignore_format"))?;
    let allow_fenced = settings.flag("allow_fenced");
    Ok(Prepared::new(JsonSchema { schema, allow_fenced }).canonical("value", Schema::canonical(value)))
}

struct JsonSchema {
    schema: Schema,
    allow_fenced: bool,
}

impl Scorer for JsonSchema {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        const WANTED: &str = "JSON that follows the schema";
        let value = match parse_output(&input.reply.text, self.allow_fenced) {
            Ok(value) => value,
            Err(NotJson::Fault(seen)) => return Finding::of_bool(false, seen, WANTED),
            Err(NotJson::TooDeep(reason)) => return Finding::Ungraded(reason),
        };
        match self.schema.judge(&value) {
            Verdict::Follows => Finding::of_bool(true, reason::json(&value), WANTED),
            Verdict::Violates(how) => Finding::of_bool(false, format!("{} ({how})", reason::json(&value)), WANTED),
            Verdict::Unknown(reason) => Finding::Ungraded(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::super::testing::{compile_in, fails, passes, problems_of, reason_of, ungraded, value_of};

    const SCHEMA: &str = "json_schema: {value: {type: object, required: [severity], properties: \
                          {severity: {enum: [low, high]}, mail: {type: string, format: email}}}}";

    #[test]
    fn the_output_must_be_json_and_follow_the_schema() {
        assert!(passes(SCHEMA, r#"{"severity": "high", "mail": "a@b.example"}"#));
        for bad in ["{}", "[]", "", "high", r#"{"severity":"HIGH"}"#, r#"{"severity":"low","mail":"nobody"}"#] {
            assert!(fails(SCHEMA, bad), "{bad}");
        }
        let reason = reason_of(SCHEMA, r#"{"severity":"urgent"}"#);
        assert!(reason.contains("/severity: \"urgent\" is not one of"), "{reason}");
    }

    #[test]
    fn each_draft_is_read_by_its_own_words() {
        let (old, new) = ("http://json-schema.org/draft-0", "https://json-schema.org/draft/20");
        for (draft, rule, good, bad) in [
            (format!("{old}4/schema#"), "minimum: 1, exclusiveMinimum: true", "2", "1"),
            (format!("{old}6/schema#"), "const: 1, propertyNames: {maxLength: 1}", "1", "2"),
            (format!("{old}7/schema#"), "if: {minimum: 5}, then: {multipleOf: 2}, else: {maximum: 3}", "6", "7"),
            (format!("{new}19-09/schema"), "dependentRequired: {a: [b]}", "{\"a\":1,\"b\":1}", "{\"a\":1}"),
            (format!("{new}19-09/schema"), "items: [{type: integer}], additionalItems: false", "[1]", "[1,2]"),
            (format!("{new}20-12/schema"), "prefixItems: [{type: integer}], items: false", "[1]", "[1,2]"),
            (
                format!("{new}20-12/schema"),
                "properties: {a: true}, unevaluatedProperties: false",
                "{\"a\":1}",
                "{\"b\":1}",
            ),
        ] {
            let check = format!("json_schema: {{value: {{$schema: '{draft}', {rule}}}}}");
            assert!(passes(&check, good) && fails(&check, bad), "{draft} {rule}");
        }
        // A word that a draft does not know says nothing.
        assert!(passes(
            "json_schema: {value: {$schema: 'http://json-schema.org/draft-07/schema#', prefixItems: [false]}}",
            "[1]"
        ));
    }

    #[test]
    fn formats_are_checked_unless_they_shall_not_be() {
        for (format, good, bad) in [
            ("date", "2024-02-29", "2024-02-30"),
            ("date-time", "2024-07-01T10:00:00Z", "2024-07-01"),
            ("time", "10:00:00Z", "25:00:00Z"),
            ("duration", "P1DT2H", "1 day"),
            ("email", "a@b.example", "nobody"),
            ("hostname", "a.example", "-a.example"),
            ("ipv4", "127.0.0.1", "256.0.0.1"),
            ("ipv6", "::1", "12345::"),
            ("uri", "https://a.example/b?c#d", "a b"),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
            ("regex", "a+", "a("),
            ("json-pointer", "/a/0", "a"),
        ] {
            let check = format!("json_schema: {{value: {{type: string, format: {format}}}}}");
            assert!(passes(&check, &format!("\"{good}\"")) && fails(&check, &format!("\"{bad}\"")), "{format}");
            let lax = format!("json_schema: {{value: {{type: string, format: {format}}}, ignore_format: true}}");
            assert!(passes(&lax, &format!("\"{bad}\"")), "{format}");
        }
    }

    #[test]
    fn bad_schemas_are_reported_at_the_key() {
        let text = problems_of("json_schema:\n  value:\n    type: objekt\n");
        assert!(text.contains("invalid-schema") && text.contains("t.yaml:3:11"), "{text}");
        let text = problems_of("json_schema: {value: {type: objekt, properties: 5, minimum: x}}");
        assert_eq!(text.matches("error[invalid-schema]").count(), 3, "{text}");
        assert!(text.contains("did you mean `object`?") && text.contains("t.yaml:1:49"), "{text}");
        let text = problems_of("json_schema: {value: {properties: {type: {type: 5}}}}");
        assert!(text.contains("`5` is not a type of JSON") && text.contains("t.yaml:1:49"), "{text}");
        let text = problems_of("json_schema: {value: {properties: {type: 5}}}");
        assert!(text.contains("5 is not of types") && text.contains("t.yaml:1:42"), "{text}");
        let text = problems_of("json_schema: {value: {$schema: 'https://example.com/own', type: object}}");
        assert!(text.contains("invalid-schema") && text.contains("https://example.com/own"), "{text}");
        let text = problems_of("json_schema: {type: object}");
        assert!(text.contains("json_schema: {value: {…}}"), "{text}");
        assert!(problems_of("json_schema").contains("has no `value`"));
        assert!(problems_of("json_schema: {from: expected}").contains("written out"));
        assert!(problems_of("json_schema: 5").contains("must be a schema"));
        assert!(problems_of("json_schema: {value: {$ref: '#/$defs/none'}}").contains("invalid-schema"));
    }

    #[test]
    fn nothing_is_fetched() {
        let text = problems_of(
            "json_schema:\n  value:\n    properties:\n      a:\n        $ref: https://example.com/a.json\n      b: {$ref: other.json}\n",
        );
        assert!(text.contains("remote-ref") && text.contains("t.yaml:5:15"), "{text}");
        assert!(text.contains("outside-ref") && text.contains("t.yaml:6:17"), "{text}");
        assert!(passes(
            "json_schema: {value: {$defs: {n: {type: integer}}, properties: {a: {$ref: '#/$defs/n'}}}}",
            "{\"a\":1}"
        ));
    }

    #[test]
    fn schema_files_are_read_inside_the_project_only() {
        let folder = tempfile::tempdir().expect("temp");
        fs::write(folder.path().join("s.json"), "{\n \"type\": \"object\",\n \"minProperties\": 1\n}").expect("write");
        fs::write(folder.path().join("s.yaml"), "minProperties: 1\ntype: object\n").expect("write");
        fs::write(folder.path().join("bad.json"), "{\n \"type\": 5\n}").expect("write");
        fs::write(folder.path().join("broken.json"), "{\n \"type\": \n}").expect("write");
        fs::write(folder.path().join("list.json"), "[1]").expect("write");
        let compiled = |yaml: &str| compile_in(folder.path(), yaml);
        let identity = |yaml: &str| {
            let (check, problems) = compiled(yaml);
            crate::base::canonical_json(check.unwrap_or_else(|| panic!("{}", problems.render(false))).identity())
        };
        let inline = identity("json_schema: {value: {type: object, minProperties: 1}}");
        assert_eq!(identity("json_schema: s.json"), inline);
        assert_eq!(identity("json_schema: {value: s.yaml}"), inline);
        for (yaml, wanted) in [
            ("json_schema: bad.json", "bad.json:2:10"),
            ("json_schema: broken.json", "broken.json:3:1"),
            ("json_schema: list.json", "a schema is a mapping, this file holds a list"),
            ("json_schema: none.json", "`none.json` does not exist"),
            ("json_schema: ../x.json", "is outside the project"),
        ] {
            let text = compiled(yaml).1.render(false);
            assert!(text.contains(wanted) && text.contains("t.yaml:1:"), "{yaml}\n{text}");
        }
    }

    #[test]
    fn runaway_patterns_are_ungraded() {
        let check = "json_schema: {value: {pattern: '^(a|a)+(?=b)$'}}";
        assert!(ungraded(check, &format!("\"{}\"", "a".repeat(60))).contains("backtracks"));
    }

    #[test]
    fn schemas_that_refer_to_themselves_end() {
        let tree = "json_schema: {value: {properties: {kids: {type: array, items: {$ref: '#'}}}}}";
        // Loops without an instance to descend into hold for everything; they must not hang or overflow the stack.
        for schema in [
            "{$ref: '#'}",
            "{allOf: [{$ref: '#'}]}",
            "{$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/b'}, b: {anyOf: [{$ref: '#/$defs/a'}]}}}",
        ] {
            assert_ne!(value_of(&format!("json_schema: {{value: {schema}}}"), "1"), None, "{schema}");
        }
        assert!(passes(tree, r#"{"kids":[{"kids":[]}]}"#) && fails(tree, r#"{"kids":[{"kids":1}]}"#));
    }
}

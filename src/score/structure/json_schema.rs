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
    let schema = Schema::compile("value", value)?;
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

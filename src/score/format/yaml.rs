//! `yaml`: the output is YAML.

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::schema::{Schema, Verdict};
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::structure::fence::{IN_BLOCK, Place};
use super::yaml_read::{NotYaml, value};

const TYPES: &[(&str, &str)] = &[("mapping", "mapping"), ("list", "list"), ("any", "any")];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "yaml",
    family: "structure",
    about: "the whole output is YAML, and follows a schema where one is given",
    version: 1,
    pass_at: 1.0,
    short: "",
    value: ValueRule::None,
    options: &[
        OptionSpec {
            name: "type",
            kind: OptionKind::Word(TYPES),
            takes: "mapping, list or any",
            about: "what counts: a mapping (unless given), a list, or anything; a sentence is YAML too",
        },
        OptionSpec::schema("schema", "the YAML must follow this JSON Schema; as in `json_schema`"),
        Place::ALLOW_FENCED,
        IN_BLOCK,
    ],
    degenerate: &[
        "YAML 1.2: `yes` and `on` are texts; a key given twice is a fault; one document, without tags of programs",
        "JSON is YAML",
        "an empty output is nothing: it passes with `type: any` alone",
        "more than 8 MiB, 64 levels or aliases that unfold too far are ungraded",
    ],
    example: "- yaml: {schema: {required: [name]}}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let schema = settings.get("schema").map(|schema| Schema::compile("schema", schema)).transpose()?;
    let kind = settings.word("type", "mapping").to_owned();
    let prepared = Prepared::new(Yaml { schema, kind, place: Place::of(settings, &["yaml", "yml"]) });
    Ok(match settings.get("schema") {
        Some(schema) => prepared.canonical("schema", Schema::canonical(schema)),
        None => prepared,
    })
}

struct Yaml {
    schema: Option<Schema>,
    kind: String,
    place: Place,
}

impl Scorer for Yaml {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let wanted = self.wanted();
        let text = match self.place.find(&input.reply.text) {
            Ok(text) => text,
            Err(seen) => return Finding::of_bool(false, seen, wanted),
        };
        let value = match value(text) {
            Ok(value) => value,
            Err(NotYaml::TooMuch(reason)) => return Finding::Ungraded(reason),
            Err(NotYaml::Fault(fault)) => {
                return Finding::of_bool(
                    false,
                    format!("{}, which is not YAML ({fault})", reason::quote(text)),
                    wanted,
                );
            }
        };
        let counts = match self.kind.as_str() {
            "list" => value.is_array(),
            "any" => true,
            _ => value.is_object(),
        };
        if !counts {
            return Finding::of_bool(false, format!("{} ({})", reason::quote(text), kind_of(&value)), wanted);
        }
        match self.schema.as_ref().map_or(Verdict::Follows, |schema| schema.judge(&value)) {
            Verdict::Follows => Finding::of_bool(true, reason::quote(text), wanted),
            Verdict::Violates(how) => Finding::of_bool(false, format!("{} ({how})", reason::quote(text)), wanted),
            Verdict::Unknown(reason) => Finding::Ungraded(reason),
        }
    }
}

impl Yaml {
    fn wanted(&self) -> String {
        let what = match self.kind.as_str() {
            "list" => "a list in YAML",
            "any" => "YAML",
            _ => "a mapping in YAML",
        };
        if self.schema.is_some() { format!("{what} that follows the schema") } else { what.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of, ungraded};

    #[test]
    fn the_output_is_yaml_of_a_kind() {
        assert!(
            passes("yaml", "a: 1\nb: [x, y]\n")
                && passes("yaml", "{\"a\": 1}")
                && passes("yaml: {type: list}", "- a\n- b")
        );
        for bad in ["", "Just a sentence.", "- a", "a: 1\na: 2", "a: [1", "a: b: c"] {
            assert!(fails("yaml", bad), "{bad}");
        }
        assert!(passes("yaml: {type: any}", "Just a sentence.") && fails("yaml: {type: any}", "a: [1"));
        assert!(reason_of("yaml", "a: 1\na: 2").contains("`a` is given twice at line 2"));
        assert!(passes("yaml: {allow_fenced: true}", "```yml\na: 1\n```"));
    }

    #[test]
    fn a_schema_may_be_given() {
        let check = "yaml: {schema: {required: [a]}}";
        assert!(passes(check, "a: 1") && fails(check, "b: 1"));
        assert!(problems_of("yaml: {schema: {type: objekt}}").contains("invalid-schema"));
    }

    #[test]
    fn bombs_are_ungraded() {
        let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                    c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n\
                    e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
        assert!(!ungraded("yaml", bomb).is_empty());
    }
}

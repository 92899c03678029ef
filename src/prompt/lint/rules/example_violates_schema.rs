//! An example that shows the model an answer which the schema refuses.

use super::super::examples::examples_of;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use crate::record::OutputFormat;

pub(super) const RULE: Rule = Rule {
    code: "example-violates-schema",
    about: "an example's answer does not fit the schema of the output",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Models follow examples more than descriptions. An example that breaks the schema teaches the mistake, or makes the \
          provider reject what the model learned. Looked at are the assistant's messages and the few-shot examples.",
    bad: "messages:\n  - {role: user, content: \"Great!\"}\n  - {role: assistant, content: '{\"mood\": \"good\"}'}\n  - {role: user, content: \"{{ text }}\"}\noutput: {schema: {type: object, properties: {mood: {enum: [positive, negative]}}}}",
    good: "messages:\n  - {role: user, content: \"Great!\"}\n  - {role: assistant, content: '{\"mood\": \"positive\"}'}\n  - {role: user, content: \"{{ text }}\"}\noutput: {schema: {type: object, properties: {mood: {enum: [positive, negative]}}}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    let OutputFormat::JsonSchema { schema, .. } = &version.prompt.output else { return };
    let examples = examples_of(version.prompt);
    if examples.is_empty() {
        return;
    }
    // A schema that is not valid is reported by the reader.
    let Ok(validator) = jsonschema::validator_for(schema) else { return };
    for example in examples {
        let why = match &example.output {
            Err(why) => Some(format!("it is not JSON: {why}")),
            Ok(output) => validator.iter_errors(output).next().map(|error| {
                let path = error.instance_path().to_string();
                if path.is_empty() { error.to_string() } else { format!("{error} (at `{path}`)") }
            }),
        };
        if let Some(why) = why {
            found.push(
                RULE.finding(format!("this example does not fit the schema of the output: {why}"))
                    .at(example.place)
                    .help("mend the example or the schema"),
            );
        }
    }
}

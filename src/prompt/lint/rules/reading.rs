//! Rules that hold wherever prompts are read: their findings come from the reader, with these codes.

use super::super::rule::{Check, Level, Rule};

const fn of_reading(code: &'static str, about: &'static str, level: Level, is_refused: bool) -> Rule {
    Rule {
        code,
        about,
        level,
        is_refused,
        fixable: false,
        in_superseded: true,
        why: "",
        bad: "",
        good: "",
        check: Check::Reading,
    }
}

pub(super) const UNDECLARED_VARIABLE: Rule = Rule {
    why: "With a `variables:` block, a prompt says which values it needs. A name that is used and not declared is a slip, \
          or a value that nobody checks; karat refuses the prompt before anything is sent.",
    bad: "messages:\n  - {role: user, content: \"Review <code>{{ cdoe }}</code>\"}\nvariables:\n  code: {type: string}",
    good: "messages:\n  - {role: user, content: \"Review <code>{{ code }}</code>\"}\nvariables:\n  code: {type: string}",
    ..of_reading("undeclared-variable", "a name is used and not declared in `variables`", Level::Error, true)
};

pub(super) const UNUSED_VARIABLE: Rule = Rule {
    why: "A caller must give a value that changes nothing. Either the text that should use it got lost, or the declaration \
          should go; removing it changes what callers may give, so it is not removed by `--fix`.",
    bad: "messages:\n  - {role: user, content: \"{{ question }}\"}\nvariables:\n  question: {type: string}\n  tone: {type: string}",
    good: "messages:\n  - {role: user, content: \"{{ question }}\"}\nvariables:\n  question: {type: string}",
    ..of_reading("unused-variable", "a variable is declared and never used", Level::Warning, false)
};

pub(super) const VARIABLE_RULES: Rule = Rule {
    why: "Rules that exclude each other leave no value that could be given: every call would be refused.",
    bad: "variables:\n  code: {type: string, min_chars: 10, max_chars: 5}",
    good: "variables:\n  code: {type: string, min_chars: 5, max_chars: 10}",
    ..of_reading("variable-rules", "the rules of a variable contradict each other", Level::Error, true)
};

pub(super) const VARIABLE_DEFAULT: Rule = Rule {
    why: "A default is used when the caller gives nothing. One that breaks the variable's own rules would make exactly \
          those calls fail.",
    bad: "variables:\n  language: {one_of: [python, go], default: pyhton}",
    good: "variables:\n  language: {one_of: [python, go], default: python}",
    ..of_reading("variable-default", "a default breaks the variable's own rules", Level::Error, true)
};

pub(super) const SECRET: Rule = Rule {
    why: "What stands in a prompt goes to a model, into stored results and into git, for good. The secret is not shown in \
          the message; take it out of the file and revoke it.",
    bad: "messages:\n  - {role: system, content: \"Call the API with the key <a real key>\"}",
    good: "messages:\n  - {role: system, content: \"Call the API; the key is added by the caller\"}",
    ..of_reading("secret-in-file", "a key or token of a known provider stands in the file", Level::Error, true)
};

pub(super) const LIKELY_SECRET: Rule = Rule {
    why: "A random-looking value is assigned to a name such as `password` or `api_key`. Samples of code are full of them, \
          so it may be meant; when it is real, take it out of the file and change it.",
    bad: "messages:\n  - {role: user, content: \"Find the flaw: password = '<20 random characters>'\"}",
    good: "messages:\n  - {role: user, content: \"Find the flaw: password = 'example-password'\"}",
    ..of_reading(
        "likely-secret-in-file",
        "something that looks like a password or key stands in the file",
        Level::Warning,
        false,
    )
};

pub(super) const LABEL_TO_MISSING_VERSION: Rule = Rule {
    why: "Whoever asks for the label gets an error instead of a prompt. The file of the version was renamed or removed, or \
          the label was mistyped.",
    bad: "# prompt.yaml, beside 1.0.0.yaml\nlabels:\n  production: 1.1.0",
    good: "# prompt.yaml, beside 1.0.0.yaml\nlabels:\n  production: 1.0.0",
    ..of_reading("label-to-missing-version", "a label points to a version that is not there", Level::Error, false)
};

pub(super) const VERSION_NOT_SEMVER: Rule = Rule {
    why: "Versions are ordered, and `latest` is decided, by semantic versioning: three numbers. A file with another name is \
          never read.",
    bad: "prompts/code-review/v2.yaml",
    good: "prompts/code-review/2.0.0.yaml",
    ..of_reading("version-not-semver", "a version is not written as three numbers", Level::Error, false)
};

//! A variable that users control, printed in a system message.

use super::super::flow::printed;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use super::untrusted::is_untrusted;
use crate::prompt::templates::texts_of;
use crate::record::Role;

pub(super) const RULE: Rule = Rule {
    code: "variable-in-system-message",
    about: "a variable that users may control is printed in a system message",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Models obey the system message before all others. Text of a user in it can give orders there: \"ignore the rules \
          above\". Put the value into a user message, inside a frame. When it comes from the application and never from \
          users, say so with `trusted: true`; numbers, booleans and variables with `one_of` are not reported.",
    bad: "messages:\n  - {role: system, content: \"You help {{ customer }}.\"}\n  - {role: user, content: \"{{ question }}\"}\nvariables:\n  customer: {type: string}\n  question: {type: string}",
    good: "messages:\n  - {role: system, content: \"You help a customer.\"}\n  - {role: user, content: \"<name>{{ customer }}</name>\\n<question>{{ question }}</question>\"}\nvariables:\n  customer: {type: string}\n  question: {type: string}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    let prompt = version.prompt;
    for message in prompt.definition().messages.iter().filter(|message| message.role == Role::System) {
        let mut told: Vec<String> = Vec::new();
        for used in texts_of(message).flat_map(|text| printed(text, prompt.partials())) {
            if told.contains(&used.variable) || !is_untrusted(prompt, &used.variable) {
                continue;
            }
            let message =
                format!("`{}` is printed in a system message: its text could give orders there", used.variable);
            let help = format!(
                "move it into a user message, or declare `{}: {{trusted: true}}` when users cannot set it",
                used.variable
            );
            found.push(RULE.finding(message).at(used.text.place(used.range.start, used.range.end)).help(help));
            told.push(used.variable);
        }
    }
}

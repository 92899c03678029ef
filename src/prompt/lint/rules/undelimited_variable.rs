//! A variable that users control, printed into a sentence without a frame around it.

use super::super::flow::printed;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};
use super::untrusted::is_untrusted;
use crate::prompt::written::definition::PartText;
use crate::record::Role;

pub(super) const RULE: Rule = Rule {
    code: "undelimited-variable",
    about: "a variable that users may control has no frame around it",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Without a frame the model cannot tell where the text of a user ends and the prompt goes on, and follows what \
          stands in it. A frame is a pair of tags, a code fence, triple quotes, quotes that touch the value, rulers above \
          and below, the filters `section` and `json_encode`, or a message of its own. System messages are judged by \
          `variable-in-system-message`; trusted variables, numbers, booleans and variables with `one_of` are not reported.",
    bad: "messages:\n  - {role: user, content: \"Summarize this text: {{ text }} Answer in one sentence.\"}",
    good: "messages:\n  - {role: user, content: \"Summarize this text: <text>{{ text }}</text> Answer in one sentence.\"}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    let prompt = version.prompt;
    for message in prompt.definition().messages.iter().filter(|message| message.role != Role::System) {
        let mut told: Vec<String> = Vec::new();
        // The URL of an image is no text that a model reads.
        let texts =
            message.parts.iter().filter_map(|part| if let PartText::Text(text) = part { Some(text) } else { None });
        for used in texts.flat_map(|text| printed(text, prompt.partials())) {
            if used.is_delimited || told.contains(&used.variable) || !is_untrusted(prompt, &used.variable) {
                continue;
            }
            let message = format!("nothing shows where the text of `{}` begins and ends", used.variable);
            let help =
                format!("put it in a frame, such as `<{0}>…</{0}>`, or declare it `trusted: true`", used.variable);
            found.push(RULE.finding(message).at(used.text.place(used.range.start, used.range.end)).help(help));
            told.push(used.variable);
        }
    }
}

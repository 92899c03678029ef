//! Personal data in the text of a prompt.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::TextFile;
use crate::guard::find_personal_data;

pub(super) const RULE: Rule = Rule {
    code: "personal-data",
    about: "an e-mail address, telephone, card or account number stands in the file",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: true,
    why: "A prompt is sent to a provider with every call and stays in git. Examples and samples tend to be copied from real \
          customers. Addresses of an organisation (`support@…`), sample domains, numbers for fiction and test cards are \
          not reported; card and account numbers must have a right check digit. The data is not shown in the message.",
    bad: "messages:\n  - {role: user, content: \"Example: Maria, maria@<a real domain>, asks for a refund\"}",
    good: "messages:\n  - {role: user, content: \"Example: Maria, maria@example.com, asks for a refund\"}",
    check: Check::Text(check),
};

fn check(file: &TextFile<'_>, found: &mut Found) {
    for data in find_personal_data(file.source.text()) {
        let place = file.source.place(file.source.span_of_bytes(data.start, data.end));
        found.push(
            RULE.finding(format!("this looks like {} of somebody; it is not shown here", data.kind))
                .at(place)
                .help("use a made-up value, such as `jane@example.com`"),
        );
    }
}

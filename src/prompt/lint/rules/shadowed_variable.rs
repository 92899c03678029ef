//! A name of `for` or `set` that hides a declared variable.

use super::super::flow::bound;
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};

pub(super) const RULE: Rule = Rule {
    code: "shadowed-variable",
    about: "a loop or `set` gives a declared variable's name to something else",
    level: Level::Warning,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "Inside the loop, and after the `set`, the name no longer means the value that the caller gave. Readers of the \
          template miss that easily.",
    bad: "messages:\n  - {role: user, content: \"{% for item in items %}<i>{{ item }}</i>{% endfor %}\"}\nvariables:\n  items: {type: list}\n  item: {type: string}",
    good: "messages:\n  - {role: user, content: \"{% for each in items %}<i>{{ each }}</i>{% endfor %}<b>{{ item }}</b>\"}\nvariables:\n  items: {type: list}\n  item: {type: string}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    let prompt = version.prompt;
    let own = prompt.definition().texts();
    for text in own.chain(prompt.partials().values().map(|partial| &partial.text)) {
        for name in bound(text.as_str()) {
            let Some(variable) = prompt.variables.get(name.name) else { continue };
            found.push(
                RULE.finding(format!("`{}` hides the variable of this name", name.name))
                    .at(text.place(name.range.start, name.range.end))
                    .related(variable.place.clone(), "the variable")
                    .help("give the loop or `set` another name"),
            );
        }
    }
}

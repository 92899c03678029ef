//! Versions that nothing refers to.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, PromptFolder};
use crate::base::Place;

pub(super) const RULE: Rule = Rule {
    code: "unreferenced-version",
    about: "no label, suite or policy refers to a version that is not the latest",
    level: Level::Note,
    fixable: false,
    is_refused: false,
    in_superseded: true,
    why: "Old versions stay, so that results remain explainable; an application may still ask for one by its number. The \
          note tells which versions only history needs. All of a prompt are told in one note.",
    bad: "prompts/code-review/1.0.0.yaml\nprompts/code-review/1.1.0.yaml     # latest\nprompts/code-review/prompt.yaml    # labels: {production: 1.1.0}",
    good: "prompts/code-review/1.0.0.yaml\nprompts/code-review/1.1.0.yaml     # latest\nprompts/code-review/prompt.yaml    # labels: {production: 1.1.0, previous: 1.0.0}",
    check: Check::Folder(check),
};

fn check(folder: &PromptFolder<'_>, around: &Around<'_>, found: &mut Found) {
    let Some(first) = folder.superseded.first().filter(|_| around.knows_uses) else { return };
    let path = folder.folder.versions.get(first).map(|path| path.strip_prefix(around.root).unwrap_or(path));
    let versions: Vec<String> = folder.superseded.iter().map(ToString::to_string).collect();
    let (verb, noun) = if versions.len() == 1 { ("is", "version") } else { ("are", "versions") };
    let message = format!(
        "nothing refers to {} of `{}`, which {verb} not the latest {noun}",
        versions.join(", "),
        folder.folder.name
    );
    let finding = RULE.finding(message).help("nothing needs to be done; a label keeps a version in use");
    found.push(match path {
        Some(path) => finding.at(Place::of_file(path)),
        None => finding,
    });
}

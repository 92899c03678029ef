//! A released version whose content is no longer what was released.

use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, PromptFolder};

pub(super) const RULE: Rule = Rule {
    code: "released-file-edited",
    about: "a released version is no longer what was released",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: true,
    why: "A released version is immutable: evaluations, labels and deployments rely on its content, partials, schema and \
          examples included. Restore it from git, and release the change as a new version.",
    bad: "# prompts/code-review/1.0.0.yaml, released before\nmessages:\n  - {role: user, content: \"edited\"}",
    good: "# prompts/code-review/1.1.0.yaml, a new release\nmessages:\n  - {role: user, content: \"edited\"}",
    check: Check::Folder(check),
};

fn check(folder: &PromptFolder<'_>, around: &Around<'_>, found: &mut Found) {
    for released in folder.released {
        let locked =
            around.locked.iter().find(|locked| locked.name == folder.folder.name && locked.version == released.version);
        let (Some(locked), Some(digest)) = (locked, released.digest) else { continue };
        if locked.digest != digest {
            let message = format!("{} of `{}` was edited after its release", released.version, folder.folder.name);
            found.push(
                RULE.finding(message)
                    .at(released.place.clone())
                    .help("restore it from git, and release the change as a new version"),
            );
        }
    }
}

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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use semver::Version;

    use super::super::super::lock::Locked;
    use super::super::super::subject::Released;
    use super::*;
    use crate::base::{Digest, Place, Problems, SafeName};
    use crate::price::PriceTable;
    use crate::prompt::releases::folder::Folder;

    /// Versions found when `released` is there and `locked` was released.
    fn edited(released: &[(&str, Option<&str>)], locked: &[(&str, &str, &str)]) -> Vec<String> {
        let temp = tempfile::tempdir().expect("temp");
        let name = |text: &str| SafeName::parse(text).expect("name");
        let folder = Folder::read(name("p"), temp.path(), temp.path(), &mut Problems::new());
        let version = |text: &str| Version::parse(text).expect("version");
        let digest = |text: &str| Digest::of_bytes(text.as_bytes());
        let released: Vec<Released> = released
            .iter()
            .map(|(number, content)| Released {
                version: version(number),
                place: Place::of_file(Path::new(number)),
                digest: content.map(digest),
            })
            .collect();
        let locked: Vec<Locked> = locked
            .iter()
            .map(|(prompt, number, content)| Locked {
                name: name(prompt),
                version: version(number),
                digest: digest(content),
            })
            .collect();
        let around = Around {
            prices: PriceTable::bundled().expect("prices"),
            today: "2026-11-21",
            knows_uses: true,
            locked: &locked,
            root: temp.path(),
        };
        let mut found = Vec::new();
        check(&PromptFolder { folder: &folder, superseded: &[], released: &released }, &around, &mut found);
        found.into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn only_a_digest_that_differs_is_an_edit() {
        let locked = [("p", "1.0.0", "a"), ("p", "1.1.0", "b"), ("q", "1.2.0", "c")];
        assert_eq!(
            edited(&[("1.0.0", Some("a")), ("1.1.0", Some("x"))], &locked),
            ["1.1.0 of `p` was edited after its release"]
        );
        // Not released, of another prompt, or broken, which the reader reports.
        assert_eq!(edited(&[("1.2.0", Some("x")), ("1.0.0", None)], &locked), [""; 0]);
        assert_eq!(edited(&[("1.0.0", Some("x"))], &[]), [""; 0]);
    }
}

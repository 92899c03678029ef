//! A label as a flag file of flagd: <https://flagd.dev/reference/flag-definitions/>.

use serde_json::{Map, Value, json};

use super::super::registry::Registry;
use super::super::releases::folder::{Folder, Label};
use super::bucket::flag_key;
use super::label::LabelValue;
use crate::base::{Diagnostic, Place, Problems, SafeName, closest};

/// The flag file for labels of prompts: one flag per label, named `PROMPT@LABEL`, whose variants are the versions.
///
/// The value of a variant is the version's number, so that an application asks for `PROMPT@VERSION` with it. A split is a
/// `fractional` targeting on the user's id (flagd's `targetingKey`), with the versions from the oldest to the newest;
/// without a user's id flagd answers the version of the largest share, of equal ones the oldest.
pub fn flagd_file<'a>(labels: impl IntoIterator<Item = (&'a SafeName, &'a str, &'a LabelValue)>) -> Value {
    let flags: Map<String, Value> =
        labels.into_iter().map(|(prompt, label, value)| (flag_key(prompt, label), flag(value))).collect();
    json!({"$schema": "https://flagd.dev/schema/v0/flags.json", "flags": flags})
}

impl Registry {
    /// The flag file of a prompt: `NAME` for all of its labels, `NAME@LABEL` for one. What is wrong with the reference is
    /// reported at `from`, a label to a version that is not there where the label is written.
    pub fn flags(&self, reference: &str, from: &Place, problems: &mut Problems) -> Option<Value> {
        let (name, wanted) = reference.split_once('@').map_or((reference, None), |(name, label)| (name, Some(label)));
        let name = match SafeName::parse(name) {
            Ok(name) => name,
            Err(error) => {
                let help = "flags are written of a prompt of the registry: NAME or NAME@LABEL";
                problems.push(Diagnostic::error("prompt-name", error.to_string()).at(from.clone()).help(help));
                return None;
            }
        };
        let before = problems.error_count();
        let folder = self.folder(&name, from, problems)?;
        let chosen: Vec<(&String, &Label)> =
            folder.labels.iter().filter(|(label, _)| wanted.is_none_or(|wanted| wanted == *label)).collect();
        if chosen.is_empty() && problems.error_count() == before {
            problems.push(no_label(&folder, wanted).at(from.clone()));
        }
        for (label, value) in &chosen {
            if let Some(missing) = folder.missing_version(label, value) {
                problems.push(missing);
            }
        }
        let flags = chosen.iter().map(|(label, found)| (&name, label.as_str(), &found.value));
        (problems.error_count() == before).then(|| flagd_file(flags))
    }
}

fn no_label(folder: &Folder, wanted: Option<&str>) -> Diagnostic {
    let name = &folder.name;
    let Some(wanted) = wanted else {
        return Diagnostic::error(
            "no-labels",
            format!("`{name}` has no labels, and a flag file is written from labels"),
        )
        .help(format!("set one: `karat prompt label {name} production latest`"));
    };
    Diagnostic::error("unknown-label", format!("`{name}` has no label `{wanted}`, and flags are written from labels"))
        .did_you_mean(closest(wanted, folder.labels.keys().map(String::as_str)))
        .help(folder.what_exists())
}

fn flag(value: &LabelValue) -> Value {
    let variants: Map<String, Value> =
        value.versions().iter().map(|version| (version.to_string(), json!(version.to_string()))).collect();
    let mut flag = json!({"state": "ENABLED", "variants": variants});
    match value {
        LabelValue::Version(version) => flag["defaultVariant"] = json!(version.to_string()),
        LabelValue::Split(split) => {
            // The first of the largest: `max_by_key` would take the last.
            let largest = split.shares().iter().rev().max_by_key(|(_, weight)| *weight);
            flag["defaultVariant"] = json!(largest.map(|(version, _)| version.to_string()));
            let shares: Vec<Value> =
                split.shares().iter().map(|(version, weight)| json!([version.to_string(), weight])).collect();
            flag["targeting"] = json!({"fractional": shares});
        }
    }
    flag
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::super::super::given::command_line;
    use super::super::super::tests::Project;
    use super::*;

    /// `fixtures/flagd/check.mjs` loads the same file into flagd-core with its schema validation switched on.
    #[test]
    fn the_flag_file_is_the_one_that_flagd_core_accepted() {
        let name = SafeName::parse("code-review").expect("name");
        let one = LabelValue::Version(Version::new(1, 2, 0));
        let shares = vec![(Version::new(1, 3, 0), 10), (Version::new(1, 2, 0), 90)];
        let two = LabelValue::of_shares(shares).expect("split");
        let equal = vec![(Version::new(1, 3, 0), 1), (Version::new(1, 2, 0), 1), (Version::new(1, 4, 0), 1)];
        let three = LabelValue::of_shares(equal).expect("split");
        let file = flagd_file([(&name, "staging", &one), (&name, "production", &two), (&name, "beta", &three)]);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flagd/flags.json");
        let wanted: Value = serde_json::from_slice(&std::fs::read(path).expect("fixture")).expect("json");
        assert_eq!(file, wanted);
        assert_eq!(file["flags"]["code-review@beta"]["defaultVariant"], "1.2.0");
    }

    /// The same file, from the folder of a prompt.
    #[test]
    fn labels_of_a_folder_are_flags() {
        let project = Project::new(&[
            (
                "prompts/code-review/prompt.yaml",
                "labels:\n  staging: 1.2.0\n  production: {1.2.0: 90, 1.3.0: 10}\n  beta: {1.4.0: 1, 1.3.0: 1, 1.2.0: 1}\n",
            ),
            ("prompts/code-review/1.2.0.yaml", "template: a\n"),
            ("prompts/code-review/1.3.0.yaml", "template: b\n"),
            ("prompts/code-review/1.4.0.yaml", "template: c\n"),
            ("prompts/bare/1.0.0.yaml", "template: a\n"),
            ("prompts/lost/prompt.yaml", "labels: {beta: 1.0.0}\n"),
        ]);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flagd/flags.json");
        let wanted: Value = serde_json::from_slice(&std::fs::read(path).expect("fixture")).expect("json");
        let flags = |reference: &str| {
            let mut problems = Problems::new();
            let flags = project.registry().flags(reference, &command_line(), &mut problems);
            assert_eq!(flags.is_none(), problems.has_errors(), "{reference}");
            flags.ok_or_else(|| problems.render(false))
        };
        assert_eq!(flags("code-review").as_ref(), Ok(&wanted));
        let one = flags("code-review@production").expect("flags");
        let key = "code-review@production";
        assert_eq!(one["flags"], json!({key: wanted["flags"][key]}));
        for (reference, told) in [
            ("code-review@prodution", "did you mean `production`?"),
            ("code-review@1.2.0", "flags are written from labels"),
            ("code-review@git:main", "has no label `git:main`"),
            ("code-reviw", "did you mean `code-review`?"),
            ("bare", "karat prompt label bare production latest"),
            ("lost", "points to 1.0.0, which does not exist"),
            ("../x", "error[prompt-name]"),
            ("", "error[prompt-name]"),
        ] {
            let problems = flags(reference).expect_err(reference);
            assert!(problems.contains(told), "{reference}: {problems}");
        }
    }
}

//! Sets, moves and removes labels.

use std::io;
use std::path::PathBuf;

use semver::Version;

use super::super::registry::Registry;
use super::super::releases::folder::{ABOUT_FILE, DRAFT, Folder, LATEST, version};
use super::super::releases::lock::Forced;
use super::label::{LabelValue, label_name};
use super::label_edit::edited;
use crate::base::files::{self, Lock};
use crate::base::{Diagnostic, Digest, Place, Problems, SafeName};

/// Labels that move only to versions with a passing run, unless forced.
pub const PROTECTED_LABELS: &[&str] = &["production"];

/// A change of one label that is ready to be carried out.
#[derive(Debug, Clone)]
pub struct LabelMove {
    /// The prompt.
    pub name: SafeName,
    /// The label.
    pub label: String,
    /// What it points to now; `None` when it is not set.
    pub before: Option<LabelValue>,
    /// What it will point to; `None` removes it.
    pub after: Option<LabelValue>,
    /// The file that is changed, as shown to the user.
    pub file: PathBuf,
    /// Versions that the label does not serve now, with the digests of their prompts, when the label is protected: each
    /// needs a passing run.
    pub unproven: Vec<(Version, Digest)>,
    path: PathBuf,
    text: String,
}

impl LabelMove {
    /// Whether it changes anything.
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// Writes the prompt's file; and first the lock file, when moves were forced: a record without its move does less
    /// harm than a move without its record.
    ///
    /// # Errors
    /// The I/O error.
    pub fn carry_out(&self, registry: &Registry, forced: &[Forced], _held: &Lock) -> io::Result<()> {
        if !forced.is_empty() {
            let mut problems = Problems::new();
            let mut lock = registry.lock(&mut problems);
            if problems.has_errors() {
                return Err(io::Error::other(problems.render(false)));
            }
            forced.iter().for_each(|one| lock.record_forced(self.name.clone(), &self.label, one.clone()));
            lock.write(&registry.prompts)?;
        }
        files::write_atomic(&self.path, self.text.as_bytes())
    }
}

impl Registry {
    /// What a word of the command line means as the value of a label: a version, `latest`, or what another label points
    /// to. What is wrong with it goes to `problems`.
    pub fn label_target(&self, name: &SafeName, word: &str, problems: &mut Problems) -> Option<LabelValue> {
        let folder = self.folder(name, &self.nowhere(), problems)?;
        if word == DRAFT {
            let message = "a label points to a released version, `next` is the draft";
            let help = format!("release it first: `karat prompt release {name} -m \"…\"`");
            problems.push(Diagnostic::error("label-to-draft", message).help(help));
            return None;
        }
        if let Some(label) = folder.labels.get(word) {
            return Some(label.value.clone());
        }
        let from = self.place_of(&folder);
        let found = if word == LATEST { folder.latest().cloned() } else { version(word).ok() };
        let Some(version) = found else {
            let code = if word == LATEST { "unknown-version" } else { "version-not-semver" };
            let message = format!("`{word}` is neither a version nor a label of `{name}`");
            let near = folder.nearest(word);
            problems.push(
                Diagnostic::error(code, message).at(from).did_you_mean(near.as_deref()).help(folder.what_exists()),
            );
            return None;
        };
        Some(LabelValue::Version(version))
    }

    /// The value of a label; `None` when it is not set.
    pub fn label_value(&self, name: &SafeName, label: &str, problems: &mut Problems) -> Option<LabelValue> {
        let folder = self.folder(name, &self.nowhere(), problems)?;
        folder.labels.get(label).map(|label| label.value.clone())
    }

    /// Everything about a change of a label, without changing anything. What is wrong goes to `problems`.
    pub fn plan_label(
        &self,
        name: &SafeName,
        label: &str,
        after: Option<LabelValue>,
        problems: &mut Problems,
    ) -> Option<LabelMove> {
        let before_errors = problems.error_count();
        if let Err(why) = label_name(label) {
            problems.push(Diagnostic::error("label-name", format!("`{label}` cannot be a label: {why}")));
            return None;
        }
        let folder = self.folder(name, &self.nowhere(), problems)?;
        for missing in after.iter().flat_map(LabelValue::versions).filter(|v| !folder.versions.contains_key(*v)) {
            let message = format!("`{name}` has no version {missing}");
            let near = folder.nearest(&missing.to_string());
            problems.push(
                Diagnostic::error("unknown-version", message)
                    .at(self.place_of(&folder))
                    .did_you_mean(near.as_deref())
                    .help(folder.what_exists()),
            );
        }
        let before = folder.labels.get(label).map(|label| label.value.clone());
        let path = folder.path.join(ABOUT_FILE);
        let file = self.shown(&path).to_path_buf();
        let text = match path.exists().then(|| files::read_source(&path, &file)) {
            None => String::new(),
            Some(Ok(source)) => source.text().to_owned(),
            Some(Err(problem)) => {
                problems.push(*problem);
                return None;
            }
        };
        // A file with errors is reported as such: it was read above.
        if problems.error_count() > before_errors {
            return None;
        }
        let text = match edited(&text, label, after.as_ref()) {
            Ok(text) => text,
            Err(why) => {
                let message =
                    format!("`{}` cannot be changed without touching more than the label: {why}", file.display());
                let help = match &after {
                    Some(value) => format!("write `{label}: {value}` under `labels:` by hand"),
                    None => format!("remove `{label}` by hand"),
                };
                problems.push(Diagnostic::error("label-edit", message).at(Place::of_file(&file)).help(help));
                return None;
            }
        };
        let unproven = self.unproven(&folder, label, before.as_ref(), after.as_ref(), problems);
        let plan = LabelMove { name: name.clone(), label: label.to_owned(), before, after, file, unproven, path, text };
        (problems.error_count() == before_errors).then_some(plan)
    }

    fn unproven(
        &self,
        folder: &Folder,
        label: &str,
        before: Option<&LabelValue>,
        after: Option<&LabelValue>,
        problems: &mut Problems,
    ) -> Vec<(Version, Digest)> {
        if !PROTECTED_LABELS.contains(&label) {
            return Vec::new();
        }
        let served = before.map(LabelValue::versions).unwrap_or_default();
        let wanted = after.map(LabelValue::versions).unwrap_or_default();
        let new = wanted.into_iter().filter(|version| !served.contains(version));
        new.filter_map(|version| Some((version.clone(), self.released(folder, version, problems)?.digest))).collect()
    }

    pub(in crate::prompt) fn place_of(&self, folder: &Folder) -> Place {
        Place::of_file(self.shown(&folder.path))
    }

    /// Where a name of the command line stands: nowhere, so the folder of prompts is shown.
    pub(in crate::prompt) fn nowhere(&self) -> Place {
        Place::of_file(self.shown(&self.prompts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Project;
    use super::*;

    fn project() -> Project {
        Project::new(&[
            ("prompts/p/1.0.0.yaml", "template: one\n"),
            ("prompts/p/1.1.0.yaml", "template: two\n"),
            ("prompts/p/next.yaml", "template: three\n"),
            ("prompts/p/prompt.yaml", "# mine\nlabels:\n  production: 1.0.0 # live\n  staging: 1.1.0\n"),
            ("prompts/q/1.0.0.yaml", "template: q\n"),
        ])
    }

    fn name(text: &str) -> SafeName {
        SafeName::parse(text).expect("name")
    }

    #[test]
    fn a_move_changes_the_file_and_names_what_needs_a_run() {
        let project = project();
        let registry = project.registry();
        let mut problems = Problems::new();
        let target = registry.label_target(&name("p"), "staging", &mut problems).expect("target");
        let plan = registry.plan_label(&name("p"), "production", Some(target), &mut problems).expect("plan");
        assert_eq!(plan.unproven, [(Version::new(1, 1, 0), project.prompt("p@1.1.0").digest)]);
        let held = registry.hold().expect("io").expect("free");
        let forced = Forced { version: Version::new(1, 1, 0), prompt: plan.unproven[0].1, reason: "why".to_owned() };
        plan.carry_out(&registry, std::slice::from_ref(&forced), &held).expect("written");
        assert_eq!(
            project.read("prompts/p/prompt.yaml"),
            "# mine\nlabels:\n  production: 1.1.0 # live\n  staging: 1.1.0\n"
        );
        let lock = project.registry().lock(&mut problems);
        assert_eq!(lock.forced().collect::<Vec<_>>(), [(&name("p"), "production", &forced)]);
        assert_eq!(project.prompt("p@production").name, "p@1.1.0");
        assert!(problems.is_empty(), "{}", problems.render(false));
    }

    #[test]
    fn a_prompt_without_a_file_of_its_own_gets_one() {
        let project = project();
        let registry = project.registry();
        let mut problems = Problems::new();
        let target = registry.label_target(&name("q"), "latest", &mut problems);
        let plan = registry.plan_label(&name("q"), "canary", target, &mut problems).expect("plan");
        assert!(plan.unproven.is_empty() && plan.is_change() && plan.before.is_none());
        plan.carry_out(&registry, &[], &registry.hold().expect("io").expect("free")).expect("written");
        assert_eq!(project.read("prompts/q/prompt.yaml"), "labels:\n  canary: 1.0.0\n");
    }

    #[test]
    fn shares_that_are_served_already_need_no_new_run() {
        let project = project();
        let shares = vec![(Version::new(1, 0, 0), 90), (Version::new(1, 1, 0), 10)];
        let split = LabelValue::of_shares(shares).expect("split");
        let registry = project.registry();
        let plan = registry.plan_label(&name("p"), "production", Some(split), &mut Problems::new()).expect("plan");
        let versions: Vec<&Version> = plan.unproven.iter().map(|(version, _)| version).collect();
        assert_eq!(versions, [&Version::new(1, 1, 0)]);
    }

    #[test]
    fn wrong_targets_and_names_are_refused() {
        let project = project();
        let registry = project.registry();
        for (word, wanted) in [
            ("next", "release it first"),
            ("1.1", "neither a version nor a label"),
            ("prodution", "did you mean `production`?"),
        ] {
            let mut problems = Problems::new();
            assert_eq!(registry.label_target(&name("p"), word, &mut problems), None);
            assert!(problems.render(false).contains(wanted), "{word}: {}", problems.render(false));
        }
        for (prompt, label, version, wanted) in [
            ("p", "latest", "1.0.0", "meaning of its own"),
            ("p", "../x", "1.0.0", "cannot be a label"),
            ("p", "canary", "9.0.0", "versions: next, 1.1.0, 1.0.0"),
            ("gone", "canary", "1.0.0", "there is no prompt `gone`"),
        ] {
            let mut problems = Problems::new();
            let value = LabelValue::Version(Version::parse(version).expect("version"));
            assert!(registry.plan_label(&name(prompt), label, Some(value), &mut problems).is_none());
            assert!(problems.render(false).contains(wanted), "{label}: {}", problems.render(false));
        }
    }
}

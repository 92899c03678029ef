//! `prompts/registry.lock`: what every released version was when it was released.
//!
//! One line per version, sorted, so that a release is one added line in a diff and two releases on two branches merge:
//!
//! ```text
//! code-review 1.2.0 {"prompt":"…","file":"…","includes":{"prompts/_partials/safety.md":"…"},"message":"Say which line"}
//! code-review production {"forced":"1.2.0","prompt":"…","reason":"hot fix"}
//! ```
//!
//! `prompt` is the digest of the prompt (everything that can change what is sent), `file` the SHA-256 of the file as
//! `sha256sum` prints it, `includes` that of every file that the version names or includes. A line with a label in place of
//! a version records that the label was moved to a version with `--force`, and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use semver::Version;
use serde::{Deserialize, Serialize};

use super::folder::version;
use crate::base::files::{self, Lock};
use crate::base::{Diagnostic, Digest, Place, Problems, SafeName, Source};

/// The file, in the folder of prompts.
pub const LOCK_FILE: &str = "registry.lock";

const HEADER: &str =
    "# Digests of released prompts, written by `karat prompt release`; `karat prompt verify` compares them.\n";

/// How long a process waits for another one that changes the registry.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a version was when it was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockEntry {
    /// Digest of the prompt.
    pub prompt: Digest,
    /// SHA-256 of the file.
    pub file: Digest,
    /// SHA-256 of each file that the version names or includes, by its path in the project.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub includes: BTreeMap<String, Digest>,
    /// Why it was released, as `-m` said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A label that was moved to a version without evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forced {
    /// The version.
    #[serde(rename = "forced")]
    pub version: Version,
    /// Digest of the prompt at that time.
    pub prompt: Digest,
    /// Why, as `-m` said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The lock file as a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistryLock {
    entries: BTreeMap<(SafeName, Version), LockEntry>,
    /// Forced moves by prompt and label.
    forced: BTreeMap<(SafeName, String), Vec<Forced>>,
    /// Whether there is such a file.
    pub exists: bool,
}

impl RegistryLock {
    /// Reads `registry.lock` in the folder of prompts; without the file nothing is locked.
    pub fn read(prompts: &Path, root: &Path, problems: &mut Problems) -> RegistryLock {
        let path = prompts.join(LOCK_FILE);
        if !path.exists() {
            return RegistryLock::default();
        }
        match files::read_source(&path, path.strip_prefix(root).unwrap_or(&path)) {
            Ok(source) => RegistryLock { exists: true, ..RegistryLock::parse(&source, problems) },
            Err(problem) => {
                problems.push(*problem);
                RegistryLock::default()
            }
        }
    }

    /// Reads the text of the file; lines that are none go to `problems`.
    pub(in crate::prompt) fn parse(source: &Source, problems: &mut Problems) -> RegistryLock {
        let mut lock = RegistryLock { exists: true, ..RegistryLock::default() };
        let mut start = 0;
        for line in source.text().split_inclusive('\n') {
            let text = line.trim_end();
            if !text.is_empty()
                && !text.starts_with('#')
                && let Err(why) = lock.parse_line(text)
            {
                problems.push(lock_problem(&why, text, source.place(source.span_of_bytes(start, start + text.len()))));
            }
            start += line.len();
        }
        lock
    }

    fn parse_line(&mut self, line: &str) -> Result<(), String> {
        let mut parts = line.splitn(3, ' ');
        let (Some(name), Some(subject), Some(json)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("it needs a prompt, a version and an object".to_owned());
        };
        let name = SafeName::parse(name).map_err(|error| error.to_string())?;
        if subject.starts_with(|c: char| c.is_ascii_digit()) {
            let version = version(subject)?;
            let entry: LockEntry = serde_json::from_str(json).map_err(|error| error.to_string())?;
            return match self.entries.insert((name, version), entry) {
                None => Ok(()),
                Some(_) => Err("this version has another line above".to_owned()),
            };
        }
        let forced: Forced = serde_json::from_str(json).map_err(|error| error.to_string())?;
        self.record_forced(name, subject, forced);
        Ok(())
    }

    /// The text of the file.
    pub fn print(&self) -> String {
        let mut lines: Vec<(&SafeName, u8, String, String)> = Vec::new();
        let json = |value: serde_json::Result<String>| value.unwrap_or_default();
        for (order, ((name, version), entry)) in self.entries.iter().enumerate() {
            lines.push((
                name,
                0,
                format!("{order:09}"),
                format!("{name} {version} {}", json(serde_json::to_string(entry))),
            ));
        }
        for ((name, label), forced) in &self.forced {
            for one in forced {
                lines.push((name, 1, label.clone(), format!("{name} {label} {}", json(serde_json::to_string(one)))));
            }
        }
        lines.sort();
        let mut text = HEADER.to_owned();
        lines.iter().for_each(|(.., line)| _ = writeln!(text, "{line}"));
        text
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// The I/O error.
    pub fn write(&self, prompts: &Path) -> io::Result<()> {
        files::write_atomic(&prompts.join(LOCK_FILE), self.print().as_bytes())
    }

    /// What a version was when it was released; `None` when it was not.
    pub fn entry(&self, name: &SafeName, version: &Version) -> Option<&LockEntry> {
        self.entries.get(&(name.clone(), version.clone()))
    }

    /// All entries by prompt and version.
    pub fn entries(&self) -> impl Iterator<Item = (&SafeName, &Version, &LockEntry)> {
        self.entries.iter().map(|((name, version), entry)| (name, version, entry))
    }

    /// Every forced move with its prompt and label.
    pub fn forced(&self) -> impl Iterator<Item = (&SafeName, &str, &Forced)> {
        self.forced.iter().flat_map(|((name, label), all)| all.iter().map(move |one| (name, label.as_str(), one)))
    }

    /// Adds or replaces the entry of a version.
    pub fn insert(&mut self, name: SafeName, version: Version, entry: LockEntry) {
        self.entries.insert((name, version), entry);
    }

    /// Records a forced move; the same version is recorded once per label, with the latest reason.
    pub fn record_forced(&mut self, name: SafeName, label: &str, forced: Forced) {
        let all = self.forced.entry((name, label.to_owned())).or_default();
        all.retain(|known| known.version != forced.version);
        all.push(forced);
        all.sort();
    }
}

fn lock_problem(why: &str, line: &str, place: Place) -> Diagnostic {
    let is_conflict = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
    if is_conflict {
        return Diagnostic::error("lock-conflict", "a merge left a conflict in the lock file")
            .at(place)
            .help("keep the lines of both sides and remove the marks; the order does not matter");
    }
    Diagnostic::error("lock-invalid", format!("this is no line of a lock file: {why}"))
        .at(place)
        .help("take the file from git (`git checkout -- prompts/registry.lock`), or remove the line and lock it anew with `karat prompt verify --adopt`")
}

/// Takes the right to change the registry of the project at `root`, so that two processes cannot lose each other's
/// changes; waits a few seconds for another one. `None` when that one did not finish.
///
/// # Errors
/// When the lock cannot be made.
pub(in crate::prompt) fn hold(root: &Path) -> io::Result<Option<Lock>> {
    let path: PathBuf = root.join(".karat").join("prompts.lock");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let began = Instant::now();
    loop {
        match Lock::take(&path)? {
            Some(held) => return Ok(Some(held)),
            None if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> SafeName {
        SafeName::parse(text).expect("name")
    }

    fn entry(text: &str, message: &str) -> LockEntry {
        let digest = Digest::of_bytes(text.as_bytes());
        let includes = BTreeMap::from([("prompts/_partials/a b.md".to_owned(), digest)]);
        LockEntry { prompt: digest, file: digest, includes, message: message.to_owned() }
    }

    fn sample() -> RegistryLock {
        let mut lock = RegistryLock { exists: true, ..RegistryLock::default() };
        for (prompt, version, message) in [
            ("b", "1.0.0", ""),
            ("a", "1.10.0", "quotes \" and\nlines, größe 🎉"),
            ("a", "1.2.0", "# no comment"),
            ("a", "2.0.0-rc.1", "x"),
        ] {
            lock.insert(name(prompt), Version::parse(version).expect("version"), entry(version, message));
        }
        let forced =
            Forced { version: Version::new(1, 2, 0), prompt: Digest::of_bytes(b"x"), reason: "hot fix".to_owned() };
        lock.record_forced(name("a"), "production", forced.clone());
        lock.record_forced(name("a"), "production", forced);
        lock
    }

    #[test]
    fn what_is_written_is_read_back_one_line_each_and_sorted() {
        let lock = sample();
        let text = lock.print();
        let starts: Vec<String> =
            text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(starts, ["# Digests", "a 1.2.0", "a 1.10.0", "a 2.0.0-rc.1", "a production", "b 1.0.0"]);
        let mut problems = Problems::new();
        let back = RegistryLock::parse(&Source::new("registry.lock", text.as_str()), &mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        assert_eq!(back, lock);
        assert_eq!(back.print(), text);
    }

    #[test]
    fn lines_in_any_order_are_the_same_lock() {
        let text = sample().print();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.reverse();
        let shuffled = lines.join("\r\n");
        assert_eq!(RegistryLock::parse(&Source::new("l", shuffled), &mut Problems::new()), sample());
    }

    #[test]
    fn broken_lines_are_all_reported_at_their_place() {
        let digest = "0".repeat(64);
        let good = format!("a 1.0.0 {{\"prompt\":\"{digest}\",\"file\":\"{digest}\"}}");
        let text = format!(
            "{good}\n<<<<<<< HEAD\n{good}\na 1.0.0\na 1.2 {{}}\n../x 1.0.0 {{}}\na 1.0.1 {{\"prompt\":\"1\"}}\na 1.0.2 {{\"prompt\":\"{digest}\",\"file\":\"{digest}\",\"fiel\":1}}\n"
        );
        let mut problems = Problems::new();
        let lock = RegistryLock::parse(&Source::new("prompts/registry.lock", text), &mut problems);
        let told = problems.render(false);
        assert_eq!(problems.error_count(), 7, "{told}");
        for wanted in [
            "[lock-conflict]",
            "registry.lock:2:1",
            "another line above",
            "needs a prompt",
            "three numbers",
            "not a valid name",
            "64 hexadecimal",
            "unknown field",
        ] {
            assert!(told.contains(wanted), "{wanted} not in\n{told}");
        }
        assert_eq!(lock.entries().count(), 1);
    }

    #[test]
    fn the_registry_is_held_by_one_at_a_time() {
        let folder = tempfile::tempdir().expect("temp");
        let held = hold(folder.path()).expect("io").expect("free");
        assert!(Lock::take(&folder.path().join(".karat/prompts.lock")).expect("io").is_none());
        drop(held);
        assert!(hold(folder.path()).expect("io").is_some());
    }
}

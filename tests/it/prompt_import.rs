//! `karat prompt import` and `export` on real folders: what is written, what is refused, what stays untouched.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

use crate::support::copy_folder;

struct Project(TempDir);

impl Project {
    fn new() -> Project {
        let project = Project(tempfile::tempdir().expect("temp"));
        fs::write(project.at("karat.yaml"), "calls: replay\n").expect("write");
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/import"), &project.at("in"));
        project
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Exit code, stdout and stderr.
    fn karat(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(assert_cmd::cargo::cargo_bin("karat"))
            .arg("prompt")
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .output()
            .expect("karat");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().expect("code"), text(&output.stdout), text(&output.stderr))
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).expect("file")
    }
}

#[test]
fn an_imported_prompt_can_be_exported_at_once() {
    let project = Project::new();
    let (code, out, err) = project.karat(&["import", "in/dotprompt/greeting.prompt", "--as", "2.1.0"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("prompts/greeting/2.1.0.yaml"), "{out}");
    let file = project.read("prompts/greeting/2.1.0.yaml");
    let head = "# Imported from greeting.prompt (dotprompt).\n# written for the model googleai/gemini-2.5-flash\nabout: Greets a guest of the harbour café\n";
    assert!(file.starts_with(head), "{file}");
    assert!(file.contains("{% for dish in dishes %}- {{ dish }} ({{ loop.index0 }}, for {{ name }})"), "{file}");
    let (code, out, err) =
        project.karat(&["export", "greeting@2.1.0", "--format", "openai", "--vars", "in/values.yaml"]);
    assert_eq!((code, out.as_str()), (2, ""), "a missing file of values is an error: {err}");
    fs::write(project.at("in/values.yaml"), "name: Ada\ndishes: [soup]\n").expect("write");
    let (code, out, err) =
        project.karat(&["export", "greeting", "--format", "openai", "--vars", "in/values.yaml", "--lossy"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("Greet a guest named Ada plainly.\\n- soup (0, for Ada)\\nAnswer as JSON."), "{out}");
}

#[test]
fn versions_and_labels_become_files_and_labels() {
    let project = Project::new();
    let (code, _, err) = project.karat(&["import", "in/langfuse/export.json", "in/mlflow/versions.json"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(project.read("prompts/movie-critic/prompt.yaml"), "labels:\n  production: 3.0.0\n");
    let labels = "labels:\n  beta: 2.0.0\n  production: 2.0.0\n";
    assert_eq!(project.read("prompts/summarization-prompt/prompt.yaml"), labels);
    let (code, out, err) = project.karat(&["export", "movie-critic@production", "--format", "env"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("PROMPT_NAME=movie-critic\nPROMPT_VERSION=3.0.0\nPROMPT_DIGEST="), "{out}");
}

#[test]
fn imported_versions_are_locked_like_releases() {
    let project = Project::new();
    let import = ["import", "in/langfuse/export.json", "in/mlflow/versions.json"];
    let (code, _, err) = project.karat(&[&import[..], &["--dry-run"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(!project.at("prompts").exists() && !project.at(".karat").exists(), "a dry run leaves nothing behind");
    let (code, _, err) = project.karat(&import);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = project.karat(&["import", "in/dotprompt/greeting.prompt", "--as", "2.1.0"]);
    assert_eq!(code, 0, "{err}");
    let lock = project.read("prompts/registry.lock");
    let lines: Vec<(&str, &str)> = lock
        .lines()
        .skip(1)
        .map(|line| (line.split(" {").next().expect("a key"), line.rsplit("\"message\":").next().expect("a message")))
        .collect();
    assert_eq!(
        lines,
        [
            ("greeting 2.1.0", "\"imported from greeting.prompt\"}"),
            ("movie-critic 1.0.0", "\"imported from export.json\"}"),
            ("movie-critic 3.0.0", "\"imported from export.json\"}"),
            ("summarization-prompt 1.0.0", "\"imported from versions.json\"}"),
            ("summarization-prompt 2.0.0", "\"imported from versions.json\"}"),
        ]
    );
    let (code, out, err) = project.karat(&["verify"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(!out.contains("not locked"), "{out}");
    // The same again changes nothing; a draft needs no lock.
    assert_eq!(project.karat(&import).0, 0);
    assert_eq!(project.karat(&["import", "in/promptfoo/summary.md"]).0, 0);
    assert_eq!(project.read("prompts/registry.lock"), lock);
    // A release is never changed, not even with `--yes`.
    let before = project.read("prompts/movie-critic/1.0.0.yaml");
    let other = ["import", "in/promptfoo/summary.md", "--name", "movie-critic", "--as", "1.0.0", "--yes"];
    let (code, _, err) = project.karat(&other);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("error[released-version]: `movie-critic` 1.0.0"), "{err}");
    assert_eq!(project.read("prompts/movie-critic/1.0.0.yaml"), before);
    // An import that stopped before the lock is finished by the next one.
    fs::remove_file(project.at("prompts/registry.lock")).expect("removed");
    assert_eq!(project.karat(&import).0, 0);
    assert_eq!(project.karat(&["verify", "movie-critic", "summarization-prompt"]).0, 0);
}

#[test]
fn imports_of_two_processes_at_once_are_both_locked() {
    let project = Project::new();
    for round in 1..5 {
        let version = format!("{round}.0.0");
        let children = ["left", "right"].map(|name| {
            std::process::Command::new(assert_cmd::cargo::cargo_bin("karat"))
                .args(["prompt", "import", "in/promptfoo/summary.md", "--name", name, "--as", &version])
                .current_dir(project.0.path())
                .env_clear()
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("starts")
        });
        for mut child in children {
            assert!(child.wait().expect("ends").success());
        }
    }
    let (code, out, _) = project.karat(&["verify", "--format", "json"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("\"checked\": 8"), "{out}");
}

#[cfg(unix)]
#[test]
fn an_import_waits_for_who_changes_the_registry_and_then_gives_up() {
    let project = Project::new();
    fs::create_dir_all(project.at(".karat")).expect("folder");
    let file = fs::File::create(project.at(".karat/prompts.lock")).expect("lock");
    file.lock().expect("locked");
    let (code, out, err) = project.karat(&["import", "in/promptfoo/summary.md", "--as", "1.0.0"]);
    assert_eq!((code, out.as_str()), (6, ""), "{err}");
    assert!(err.contains("another process is changing the registry"), "{err}");
    assert!(!project.at("prompts").exists());
}

#[test]
fn nothing_is_written_when_one_of_the_files_is_wrong() {
    let project = Project::new();
    let (code, out, err) = project.karat(&["import", "in/dotprompt/greeting.prompt", "in/bad/partial.prompt"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("in/bad/partial.prompt:6:1") && err.contains("in/bad/partial.prompt:7:1"), "{err}");
    assert!(!project.at("prompts").exists());
}

#[test]
fn files_are_overwritten_only_when_told_so() {
    let project = Project::new();
    let import = ["import", "in/promptfoo/summary.md", "--as", "1.0.0"];
    assert_eq!(project.karat(&import).0, 0);
    fs::write(project.at("prompts/summary/prompt.yaml"), "owner: me\n").expect("write");
    let (code, out, _) = project.karat(&import);
    assert_eq!(code, 0, "the same again changes nothing");
    assert!(out.contains("left as it is") && !out.contains("overwritten"), "{out}");
    fs::write(project.at("prompts/summary/1.0.0.yaml"), "template: mine\n").expect("write");
    let (code, _, err) = project.karat(&import);
    assert_eq!(code, 2);
    assert!(err.contains("error[file-exists]: `prompts/summary/1.0.0.yaml`"), "{err}");
    assert_eq!(project.read("prompts/summary/1.0.0.yaml"), "template: mine\n");
    let (code, out, err) = project.karat(&[&import[..], &["--yes"]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("overwritten"), "{out}");
    assert!(project.read("prompts/summary/1.0.0.yaml").contains("article.title"));
    assert_eq!(project.read("prompts/summary/prompt.yaml"), "owner: me\n", "an import without labels leaves it alone");
}

#[test]
fn secrets_and_broken_bytes_are_refused() {
    let project = Project::new();
    let key = ["gh", "p_Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat();
    fs::write(project.at("in/secret.txt"), format!("Use {key} here\n")).expect("write");
    fs::write(project.at("in/latin.prompt"), b"caf\xe9\n").expect("write");
    let (code, out, err) = project.karat(&["import", "in/secret.txt", "in/latin.prompt"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("error[secret-in-file]") && err.contains("in/secret.txt:1:5"), "{err}");
    assert!(err.contains("error[invalid-utf8]") && err.contains("in/latin.prompt:1:4"), "{err}");
    assert!(!err.contains("Zq83"), "{err}");
    assert!(!project.at("prompts").exists());
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_project_is_not_followed() {
    let project = Project::new();
    let outside = tempfile::tempdir().expect("temp");
    fs::create_dir(project.at("prompts")).expect("folder");
    std::os::unix::fs::symlink(outside.path(), project.at("prompts/summary")).expect("link");
    let (code, _, err) = project.karat(&["import", "in/promptfoo/summary.md"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("error[path-outside-project]"), "{err}");
    assert_eq!(fs::read_dir(outside.path()).expect("folder").count(), 0);
}

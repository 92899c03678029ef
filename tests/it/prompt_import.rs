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

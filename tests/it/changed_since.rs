//! `karat eval --changed-since`: the bundled project in a real git repository.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use git2::{IndexAddOption, Repository, Signature};
use tempfile::TempDir;

use crate::project::Told;
use crate::support::copy_folder;

const NOTHING: &str = "nothing changed since HEAD; no suite was run";

/// The bundled project, all of it committed.
struct Bundled(TempDir);

impl Bundled {
    fn without_git() -> Bundled {
        let folder = tempfile::tempdir().expect("temp");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in ["prompts", "evals", "fixtures"] {
            copy_folder(&root.join(part), &folder.path().join(part));
        }
        fs::copy(root.join("karat.yaml"), folder.path().join("karat.yaml")).expect("copy");
        fs::write(folder.path().join(".gitignore"), ".karat/\n").expect("write");
        Bundled(folder)
    }

    fn new() -> Bundled {
        let project = Bundled::without_git();
        Repository::init(project.0.path()).expect("init");
        project.commit();
        project
    }

    fn commit(&self) {
        let git = Repository::open(self.0.path()).expect("repository");
        let mut index = git.index().expect("index");
        index.add_all(["*"], IndexAddOption::DEFAULT, None).expect("add");
        index.update_all(["*"], None).expect("update");
        index.write().expect("write");
        let tree = git.find_tree(index.write_tree().expect("tree")).expect("tree");
        let who = Signature::now("Ada", "ada@example.org").expect("signature");
        let head = git.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = head.iter().collect();
        git.commit(Some("HEAD"), &who, &who, "a change", &tree, &parents).expect("commit");
    }

    fn edit(&self, path: &str, edit: impl Fn(&str) -> String) {
        let path = self.0.path().join(path);
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, edit(&text)).expect("write");
    }

    fn eval(&self, args: &str) -> Told {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("karat"));
        command.arg("eval").args(args.split_whitespace()).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        Told::of(&command.output().expect("karat runs"))
    }

    /// The suites that a run since HEAD would have, after an edit that is then taken back.
    fn suites_after(&self, path: &str, edit: impl Fn(&str) -> String) -> Vec<String> {
        let before = fs::read(self.0.path().join(path)).ok();
        self.edit(path, edit);
        let plan = self.eval("--changed-since HEAD --dry-run --format json").exits(0).json();
        match before {
            Some(bytes) => fs::write(self.0.path().join(path), bytes).expect("write"),
            None => fs::remove_file(self.0.path().join(path)).expect("removed"),
        }
        let suites = plan["suites"].as_array().expect("suites");
        suites.iter().map(|suite| suite["name"].as_str().expect("name").to_owned()).collect()
    }
}

fn more(text: &str) -> String {
    format!("{text}\n# more\n")
}

#[test]
fn only_suites_that_changed_are_planned() {
    let project = Bundled::new();
    let all = ["article-search", "code-review", "document-classifier", "support-answers"];
    assert_eq!(project.suites_after("evals/code-review.yaml", more), ["code-review"]);
    assert_eq!(
        project.suites_after("evals/cases/document-classifier.csv", |text| text.trim_end().to_owned()),
        ["document-classifier"]
    );
    // A schema of a prompt, a partial that a prompt includes, a label, a draft that nothing runs yet.
    assert_eq!(
        project.suites_after("prompts/code-review/review.schema.json", |text| format!("{text}\n")),
        ["code-review"]
    );
    assert_eq!(project.suites_after("prompts/_partials/grounding.md", more), ["support-answers"]);
    assert_eq!(
        project.suites_after("prompts/code-review/prompt.yaml", |text| text.replace("1.1.0", "1.0.0")),
        ["code-review"]
    );
    assert_eq!(project.suites_after("karat.yaml", more), all);
    for path in ["notes.md", "prompts/code-review/prompt.yaml"] {
        assert!(project.suites_after(path, more).is_empty(), "{path}");
    }
    // Another prompt of the same project, not yet committed.
    let inline = "suite: own\nprompts: [\"Say {{ word }}\"]\nmodels: [openai/gpt-5.4-mini]\ncases:\n  - {id: a, vars: {word: b}, checks: [{contains: b}]}\n";
    project.edit("evals/own.yaml", |_| inline.to_owned());
    project.commit();
    assert_eq!(project.suites_after("notes.md", more), ["own"], "what its prompt includes is not known");
}

#[test]
fn a_run_has_the_changed_suites_and_nothing_changed_is_no_run() {
    let project = Bundled::new();
    let nothing = project.eval("--changed-since HEAD").exits(0);
    assert_eq!(nothing.stdout.trim(), NOTHING);
    assert!(!nothing.stdout.contains("pass"));
    let json = project.eval("--changed-since HEAD --format json").exits(0).json();
    assert_eq!((json["run"].is_null(), json["message"].as_str(), json.get("verdict")), (true, Some(NOTHING), None));
    assert_eq!(project.eval("--changed-since HEAD --dry-run").exits(0).stdout.trim(), NOTHING);
    let junit = project.eval("--changed-since HEAD --format junit --output report.xml").exits(0);
    assert!(junit.stdout.is_empty() && junit.stderr.contains(NOTHING), "{junit:?}");
    assert!(junit.stderr.contains("`report.xml` was not written") && !project.0.path().join("report.xml").exists());
    assert!(!project.0.path().join(".karat/karat.db").exists(), "no run is stored");

    project.edit("evals/support-answers.yaml", more);
    project.commit();
    assert_eq!(project.eval("--changed-since HEAD").exits(0).stdout.trim(), NOTHING);
    let run = project.eval("--changed-since HEAD~1 --format json").exits(0).json();
    let names: Vec<&str> =
        run["suites"].as_array().expect("suites").iter().filter_map(|s| s["name"].as_str()).collect();
    assert_eq!(names, ["support-answers"]);
    // What had changed when the run began is part of it: nothing has changed since HEAD, and it is resumed all the same.
    let resumed = project.eval("--resume --format json").exits(0);
    assert_eq!(resumed.json()["run"]["id"], run["run"]["id"]);
    // A filter that fits no changed suite is no mistake; one that fits nothing at all is.
    assert!(project.eval("--changed-since HEAD~1 --suite code-*").exits(0).stdout.contains("no suite was run"));
    assert!(project.eval("--changed-since HEAD~1 --suite nope").exits(2).stderr.contains("error[unknown-suite]"));
}

#[test]
fn without_git_or_the_revision_nothing_is_run() {
    let project = Bundled::without_git();
    let told = project.eval("--changed-since HEAD").exits(2);
    assert!(told.stderr.contains("error[no-git]: this project is not in a git repository"), "{told:?}");
    Repository::init(project.0.path()).expect("init");
    assert!(project.eval("--changed-since HEAD").exits(2).stderr.contains("has no commit yet"));
    project.commit();
    let told = project.eval("--changed-since nope --dry-run").exits(2);
    assert!(told.stderr.contains("error[unknown-revision]: `nope`"), "{told:?}");
    assert!(project.eval("--changed-since HEAD --resume").exits(2).stderr.contains("cannot be used with"));
}

//! `karat prompt` in real git repositories: sessions of several verbs with commits, merges and renames in between.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};

use git2::{BranchType, IndexAddOption, Repository, Signature, Time, build::CheckoutBuilder};
use serde_json::Value;
use tempfile::TempDir;

use crate::project::Told;
use crate::support::copy_folder;

/// A project in a fresh repository; commits are a minute apart, so that dates can be compared.
pub(crate) struct Session {
    folder: TempDir,
    git: Repository,
    clock: AtomicI64,
}

const ONE: &str = "messages:\n  - {role: system, content: \"Answer briefly. {% include 'tone.md' %}\"}\n  - {role: user, content: \"{{ question }}\"}\nvariables:\n  question: {type: string, required: true}\n";

impl Session {
    pub(crate) fn new() -> Session {
        let session = Session::empty();
        session.write("prompts/_partials/tone.md", "Be kind.\n");
        session.write("prompts/ask/prompt.yaml", "# The questions of users\nabout: Asks\nlabels: # who gets what\n");
        session.write("prompts/ask/next.yaml", ONE);
        session
    }

    /// A project without prompts.
    pub(crate) fn empty() -> Session {
        let folder = tempfile::tempdir().expect("temp");
        let git = Repository::init(folder.path()).expect("init");
        git.set_head("refs/heads/main").expect("head");
        let session = Session { folder, git, clock: AtomicI64::new(1_800_000_000) };
        session.write("karat.yaml", "calls: replay\n");
        session.write(".gitignore", ".karat/\n");
        session
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
        fs::write(path, text).expect("write");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).expect("read")
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path().join(from), self.path().join(to)).expect("rename");
    }

    /// Commits everything as `author`.
    pub(crate) fn commit(&self, author: &str, message: &str) -> String {
        self.merge(author, message, &[])
    }

    /// Commits everything, with further parents.
    fn merge(&self, author: &str, message: &str, others: &[&str]) -> String {
        let mut index = self.git.index().expect("index");
        index.add_all(["*"], IndexAddOption::DEFAULT, None).expect("add");
        index.update_all(["*"], None).expect("update");
        index.write().expect("write");
        let tree = self.git.find_tree(index.write_tree().expect("tree")).expect("tree");
        let time = Time::new(self.clock.fetch_add(60, Ordering::Relaxed), 60);
        let who = Signature::new(author, "someone@example.org", &time).expect("signature");
        let mut parents: Vec<git2::Commit<'_>> = Vec::new();
        parents.extend(self.git.head().ok().and_then(|head| head.peel_to_commit().ok()));
        parents.extend(others.iter().map(|id| self.git.find_commit(id.parse().expect("id")).expect("commit")));
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        self.git.commit(Some("HEAD"), &who, &who, message, &tree, &parents).expect("commit").to_string()
    }

    fn branch(&self, name: &str) {
        let head = self.git.head().expect("head").peel_to_commit().expect("commit");
        if self.git.find_branch(name, BranchType::Local).is_err() {
            self.git.branch(name, &head, false).expect("branch");
        }
        self.git.set_head(&format!("refs/heads/{name}")).expect("head");
        self.git.checkout_head(Some(CheckoutBuilder::new().force().remove_untracked(true))).expect("checkout");
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("karat"));
        command.args(args).current_dir(self.path()).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs `karat prompt` with these arguments, split at spaces.
    pub(crate) fn karat(&self, args: &str) -> Told {
        let words: Vec<&str> = std::iter::once("prompt").chain(args.split(' ')).collect();
        Told::of(&self.command(&words).output().expect("karat runs"))
    }

    pub(crate) fn json(&self, args: &str) -> Value {
        self.karat(&format!("{args} --format json")).exits(0).json()
    }

    /// The history in few words, newest first: `main: 1.0.0 → 1.1.0 by Ada`.
    pub(crate) fn history(&self, name: &str) -> Vec<String> {
        let report = self.json(&format!("history {name}"));
        let events = report["events"].as_array().expect("events");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let told = events.iter().map(|event| {
            let what = match (event.get("version"), event.get("label")) {
                (Some(version), _) => format!("{} {}", text(version), text(&event["event"])),
                (_, Some(label)) => format!("{} {}>{}", text(label), text(&event["from"]), text(&event["to"])),
                _ => format!("renamed {}>{}", text(&event["from"]), text(&event["to"])),
            };
            let by = event["commit"].get("author").map_or("nobody".to_owned(), text);
            format!("{what} by {by}")
        });
        told.collect()
    }

    /// Releases ONE with a line added, as the next minor version.
    fn release_next(&self, name: &str, line: &str) {
        self.write(&format!("prompts/{name}/next.yaml"), &ONE.replace("briefly.", &format!("briefly. {line}")));
        self.karat(&format!("release {name} -m {line}")).exits(0);
    }
}

#[test]
fn a_prompt_goes_from_draft_to_rollout_and_back() {
    let session = Session::new();
    session.commit("Ada", "a draft");
    assert_eq!(session.karat("verify").exits(0).stdout.lines().next(), Some("no version is locked yet"));

    let first = session.json("release ask -m first");
    assert_eq!((&first["version"], &first["bump"], &first["dry_run"]), (&"1.0.0".into(), &Value::Null, &false.into()));
    assert_eq!(session.read("prompts/ask/1.0.0.yaml"), ONE);
    assert!(!session.path().join("prompts/ask/next.yaml").exists());
    assert_eq!(session.history("ask"), ["1.0.0 released by nobody"]);
    session.commit("Ada", "release ask 1.0.0");
    assert_eq!(session.history("ask"), ["1.0.0 released by Ada"]);

    // Without a passing run production stays where it is; other labels move freely.
    let refused = session.karat("label ask production 1.0.0").exits(2);
    assert!(refused.stderr.contains("error[no-passing-run]: `ask@1.0.0`"), "{}", refused.stderr);
    session.karat("label ask staging latest").exits(0);
    session.karat("label ask production staging --force -m start").exits(0);
    assert_eq!(
        session.read("prompts/ask/prompt.yaml"),
        "# The questions of users\nabout: Asks\nlabels: # who gets what\n  staging: 1.0.0\n  production: 1.0.0\n"
    );
    let lock = session.read("prompts/registry.lock");
    assert!(lock.contains("ask production {\"forced\":\"1.0.0\",") && lock.contains("\"reason\":\"start\""), "{lock}");
    session.commit("Grace", "ask goes live");

    let first = session.karat("rollback ask").exits(2);
    assert!(
        first.stderr.contains("[nothing-to-roll-back]") && first.stderr.contains("--to VERSION"),
        "{}",
        first.stderr
    );
    session.karat("rollback ask --label canary").exits(2);

    // A second version, for one user in ten.
    session.release_next("ask", "politely");
    session.write("prompts/ask/next.yaml", &ONE.replace("question", "query"));
    let small = session.karat("release ask --bump patch -m x").exits(2).stderr;
    assert!(small.contains("error[bump-too-small]") && small.contains("--bump major"), "{small}");
    assert_eq!(session.json("release ask --dry-run")["version"], "2.0.0");
    fs::remove_file(session.path().join("prompts/ask/next.yaml")).expect("removed");
    session.karat("label ask production --split 1.0.0=90,1.1.0=10 --force -m rollout").exits(0);
    for already in [false, true] {
        let back = session.json("rollback ask");
        assert_eq!((&back["after"], &back["already"]), (&"1.0.0".into(), &already.into()), "nothing is committed");
    }
    session.karat("label ask production --split 1.0.0=90,1.1.0=10 --force -m rollout").exits(0);
    assert!(session.read("prompts/ask/prompt.yaml").ends_with("  production: {1.0.0: 90, 1.1.0: 10}\n"));
    session.commit("Grace", "a tenth gets 1.1.0");
    let split = session.karat("resolve ask@production").exits(2);
    assert!(split.stderr.contains("`ask@1.0.0`, `ask@1.1.0`"), "{}", split.stderr);
    let version = |user: &str| session.json(&format!("resolve ask@production --user {user}"))["version"].clone();
    let users: Vec<String> = (0..40).map(|number| format!("user-{number}")).collect();
    let newer = users.iter().filter(|user| version(user) == "1.1.0").count();
    assert!((1..15).contains(&newer), "{newer}");
    session.karat("label ask production 1.1.0").exits(0);
    session.commit("Grace", "everybody gets 1.1.0");

    goes_back_step_by_step(&session);
    session.karat("verify").exits(0);
}

/// Rolls production of `ask` back twice, and no further than asked.
fn goes_back_step_by_step(session: &Session) {
    let back = session.json("rollback ask");
    assert_eq!(
        (&back["after"]["1.1.0"], &back["changed"], &back["already"]),
        (&10.into(), &true.into(), &false.into())
    );
    for _ in 0..2 {
        let again = session.json("rollback ask");
        assert_eq!(
            (&again["changed"], &again["already"]),
            (&false.into(), &true.into()),
            "before and after the commit"
        );
        session.commit("Ada", "rollback");
    }
    session.karat("rollback ask --to 1.0.0").exits(0);
    session.commit("Ada", "all the way");
    let plain = session.karat("rollback ask").exits(0).stdout;
    assert!(plain.starts_with("production of ask: already rolled back to 1.0.0\n"), "{plain}");
    assert_eq!(
        session.history("ask"),
        [
            "production {\"1.0.0\":90,\"1.1.0\":10}>1.0.0 by Ada",
            "production 1.1.0>{\"1.0.0\":90,\"1.1.0\":10} by Ada",
            "production {\"1.0.0\":90,\"1.1.0\":10}>1.1.0 by Grace",
            "production 1.0.0>{\"1.0.0\":90,\"1.1.0\":10} by Grace",
            "1.1.0 released by Grace",
            "production null>1.0.0 by Grace",
            "staging null>1.0.0 by Grace",
            "1.0.0 released by Ada",
        ]
    );
}

#[test]
fn history_and_rollback_follow_renames_and_merges() {
    let session = Session::new();
    session.karat("release ask -m first").exits(0);
    session.karat("label ask production 1.0.0 --force -m start").exits(0);
    session.commit("Ada", "start");
    session.rename("prompts/ask", "prompts/question");
    let history = session.history("question");
    assert_eq!(history[0], "renamed prompts/ask>prompts/question by nobody");
    assert_eq!(history[1], "production null>1.0.0 by Ada");
    let lock = session.read("prompts/registry.lock").replace("\nask ", "\nquestion ");
    session.write("prompts/registry.lock", &lock);
    session.commit("Ada", "a better name");
    session.karat("verify").exits(0);

    // Two branches: one releases and moves production, the other moves staging.
    session.branch("feature");
    session.release_next("question", "politely");
    session.karat("label question production 1.1.0 --force -m go").exits(0);
    let feature = session.commit("Grace", "1.1.0 goes live");
    session.branch("main");
    session.karat("label question staging 1.0.0").exits(0);
    session.commit("Linus", "staging");
    // The merge, as git would leave it.
    session.write("prompts/question/1.1.0.yaml", &ONE.replace("briefly.", "briefly. politely"));
    session.write(
        "prompts/question/prompt.yaml",
        "# The questions of users\nabout: Asks\nlabels: # who gets what\n  production: 1.1.0\n  staging: 1.0.0\n",
    );
    let merge = session.merge("Linus", "merge feature", &[&feature]);
    assert_eq!(
        session.history("question"),
        [
            "staging null>1.0.0 by Linus",
            "production 1.0.0>1.1.0 by Grace",
            "1.1.0 released by Grace",
            "renamed prompts/ask>prompts/question by Ada",
            "production null>1.0.0 by Ada",
            "1.0.0 released by Ada",
        ]
    );
    // The value before is found through the merge and before the rename.
    let back = session.json("rollback question");
    assert_eq!((&back["before"], &back["after"]), (&"1.1.0".into(), &"1.0.0".into()));
    assert_eq!(session.history("question")[0], "production 1.1.0>1.0.0 by nobody");
    let plain = session.karat("history question").exits(0).stdout;
    assert!(plain.contains("not committed") && plain.contains("2027-01-15 08:00"), "{plain}");
    // A move that is not committed is a move as well: rolled back to what HEAD says.
    session
        .git
        .reset(&session.git.revparse_single(&merge).expect("merge"), git2::ResetType::Hard, None)
        .expect("reset");
    session.release_next("question", "firmly");
    session.karat("label question production 1.2.0 --force -m go").exits(0);
    assert_eq!(session.json("rollback question")["after"], "1.1.0");
    // That leaves no trace in git, and yet a second rollback goes no further.
    let again = session.json("rollback question");
    assert_eq!((&again["after"], &again["already"]), (&"1.1.0".into(), &true.into()));
    session.karat("label question production 1.2.0 --force -m again").exits(0);
    session.commit("Ada", "1.2.0 again");
    assert_eq!(session.json("rollback question")["after"], "1.1.0");
}

#[test]
fn a_prompt_of_a_revision_is_read_with_its_partials() {
    let session = Session::new();
    session.write("prompts/_schemas/answer.json", "{\"title\": \"Old\", \"type\": \"object\"}\n");
    session.write("prompts/ask/next.yaml", &format!("{ONE}output: {{schema: ../_schemas/answer.json}}\n"));
    session.karat("release ask -m first").exits(0);
    let first = session.commit("Ada", "first");
    session.git.tag_lightweight("v1", &session.git.revparse_single(&first).expect("first"), false).expect("tag");
    let then = session.json("resolve ask@1.0.0");
    session.write("prompts/_partials/tone.md", "Be strict.\n");
    session.write("prompts/_schemas/answer.json", "{\"title\": \"New\", \"type\": \"object\"}\n");
    session.write("prompts/ask/next.yaml", "template: draft\n");
    session.commit("Ada", "second");
    fs::remove_file(session.path().join("prompts/ask/1.0.0.yaml")).expect("removed");

    let old = session.json("resolve ask@git:v1");
    assert_eq!(old["resolved"], "ask@git:v1:1.0.0");
    for key in ["digest", "messages", "partials", "output"] {
        assert_eq!(old[key], then[key], "{key}");
    }
    assert_eq!(old["partials"]["tone.md"], "Be kind.");
    let head = session.json("resolve ask@git:HEAD:1.0.0");
    assert_ne!(head["digest"], then["digest"]);
    assert_eq!(session.json(&format!("resolve ask@git:{}:next", "main"))["messages"][0]["content"], "draft");
    // A split of a revision is decided for a user too.
    session.write("prompts/ask/1.0.0.yaml", ONE);
    session.write("prompts/ask/1.1.0.yaml", ONE);
    session.write("prompts/ask/prompt.yaml", "labels: {production: {1.0.0: 1, 1.1.0: 1}}\n");
    session.commit("Ada", "split");
    let now = session.json("resolve ask@production --user ada");
    let then = session.json("resolve ask@git:HEAD:production --user ada");
    assert_eq!(now["version"], then["version"]);
    session.karat("resolve ask@git:HEAD:production").exits(2);
    for (reference, wanted) in [
        ("ask@git:mian", "error[unknown-revision]: `mian` is not a revision"),
        ("ask@git:", "error[unknown-revision]"),
        ("ask@git:v1:next", "has no draft"),
        ("ask@git:v1:production", "has no label `production`"),
        ("aks@git:v1", "did you mean `ask`?"),
        ("../ask@git:v1", "error["),
    ] {
        let told = session.karat(&format!("resolve {reference}")).exits(2);
        assert!(told.stderr.contains(wanted), "{reference}: {}", told.stderr);
    }
    // The files of the revision are put aside elsewhere, and nothing stays behind in the project.
    let mut names: Vec<String> = fs::read_dir(session.path())
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, [".git", ".gitignore", ".karat", "karat.yaml", "prompts"]);
}

#[test]
fn changed_prompts_are_those_whose_content_changed() {
    let session = Session::new();
    session.write("prompts/_partials/outer.md", "{% include \"tone.md\" %}\n");
    for (name, text) in [
        ("direct", "template: \"{% include 'tone.md' %}\"\n"),
        ("through", "template: \"{% include \\\"outer.md\\\" %}\"\n"),
        ("other", "template: other tone.md\n"),
        ("gone", "template: gone\n"),
        ("schema", "template: a\noutput: {schema: ../../schemas/a.json}\n"),
    ] {
        session.write(&format!("prompts/{name}/1.0.0.yaml"), text);
        session.write(&format!("prompts/{name}/prompt.yaml"), "about: x\nlabels: {production: 1.0.0}\n");
    }
    session.write("schemas/a.json", "{\"type\": \"object\"}\n");
    session.karat("verify --adopt").exits(0);
    let base = session.commit("Ada", "base");
    let since = |revision: &str| session.karat(&format!("changed --since {revision}")).exits(0).stdout;
    assert_eq!(since("HEAD"), "");
    session.write("prompts/other/prompt.yaml", "about: another word\nlabels: {production: 1.0.0}\n");
    assert_eq!(since("HEAD"), "", "what is said about a prompt is no content");
    session.write("prompts/other/prompt.yaml", "about: x\nlabels: {production: 1.0.0, beta: 1.0.0}\n");
    assert_eq!(since("HEAD"), "other\n", "a label changes what a reference means");
    session.commit("Ada", "label");
    session.write("prompts/_partials/tone.md", "Be strict.\n");
    assert_eq!(since("HEAD"), "ask\ndirect\nthrough\n");
    session.commit("Ada", "tone");
    session.write("schemas/a.json", "{\"type\": \"array\"}\n");
    fs::remove_dir_all(session.path().join("prompts/gone")).expect("removed");
    session.write("prompts/new/next.yaml", "template: new\n");
    let told = session.karat(&format!("changed --since {base}")).exits(0);
    assert_eq!(told.stdout, "ask\ndirect\nnew\nother\nschema\nthrough\n");
    assert!(told.stderr.contains("`gone`"), "{}", told.stderr);
    let report = session.json(&format!("changed --since {base}"));
    let prompt = |name: &str| {
        let prompts = report["prompts"].as_array().expect("prompts");
        prompts.iter().find(|prompt| prompt["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    assert_eq!(prompt("other")["labels"], serde_json::json!(["beta"]));
    assert_eq!(prompt("through")["files"], serde_json::json!(["prompts/_partials/tone.md"]));
    assert_eq!(prompt("gone")["removed"], true);
    let unknown = session.karat("changed --since nowhere").exits(2);
    assert!(unknown.stderr.contains("error[unknown-revision]: `nowhere`"), "{}", unknown.stderr);
}

/// Starts karat and does not wait.
fn start(session: &Session, args: &[&str]) -> Child {
    let mut command = session.command(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
}

#[test]
fn releases_of_two_processes_at_once_are_both_kept() {
    let session = Session::new();
    for round in 0..6 {
        for name in ["left", "right"] {
            session.write(&format!("prompts/{name}/next.yaml"), &format!("template: {name} {round}\n"));
        }
        let children = ["left", "right"].map(|name| start(&session, &["prompt", "release", name, "-m", "at once"]));
        for child in children {
            Told::of(&child.wait_with_output().expect("ends")).exits(0);
        }
    }
    let report = session.json("verify left right");
    assert_eq!((&report["passed"], &report["checked"]), (&true.into(), &12.into()), "{report}");
}

#[test]
fn one_draft_is_released_by_one_of_two_processes() {
    let session = Session::new();
    let children = [(); 2].map(|()| start(&session, &["prompt", "release", "ask", "-m", "mine"]));
    let mut codes: Vec<Option<i32>> = Vec::new();
    for child in children {
        let told = Told::of(&child.wait_with_output().expect("ends"));
        assert!(told.code == Some(0) || told.stderr.contains("[no-draft]"), "{told:#?}");
        codes.push(told.code);
    }
    codes.sort();
    assert_eq!(codes, [Some(0), Some(2)]);
    assert_eq!(session.json("verify")["checked"], 1);
}

#[test]
fn a_registry_that_another_process_keeps_is_left_alone() {
    let session = Session::new();
    fs::create_dir_all(session.path().join(".karat")).expect("folder");
    let file = fs::File::create(session.path().join(".karat/prompts.lock")).expect("lock");
    file.lock().expect("locked");
    let told = session.karat("release ask -m x").exits(6);
    assert!(told.stderr.contains("another process is changing the registry"), "{}", told.stderr);
    assert!(session.path().join("prompts/ask/next.yaml").exists());
    drop(file);
    session.karat("release ask -m x").exits(0);
}

#[test]
fn production_moves_to_what_passed_and_nothing_else() {
    let session = Session::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["prompts", "evals", "fixtures"] {
        copy_folder(&root.join(folder), &session.path().join(folder));
    }
    fs::copy(root.join("karat.yaml"), session.path().join("karat.yaml")).expect("copied");
    session.karat("label document-classifier production --remove").exits(0);
    session.karat("label document-classifier production 1.0.0").exits(2);
    let eval = session.command(&["eval", "evals/document-classifier.yaml", "--quiet"]).output().expect("runs");
    Told::of(&eval).exits(0);
    let told = session.json("label document-classifier production 1.0.0");
    let run = told["passed_in"]["1.0.0"].as_str().expect("a run");
    assert_eq!((run.len(), &told["forced"]), ("20261121-143000-k3fw".len(), &serde_json::json!([])));
    // Another content with the same name has not passed.
    session.karat("label document-classifier production --remove").exits(0);
    let file = "prompts/document-classifier/1.0.0.yaml";
    let text = session.read(file).replacen("You sort", "You order", 1);
    session.write(file, &text);
    session.karat("label document-classifier production 1.0.0").exits(2);
    let broken = session.karat("verify document-classifier").exits(1);
    assert!(broken.stdout.contains("was edited after its release, and sends something else"), "{}", broken.stdout);
}

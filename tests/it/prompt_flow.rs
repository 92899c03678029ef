//! The life of a prompt in a fresh git repository, from `new` to `import`: every verb of `karat prompt` in one flow.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::project::Told;
use crate::prompt_session::Session;
use crate::support::copy_folder;

/// Runs `karat prompt` with these words.
fn karat(session: &Session, words: &[&str]) -> Told {
    let words: Vec<&str> = std::iter::once("prompt").chain(words.iter().copied()).collect();
    Told::of(&session.command(&words).output().expect("karat runs"))
}

/// The second version: two examples, of which the nearest is sent, and mails that are cut.
const SECOND: &str = "messages:\n  - {role: system, content: \"Answer in {{ language }}.\"}\n  - {role: user, content: \"{{ mail }}\"}\nvariables:\n  language: {type: string, default: English}\n  mail: {type: string, required: true}\nexamples: {from: mails.jsonl, pick: 1, by: similarity, on: [mail], with: bm25}\ntruncate: {mail: 40}\n";

const MAILS: &str = "{\"id\": \"refund\", \"vars\": {\"mail\": \"I want my money back\"}, \"output\": \"It is on its way.\"}\n{\"id\": \"opening\", \"vars\": {\"mail\": \"When do you open?\"}, \"output\": \"At nine.\"}\n";

#[test]
fn a_prompt_lives_through_every_verb() {
    let session = Session::empty();
    starts(&session);
    releases_twice(&session);
    rolls_out(&session);
    rolls_back(&session);
    leaves_and_comes_back(&session);
}

/// new, render, show, list.
fn starts(session: &Session) {
    let new = ["new", "reply", "--about", "Answers mails", "--system", "Answer in {{ language }}.", "--template"];
    let told = karat(session, &[&new[..], &["{{ mail }}"]].concat()).exits(0).stdout;
    assert_eq!(told.lines().next(), Some("wrote prompts/reply/prompt.yaml and prompts/reply/next.yaml"));
    let again = karat(session, &[&new[..], &["other"]].concat()).exits(2);
    assert!(again.stderr.contains("error[prompt-exists]"), "{}", again.stderr);
    let plain = session.karat("render reply@next --var language=English --var mail=Hello").exits(0).stdout;
    assert!(plain.ends_with("system\n  Answer in English.\n\nuser\n  Hello\n"), "{plain}");
    let shown = session.json("show reply@next");
    assert_eq!((&shown["name"], &shown["about"]), (&json!("reply"), &json!("Answers mails")));
    let listed = session.karat("list").exits(0).stdout;
    assert!(listed.contains("reply"), "{listed}");
    assert_eq!(session.karat("verify").exits(0).stdout, "no version is locked yet\n");
    let early = session.karat("resolve reply").exits(2);
    assert!(early.stderr.contains("next"), "a draft is resolved by its name only: {}", early.stderr);
}

/// release, history, changed.
fn releases_twice(session: &Session) {
    session.commit("Ada", "a draft");
    assert_eq!(session.json("release reply -m first")["version"], "1.0.0");
    let unsaid = session.karat("changed --since HEAD").exits(0).stdout;
    assert_eq!(unsaid, "reply\n", "a release that is not committed is a change");
    session.commit("Ada", "reply 1.0.0");
    assert_eq!(session.karat("changed --since HEAD").exits(0).stdout, "");
    session.write("prompts/reply/mails.jsonl", MAILS);
    session.write("prompts/reply/next.yaml", SECOND);
    let plan = session.json("release reply --dry-run");
    assert_eq!((&plan["version"], &plan["suggested"]), (&json!("1.1.0"), &json!("minor")));
    assert_eq!(plan["reasons"], json!(["the rules of `language` changed", "`truncate` changed", "`examples` changed"]));
    session.karat("release reply -m examples").exits(0);
    let lock = session.read("prompts/registry.lock");
    assert!(lock.contains("\"includes\":{\"prompts/reply/mails.jsonl\":"), "{lock}");
    session.commit("Grace", "reply 1.1.0");
    assert_eq!(session.history("reply"), ["1.1.0 released by Grace", "1.0.0 released by Ada"]);
    assert_eq!(session.karat("changed --since HEAD~1").exits(0).stdout, "reply\n");
    let picked = session.json("render reply --var mail=money");
    assert_eq!(picked["messages"].as_array().map(Vec::len), Some(4), "{picked}");
    assert!(picked["messages"].to_string().contains("It is on its way."), "{picked}");
}

/// label with a split, resolve for users, export as flags.
fn rolls_out(session: &Session) {
    session.karat("label reply production 1.0.0").exits(2);
    session.karat("label reply production 1.0.0 --force -m start").exits(0);
    session.commit("Grace", "reply goes live");
    session.karat("label reply production --split 1.0.0=80,1.1.0=20 --force -m slowly").exits(0);
    session.karat("label reply staging 1.1.0").exits(0);
    session.commit("Grace", "a fifth gets 1.1.0");
    let version = |user: &str| session.json(&format!("resolve reply@production --user {user}"))["version"].clone();
    let newer: Vec<usize> = (0..30).filter(|number| version(&format!("user-{number}")) == "1.1.0").collect();
    assert!((1..15).contains(&newer.len()), "{newer:?}");
    let key = "reply@production";
    let flag = json!({
        "state": "ENABLED",
        "variants": {"1.0.0": "1.0.0", "1.1.0": "1.1.0"},
        "defaultVariant": "1.0.0",
        "targeting": {"fractional": [["1.0.0", 80], ["1.1.0", 20]]},
    });
    let one: Value = session.karat("export reply@production --format flagd").exits(0).json();
    assert_eq!(one["flags"], json!({key: flag}));
    let all: Value = session.karat("export reply --format flagd").exits(0).json();
    let staging = json!({"state": "ENABLED", "variants": {"1.1.0": "1.1.0"}, "defaultVariant": "1.1.0"});
    assert_eq!(all["flags"], json!({key: flag, "reply@staging": staging}));
    // The split has no single version to export.
    let split = session.karat("export reply@production --format env").exits(2);
    assert!(split.stderr.contains("`reply@1.0.0`, `reply@1.1.0`"), "{}", split.stderr);
}

/// rollback, history, verify.
fn rolls_back(session: &Session) {
    let back = session.json("rollback reply");
    assert_eq!((&back["after"], &back["already"]), (&json!("1.0.0"), &json!(false)));
    session.commit("Ada", "back");
    assert_eq!(session.json("rollback reply")["already"], true);
    assert_eq!(session.json("resolve reply@production")["version"], "1.0.0");
    assert_eq!(
        session.history("reply"),
        [
            "production {\"1.0.0\":80,\"1.1.0\":20}>1.0.0 by Ada",
            "production 1.0.0>{\"1.0.0\":80,\"1.1.0\":20} by Grace",
            "staging null>1.1.0 by Grace",
            "production null>1.0.0 by Grace",
            "1.1.0 released by Grace",
            "1.0.0 released by Ada",
        ]
    );
    let verified = session.json("verify");
    assert_eq!((&verified["passed"], &verified["checked"]), (&json!(true), &json!(2)));
    // Other examples are another prompt.
    session.write("prompts/reply/mails.jsonl", &MAILS.replace("At nine.", "At ten."));
    let broken = session.karat("verify").exits(1).stdout;
    assert!(broken.contains("1.1.0") && broken.contains("prompts/reply/mails.jsonl"), "{broken}");
    assert_eq!(session.karat("changed --since HEAD").exits(0).stdout, "reply\n");
    session.write("prompts/reply/mails.jsonl", MAILS);
    session.karat("verify").exits(0);
}

/// export, import, verify, list.
fn leaves_and_comes_back(session: &Session) {
    let refused = session.karat("export reply@1.1.0 --format dotprompt").exits(2);
    assert_eq!(refused.stdout, "");
    for what in ["the format cannot say `examples`", "the format cannot say `truncate` of `mail`"] {
        assert!(refused.stderr.contains(what), "{what}: {}", refused.stderr);
    }
    let lossy = session.karat("export reply@1.1.0 --format dotprompt --lossy --output reply.prompt").exits(0);
    assert!(lossy.stderr.contains("warning[left-out]: left out: `examples`"), "{}", lossy.stderr);
    assert!(lossy.stderr.contains("prompts/reply/1.1.0.yaml:7:11"), "{}", lossy.stderr);
    let long = format!("money {}", "please ".repeat(100));
    let export = ["export", "reply@1.1.0", "--format", "openai", "--model", "openai/gpt-5.4-mini", "--var"];
    let filled = karat(session, &[&export[..], &[&format!("mail={long}")]].concat()).exits(0);
    assert!(filled.stderr.contains("warning[truncated]: `mail` was truncated from"), "{}", filled.stderr);
    let request = filled.json();
    let content: Vec<&str> = request["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| message["content"].as_str().expect("text"))
        .collect();
    assert_eq!(content[..3], ["Answer in English.", "I want my money back", "It is on its way."]);
    assert!(content[3].starts_with("money please") && content[3].ends_with("[truncated]"), "{}", content[3]);

    let told = session.karat("import reply.prompt --name answer --as 2.0.0").exits(0).stdout;
    assert!(told.contains("prompts/answer/2.0.0.yaml"), "{told}");
    let lock = session.read("prompts/registry.lock");
    assert!(lock.starts_with("# Digests") && lock.contains("\nanswer 2.0.0 {\"prompt\":"), "{lock}");
    assert!(lock.contains("\"message\":\"imported from reply.prompt\"}"), "{lock}");
    let verified = session.json("verify");
    assert_eq!((&verified["passed"], &verified["checked"]), (&json!(true), &json!(3)));
    session.commit("Ada", "answer comes from elsewhere");
    assert_eq!(session.history("answer"), ["2.0.0 released by Ada"]);
    let listed = session.karat("list").exits(0).stdout;
    assert!(listed.contains("answer") && listed.contains("reply"), "{listed}");
    assert_eq!(session.json("resolve answer")["messages"][0]["content"], "Answer in {{ language }}.");
}

/// Examples of a revision are those of its file then, in the prompt's folder or beside it.
#[test]
fn examples_of_a_revision_are_those_of_that_revision() {
    let session = Session::empty();
    let rows = |answer: &str| format!("{{\"vars\": {{\"a\": \"one\"}}, \"output\": \"{answer}\"}}\n");
    for (name, from) in [("own", "shots.jsonl"), ("shared", "../_examples/shots.jsonl")] {
        let text =
            format!("template: \"{{{{ a }}}}\"\nvariables: {{a: string}}\nexamples: {{from: {from}, pick: 1}}\n");
        session.write(&format!("prompts/{name}/1.0.0.yaml"), &text);
    }
    let files = ["prompts/own/shots.jsonl", "prompts/_examples/shots.jsonl"];
    files.iter().for_each(|file| session.write(file, &rows("then")));
    session.karat("verify --adopt").exits(0);
    session.commit("Ada", "then");
    let digests = ["own", "shared"].map(|name| session.json(&format!("resolve {name}"))["digest"].clone());
    files.iter().for_each(|file| session.write(file, &rows("now")));
    session.commit("Ada", "now");
    for (name, then) in ["own", "shared"].into_iter().zip(&digests) {
        assert_ne!(session.json(&format!("resolve {name}"))["digest"], *then, "{name}");
        assert_eq!(session.json(&format!("resolve {name}@git:HEAD~1"))["digest"], *then, "{name}");
        let answer = |reference: &str| {
            let rendered = session.json(&format!("render {reference} --var a=x"));
            rendered["messages"][1]["content"].clone()
        };
        assert_eq!(answer(name), "now");
        assert_eq!(answer(&format!("{name}@git:HEAD~1")), "then");
        assert_eq!(answer(&format!("{name}@git:HEAD~1:1.0.0")), "then");
        let exported: Value = session.karat(&format!("export {name}@git:HEAD~1 --format json")).exits(0).json();
        assert_eq!(exported["examples"]["list"][0]["output"], "then");
    }
    let changed = session.karat("changed --since HEAD~1").exits(0).stdout;
    assert_eq!(changed, "own\nshared\n");
    // Gone in the work tree, there in the revision.
    files.iter().for_each(|file| fs::remove_file(session.path().join(file)).expect("removed"));
    session.karat("resolve shared").exits(2);
    assert_eq!(session.json("resolve shared@git:HEAD~1")["digest"], digests[1]);
}

/// The commands under `Examples:` of every verb that needs or changes the registry, in the bundled project under git.
#[test]
fn a_lock_file_that_is_gone_is_no_sound_registry() {
    let session = Session::empty();
    session.write("prompts/p/1.0.0.yaml", "template: hi\nvariables: {}\n");
    session.karat("verify --adopt").exits(0);
    session.commit("Ada", "locked");
    session.karat("verify").exits(0);
    let lock = session.path().join("prompts/registry.lock");
    let kept = fs::read(&lock).expect("lock");
    fs::remove_file(&lock).expect("removed");
    let told = session.karat("verify").exits(1);
    assert!(told.stderr.contains("git checkout -- prompts/registry.lock"), "{}", told.stderr);
    fs::write(&lock, kept).expect("written");
    session.karat("verify").exits(0);
}

#[test]
fn examples_of_the_registry_work_in_a_repository() {
    let session = Session::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["prompts", "evals", "fixtures"] {
        copy_folder(&root.join(folder), &session.path().join(folder));
    }
    session.commit("Ada", "the example");
    for verb in ["changed", "history", "label", "release", "resolve", "rollback", "verify"] {
        let help = session.karat(&format!("{verb} --help")).exits(0).stdout;
        let examples = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        let mut count = 0;
        for line in examples {
            let example = line.trim().split("    ").next().expect("a command");
            let words: Vec<String> = words(example.strip_prefix("karat ").expect("karat"));
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            Told::of(&session.command(&words).output().expect("runs")).exits(0);
            count += 1;
        }
        assert!(count >= 2, "{verb}: {help}");
    }
}

/// Words of a command line, with double quotes round those that hold spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("a word").push(c),
        }
    }
    words
}

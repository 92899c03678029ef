//! The caches of `karat eval` across runs and processes: similar questions, caps, savings, kills.

use std::time::Duration;

use serde_json::Value;

use crate::project::{Project, Told};
use crate::stub::{Reaction, Stub};

const MODEL: &str = "openai/gpt-5.4-mini";
const CONFIG: &str =
    "calls: live\ncache:\n  semantic: {model: openai/text-embedding-3-small, threshold: 0.95, verify: 0}\n";

/// A project whose questions are about these topics; the stub's vectors of one topic are equal.
fn project(stub: &Stub, topics: &[&str]) -> Project {
    let project = Project::new(stub.url(), MODEL, 0);
    project.write("karat.yaml", CONFIG);
    ask(&project, topics);
    project
}

fn ask(project: &Project, topics: &[&str]) {
    let row = |(n, topic): (usize, &&str)| {
        format!("{{\"id\":\"c{n}\",\"vars\":{{\"question\":\"a question about {topic}\"}}}}\n")
    };
    let rows: String = topics.iter().enumerate().map(row).collect();
    project.write("evals/cases/ask.jsonl", &rows);
}

fn number(report: &Value, pointer: &str) -> u64 {
    report.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no {pointer} in {report:#}"))
}

fn semantic(project: &Project) -> Value {
    project.run("eval --cache semantic --format json").exits(0).json()
}

#[test]
fn a_later_run_answers_similar_questions_and_says_so() {
    let stub = Stub::echo();
    let project = project(&stub, &["sql one", "git one"]);
    let first = semantic(&project);
    assert_eq!((stub.calls(), number(&first, "/semantic/asked"), number(&first, "/semantic/hits")), (2, 2, 0));
    ask(&project, &["sql two", "tea two", "database two"]);
    let second = semantic(&project);
    assert_eq!(stub.calls(), 3, "only tea is new");
    assert_eq!((number(&second, "/semantic/hits"), number(&second, "/cache/semantic_hits")), (2, 2));
    assert_eq!(number(&second, "/semantic/buckets/0/hits"), 2);
    assert_eq!(second["semantic"]["threshold"], 0.95);
    assert!(number(&second, "/cache/saved_ms") < 60_000);
    let lines = project.run("eval export latest").exits(0).stdout;
    let marked = lines.lines().filter(|line| line.contains("\"source\":\"semantic\"")).count();
    assert_eq!((marked, lines.matches("\"similarity\":").count()), (2, 2));
    let shown = project.run("eval show latest --case c0").exits(0).stdout;
    assert!(shown.contains("semantic") && shown.contains("1.0000 like the question of call"), "{shown}");
    let again = project.run("eval show latest --format json").exits(0).json();
    assert_eq!(again["semantic"], second["semantic"]);
    for (format, wanted) in [("plain", "semantic cache"), ("markdown", "semantic cache"), ("junit", "semantic-hits")] {
        let shown = project.run(&format!("eval show latest --format {format}")).exits(0).stdout;
        assert!(shown.contains(wanted), "{format}: {shown}");
    }
    // A semantic hit is no entry and no exact answer: without the layer the model is asked.
    project.run("eval").exits(0);
    assert_eq!(stub.calls(), 5);
    let stats = project.run("cache stats --format json").exits(0).json();
    assert_eq!((number(&stats, "/totals/semantic_hits"), number(&stats, "/totals/semantic_entries")), (2, 3));
}

#[test]
fn another_system_prompt_never_answers() {
    let stub = Stub::echo();
    let project = project(&stub, &["sql one"]);
    semantic(&project);
    let prompt = std::fs::read_to_string(project.path().join("prompts/ask/1.0.0.yaml")).expect("prompt");
    project.write("prompts/ask/1.0.0.yaml", &prompt.replace("briefly", "at length"));
    ask(&project, &["sql two"]);
    let report = project.run("eval --cache semantic --format json").json();
    assert_eq!((stub.calls(), number(&report, "/semantic/hits")), (2, 0));
}

#[test]
fn checked_hits_give_the_agreement_and_cost_a_call() {
    let stub = Stub::echo();
    let project = project(&stub, &["sql one"]);
    semantic(&project);
    ask(&project, &["sql two", "database three"]);
    let told = project.run("eval --cache semantic --cache-verify 1 --format json").exits(0).json();
    assert_eq!((stub.calls(), number(&told, "/semantic/verified")), (3, 2));
    // The stub echoes the question: other words, and the check holds for both.
    assert_eq!((number(&told, "/semantic/same_text/agreed"), number(&told, "/semantic/same_outcome/agreed")), (0, 2));
    assert_eq!((number(&told, "/cache/live"), number(&told, "/cache/semantic_hits")), (2, 0));
    let wrong = project.run("eval --cache semantic --cache-verify 2").exits(2);
    assert!(wrong.stderr.contains("invalid-share"), "{wrong:#?}");
}

#[test]
fn two_processes_share_questions_and_lose_none() {
    let stub = Stub::start(Duration::from_millis(20), |seen| Reaction::Say(seen.user.clone()));
    let project = project(&stub, &["sql one", "git one", "tea one"]);
    let run = || project.karat("eval --cache semantic --format json").output().expect("karat runs");
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(run), scope.spawn(run));
        (one.join().expect("one"), two.join().expect("two"))
    });
    Told::of(&one).exits(0);
    Told::of(&two).exits(0);
    ask(&project, &["sql two", "git two", "tea two"]);
    assert_eq!(number(&semantic(&project), "/semantic/hits"), 3);
}

#[test]
fn a_killed_run_leaves_its_questions_to_the_next() {
    let stub = Stub::start(Duration::ZERO, |seen| match seen.user.contains("tea") {
        true => Reaction::Hang,
        false => Reaction::Say(seen.user.clone()),
    });
    let project = project(&stub, &["sql one", "git one", "tea one"]);
    let mut child = project.karat("eval --cache semantic -j 1").spawn().expect("karat starts");
    for _ in 0..600 {
        if stub.calls() == 3 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // The third call hangs: the second has long been stored.
    std::thread::sleep(Duration::from_millis(300));
    child.kill().expect("killed");
    child.wait().expect("ended");
    ask(&project, &["sql two", "git two"]);
    let report = semantic(&project);
    assert_eq!((number(&report, "/semantic/hits"), number(&report, "/cache/live")), (2, 0));
}

#[test]
fn caps_evict_and_clear_and_prune_keep_results() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODEL, 4);
    project.write("karat.yaml", "calls: live\ncache: {max_entries: 3}\n");
    project.run("eval -j 1").exits(0);
    let stats = project.run("cache stats --format json").exits(0).json();
    assert_eq!(number(&stats, "/totals/entries"), 3);
    let second = project.run("eval -j 1 --format json").exits(0).json();
    assert_eq!((number(&second, "/cache/hits"), stub.calls()), (3, 5));
    let refused = project.run("cache clear").exits(2);
    assert!(refused.stderr.contains("not-confirmed"), "{refused:#?}");
    project.run("cache clear --yes").exits(0);
    project.run("eval -j 1").exits(0);
    assert_eq!(stub.calls(), 9);
    let told = project.run("cache prune --older-than 0s --dry-run").exits(0).stdout;
    assert!(told.contains("would go"), "{told}");
    project.run("cache prune --older-than 0s --yes").exits(0);
    let shown = project.run("eval show latest --format json").exits(0).json();
    assert_eq!(number(&shown, "/totals/pass"), 4);
    let texts = project.run("eval export latest").exits(0).stdout;
    assert!(texts.contains("removed by `karat cache prune`") && !texts.contains("\"text\":\"question 1\""), "{texts}");
}

#[test]
fn without_an_embedding_model_nothing_is_run_and_replay_never_looks() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODEL, 1);
    let told = project.run("eval --cache semantic").exits(2);
    assert!(told.stderr.contains("no-embedding-model"), "{told:#?}");
    project.run("eval --record").exits(0);
    let replayed = project.run("eval --cache semantic --calls replay --format json").exits(0).json();
    assert_eq!((replayed["semantic"].is_null(), number(&replayed, "/cache/cassette")), (true, 1));
}

//! Few-shot examples as a provider gets them: which, where, and never the case itself.

use serde_json::{Value, json};

use crate::project::Project;
use crate::stub::Stub;

const EXAMPLES: &str = concat!(
    "{\"id\": \"sql\", \"vars\": {\"question\": \"how do I join two tables in sql\"}, \"output\": \"use JOIN\"}\n",
    "{\"id\": \"git\", \"vars\": {\"question\": \"how do I undo a git commit\"}, \"output\": {\"command\": \"git revert\"}}\n",
    "{\"id\": \"tea\", \"vars\": {\"question\": \"how long does green tea steep\"}, \"output\": \"two minutes\"}\n",
);

/// A project whose prompt has these settings for examples, and one case per question.
pub(crate) fn project(stub: &Stub, settings: &str, questions: &[&str]) -> Project {
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 0);
    project.write(
        "prompts/ask/1.0.0.yaml",
        &format!("messages:\n  - {{role: system, content: You answer briefly.}}\n  - {{role: user, content: \"Q: {{{{ question }}}}\"}}\nvariables:\n  question: {{type: string, required: true}}\nexamples: {{from: examples.jsonl, {settings}}}\n"),
    );
    project.write("prompts/ask/examples.jsonl", EXAMPLES);
    let row = |(index, question): (usize, &&str)| {
        format!("{}\n", json!({"id": format!("q{index}"), "vars": {"question": question}}))
    };
    let rows: String = questions.iter().enumerate().map(row).collect();
    project.write("evals/cases/ask.jsonl", &rows);
    project.write(
        "evals/ask.yaml",
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini]\ndefaults: {checks: [{contains: Q}]}\ncases: cases/ask.jsonl\n",
    );
    project
}

/// What the stub was sent for the case that asks `question`: role and text of each message.
pub(crate) fn sent(stub: &Stub, question: &str) -> Vec<(String, String)> {
    let seen = stub.seen();
    let call = seen.iter().find(|seen| seen.user == format!("Q: {question}")).expect("asked");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let messages = call.body["messages"].as_array().expect("messages");
    messages.iter().map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(role, text)| ((*role).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn the_nearest_examples_of_each_case_are_sent_before_it() {
    let stub = Stub::echo();
    let questions = ["undo my last git commit", "which sql join is best"];
    let project = project(&stub, "pick: 1, by: similarity", &questions);
    project.run("eval").exits(0);
    let git = [
        ("system", "You answer briefly."),
        ("user", "Q: how do I undo a git commit"),
        ("assistant", "{\"command\":\"git revert\"}"),
        ("user", "Q: undo my last git commit"),
    ];
    assert_eq!(sent(&stub, questions[0])[1..], pairs(&git)[1..]);
    assert_eq!(
        sent(&stub, questions[1])[1..3],
        pairs(&[("user", "Q: how do I join two tables in sql"), ("assistant", "use JOIN")])
    );
}

#[test]
fn a_case_is_never_shown_its_own_answer() {
    let stub = Stub::echo();
    let questions = ["how long does green tea steep"];
    let project = project(&stub, "pick: 3, by: mmr", &questions);
    project.run("eval").exits(0);
    let sent = sent(&stub, questions[0]);
    assert_eq!(sent.len(), 6, "{sent:?}");
    assert!(sent.iter().all(|(_, text)| text != "two minutes"), "{sent:?}");
}

#[test]
fn another_example_is_another_request_and_the_same_one_is_cached() {
    let stub = Stub::echo();
    let project = project(&stub, "pick: 1", &["anything"]);
    project.run("eval").exits(0);
    project.run("eval").exits(0);
    assert_eq!(stub.calls(), 1);
    project.write("prompts/ask/examples.jsonl", &EXAMPLES.replace("use JOIN", "use UNION"));
    project.run("eval").exits(0);
    assert_eq!((stub.calls(), stub.distinct()), (2, 2));
}

#[test]
fn broken_examples_are_told_before_the_first_call() {
    let stub = Stub::echo();
    let project = project(&stub, "pick: 1", &["anything"]);
    project.write("prompts/ask/examples.jsonl", "{\"vars\": {\"qestion\": \"x\"}, \"output\": \"y\"}\n");
    let told = project.run("eval").exits(2);
    assert!(told.stderr.contains("prompts/ask/examples.jsonl:1:22"), "{}", told.stderr);
    assert!(told.stderr.contains("did you mean `question`?"), "{}", told.stderr);
    assert_eq!(stub.calls(), 0);
}

/// The same, with an embedding model.
fn embedding_project(stub: &Stub, questions: &[&str]) -> Project {
    let project = project(stub, "pick: 1, by: similarity", questions);
    project.write("karat.yaml", "calls: live\nembedding: openai/text-embedding-3-small\n");
    project
}

const DRINK: &str = "a warm drink please";

#[test]
fn examples_are_compared_by_embeddings_and_nothing_is_embedded_twice() {
    let stub = Stub::echo();
    let questions = [DRINK, "which database is best"];
    let project = embedding_project(&stub, &questions);
    let suite = "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini, openai/gpt-5.4-nano]\ndefaults: {checks: [{contains: Q}]}\ncases: cases/ask.jsonl\n";
    project.write("evals/ask.yaml", suite);
    let report = project.run("eval --format json").exits(0).json();
    assert_eq!(
        sent(&stub, DRINK)[1..3],
        pairs(&[("user", "Q: how long does green tea steep"), ("assistant", "two minutes")])
    );
    assert_eq!(sent(&stub, questions[1])[2].1, "use JOIN");
    let mut embedded = stub.embedded();
    assert_eq!(embedded.remove(0).len(), 3, "all examples in one request");
    embedded.sort();
    assert_eq!(embedded, [[DRINK], [questions[1]]], "each case once, for both models");
    // 5 texts of a million tokens at $0.02, and four chats of 100 and 20 tokens.
    let spent: f64 = report["totals"]["spent_usd"].as_str().expect("money").parse().expect("number");
    assert!((0.1..0.101).contains(&spent), "{spent}");
    project.run("eval").exits(0);
    assert_eq!((stub.embedded().len(), stub.calls()), (3, 4), "the second run asks for nothing");
}

#[test]
fn a_recorded_run_is_replayed_without_a_network_and_what_is_missing_is_told() {
    let stub = Stub::echo();
    let project = embedding_project(&stub, &[DRINK]);
    project.run("eval --record").exits(0);
    let calls = (stub.calls(), stub.embedded().len());
    assert_eq!(calls, (1, 2));
    std::fs::remove_dir_all(project.path().join(".karat")).expect("store");
    project.run("eval --calls replay").exits(0);
    let told = {
        project.write(
            "evals/cases/ask.jsonl",
            "{\"id\": \"new\", \"vars\": {\"question\": \"a question that is new\"}}\n",
        );
        project.run("eval --calls replay --format json").exits(3)
    };
    assert!(told.stdout.contains("no recorded vector for `a question that is new`"), "{}", told.stdout);
    let vectors = project.path().join("fixtures/cassettes/embeddings/vectors.jsonl");
    std::fs::remove_file(vectors).expect("vectors");
    let told = project.run("eval --calls replay").exits(3);
    assert!(told.stderr.contains("karat eval --record"), "{}", told.stderr);
    assert!(told.stderr.contains("no recorded vector"), "{}", told.stderr);
    assert_eq!((stub.calls(), stub.embedded().len()), calls);
}

#[test]
fn embeddings_without_a_model_are_refused_and_words_need_none() {
    let stub = Stub::echo();
    let project = project(&stub, "pick: 1, by: similarity, with: embedding", &[DRINK]);
    let told = project.run("eval").exits(2);
    assert!(
        told.stderr.contains("error[no-embedding-model]") && told.stderr.contains("prompts/ask/1.0.0.yaml:6:"),
        "{}",
        told.stderr
    );
    project.write("karat.yaml", "embedding: anthropic/claude-haiku-4-5\n");
    let told = project.run("eval").exits(2);
    assert!(told.stderr.contains("error[no-embeddings]") && told.stderr.contains("karat.yaml:1:12"), "{}", told.stderr);
    assert_eq!((stub.calls(), stub.embedded().len()), (0, 0));
}

#[test]
fn limits_on_money_see_vectors_before_they_are_asked_for() {
    let stub = Stub::echo();
    let project = embedding_project(&stub, &[DRINK]);
    let told = project.run("eval --max-cost 0.0000001 --yes").exits(3);
    assert!(told.stderr.contains("vectors of the examples may cost"), "{}", told.stderr);
    assert_eq!((stub.calls(), stub.embedded().len()), (0, 0));
    // The stub counts a million tokens per text: three of them are past this limit, so no trial starts.
    let told = project.run("eval --max-cost 0.05 --yes").exits(3);
    assert!(told.stderr.contains("stopped at the cost limit"), "{}", told.stderr);
    assert_eq!((stub.calls(), stub.embedded().len()), (0, 1));
    // And the limit of the day knows what the last run spent.
    project.write("karat.yaml", "calls: live\nembedding: openai/text-embedding-3-small\ndaily_cost_limit_usd: 0.05\n");
    project.run("eval --yes").exits(3);
    assert_eq!((stub.calls(), stub.embedded().len()), (0, 1));
}

#[test]
fn a_dry_run_embeds_nothing_and_says_what_it_compared() {
    let stub = Stub::echo();
    let project = embedding_project(&stub, &[DRINK]);
    let told = project.run("eval --dry-run").exits(0);
    assert!(told.stdout.contains("comparison by words"), "{}", told.stdout);
    assert_eq!(stub.embedded().len(), 0);
}

#[test]
fn an_embedding_model_that_refuses_the_key_stops_the_run() {
    let stub = Stub::echo();
    let project = embedding_project(&stub, &[DRINK]);
    let output = project.karat("eval").env("OPENAI_API_KEY", "sk-very-wrong").output().expect("karat runs");
    let told = crate::project::Told::of(&output).exits(3);
    assert!(told.stderr.contains("the examples have no vectors") && told.stderr.contains("API key"), "{}", told.stderr);
    assert!(!told.stderr.contains("sk-very-wrong"));
    assert_eq!(stub.calls(), 0);
}

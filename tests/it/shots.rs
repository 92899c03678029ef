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
    let project = Project::new(stub.url(), "openai/gpt-5-mini", 0);
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
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5-mini]\ndefaults: {checks: [{contains: Q}]}\ncases: cases/ask.jsonl\n",
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

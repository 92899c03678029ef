//! `karat eval --fuzz N`: generated inputs, what must hold for every answer, and the smallest input that breaks it.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::project::Project;
use crate::stub::{Reaction, Seen, Stub};

const MODEL: &str = "openai/gpt-4o";

fn prompt(extra: &str) -> String {
    format!(
        "messages: [{{role: user, content: \"{{{{ question }}}}\"}}]\nvariables:\n  question: {{type: string, required: true, max_chars: 300}}\n  tone: {{type: string, one_of: [kind, short], default: kind}}\n{extra}"
    )
}

/// A model that answers everything, but what has a brace is told in words of a program that failed.
fn brittle() -> Stub {
    Stub::start(Duration::ZERO, |seen| {
        let broken = seen.user.contains('{');
        Reaction::Say(if broken { "Internal Server Error" } else { "a fine question" }.to_owned())
    })
}

#[test]
fn generated_inputs_keep_to_the_prompt_and_to_the_seed() {
    let stub = Stub::start(Duration::ZERO, |_| Reaction::Say("a fine question".to_owned()));
    let project = Project::new(stub.url(), MODEL, 0);
    project.write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50}\n"));
    project.write_cases(0..2);
    let told = project.run("eval --fuzz 30 --format json").exits(0).json();
    let trials = told["totals"]["trials"].as_u64().expect("trials");
    // Inputs that came twice, such as the empty one, are asked once; two cases have three or four relatives together.
    assert!((20..=40).contains(&trials), "{trials}");
    let first: HashSet<String> = stub.seen().iter().map(|seen| seen.user.clone()).collect();
    assert!(first.iter().all(|text| text.chars().count() <= 350), "max_chars holds");
    assert!(first.contains("") && first.iter().any(|text| text.contains('<')), "{first:?}");
    project.run("eval --fuzz 30 --no-cache").exits(0);
    let again: HashSet<String> = stub.seen().iter().skip(first.len()).map(|seen| seen.user.clone()).collect();
    assert!(again.is_subset(&first), "the same seed asks the same");
    project.run("eval --fuzz 30 --seed 7").exits(0);
    assert!(stub.seen().iter().any(|seen| !first.contains(&seen.user)), "another seed asks something else");
}

#[test]
fn a_failing_input_is_made_smaller_and_kept_as_a_case() {
    let stub = brittle();
    let project = Project::new(stub.url(), MODEL, 0);
    project.write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50}\n"));
    project.write_cases(0..1);
    let told = project.run("eval --fuzz 16").exits(1);
    assert!(told.stdout.contains("no-error-phrase"), "{}", told.stdout);
    assert!(told.stderr.contains("no-error-phrase breaks; the smallest input found"), "{}", told.stderr);
    let kept: Vec<_> = std::fs::read_dir(project.path().join("evals/cases"))
        .expect("folder")
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("fuzz-")))
        .collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let row: Value = serde_json::from_str(&std::fs::read_to_string(&kept[0]).expect("file")).expect("json");
    assert_eq!(row["vars"]["question"], "{", "the smallest input that has a brace");
    assert_eq!(row["checks"][0]["not_regex"]["name"], "no-error-phrase");
    // What is told to run it again does.
    let rerun =
        told.stdout.lines().find_map(|line| line.trim().strip_prefix("rerun")).expect("a command").trim().to_owned();
    assert!(rerun.contains("--fuzz 16 --seed 0"), "{rerun}");
    let again = project.run(&format!("{} --format json", rerun.trim_start_matches("karat "))).exits(1).json();
    assert_eq!(again["totals"]["trials"], 1, "{rerun}");
    // It runs as a case of a suite, and fails there.
    let name = kept[0].file_name().expect("name").to_string_lossy().into_owned();
    project.write(
        "evals/ask.yaml",
        &format!("suite: ask\nprompts: [ask@1.0.0]\nmodels: [{MODEL}]\ncases: cases/{name}\n"),
    );
    project.run("eval").exits(1);
}

#[test]
fn answers_must_have_the_form_of_the_prompt_and_be_the_same_at_temperature_0() {
    let stub = Stub::start(Duration::ZERO, |seen| {
        let answer = if seen.repeat == 0 { json!({"label": "a"}) } else { json!({"label": "b"}) };
        Reaction::Say(answer.to_string())
    });
    let project = Project::new(stub.url(), MODEL, 0);
    project
        .write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50, temperature: 0}\noutput: {format: json}\n"));
    project.write_cases(0..1);
    let told = project.run("eval --fuzz 8").exits(1);
    assert!(told.stderr.contains("were answered differently when asked twice at temperature 0"), "{}", told.stderr);
    let prose = Stub::start(Duration::ZERO, |_| Reaction::Say("no JSON at all".to_owned()));
    let project = Project::new(prose.url(), MODEL, 0);
    project.write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50}\noutput: {format: json}\n"));
    project.write_cases(0..1);
    let told = project.run("eval --fuzz 4").exits(1);
    assert!(told.stdout.contains("format"), "{}", told.stdout);
}

#[test]
fn relatives_of_a_case_must_keep_its_verdict() {
    // Whoever adds a sentence gets another answer.
    let stub = Stub::start(Duration::ZERO, |seen| {
        Reaction::Say(
            if seen.user.contains("weather has been mild") { "nice weather" } else { "a question" }.to_owned(),
        )
    });
    let project = Project::new(stub.url(), MODEL, 0);
    project.write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50}\n"));
    project.write_cases(0..1);
    let told = project.run("eval --fuzz 8").exits(1);
    assert!(told.stderr.contains("case q0 passes, and fails once changed by `irrelevant`"), "{}", told.stderr);
    assert!(!told.stderr.contains("by `spaces`"), "{}", told.stderr);
}

#[test]
fn it_keeps_to_limits_and_resumes() {
    let stub = brittle();
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 0);
    project.write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50}\n"));
    project.write_cases(0..1);
    // Some inputs have failed by then, which no other outcome can mend.
    let told = project.run("eval --fuzz 40 --max-cost 0.0025 -j 1 --format json").exits(1);
    let spent: f64 = told.json()["totals"]["spent_usd"].as_str().expect("money").parse().expect("a number");
    assert!(spent > 0.0 && spent <= 0.0025, "{spent}");
    project.run("eval --resume --max-cost 1").exits(1);
    let shown = project.run("eval show latest --format json").exits(0).json();
    assert_eq!(shown["totals"]["trials"], shown["run"]["planned_trials"]);
}

#[test]
fn it_works_with_a_mock() {
    let project = Project::new("http://127.0.0.1:9", "echo", 0);
    project.write("karat.yaml", "calls: live\nproviders: {echo: {type: echo}}\n");
    project.write("prompts/ask/1.0.0.yaml", &prompt(""));
    project.write_cases(0..1);
    // The echo of nothing is nothing.
    let told = project.run("eval --fuzz 10").exits(1);
    assert!(told.stdout.contains("not-empty"), "{}", told.stdout);
}

#[test]
fn a_case_is_asked_with_0_to_10_examples() {
    // Breaks down where more than two examples stand before the question.
    let stub = Stub::start(Duration::ZERO, |seen| {
        let turns = seen.body["messages"].as_array().map_or(0, Vec::len);
        Reaction::Say(if turns > 5 { "" } else { "a fine question" }.to_owned())
    });
    let project = Project::new(stub.url(), MODEL, 0);
    project.write(
        "prompts/ask/1.0.0.yaml",
        &prompt("examples: {from: examples.jsonl, pick: 1}\nparams: {max_tokens: 50}\n"),
    );
    let rows: String = (0..12)
        .map(|n| format!("{{\"vars\": {{\"question\": \"why {n}\"}}, \"output\": \"because {n}\"}}\n"))
        .collect();
    project.write("prompts/ask/examples.jsonl", &rows);
    project.write_cases(0..1);
    let told = project.run("eval --fuzz 11").exits(1);
    let scaled: Vec<usize> = stub
        .seen()
        .iter()
        .filter(|seen| seen.user == "question 0")
        .map(|seen| (seen.body["messages"].as_array().map_or(0, Vec::len) - 1) / 2)
        .collect();
    let sizes: HashSet<usize> = scaled.into_iter().collect();
    assert_eq!(sizes, (0..=10).collect(), "0 to 10 examples, whatever the prompt picks");
    assert!(told.stderr.contains("case q0 breaks not-empty when it is asked with 3 examples"), "{}", told.stderr);
    assert!(!told.stderr.contains("asked with 2 examples"), "{}", told.stderr);
}

/// A model under test that knows `question` alone, and one that says texts in other words.
fn rewording(other_words: &'static str) -> Stub {
    Stub::start(Duration::ZERO, move |seen| {
        let is_asked_for_words = seen.body["model"] == "gpt-5.4-mini";
        let answer = if is_asked_for_words {
            other_words
        } else if seen.user.contains("question") || seen.user.trim().is_empty() {
            "a fine question"
        } else {
            "what?"
        };
        Reaction::Say(answer.to_owned())
    })
}

fn rewording_project(stub: &Stub) -> Project {
    let project = Project::new(stub.url(), MODEL, 0);
    project.write("prompts/ask/1.0.0.yaml", &prompt("params: {max_tokens: 50}\n"));
    project.write_cases(0..1);
    project
}

#[test]
fn a_case_is_said_in_other_words_by_a_model_that_is_named() {
    let stub = rewording("What is enquired");
    let project = rewording_project(&stub);
    let told = project.run("eval --fuzz 6 --paraphrase openai/gpt-5.4-mini --record").exits(1);
    assert!(told.stderr.contains("case q0 passes, and fails once changed by `paraphrase`"), "{}", told.stderr);
    assert!(
        told.stdout.contains("--paraphrase openai/gpt-5.4-mini"),
        "the command that runs it again:\n{}",
        told.stdout
    );
    assert!(!told.stderr.contains("polite-frame"), "{}", told.stderr);
    let words = |seen: &Seen| seen.body["model"] == "gpt-5.4-mini";
    let asked: Vec<_> = stub.seen().into_iter().filter(words).collect();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].user.contains("\nquestion 0\n"), "{}", asked[0].user);
    assert!(stub.seen().iter().any(|seen| seen.user == "What is enquired"), "the case is asked in those words");
    assert!(told.stdout.contains("judges  1 question (1 live)"), "its cost is counted apart:\n{}", told.stdout);
    // What was recorded answers, the other words among it, and nobody is called.
    let calls = stub.calls();
    let again = project.run("eval --fuzz 6 --paraphrase openai/gpt-5.4-mini --calls replay --no-cache").exits(1);
    assert!(again.stderr.contains("fails once changed by `paraphrase`"), "{}", again.stderr);
    assert_eq!(stub.calls(), calls);
    let told = project.run("eval --fuzz 7 --seed 3 --calls replay --no-cache").exits(3);
    assert!(told.stdout.contains("no recorded reply"), "{}", told.stdout);
}

#[test]
fn what_is_no_paraphrase_is_no_failure() {
    for (answer, why) in [
        ("QUESTION  0", "it says the same words"),
        ("", "its answer is empty"),
        (&*"long ".repeat(200), "are too many"),
    ] {
        let answer: &'static str = Box::leak(answer.to_owned().into_boxed_str());
        let project_stub = rewording(answer);
        let project = rewording_project(&project_stub);
        project.run("eval --fuzz 6 --paraphrase openai/gpt-5.4-mini").exits(0);
        let rows = project.run("eval export latest").exits(0).stdout;
        let skipped = rows.lines().find(|line| line.contains("relation-paraphrase")).expect("the trial");
        assert!(skipped.contains("\"outcome\":\"skipped\"") && skipped.contains(why), "{skipped}");
    }
}

#[test]
fn written_paraphrases_come_first_and_the_polite_frame_stands_in() {
    let stub = rewording("unused");
    let project = rewording_project(&stub);
    let row = json!({"id": "own", "vars": {"question": "question 0"}, "paraphrases": ["which question 0?", {"question": "enquire"}]});
    project.write("evals/cases.jsonl", &format!("{row}\n"));
    let suite = "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-4o]\ncases: cases.jsonl\ndefaults: {checks: [{icontains: question}]}\n";
    for file in std::fs::read_dir(project.path().join("evals")).expect("folder") {
        let path = file.expect("entry").path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            std::fs::write(&path, suite).expect("write");
        }
    }
    let told = project.run("eval --fuzz 8 --paraphrase openai/gpt-5.4-mini").exits(1);
    assert!(told.stderr.contains("case own passes, and fails once changed by `paraphrase`"), "{}", told.stderr);
    let users: Vec<String> = stub.seen().into_iter().map(|seen| seen.user).collect();
    assert!(users.contains(&"which question 0?".to_owned()) && users.contains(&"enquire".to_owned()), "{users:?}");
    assert!(stub.seen().iter().all(|seen| seen.body["model"] == "gpt-4o"), "nobody is asked for other words");
    project.write("evals/cases.jsonl", "{\"id\": \"own\", \"vars\": {\"question\": \"question 0\"}}\n");
    project.run("eval --fuzz 8").exits(0);
    let framed = stub.seen().into_iter().any(|seen| seen.user.starts_with("Could you help me"));
    assert!(framed, "without any, a fixed frame");
    project.write(
        "evals/cases.jsonl",
        "{\"id\": \"own\", \"vars\": {\"question\": \"q\"}, \"paraphrases\": [{\"qestion\": \"p\"}, 5]}\n",
    );
    let told = project.run("eval").exits(2);
    for wanted in ["`qestion` is not a variable of this case", "a paraphrase is a text", "cases.jsonl:1:"] {
        assert!(told.stderr.contains(wanted), "{}", told.stderr);
    }
}

//! What prompts ask beside their texts, as it reaches the wires; and what models do not take, before anything is sent.

use serde_json::{Value, json};

use crate::project::Project;
use crate::stub::{Reaction, Stub};

const TOOLS: &str = r#"messages:
  - {role: system, content: You answer briefly., cache: 1h}
  - {role: user, content: "{{ question }}"}
  - role: assistant
    tool_calls: [{id: c1, name: search, arguments: '{"q": {{ question | json_encode }}}'}]
  - {role: tool, id: c1, content: nothing found}
  - {role: user, content: "{{ question }}"}
variables: {question: {type: string, required: true}}
params: {max_tokens: 50}
tools: [{name: search, description: Search the docs, parameters: {type: object, properties: {q: {type: string}}}}]
tool_choice: {name: search}
parallel_tools: false
"#;

fn asked(model: &str, prompt: &str) -> (Value, Project, Stub) {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), model, 1);
    project.write("prompts/ask/1.0.0.yaml", prompt);
    project.run("eval").exits(0);
    let body = stub.seen()[0].body.clone();
    (body, project, stub)
}

#[test]
fn tools_and_cache_marks_reach_both_wires() {
    let (body, project, _stub) = asked("openai/gpt-4o", TOOLS);
    assert_eq!(body["tools"][0]["function"]["name"], "search");
    assert_eq!(body["tool_choice"], json!({"type": "function", "function": {"name": "search"}}));
    assert_eq!(body["parallel_tool_calls"], false);
    let call = &body["messages"][2]["tool_calls"][0];
    assert_eq!((&call["id"], &call["function"]["arguments"]), (&json!("c1"), &json!("{\"q\": \"question 0\"}")));
    let result = json!({"role": "tool", "tool_call_id": "c1", "content": "nothing found"});
    assert_eq!(body["messages"][3], result);
    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(
        shown.contains("search({\"q\": \"question 0\"})") && shown.contains("[result of c1] nothing found"),
        "{shown}"
    );
    let exported = project.run("eval export latest").exits(0).stdout;
    assert!(exported.contains("\"tool_call\"") && exported.contains("\"tools\""), "{exported}");

    let (body, ..) = asked("anthropic/claude-haiku-4-5", TOOLS);
    assert_eq!((&body["tools"][0]["name"], &body["tool_choice"]["name"]), (&json!("search"), &json!("search")));
    assert_eq!(body["tool_choice"]["disable_parallel_tool_use"], true);
    assert_eq!(body["system"][0]["cache_control"], json!({"type": "ephemeral", "ttl": "1h"}), "{body}");
}

#[test]
fn a_prediction_reaches_the_wire_rendered() {
    let prompt = "messages: [{role: user, content: \"{{ question }}\"}]\nvariables: {question: {type: string, required: true}}\nprediction: \"the {{ question }}\"\n";
    let (body, ..) = asked("openai/gpt-4o", prompt);
    assert_eq!(body["prediction"], json!({"type": "content", "content": "the question 0"}));
}

#[test]
fn calls_of_a_reply_are_shown_beside_its_text() {
    let stub = Stub::start(std::time::Duration::ZERO, |_| {
        let call = json!({"id": "c9", "type": "function", "function": {"name": "search", "arguments": "{\"q\":1}"}});
        let message = json!({"role": "assistant", "content": "a question first", "tool_calls": [call]});
        let choice = json!({"index": 0, "message": message, "finish_reason": "tool_calls"});
        Reaction::Status(200, json!({"id": "x", "model": "gpt-4o", "choices": [choice]}), vec![])
    });
    let project = Project::new(stub.url(), "openai/gpt-4o", 1);
    project.run("eval").exits(0);
    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(shown.contains("a question first") && shown.contains("search({\"q\":1})"), "{shown}");
    let report = project.run("eval show latest --case q0 --format json").exits(0).stdout;
    assert!(report.contains("\"tool_calls\"") && report.contains("c9"), "{report}");
}

const WARM: &str = "messages: [{role: user, content: \"{{ question }}\"}]\nvariables: {question: {type: string, required: true}}\nparams: {temperature: 0, max_tokens: 50}\n";

#[test]
fn what_a_model_rejects_is_an_error_until_it_may_be_left_out() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 2);
    project.write("prompts/ask/1.0.0.yaml", WARM);
    for args in ["eval", "eval --dry-run"] {
        let told = project.run(args).exits(2);
        assert!(
            told.stderr.contains("error[rejected-param]") && told.stderr.contains("1.0.0.yaml:3:10"),
            "{}",
            told.stderr
        );
    }
    assert_eq!(stub.calls(), 0);
    let told = project.run("eval --drop-rejected -v").exits(0);
    assert!(told.stderr.contains("openai/gpt-5.4-mini: "), "{}", told.stderr);
    assert!(told.stderr.contains("`max_tokens` is sent as `max_completion_tokens`"), "{}", told.stderr);
    assert!(told.stderr.contains("`temperature` is left out"), "{}", told.stderr);
    assert!(stub.seen().iter().all(|seen| seen.body.get("temperature").is_none()));
    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(shown.contains("temperature dropped"), "{shown}");
    // A run that was started so is resumed so.
    project.run("eval --resume").exits(0);

    project.write("karat.yaml", "calls: live\non_rejected: drop\n");
    project.run("eval --no-cache").exits(0);
    project.write("karat.yaml", "calls: live\nproviders: {openai: {on_rejected: drop}}\n");
    project.run("eval --no-cache").exits(0);
    project.write("karat.yaml", "calls: live\non_rejected: drop\nproviders: {openai: {on_rejected: error}}\n");
    assert!(project.run("eval").exits(2).stderr.contains("rejected-param"));
}

#[test]
fn null_takes_a_parameter_away_for_one_model() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 1);
    project.write(
        "prompts/ask/1.0.0.yaml",
        &format!("{WARM}models: {{\"openai/gpt-5*\": {{params: {{temperature: null}}}}}}\n"),
    );
    project.run("eval").exits(0);
    project.write("prompts/ask/1.0.0.yaml", WARM);
    project.write(
        "evals/ask.yaml",
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-4o, {model: openai/gpt-5.4-mini, params: {temperature: null}}]\ndefaults: {checks: [{contains: question}]}\ncases: cases/ask.jsonl\n",
    );
    project.run("eval --no-cache").exits(0);
    let warm: Vec<bool> = stub.seen().iter().map(|seen| seen.body.get("temperature").is_some()).collect();
    assert_eq!(warm.iter().filter(|warm| **warm).count(), 1, "{warm:?}");
}

#[test]
fn lint_and_eval_agree_on_what_a_model_takes() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 1);
    project.write("prompts/ask/1.0.0.yaml", WARM);
    let linted = project.run("prompt lint").exits(1).stdout;
    assert!(linted.contains("rejected-param") && linted.contains("`temperature`"), "{linted}");
    project.write("karat.yaml", "on_rejected: drop\n");
    let linted = project.run("prompt lint").exits(0).stdout;
    assert!(linted.contains("rejected-param"), "{linted}");
}

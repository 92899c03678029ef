//! Tools, calls and their results, cache marks, predictions.

use super::*;
use crate::record::{CacheTtl, Params, ToolCall, ToolChoice};

const WITH_TOOLS: &str = r#"messages:
  - {role: system, content: Be brief., cache: 1h}
  - {role: user, content: "Weather in {{ city }}?"}
  - role: assistant
    content: Let me look.
    tool_calls:
      - {id: c1, name: get_weather, arguments: '{"city": {{ city | json_encode }}}'}
      - {id: c2, name: now, arguments: {zone: utc}}
  - {role: tool, id: c1, content: "{{ city }}: 21 degrees"}
  - {role: tool, id: c2, content: no clock, is_error: true}
  - {role: user, content: And tomorrow?, cache: 5m}
variables: {city: {type: string}}
tools:
  - name: get_weather
    description: Weather of a city
    parameters: {type: object, properties: {city: {type: string}}, required: [city]}
  - {name: now, parameters: now.json}
tool_choice: {name: get_weather}
parallel_tools: false
prediction: "In {{ city }} it will be"
"#;

fn project() -> Project {
    Project::new(&[
        ("prompts/p/1.0.0.yaml", WITH_TOOLS),
        ("prompts/p/now.json", "{\"type\": \"object\", \"properties\": {\"zone\": {\"type\": \"string\"}}}"),
    ])
}

#[test]
fn everything_of_tools_reaches_the_request() {
    let prompt = project().prompt("p");
    let rendered = prompt.render(&vars(json!({"city": "Saint-\"Malo\""})), &model("openai/gpt-4o")).expect("renders");
    let request = rendered.request("gpt-4o".to_owned(), &Params::default());
    let names: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["get_weather", "now"]);
    assert_eq!(request.tools[1].parameters["properties"]["zone"]["type"], "string");
    assert_eq!(request.tool_choice, ToolChoice::Named("get_weather".to_owned()));
    assert_eq!(
        (request.parallel_tools, request.prediction.as_deref()),
        (Some(false), Some("In Saint-\"Malo\" it will be"))
    );
    let caches: Vec<Option<CacheTtl>> = request.messages.iter().map(|message| message.cache).collect();
    assert_eq!((caches[0], caches[1], caches[5]), (Some(CacheTtl::OneHour), None, Some(CacheTtl::FiveMinutes)));
    let call = |id: &str, name: &str, arguments: &str| {
        Part::ToolCall(ToolCall { arguments: arguments.to_owned(), id: id.to_owned(), name: name.to_owned() })
    };
    let said = vec![
        Part::Text("Let me look.".to_owned()),
        call("c1", "get_weather", r#"{"city": "Saint-\"Malo\""}"#),
        call("c2", "now", r#"{"zone":"utc"}"#),
    ];
    assert_eq!(request.messages[2].parts, said);
    let result = Part::ToolResult { id: "c2".to_owned(), is_error: true, text: "no clock".to_owned() };
    assert_eq!(request.messages[4].parts, [result]);
}

#[test]
fn each_new_key_changes_the_digest_and_prompts_without_them_keep_theirs() {
    let digest = |yaml: &str| Project::new(&[("prompts/p/1.0.0.yaml", yaml)]).prompt("p").digest;
    let base = "messages: [{role: user, content: a}]\ntools: [{name: f}, {name: g}]\n";
    let others = [
        "messages: [{role: user, content: a}]\n".to_owned(),
        base.replace("content: a", "content: a, cache: 5m"),
        base.replace("content: a", "content: a, cache: 1h"),
        format!("{base}tool_choice: required\n"),
        format!("{base}tool_choice: {{name: g}}\n"),
        format!("{base}parallel_tools: true\n"),
        format!("{base}prediction: x\n"),
        base.replace("name: f", "name: f, description: d"),
    ];
    let mut digests: Vec<String> = others.iter().map(|yaml| digest(yaml).to_string()).collect();
    digests.push(digest(base).to_string());
    let all = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), all);
    assert_eq!(digest(base), digest(&format!("{base}tool_choice: auto\n")), "the default says nothing");
    let content =
        Project::new(&[("prompts/p/1.0.0.yaml", "template: a\nparams: {seed: null}\n")]).prompt("p").identity();
    let keys: Vec<&str> = content.as_object().expect("object").keys().map(String::as_str).collect();
    assert!(["tools", "tool_choice", "parallel_tools", "prediction"].iter().all(|key| !keys.contains(key)), "{keys:?}");
    assert_eq!(content["params"], json!({}), "below a prompt's own parameters there is nothing to take away");
}

#[test]
fn what_no_api_would_take_is_refused_with_its_place() {
    let cases = [
        ("template: a\ntool_choice: required\n", "[tools-missing]", "2:1"),
        ("template: a\ntools: [{name: a b}]\n", "[tool-name]", "2:16"),
        ("template: a\ntools: [{name: f}, {name: f}]\n", "[duplicate-tool]", "2:20"),
        ("template: a\ntools: [{name: f, parameters: {type: string}}]\n", "[invalid-schema]", "2:31"),
        (
            "template: a\ntools: [{name: get_weather}]\ntool_choice: {name: get_wether}\n",
            "did you mean `get_weather`",
            "3:21",
        ),
        ("template: a\ntools: [{name: f}]\ntool_choice: f\n", "write `{name: f}`", "3:14"),
        (
            "messages:\n  - {role: user, content: a}\n  - {role: tool, id: x, content: b}\n",
            "answers no earlier tool call",
            "3:5",
        ),
        (
            "messages:\n  - {role: user, content: a, tool_calls: [{id: x, name: f}]}\n",
            "only an assistant message",
            "2:30",
        ),
        (
            "messages:\n  - {role: assistant, tool_calls: [{id: x, name: f, arguments: {a: \"{{ b }}\"}}]}\n",
            "[tool-arguments]",
            "2:64",
        ),
        ("messages:\n  - {role: user, content: a, cache: 2h}\n", "one of 5m, 1h", "2:37"),
    ];
    for (yaml, wanted, place) in cases {
        let project = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]);
        let text = project.errors("p");
        assert!(text.contains(wanted) && text.contains(&format!("1.0.0.yaml:{place}")), "{yaml}\n{text}");
    }
}

#[test]
fn arguments_that_are_no_json_are_told_before_anything_is_sent() {
    let yaml = "messages:\n  - {role: user, content: a}\n  - {role: assistant, tool_calls: [{id: x, name: f, arguments: '{\"a\": {{ b }}}'}]}\nvariables: {b: {type: string}}\n";
    let prompt = Project::new(&[("prompts/p/1.0.0.yaml", yaml)]).prompt("p");
    let error = prompt.render(&vars(json!({"b": "x y"})), &model("openai/gpt-4o")).expect_err("no JSON");
    let text = error.to_diagnostic().render(false);
    assert!(text.contains("no JSON object") && text.contains("json_encode"), "{text}");
    assert!(prompt.render(&vars(json!({"b": "1"})), &model("openai/gpt-4o")).is_ok());
}

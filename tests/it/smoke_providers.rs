//! `karat smoke providers` against servers that answer, refuse, hang, or are not there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::project::{KEY, Project};
use crate::stub::{Reaction, Stub};

fn row<'r>(report: &'r Value, model: &str) -> &'r Value {
    let rows = report["models"].as_array().expect("models");
    rows.iter().find(|row| row["model"] == model).unwrap_or_else(|| panic!("no {model} in {report:#}"))
}

fn error(status: u16, kind: &str) -> Reaction {
    Reaction::Status(status, json!({"error": {"message": "no", "type": kind, "code": kind}}), vec![])
}

#[test]
fn the_models_of_the_project_are_called_once_each_and_told() {
    let stub = Stub::start(Duration::ZERO, |_| Reaction::Say("OK".to_owned()));
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 1);
    project.write(
        "karat.yaml",
        "calls: replay\nmodels: [openai/gpt-5.4-mini, anthropic/claude-haiku-4-5]\njudge: openai/gpt-4o\nembedding: openai/text-embedding-3-small\n",
    );
    let told = project.run("smoke providers --format json").exits(0);
    let report = told.json();
    assert_eq!(report["models"].as_array().map(Vec::len), Some(4), "{report:#}");
    assert!(told.stderr.contains("making 4 tiny live calls, though `calls` says replay"), "{}", told.stderr);
    for model in ["openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5", "openai/gpt-4o", "openai/text-embedding-3-small"]
    {
        let row = row(&report, model);
        assert_eq!(
            (&row["state"], &row["reachable"], &row["authorized"]),
            (&json!("pass"), &json!(true), &json!(true))
        );
        assert!(row["cost_usd"].is_string(), "{row}");
    }
    // Thinking has room, an answer of one word needs none.
    let limits: Vec<Value> = ["gpt-5.4-mini", "gpt-4o"]
        .map(|model| {
            let seen = stub.seen();
            let body = seen.iter().map(|seen| &seen.body).find(|body| body["model"] == model).expect(model).clone();
            if body["max_tokens"].is_null() {
                body["max_completion_tokens"].clone()
            } else {
                body["max_tokens"].clone()
            }
        })
        .to_vec();
    assert_eq!(limits, [json!(1000), json!(16)]);
    assert_eq!((stub.calls(), stub.embedded().len()), (3, 1));
    let shown = project.run("smoke providers openai/gpt-4o --format plain").exits(0).stdout;
    assert!(shown.contains("openai/gpt-4o") && shown.contains("1 of 1 model answered"), "{shown}");
    assert!(!format!("{told:?}{shown}").contains(KEY));
}

#[test]
fn each_trouble_has_its_word_and_what_to_fix() {
    let stub = Stub::start(Duration::ZERO, |seen| match seen.body["model"].as_str().unwrap_or_default() {
        "wrong-key" => error(401, "invalid_api_key"),
        "busy" => error(429, "rate_limit_exceeded"),
        "broke" => error(429, "insufficient_quota"),
        "slow" => Reaction::Hang,
        _ => Reaction::Say("OK".to_owned()),
    });
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 0);
    let url = stub.url();
    project.write(
        "karat.yaml",
        &format!("providers:\n  a: {{type: openai, base_url: \"{url}/v1\", key_env: OPENAI_API_KEY}}\n  b: {{type: openai, base_url: \"{url}/v1\", key_env: OPENAI_API_KEY}}\n  c: {{type: openai, base_url: \"{url}/v1\", key_env: OPENAI_API_KEY}}\n  d: {{type: openai, base_url: \"{url}/v1\", key_env: OPENAI_API_KEY}}\n  gone: {{type: openai, base_url: \"http://127.0.0.1:9/v1\", key_env: OPENAI_API_KEY}}\n  keyless: {{type: openai, key_env: NO_SUCH_KEY}}\n"),
    );
    let began = Instant::now();
    let models = "a/wrong-key b/busy c/slow d/broke gone/m keyless/m openai/good";
    let told = project.run(&format!("smoke providers {models} --timeout 8s --format json")).exits(1);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let report = told.json();
    let is = |model: &str, state: &str, error: Value, fix: &str| {
        let row = row(&report, model);
        assert_eq!((&row["state"], &row["error"]), (&json!(state), &error), "{row:#}");
        let told = row["fix"].as_str().unwrap_or_default();
        assert!(told.contains(fix), "{row:#}");
    };
    is("a/wrong-key", "fail", json!("auth"), "OPENAI_API_KEY");
    is("b/busy", "fail", json!("rate_limited"), "try again later");
    is("c/slow", "fail", json!("timeout"), "--timeout");
    is("d/broke", "fail", json!("quota_exhausted"), "add credit");
    is("gone/m", "fail", json!("network"), "base_url");
    is("keyless/m", "not_callable", Value::Null, "NO_SUCH_KEY");
    is("openai/good", "pass", Value::Null, "");
    assert_eq!(row(&report, "gone/m")["reachable"], false);
    assert_eq!(row(&report, "a/wrong-key")["authorized"], false);
    // Nobody reached: nothing can be said. Nothing callable: the set-up is wrong.
    project.run("smoke providers gone/m").exits(3);
    project.run("smoke providers keyless/m").exits(2);
}

#[test]
fn a_limit_on_spend_holds_before_the_first_call() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), "openai/gpt-5.4-mini", 1);
    let told = project.run("smoke providers --max-cost 0.0000001").exits(2);
    assert!(told.stderr.contains("over-budget") && told.stderr.contains("--max-cost"), "{}", told.stderr);
    let unknown = project.run("smoke providers openai/never-heard-of --max-cost 1").exits(2);
    assert!(unknown.stderr.contains("the price of a model is unknown"), "{}", unknown.stderr);
    assert_eq!(stub.calls(), 0);
    let planned = project.run("smoke providers --dry-run --format json").exits(0).json();
    assert_eq!(planned["models"][0]["model"], "openai/gpt-5.4-mini");
    assert!(planned["models"][0]["most_cost_usd"].is_string() && stub.calls() == 0, "{planned:#}");
    // Its key is set and nothing of it is used.
    assert_eq!(planned["not_called"], json!(["anthropic"]));
    project.run("smoke providers --max-cost 1").exits(0);
    assert_eq!(stub.calls(), 1);
}

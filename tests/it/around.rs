//! Healing and hedging, end to end: off unless wanted, and told when they happened.

use std::time::Duration;

use serde_json::json;

use super::project::Project;
use super::stub::{Reaction, Stub};

fn project(stub: &Stub, provider: &str, cases: usize) -> Project {
    let project = Project::new(stub.url(), "own/some-model", cases);
    let url = stub.url();
    project.write(
        "karat.yaml",
        &format!(
            "calls: live\nconcurrency: 4\nproviders:\n  own: {{type: openai, base_url: \"{url}/v1\", {provider}}}\n"
        ),
    );
    project
}

#[test]
fn a_parameter_that_the_server_refuses_is_left_out_once_where_that_is_wanted() {
    for (heals, code, calls) in [("heal: true", 0, 2), ("heal: false", 3, 1)] {
        let stub = Stub::start(Duration::ZERO, |seen| {
            if seen.body.get("max_tokens").is_none() {
                return Reaction::Say(seen.user.clone());
            }
            let error = json!({"error": {"message": "Unsupported parameter: 'max_tokens'", "type": "invalid_request_error",
                "code": "unsupported_parameter", "param": "max_tokens"}});
            Reaction::Status(400, error, vec![])
        });
        let project = project(&stub, heals, 1);
        project.run("eval").exits(code);
        assert_eq!(stub.calls(), calls, "{heals}");
        let exported = project.run("eval export latest").exits(0).stdout;
        assert_eq!(exported.contains("`heal` is on"), code == 0, "{exported}");
    }
}

#[test]
fn a_slow_call_is_asked_a_second_time_and_that_is_told() {
    // Second requests are a twentieth of all at most: the calls before give room for one.
    let stub =
        Stub::start(
            Duration::ZERO,
            |seen| {
                if seen.index == 60 { Reaction::Hang } else { Reaction::Say(seen.user.clone()) }
            },
        );
    let project = project(&stub, "hedge: {after: 100ms}, timeouts: {first_byte: 20s}", 62);
    let report = project.run("eval --format json").exits(0).json();
    assert_eq!(stub.calls(), 63);
    assert!(report.to_string().contains("\"possible_double_charges\":1"), "{report}");
    let exported = project.run("eval export latest").exits(0).stdout;
    assert!(exported.contains("\"hedges\":1"), "{exported}");
}

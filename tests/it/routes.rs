//! Named routes, end to end: who answers, why, and what is said when nobody can be asked.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::json;

use super::project::Project;
use super::stub::{Reaction, Stub};

/// A project whose suite asks `route/main`, with two providers `first` and `second` at these servers.
fn project(first: &Stub, second: &Stub, route: &str, cases: usize) -> Project {
    let project = Project::new(first.url(), "route/main", cases);
    project.write(
        "karat.yaml",
        &format!(
            "calls: live\nconcurrency: 1\nproviders:\n  \
             first: {{type: openai, base_url: \"{}/v1\", retries: {{max_attempts: 1}}}}\n  \
             second: {{type: openai, base_url: \"{}/v1\", retries: {{max_attempts: 1}}}}\nroutes:\n  main: {route}\n",
            first.url(),
            second.url()
        ),
    );
    project
}

fn failing() -> Stub {
    Stub::start(Duration::ZERO, |_| Reaction::Status(503, json!({"error": {"message": "overloaded"}}), vec![]))
}

/// Which model answered each trial, in the order of the cases, with the notes of their routes.
fn answered(project: &Project) -> Vec<(String, serde_json::Value)> {
    let exported = project.run("eval export latest").exits(0);
    let mut trials: Vec<serde_json::Value> =
        exported.stdout.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    trials.retain(|line| line["call"].is_object());
    trials.sort_by_key(|trial| trial["case"].to_string());
    trials
        .iter()
        .map(|trial| (trial["call"]["answered_by"].as_str().unwrap_or("").to_owned(), trial["call"]["route"].clone()))
        .collect()
}

#[test]
fn a_fallback_asks_the_next_model_and_every_reply_says_who_answered_and_why() {
    let (first, second) = (failing(), Stub::echo());
    let project = project(&first, &second, "{strategy: fallback, models: [first/gpt-4o, second/gpt-4o]}", 2);
    project.run("eval").exits(0);
    for (by, note) in answered(&project) {
        assert_eq!(by, "second/gpt-4o", "{note}");
        assert!(note.to_string().contains("first/gpt-4o"), "{note}");
    }
    let shown = project.run("eval show latest --case q0").exits(0).stdout;
    assert!(shown.contains("second/gpt-4o") && shown.contains("main"), "{shown}");
    assert_eq!(second.calls(), 2);
}

#[test]
fn a_failure_that_the_route_does_not_name_is_not_taken_elsewhere() {
    let (first, second) = (failing(), Stub::echo());
    let route = "{strategy: fallback, models: [first/gpt-4o, second/gpt-4o], on: [timeout]}";
    let project = project(&first, &second, route, 1);
    project.run("eval").exits(3);
    assert_eq!(second.calls(), 0);
}

#[test]
fn round_robin_takes_turns_by_case_and_the_cheapest_capable_model_is_asked() {
    let (first, second) = (Stub::echo(), Stub::echo());
    let turns = project(&first, &second, "{strategy: round_robin, models: [first/gpt-4o, second/gpt-4o]}", 4);
    turns.run("eval").exits(0);
    let by: Vec<String> = answered(&turns).into_iter().map(|(by, _)| by).collect();
    assert_eq!(by, ["first/gpt-4o", "second/gpt-4o", "first/gpt-4o", "second/gpt-4o"]);

    let (dear, cheap) = (Stub::echo(), Stub::echo());
    let route = "{strategy: cheapest, models: [first/dear, second/cheap]}";
    let cheapest = project(&dear, &cheap, route, 2);
    let yaml = std::fs::read_to_string(cheapest.path().join("karat.yaml")).expect("karat.yaml");
    let prices = "prices:\n  - {model: first/dear, input: \"5\", output: \"15\"}\n  - {model: second/cheap, input: \"0.1\", output: \"0.2\"}\n";
    cheapest.write("karat.yaml", &format!("{yaml}{prices}"));
    cheapest.run("eval").exits(0);
    assert_eq!((dear.calls(), cheap.calls()), (0, 2));
}

/// How many trials each model answered.
fn shares(project: &Project) -> (usize, usize) {
    let all = answered(project);
    let of = |name: &str| all.iter().filter(|(by, _)| by.starts_with(name)).count();
    (of("first/"), of("second/"))
}

#[test]
fn the_fastest_is_found_out_and_remembered_by_the_next_run() {
    let slow = Stub::start(Duration::from_millis(250), |seen| Reaction::Say(seen.user.clone()));
    let fast = Stub::echo();
    let project = project(&slow, &fast, "{strategy: fastest, models: [first/gpt-4o, second/gpt-4o]}", 6);
    project.run("eval").exits(0);
    // Each is asked once, because nobody knows how fast it is; then the faster one only.
    assert_eq!((shares(&project), slow.calls()), ((1, 5), 1));
    let notes: String = answered(&project).into_iter().map(|(_, note)| note["why"].to_string()).collect();
    assert!(notes.contains("no latency of it is known yet") && notes.contains("number 1 by speed"), "{notes}");
    project.run("eval --no-cache").exits(0);
    assert_eq!((shares(&project), slow.calls(), fast.calls()), ((0, 6), 1, 11));
}

#[test]
fn adaptive_leaves_a_model_that_fails_or_that_is_dear_as_its_weights_say() {
    let (bad, good) = (failing(), Stub::echo());
    let route =
        |weights: &str| format!("{{strategy: adaptive, models: [first/dear, second/cheap], weights: {{{weights}}}}}");
    let failing = project(&bad, &good, &route("success: 1, cost: 0, latency: 0"), 5);
    failing.run("eval").exits(0);
    let asked = bad.calls();
    assert_eq!(good.calls(), 5);
    let notes: Vec<String> = answered(&failing).into_iter().map(|(_, note)| note["why"].to_string()).collect();
    // One failure of one: (0 + 1) / (1 + 2); nothing is known of the other: 1/2.
    assert!(notes[0].contains("score 0.50 (success 0.50"), "{notes:?}");
    assert!(notes[0].contains("after `first/dear` (overloaded)"), "{notes:?}");
    // From here on: 1/3 against 2/3, 3/4, 4/5 …
    assert!(notes[1].starts_with("\"score 0.67") && notes[4].starts_with("\"score 0.83"), "{notes:?}");
    assert!(notes[1..].iter().all(|note| !note.contains("after")), "{notes:?}");
    // Five answers of five are remembered: the next run begins with who gave them.
    failing.run("eval --no-cache").exits(0);
    assert_eq!((bad.calls(), good.calls()), (asked, 10));

    let prices = "prices:\n  - {model: first/dear, input: \"5\", output: \"15\"}\n  - {model: second/cheap, input: \"1\", output: \"3\"}\n";
    for (weights, wanted) in [("success: 0, cost: 1, latency: 0", (0, 4)), ("success: 1, cost: 0, latency: 0", (4, 0))]
    {
        let (dear, cheap) = (Stub::echo(), Stub::echo());
        let project = project(&dear, &cheap, &route(weights), 4);
        let yaml = std::fs::read_to_string(project.path().join("karat.yaml")).expect("karat.yaml");
        project.write("karat.yaml", &format!("{yaml}{prices}"));
        project.run("eval").exits(0);
        // With the same share of answers the first of the route stays the first.
        assert_eq!((dear.calls(), cheap.calls()), wanted, "{weights}");
    }
}

#[test]
fn routes_are_checked_before_the_first_call() {
    let (first, second) = (Stub::echo(), Stub::echo());
    for (route, wanted) in [
        ("{strategy: fallback, models: [nowhere/x, second/gpt-4o]}", "nowhere"),
        ("{strategy: falback, models: [second/gpt-4o]}", "did you mean `fallback`"),
        ("{strategy: fallback, models: []}", "needs a model"),
        ("{strategy: fallback, models: [route/other]}", "cannot be routes"),
        ("{strategy: fallback, models: [second/a], weights: {success: 1}}", "`weights` are for"),
        ("{strategy: cheapest, models: [second/a], needs: [wings]}", "wings"),
        ("{strategy: adaptive, models: [second/a], weights: {speed: 1}}", "speed"),
        ("{strategy: adaptive, models: [second/a], weights: {success: -1}}", "success"),
        ("{strategy: fastest, models: [second/a, second/a]}", "stands there twice"),
    ] {
        let told = project(&first, &second, route, 1).run("eval").exits(2);
        assert!(told.stderr.contains(wanted), "{route}\n{}", told.stderr);
    }
    let mistyped = project(&first, &second, "{strategy: fallback, models: [second/a]}", 1);
    let suite = std::fs::read_to_string(mistyped.path().join("evals/ask.yaml")).expect("suite");
    mistyped.write("evals/ask.yaml", &suite.replace("route/main", "route/mian"));
    let told = mistyped.run("eval").exits(2);
    assert!(
        told.stderr.contains("`mian` is not a route") && told.stderr.contains("did you mean `main`"),
        "{}",
        told.stderr
    );
    assert_eq!(first.calls() + second.calls(), 0);
}

/// A server that begins to stream an answer and breaks off.
fn breaking_off(text: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut seen = Vec::new();
            let mut piece = [0; 4096];
            // The body is short: it has come when its last brace has.
            while !seen.ends_with(b"}") {
                match stream.read(&mut piece) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => seen.extend_from_slice(&piece[..read]),
                }
            }
            let chunk = json!({"id": "c", "model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 100000\r\n\r\n";
            stream.write_all(format!("{head}data: {chunk}\n\n").as_bytes()).ok();
        }
    });
    url
}

#[test]
fn an_answer_that_broke_off_is_continued_only_where_that_is_wanted_and_it_is_marked() {
    for wanted in [false, true] {
        let url = breaking_off("question 0, so far ");
        let second = Stub::start(Duration::ZERO, |seen| {
            let last = seen.body["messages"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
            let goes_on = last["role"] == "assistant" && last["content"] == "question 0, so far ";
            Reaction::Say(if goes_on { "and on".to_owned() } else { "question 0 anew".to_owned() })
        });
        let project = Project::new(second.url(), "route/main", 1);
        project.write(
            "karat.yaml",
            &format!(
                "calls: live\nproviders:\n  \
                 first: {{type: openai, base_url: \"{url}/v1\", stream: true, retries: {{max_attempts: 1}}}}\n  \
                 second: {{type: openai, base_url: \"{}/v1\"}}\nroutes:\n  main: {{strategy: fallback, \
                 models: [first/gpt-4o, second/gpt-4o], continue_partial: {wanted}, on: [network, malformed, timeout]}}\n",
                second.url()
            ),
        );
        project.run("eval").exits(0);
        let exported = project.run("eval export latest").exits(0).stdout;
        let text = if wanted { "question 0, so far and on" } else { "question 0 anew" };
        assert!(exported.contains(text), "{exported}");
        let (_, note) = answered(&project).remove(0);
        // Characters of the text that another model had written.
        let mark = if wanted { json!(19) } else { serde_json::Value::Null };
        assert_eq!(note["continued_after"], mark, "{note}");
    }
}

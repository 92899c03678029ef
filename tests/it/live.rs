//! `karat eval` against real HTTP servers: both wires, faults, kills, limits. What it costs and what it keeps.

use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::project::{KEY, Project, Told, timeless};
use crate::stub::{Reaction, Stub};

const MODELS: [&str; 2] = ["openai/gpt-5.4-mini", "anthropic/claude-haiku-4-5"];

fn counts(told: &Told) -> (u64, u64, u64, u64) {
    let report = told.json();
    let totals = &report["totals"];
    let number = |key: &str| totals[key].as_u64().unwrap_or_else(|| panic!("no totals.{key} in {report:#}"));
    (number("pass"), number("fail"), number("error"), number("ungraded"))
}

#[test]
fn both_protocols_are_spoken_and_every_result_is_kept() {
    for model in MODELS {
        let stub = Stub::echo();
        let project = Project::new(stub.url(), model, 30);
        let told = project.run("eval --format json").exits(0);
        assert_eq!(counts(&told), (30, 0, 0, 0));
        assert_eq!((stub.calls(), stub.distinct()), (30, 30));
        let seen = stub.seen();
        assert!(seen.iter().all(|seen| seen.key == KEY));
        let limit = if model.starts_with("openai") { "max_completion_tokens" } else { "max_tokens" };
        assert!(seen.iter().all(|seen| seen.body[limit] == 50), "{}", seen[0].body);
        let shown = project.run("eval show latest --format json").exits(0);
        assert_eq!(shown.json(), told.json(), "a stored run shows what it showed when it ended");
        let lines = project.run("eval export latest").exits(0).stdout;
        assert_eq!(lines.lines().filter(|line| line.contains("\"outcome\":\"pass\"")).count(), 30);
    }
}

#[test]
fn a_second_run_is_answered_by_the_cache_and_costs_nothing() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 12);
    let first = project.run("eval --format json").exits(0).json();
    let second = project.run("eval --format json").exits(0).json();
    assert_eq!(stub.calls(), 12);
    assert_eq!(second["cache"]["hits"], 12);
    assert_eq!(second["totals"]["spent_usd"], "0");
    assert_eq!(second["totals"]["cost_usd"], first["totals"]["cost_usd"], "what it costs stays told");
    project.run("eval --no-cache").exits(0);
    assert_eq!(stub.calls(), 24);
}

#[test]
fn repeats_are_calls_of_their_own_and_equal_cases_share_one() {
    let stub = Stub::start(Duration::from_millis(100), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 0);
    let rows: String =
        (0..8).map(|n| format!("{{\"id\":\"c{n}\",\"vars\":{{\"question\":\"the same question\"}}}}\n")).collect();
    project.write("evals/cases/ask.jsonl", &rows);
    project.run("eval").exits(0);
    assert_eq!(stub.calls(), 1, "identical calls under way are made once");
    let suite = "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini]\nrepeat: 3\ndefaults: {checks: [{contains: question}]}\ncases: [{id: a, vars: {question: another question}}]\n";
    project.write("evals/ask.yaml", suite);
    project.run("eval").exits(0);
    assert_eq!(stub.calls(), 4, "repeats are never collapsed into one answer");
}

#[test]
fn faults_are_retried_and_nothing_is_counted_twice() {
    let stub = Stub::start(Duration::ZERO, |seen| match (seen.repeat, seen.index % 10) {
        (0, 0..3) => {
            let body = json!({"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}});
            Reaction::Status(429, body, vec![("retry-after-ms", "20".to_owned())])
        }
        (0, 3) => Reaction::Malformed,
        (0, 4) => Reaction::Status(500, json!({"error": {"message": "oops", "type": "server_error"}}), vec![]),
        _ => Reaction::Say(seen.user.clone()),
    });
    let project = Project::new(stub.url(), MODELS[0], 60);
    let told = project.run("eval --format json -j 8").exits(0);
    assert_eq!(counts(&told), (60, 0, 0, 0));
    assert_eq!(stub.distinct(), 60);
    assert!(stub.calls() < 60 * 2, "{} calls for 60 cases", stub.calls());
    assert!(stub.most_in_flight() <= 8);
}

#[test]
fn a_wrong_key_an_unknown_model_and_an_empty_account_stop_the_run_at_once() {
    let answers = [
        (
            401,
            json!({"error": {"message": "Incorrect API key provided", "type": "invalid_request_error", "code": "invalid_api_key"}}),
            "key",
        ),
        (
            404,
            json!({"error": {"message": "The model `gpt-5.4-mini` does not exist", "type": "invalid_request_error", "code": "model_not_found"}}),
            "model",
        ),
        (
            429,
            json!({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}),
            "quota",
        ),
    ];
    for (status, body, word) in answers {
        let stub = Stub::start(Duration::ZERO, move |_| Reaction::Status(status, body.clone(), vec![]));
        let project = Project::new(stub.url(), MODELS[0], 500);
        let told = project.run("eval -j 10").exits(3);
        assert!(stub.calls() <= 10, "{status}: {} calls", stub.calls());
        assert!(told.stderr.contains(word), "{status}: {}", told.stderr);
        assert!(told.stderr.contains("stopped: `openai/gpt-5.4-mini`: "), "who refuses: {}", told.stderr);
        assert!(!told.stderr.contains(KEY) && !told.stdout.contains(KEY));
    }
}

#[test]
fn calls_that_hang_are_timed_out_and_made_again() {
    let stub = Stub::start(Duration::ZERO, |seen| match (seen.repeat, seen.index % 5) {
        (0, 0) => Reaction::Hang,
        _ => Reaction::Say(seen.user.clone()),
    });
    let project = Project::new(stub.url(), MODELS[0], 20);
    project.write("karat.yaml", "calls: live\nproviders: {openai: {type: openai, timeouts: {first_byte: 300ms}}}\n");
    let told = project.run("eval --format json").exits(0);
    assert_eq!((counts(&told), stub.distinct()), ((20, 0, 0, 0), 20));
}

#[test]
fn an_unreachable_server_is_told_once_and_ends_the_run() {
    let project = Project::new("http://127.0.0.1:9", MODELS[0], 100);
    let told = project.run("eval").exits(3);
    assert!(told.stderr.contains("127.0.0.1:9"), "{}", told.stderr);
    // What has no result has not passed.
    let told = project.run("eval --failed-in latest").exits(2);
    assert!(told.stderr.contains("which is not finished") && told.stderr.contains("--resume"), "{}", told.stderr);
}

#[test]
fn a_missing_key_is_a_configuration_error_before_the_first_call() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 3);
    let told = Told::of(&project.karat("eval").env_remove("OPENAI_API_KEY").output().expect("runs")).exits(2);
    assert!(told.stderr.contains("OPENAI_API_KEY"), "{}", told.stderr);
    assert_eq!(stub.calls(), 0);
}

#[test]
fn a_killed_run_resumes_and_repeats_only_what_was_under_way() {
    let whole = Stub::echo();
    let undisturbed = Project::new(whole.url(), MODELS[0], 300);
    let wanted = undisturbed.run("eval --format json --no-cache").exits(0).json();

    let stub = Stub::start(Duration::from_millis(20), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 300);
    let mut child =
        project.karat("eval --no-cache -j 10").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    while stub.calls() < 120 {
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let told = project.run("eval --resume --no-cache -j 10 --format json").exits(0);
    // Calls under way and replies that were not durable yet are together at most the concurrency.
    assert!(stub.calls() <= 300 + 10, "{} calls", stub.calls());
    assert_eq!(timeless(&told.json()), timeless(&wanted));
}

#[test]
fn two_processes_on_one_store_lose_nothing() {
    let stub = Stub::start(Duration::from_millis(2), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 150);
    let start =
        || project.karat("eval --no-cache -j 8 --format json").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let children = [start().expect("runs"), start().expect("runs")];
    for child in children {
        let told = Told::of(&child.wait_with_output().expect("ends")).exits(0);
        assert_eq!(counts(&told), (150, 0, 0, 0));
        let id = told.json()["run"]["id"].as_str().expect("id").to_owned();
        let stored = project.run(&format!("eval show {id} --format json")).exits(0);
        assert_eq!(counts(&stored), (150, 0, 0, 0));
    }
    assert_eq!(stub.calls(), 300);
}

#[test]
fn a_run_belongs_to_one_process() {
    let stub = Stub::start(Duration::from_millis(20), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 100);
    let mut child = project.karat("eval -j 2").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    while stub.calls() < 10 {
        std::thread::yield_now();
    }
    let told = project.run("eval --resume").exits(6);
    assert!(told.stderr.contains("another process"), "{}", told.stderr);
    assert!(child.wait().expect("ends").success());
    assert_eq!(stub.calls(), 100);
    assert!(
        std::fs::read_dir(project.path().join(".karat"))
            .expect("folder")
            .all(|entry| { !entry.expect("entry").file_name().to_string_lossy().ends_with(".lock") })
    );
}

#[test]
fn a_resumed_run_keeps_to_its_limit_and_to_where_its_replies_came_from() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 100);
    project.write("karat.yaml", "calls: replay\n");
    project.run("eval --calls live --max-cost 0.005 -j 2").exits(3);
    let before = stub.calls();
    assert!(before > 5 && before < 40, "{before} calls");
    project.run("eval --resume").exits(3);
    assert!(stub.calls() <= before + 2, "the limit was forgotten");
    project.run("eval --resume --max-cost 1").exits(0);
    assert_eq!(stub.calls(), 100);
}

#[test]
fn a_closed_pipe_does_not_change_the_verdict() {
    let stub = Stub::start(Duration::ZERO, |_| Reaction::Say("wrong".to_owned()));
    let project = Project::new(stub.url(), MODELS[0], 3);
    let mut child = project.karat("eval").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ends").code(), Some(1));
}

#[cfg(unix)]
#[test]
fn ctrl_c_drains_and_the_run_resumes_without_a_repeated_call() {
    let stub = Stub::start(Duration::from_millis(10), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 300);
    let child =
        project.karat("eval --no-cache -j 10").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    while stub.calls() < 100 {
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let told = Told::of(&child.wait_with_output().expect("ends")).exits(130);
    assert!(told.stderr.contains("--resume"), "{}", told.stderr);
    assert!(stub.calls() < 300);
    let told = project.run("eval --resume --no-cache -j 10 --format json").exits(0);
    assert_eq!(stub.calls(), 300);
    assert_eq!(counts(&told), (300, 0, 0, 0));
}

#[test]
fn a_run_stops_at_its_cost_limit_and_goes_on_when_it_is_raised() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 200);
    // 100 tokens in, 20 out at $0.75 and $4.50 per million: $0.000165 a call.
    let told = project.run("eval --max-cost 0.0125 -j 4 --format json").exits(3);
    assert!(stub.calls() > 20 && stub.calls() < 80, "{} calls", stub.calls());
    assert_eq!(told.json()["run"]["status"], "over_budget");
    assert!(told.stderr.contains("--max-cost USD` goes on"), "the same limit would stop it again: {}", told.stderr);
    let told = project.run("eval --resume --max-cost 1 --format json").exits(0);
    assert_eq!((stub.calls(), counts(&told)), (200, (200, 0, 0, 0)));
    assert_eq!(told.json()["totals"]["cost_usd"], "0.033");
}

#[test]
fn what_the_cache_answers_is_not_charged_to_a_limit() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 40);
    project.run("eval").exits(0);
    let told = project.run("eval --max-cost 0.0001 --format json").exits(0);
    assert_eq!((counts(&told), stub.calls()), ((40, 0, 0, 0), 40));
}

#[test]
fn the_daily_limit_counts_earlier_runs_and_the_token_limit_caps_requests() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 40);
    project.run("eval --no-cache").exits(0);
    let told =
        Told::of(&project.karat("eval --no-cache").env("DAILY_COST_LIMIT_USD", "0.0067").output().expect("runs"))
            .exits(3);
    assert!(told.stderr.contains("DAILY_COST_LIMIT_USD"), "{}", told.stderr);
    assert_eq!(stub.calls(), 40, "40 × $0.000165 are spent, the next call may cost more than the rest");
    let mut capped = project.karat("eval --no-cache --format json");
    let told = Told::of(&capped.env("MAX_TOKENS_PER_REQUEST", "20").output().expect("runs"));
    assert_ne!(told.code, Some(0), "a request for 50 tokens must not pass a limit of 20: {told:#?}");
    assert_eq!((stub.calls(), told.json()["cache"]["live"].as_u64()), (40, Some(0)), "what was refused was no call");
}

#[test]
fn the_daily_limit_holds_for_all_processes_together() {
    let stub = Stub::start(Duration::from_millis(15), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 60);
    let start = || {
        let mut command = project.karat("eval --no-cache --yes -j 8 --format json");
        command.env("DAILY_COST_LIMIT_USD", "0.0165").stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("runs")
    };
    let children = [start(), start(), start()];
    let told = children.map(|child| Told::of(&child.wait_with_output().expect("ends")));
    let spent = |told: &Told| {
        let cost =
            told.json()["totals"]["spent_usd"].as_str().map_or(0.0, |cost| cost.parse::<f64>().expect("dollars"));
        (cost / 0.000_165).round()
    };
    let calls: f64 = told.iter().map(spent).sum();
    assert!((calls - f64::from(u32::try_from(stub.calls()).expect("few"))).abs() < 0.1, "every call is counted once");
    assert!(stub.calls() <= 100, "{} calls at $0.000165 are more than $0.0165", stub.calls());
    assert!(stub.calls() >= 90, "only {} of 100 calls were made", stub.calls());
    assert!(told.iter().any(|told| told.code == Some(3)), "180 calls cannot all be made: {told:#?}");
}

#[test]
fn money_that_a_killed_process_had_set_aside_is_free_again() {
    let stub = Stub::start(Duration::from_millis(200), |seen| Reaction::Say(seen.user.clone()));
    let project = Project::new(stub.url(), MODELS[0], 60);
    let command = |cases: &str| {
        let mut command = project.karat(&format!("eval --no-cache --yes -j 8 --first {cases}"));
        command.env("DAILY_COST_LIMIT_USD", "0.005");
        command
    };
    let mut child = command("60").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    while stub.calls() < 8 {
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    // What was under way is paid for and not known; the rest of $0.005 is free.
    let told = Told::of(&command("20").output().expect("runs")).exits(0);
    assert!(!told.stderr.contains("waiting"), "{}", told.stderr);
}

#[test]
fn resume_goes_by_content_and_says_when_the_suite_changed() {
    let stub = Stub::start(Duration::ZERO, |seen| {
        // Twice: an answer that ends a run is confirmed by a second one.
        if (20..22).contains(&seen.index) {
            return Reaction::Status(
                401,
                json!({"error": {"message": "key revoked", "code": "invalid_api_key"}}),
                vec![],
            );
        }
        Reaction::Say(seen.user.clone())
    });
    let project = Project::new(stub.url(), MODELS[0], 40);
    project.run("eval --no-cache -j 1").exits(3);
    // Reversed order, one case gone, two new ones.
    project.write_cases((1..40).rev().chain([77, 78]));
    let told = project.run("eval --resume --no-cache --format json").exits(0);
    assert!(told.stderr.contains("changed"), "{}", told.stderr);
    assert_eq!(counts(&told), (41, 0, 0, 0));
    assert_eq!(stub.calls(), 22 + 41 - 19, "the 19 kept answers are not asked again");
}

#[test]
fn renamed_cases_are_other_cases() {
    let stub = Stub::start(Duration::ZERO, |seen| {
        if (10..12).contains(&seen.index) {
            return Reaction::Status(
                401,
                json!({"error": {"message": "key revoked", "code": "invalid_api_key"}}),
                vec![],
            );
        }
        Reaction::Say(seen.user.clone())
    });
    let project = Project::new(stub.url(), MODELS[0], 20);
    project.run("eval --no-cache -j 1").exits(3);
    let rows = std::fs::read_to_string(project.path().join("evals/cases/ask.jsonl")).expect("rows");
    project.write("evals/cases/ask.jsonl", &rows.replace("\"id\": \"q", "\"id\": \"renamed-"));
    let told = project.run("eval --resume --no-cache --format json").exits(0);
    assert!(told.stderr.contains("changed"), "{}", told.stderr);
    assert_eq!(counts(&told), (20, 0, 0, 0));
    assert_eq!(told.json()["run"]["finished_trials"], 20);
}

#[test]
fn errors_make_a_run_undecided_and_are_run_again_on_request() {
    let broken = AtomicUsize::new(0);
    let stub = Stub::start(Duration::ZERO, move |seen| {
        if seen.user.ends_with(" 7") && broken.fetch_add(1, Ordering::SeqCst) == 0 {
            return Reaction::Status(
                400,
                json!({"error": {"message": "bad luck", "type": "invalid_request_error"}}),
                vec![],
            );
        }
        Reaction::Say(seen.user.clone())
    });
    let project = Project::new(stub.url(), MODELS[0], 10);
    let told = project.run("eval --format json").exits(3);
    assert_eq!((counts(&told), told.json()["verdict"]["verdict"].as_str()), ((9, 0, 1, 0), Some("undecided")));
    project.run("eval --resume --undecided fail").exits(1);
    assert_eq!(stub.calls(), 10, "nothing is left to run");
    let told = project.run("eval --resume --retry-errors --format json").exits(0);
    assert_eq!((counts(&told), stub.calls()), ((10, 0, 0, 0), 11));
}

#[test]
fn failing_cases_are_shown_and_run_again_by_failed_in() {
    let stub = Stub::start(Duration::ZERO, |seen| {
        let odd = seen.user.ends_with(['1', '3', '5', '7', '9']);
        Reaction::Say(if odd { "no idea\u{1b}[31m".to_owned() } else { seen.user.clone() })
    });
    let project = Project::new(stub.url(), MODELS[0], 10);
    let told = project.run("eval --format table --color always").exits(1);
    assert!(told.stdout.contains("q3") && told.stdout.contains("no idea"), "{}", told.stdout);
    assert!(!told.stdout.contains("idea\u{1b}[31m"), "model text reached the terminal with its control codes");
    let told = project.run("eval --failed-in latest --no-cache --format json").exits(1);
    assert_eq!((counts(&told), stub.calls()), ((0, 5, 0, 0), 15));
    project.run("eval --fail-exit-code 9").exits(9);
}

#[test]
fn dry_run_calls_nothing_and_stores_nothing() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODELS[0], 25);
    let plan = project.run("eval --dry-run --format json").exits(0).json();
    assert_eq!(plan["trials"], 25);
    assert!(plan["cost_high_usd"].is_string() && plan["suites"][0]["variants"][0]["input_tokens"].as_u64() > Some(25));
    assert_eq!(stub.calls(), 0);
    assert!(!project.path().join(".karat").exists());
}

#[test]
fn a_key_never_reaches_store_logs_or_reports() {
    let stub = Stub::start(Duration::ZERO, |seen| Reaction::Say(format!("question and your key is {}", seen.key)));
    let project = Project::new(stub.url(), MODELS[0], 3);
    let told = project.run("eval -vv --format json --output report.md --output report.xml").exits(0);
    let mut files =
        vec![(told.stdout.into_bytes(), "stdout".to_owned()), (told.stderr.into_bytes(), "stderr".to_owned())];
    for name in [".karat/karat.db", ".karat/karat.db-wal", "report.md", "report.xml"] {
        if let Ok(bytes) = std::fs::read(project.path().join(name)) {
            files.push((bytes, name.to_owned()));
        }
    }
    files.push((project.run("eval export latest").exits(0).stdout.into_bytes(), "export".to_owned()));
    assert!(files.len() >= 6);
    for (bytes, name) in files {
        assert!(!bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "the key is in {name}");
    }
}

#[test]
fn a_dry_run_says_which_prompts_do_not_render_and_counts_nothing_for_them() {
    let project = Project::new("http://127.0.0.1:9", MODELS[0], 2);
    let cases = "cases: [{id: a, vars: {q: x}}]\ndefaults: {checks: [{contains: x}]}\n";
    let prompt = "\"{% for i in range(end=900000) %}{{ q }}{% endfor %}\"";
    project.write("evals/huge.yaml", &format!("suite: huge\nprompts: [{prompt}]\nmodels: [{}]\n{cases}", MODELS[0]));
    let told = project.run("eval evals/huge.yaml --dry-run --format json").exits(0).json();
    let variant = &told["suites"][0]["variants"][0];
    assert_eq!((variant["broken_trials"].as_u64(), variant["output_tokens_low"].as_u64()), (Some(1), Some(0)));
    assert!(told["notes"].to_string().contains("1 trial ends in an error"), "{told:#}");
}

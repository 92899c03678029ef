//! `karat eval --batch` and `karat eval collect` against stubs of the batch APIs: kills at every step, results of every
//! sort, limits on money. What is sent is counted by the stub: nothing may be paid twice.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::batch_stub::{BatchStub, Fate, Step};
use crate::project::{KEY, Project, Told};

const OPENAI: &str = "openai/gpt-5.4-mini";
const ANTHROPIC: &str = "anthropic/claude-haiku-4-5";

fn project(stub: &BatchStub, model: &str, cases: usize) -> Project {
    let project = Project::new(stub.url(), model, cases);
    project.write("karat.yaml", "calls: live\nbatch: {poll: 20ms}\n");
    project
}

fn counts(report: &Value) -> [u64; 4] {
    ["pass", "fail", "error", "ungraded"].map(|key| report["totals"][key].as_u64().expect("count"))
}

#[track_caller]
fn assert_sent_once(stub: &BatchStub, cases: usize) {
    let sent = stub.sent();
    assert_eq!(sent.len(), cases, "{sent:?}");
    assert!(sent.values().all(|times| *times == 1), "sent more than once: {sent:?}");
}

#[test]
fn a_run_in_batches_is_graded_as_a_live_one_at_half_the_price() {
    for (model, spent) in [(OPENAI, "0.000825"), (ANTHROPIC, "0.001")] {
        let stub = BatchStub::start(3, |_, _| Fate::Echo);
        let project = project(&stub, model, 10);
        let told = project.run("eval --batch --format json").exits(0);
        let report = told.json();
        assert_eq!(counts(&report), [10, 0, 0, 0], "{model}");
        // 100 tokens in and 20 out a call, at half of $0.75 and $4.50, or of $1 and $5, per million.
        assert_eq!(report["totals"]["spent_usd"], spent, "{model}");
        assert_eq!(report["run"]["batch"]["answered"], 10);
        // Nothing is known about how fast a call is.
        assert!(report["suites"][0]["groups"][0]["p95_latency_ms"].is_null());
        assert_sent_once(&stub, 10);
        assert_eq!((stub.batches(), stub.single(), stub.keys()), (1, 0, vec![KEY.to_owned()]));
        let again = project.run("eval --batch --format json").exits(0).json();
        assert_eq!((counts(&again), stub.batches()), ([10, 0, 0, 0], 1), "the response cache answers first");
        assert_eq!(again["totals"]["spent_usd"], "0");
    }
}

#[test]
fn chunks_keep_to_their_size_and_to_one_model_and_repeats_are_requests_of_their_own() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 7);
    project.write("karat.yaml", "calls: live\nbatch: {poll: 20ms, chunk: 4}\n");
    project.write(
        "evals/ask.yaml",
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini, openai/gpt-5.4-nano]\nrepeat: 2\ndefaults: {checks: [{contains: question}]}\ncases: cases/ask.jsonl\n",
    );
    let told = project.run("eval --batch --format json").exits(0);
    assert_eq!(counts(&told.json()), [28, 0, 0, 0]);
    assert_eq!(stub.batches(), 8, "four of 14 requests each");
    assert!(stub.models().iter().all(|models| models.len() == 1), "{:?}", stub.models());
    assert!(stub.sent().values().all(|times| *times == 4), "{:?}", stub.sent());
}

#[test]
fn equal_requests_are_sent_and_paid_once() {
    for flags in ["", " --no-cache"] {
        let stub = BatchStub::start(1, |_, _| Fate::Echo);
        let project = project(&stub, OPENAI, 0);
        project.write(
            "evals/cases/ask.jsonl",
            "{\"id\": \"a\", \"vars\": {\"question\": \"question 1\"}}\n{\"id\": \"b\", \"vars\": {\"question\": \"question 1\"}}\n",
        );
        let report = project.run(&format!("eval --batch --format json{flags}")).exits(0).json();
        assert_eq!((counts(&report), stub.sent().values().sum::<usize>()), ([2, 0, 0, 0], 1));
        assert_eq!(report["totals"]["spent_usd"], "0.0000825", "{flags}");
    }
}

#[test]
fn duplicates_refusals_expiries_and_silence_each_get_their_due() {
    for model in [OPENAI, ANTHROPIC] {
        let stub = BatchStub::start(1, |text, before| match (text, before) {
            ("question 1", _) => Fate::Status(400),
            ("question 2", 0) => Fate::Status(500),
            ("question 3", 0) => Fate::Expire,
            ("question 4", 0) => Fate::Silence,
            ("question 5", _) => Fate::Twice,
            ("question 6", _) => Fate::Say("no idea"),
            ("question 7", _) => Fate::Silence,
            _ => Fate::Echo,
        });
        let project = project(&stub, model, 9);
        let report = project.run("eval --batch --format json").exits(1).json();
        assert_eq!(counts(&report), [6, 1, 2, 0], "{model}: {report:#}");
        let sent = stub.sent();
        let times = |n: usize| sent[&format!("question {n}")];
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(times), [1, 1, 2, 2, 2, 1, 1, 3], "{model}");
        let note = |case: &str| {
            let failures = report["failures"].as_array().expect("failures").clone();
            failures.iter().find(|failure| failure["case"] == case).map(|failure| failure["note"].to_string())
        };
        assert!(note("q1").is_some_and(|note| note.contains("bad luck")), "{report:#}");
        assert!(note("q7").is_some_and(|note| note.contains("3 batches")), "{report:#}");
        assert_eq!(report["run"]["status"], "complete");
    }
}

#[test]
fn what_fails_in_a_batch_is_called_one_by_one_on_request() {
    let stub = BatchStub::start(1, |text, _| match text {
        "question 2" => Fate::Status(500),
        "question 3" => Fate::Expire,
        _ => Fate::Echo,
    });
    let project = project(&stub, OPENAI, 5);
    let report = project.run("eval --batch --batch-rest live --format json").exits(0).json();
    assert_eq!((counts(&report), stub.batches(), stub.single()), ([5, 0, 0, 0], 1, 2));
    // Three at half the price, two at the full one.
    assert_eq!(report["totals"]["spent_usd"], "0.0005775");
}

/// Kills karat when the stub holds a step, and collects.
fn killed_at(step: Step, model: &str, foreign: usize) {
    let stub = BatchStub::start(2, |_, _| Fate::Echo);
    let project = project(&stub, model, 6);
    project.write("karat.yaml", "calls: live\nbatch: {poll: 20ms, chunk: 3}\n");
    stub.hold(Some(step));
    let mut child =
        project.karat("eval --batch --no-cache").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    let patience = Instant::now() + Duration::from_secs(30);
    while !stub.reached() {
        assert!(Instant::now() < patience, "{step:?} was never reached");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    stub.hold(None);
    for _ in 0..foreign {
        stub.add_foreign(3);
    }
    let report = project.run("eval collect --wait --format json").exits(0).json();
    assert_eq!(counts(&report), [6, 0, 0, 0], "{model}, {step:?}");
    assert_sent_once(&stub, 6);
    assert_eq!((report["run"]["status"].as_str(), stub.batches()), (Some("complete"), 2), "{model}, {step:?}");
    let per_call = if model == OPENAI { "0.000495" } else { "0.0006" };
    assert_eq!(report["totals"]["spent_usd"], per_call, "{model}, {step:?}");
    assert_eq!(project.run("eval show latest --format json").exits(0).json()["totals"], report["totals"]);
}

#[test]
fn killed_at_any_step_of_openai_nothing_is_lost_and_nothing_paid_twice() {
    use Step::{AfterCreate, AfterUpload, BeforeCreate, BeforeUpload, Poll, Results};
    for step in [BeforeUpload, AfterUpload, BeforeCreate, AfterCreate, Poll, Results] {
        killed_at(step, OPENAI, 0);
    }
}

#[test]
fn killed_at_any_step_of_anthropic_nothing_is_lost_and_nothing_paid_twice() {
    for step in [Step::BeforeCreate, Step::AfterCreate, Step::Poll, Step::Results] {
        killed_at(step, ANTHROPIC, 0);
    }
}

#[test]
fn batches_of_others_are_not_taken_for_a_lost_one() {
    // Their size is that of ours, and some of them have not ended.
    killed_at(Step::BeforeCreate, ANTHROPIC, 3);
    killed_at(Step::AfterCreate, ANTHROPIC, 3);
}

#[test]
fn a_run_that_is_killed_while_it_is_graded_is_not_charged_twice() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 3_000);
    let mut child =
        project.karat("eval --batch --no-cache").stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    let patience = Instant::now() + Duration::from_secs(60);
    let answered = || {
        let told = project.run("eval show latest --format json");
        told.code == Some(0) && told.json()["run"]["batch"]["answered"].as_u64() == Some(3_000)
    };
    while !answered() {
        assert!(Instant::now() < patience, "never answered");
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let report = project.run("eval collect --format json").exits(0).json();
    assert_eq!((counts(&report), stub.batches()), ([3_000, 0, 0, 0], 1));
    assert_eq!(report["totals"]["spent_usd"], "0.2475");
}

#[test]
fn a_detached_run_says_how_far_it_is_until_it_is_collected() {
    let stub = BatchStub::start(1_000, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 6);
    project.write("karat.yaml", "calls: live\nbatch: {poll: 20ms, chunk: 2}\n");
    let told = project.run("eval --batch --detach").exits(7);
    let id = told.stdout.trim().to_owned();
    assert!(told.stderr.contains(&format!("karat eval collect {id}")), "{}", told.stderr);
    assert!(told.stderr.contains("0 of 3 chunks ended"), "{}", told.stderr);
    assert_eq!((stub.batches(), stub.polls()), (3, 0));
    let list = project.run("eval list").exits(0).stdout;
    assert!(list.contains("running, batch: 0 of 3 chunks ended"), "{list}");
    let shown = project.run("eval show").exits(0).stdout;
    assert!(shown.contains("0 of 3 chunks ended") && shown.contains("karat eval collect"), "{shown}");
    project.run(&format!("eval collect {id}")).exits(7);
    assert_eq!(stub.polls(), 3, "it looks once");
    stub.end_at(1);
    let report = project.run(&format!("eval collect {id} --format json")).exits(0).json();
    assert_eq!((counts(&report), stub.batches()), ([6, 0, 0, 0], 3));
    let polls = stub.polls();
    let again = project.run(&format!("eval collect {id} --format json")).exits(0).json();
    assert_eq!((counts(&again), stub.polls()), ([6, 0, 0, 0], polls), "there is nothing left to ask");
    assert_sent_once(&stub, 6);
}

#[test]
fn what_has_arrived_is_graded_while_other_chunks_are_under_way() {
    let stub = BatchStub::start(2, |text, _| if text.ends_with('0') { Fate::Say("no") } else { Fate::Echo });
    let project = project(&stub, OPENAI, 3);
    let id = project.run("eval --batch --detach").exits(7).stdout.trim().to_owned();
    project.run(&format!("eval collect {id} --wait 0s")).exits(7);
    let told = project.run(&format!("eval collect {id} --wait 30s --fail-exit-code 9 --format json")).exits(9);
    assert_eq!(counts(&told.json()), [2, 1, 0, 0]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_batches_to_go_on() {
    let stub = BatchStub::start(1_000_000, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 4);
    let child = project.karat("eval --batch").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    while stub.polls() < 2 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let told = Told::of(&child.wait_with_output().expect("ends")).exits(130);
    assert!(told.stderr.contains("karat eval collect"), "{}", told.stderr);
    stub.end_at(1);
    // `--resume` of such a run collects it.
    let report = project.run("eval --resume --format json").exits(0).json();
    assert_eq!(counts(&report), [4, 0, 0, 0]);
    assert_sent_once(&stub, 4);
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_the_last_trials_are_graded_leaves_their_comparison_to_resume() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 2);
    project
        .write("karat.yaml", "calls: live\nbatch: {poll: 20ms}\nproviders: {slow: {type: mock, rules: slow.jsonl}}\n");
    let verdict = r#"{"reason": "r", "verdict": "pass", "confidence": "high"}"#;
    project.write("slow.jsonl", &format!("{{\"reply\": {verdict}, \"latency_ms\": 3000}}\n"));
    project.write(
        "evals/ask.yaml",
        "suite: ask\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini, openai/gpt-5.4-nano]\ndefaults: {checks: [{rubric: {value: kind, judge: slow/j}}, max_score]}\ncases: cases/ask.jsonl\n",
    );
    let child = project.karat("eval --batch").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let patience = Instant::now() + Duration::from_secs(60);
    let answered = || {
        let told = project.run("eval show latest --format json");
        told.code == Some(0) && told.json()["run"]["batch"]["answered"].as_u64() == Some(4)
    };
    while !answered() {
        assert!(Instant::now() < patience, "never answered");
    }
    std::thread::sleep(Duration::from_millis(500));
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let told = Told::of(&child.wait_with_output().expect("ends")).exits(130);
    assert!(told.stderr.contains("--resume"), "{}", told.stderr);
    let shown = project.run("eval show latest --format json").json();
    assert_eq!((counts(&shown), shown["run"]["status"].as_str()), ([0, 0, 0, 4], Some("interrupted")));
    let report = project.run("eval --resume --format json").exits(0).json();
    assert_eq!((counts(&report), report["run"]["status"].as_str()), ([4, 0, 0, 0], Some("complete")));
    assert_eq!(stub.sent().values().sum::<usize>(), 4, "nothing is asked again");
}

#[test]
fn cancelled_batches_keep_what_was_answered_and_the_rest_waits_for_resume() {
    for model in [OPENAI, ANTHROPIC] {
        let stub = BatchStub::start(3, |_, _| Fate::Echo);
        let project = project(&stub, model, 4);
        let id = project.run("eval --batch --detach").exits(7).stdout.trim().to_owned();
        let told = project.run(&format!("eval collect {id} --cancel --wait --format json")).exits(3);
        let report = told.json();
        assert_eq!((counts(&report), report["run"]["status"].as_str()), ([1, 0, 0, 0], Some("interrupted")), "{model}");
        // Collecting sends nothing that was cancelled on purpose.
        project.run(&format!("eval collect {id} --wait")).exits(3);
        assert_eq!(stub.batches(), 1);
        let report = project.run(&format!("eval --resume {id} --format json")).exits(0).json();
        assert_eq!((counts(&report), stub.batches()), ([4, 0, 0, 0], 2), "{model}");
        assert_eq!(stub.sent()["question 0"], 1, "what was answered is not asked again");
    }
}

#[test]
fn a_provider_that_fails_to_say_is_asked_again_and_a_refused_batch_ends_the_run() {
    let stub = BatchStub::start(2, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 3);
    stub.fail_polls(3);
    assert_eq!(counts(&project.run("eval --batch --format json").exits(0).json()), [3, 0, 0, 0]);
    stub.refuse();
    let told = project.run("eval --batch --no-cache").exits(3);
    assert!(told.stderr.contains("Enqueued token limit reached"), "{}", told.stderr);
    assert!(told.stderr.contains("--resume"), "{}", told.stderr);
}

#[test]
fn limits_on_money_hold_before_anything_is_sent() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 40);
    // At most 50 tokens out and about 20 in: some $0.00012 each.
    let told = project.run("eval --batch --max-cost 0.0035 --format json").exits(0);
    let report = told.json();
    assert!(stub.batches() > 1, "what is left over is sent when the first batch has cost less than it might");
    assert_eq!(counts(&report), [40, 0, 0, 0]);
    assert_sent_once(&stub, 40);
    let other = BatchStub::start(1, |_, _| Fate::Echo);
    let project = self::project(&other, OPENAI, 40);
    let told = project.run("eval --batch --yes --max-cost 0.0000825 --format json").exits(3);
    assert_eq!((told.json()["run"]["status"].as_str(), other.batches()), (Some("over_budget"), 0), "{told:#?}");
}

#[test]
fn money_on_its_way_in_batches_counts_against_the_limit_of_the_day() {
    let stub = BatchStub::start(1_000, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 10);
    let day = |args: &str| Told::of(&project.karat(args).env("DAILY_COST_LIMIT_USD", "0.0019").output().expect("runs"));
    day("eval --batch --detach --no-cache").exits(7);
    assert_eq!(stub.batches(), 1);
    let told = day("eval --batch --no-cache --yes").exits(3);
    assert!(told.stderr.contains("DAILY_COST_LIMIT_USD"), "{}", told.stderr);
    assert_eq!(stub.batches(), 1, "both together might cost more than a day may");
    day("eval --no-cache --yes").exits(3);
    assert!(stub.single() < 10, "single calls know of it as well: {}", stub.single());
}

#[test]
fn what_cannot_go_in_batches_is_refused_before_anything_is_sent() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 2);
    let told = project.run("eval --batch --calls replay").exits(2);
    assert!(told.stderr.contains("nothing-to-send"), "{}", told.stderr);
    project.run("eval").exits(0);
    let told = project.run("eval collect").exits(2);
    assert!(told.stderr.contains("was not started with --batch"), "{}", told.stderr);
    project.write("karat.yaml", &format!("calls: live\nroutes: {{any: {{strategy: fallback, models: [{OPENAI}]}}}}\n"));
    let suite = std::fs::read_to_string(project.path().join("evals/ask.yaml")).expect("suite");
    project.write("evals/ask.yaml", &suite.replace(OPENAI, "route/any"));
    let told = project.run("eval --batch").exits(2);
    assert!(told.stderr.contains("`route/any` is a route"), "{}", told.stderr);
    assert_eq!(stub.batches(), 0);
}

#[test]
fn checks_of_latency_cannot_be_judged_and_the_plan_shows_the_prices_of_batches() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, OPENAI, 2);
    let high = |flags: &str| {
        let plan = project.run(&format!("eval --dry-run --format json{flags}")).exits(0).json();
        plan["cost_high_usd"].as_str().expect("cost").parse::<f64>().expect("dollars")
    };
    assert!((high(" --batch") * 2.0 - high("")).abs() < 1e-12);
    project.write(
        "evals/ask.yaml",
        &format!("suite: ask\nprompts: [ask@1.0.0]\nmodels: [{OPENAI}]\ndefaults: {{checks: [{{latency: \"< 5s\"}}]}}\ncases: cases/ask.jsonl\ngoal: {{p95_latency: \"< 5s\"}}\n"),
    );
    let told = project.run("eval --batch --format json").exits(3);
    assert!(told.stderr.contains("no-latency"), "{}", told.stderr);
    assert_eq!(counts(&told.json()), [0, 0, 0, 2]);
}

#[test]
fn a_key_that_a_batch_brings_back_is_not_kept() {
    let stub = BatchStub::start(1, |_, _| Fate::Echo);
    let project = project(&stub, ANTHROPIC, 3);
    let told = project.run("eval --batch -vv --format json").exits(0);
    let mut found = vec![(told.stdout.into_bytes(), "stdout"), (told.stderr.into_bytes(), "stderr")];
    for name in [".karat/karat.db", ".karat/karat.db-wal"] {
        if let Ok(bytes) = std::fs::read(project.path().join(name)) {
            found.push((bytes, name));
        }
    }
    assert!(found.len() >= 3);
    for (bytes, name) in found {
        assert!(!bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes()), "the key is in {name}");
    }
}

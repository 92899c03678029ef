//! Checks that compare the variants of a case, over real HTTP: what they say, cost and keep, also when a run is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::project::{Project, Told};
use crate::stub::{Reaction, Seen, Stub};

const MINI: &str = "openai/gpt-5.4-mini";
const NANO: &str = "openai/gpt-5-nano";
const LARGE: &str = "openai/gpt-5";

/// A project of two models, or as many as are named, whose outputs these checks compare.
fn project(stub: &Stub, cases: usize, models: &[&str], checks: &str) -> Project {
    let project = Project::new(stub.url(), MINI, cases);
    write_suite(&project, models, checks);
    project
}

fn write_suite(project: &Project, models: &[&str], checks: &str) {
    let models = models.join(", ");
    project.write(
        "evals/ask.yaml",
        &format!(
            "suite: ask\nprompts: [ask@1.0.0]\nmodels: [{models}]\njudge: anthropic/claude-haiku-4-5\ndefaults:\n  checks: [{checks}]\ncases: cases/ask.jsonl\n"
        ),
    );
}

fn model_of(seen: &Seen) -> &str {
    seen.body["model"].as_str().unwrap_or("")
}

fn is_judge(seen: &Seen) -> bool {
    model_of(seen).starts_with("claude")
}

/// How a judge decides.
const FINDS_NANO: u8 = 0;
const TAKES_THE_FIRST: u8 = 1;
const WRITES_PROSE: u8 = 2;
const IS_REFUSED: u8 = 3;
const HAS_A_WRONG_KEY: u8 = 4;

/// The number of the answer that the nano model gave, as the judge sees it.
fn place_of_nano(seen: &Seen) -> usize {
    let shown = (1..=9).find(|number| {
        let start = format!("<<<ANSWER {number} ");
        let from = seen.user.split(&start).nth(1).unwrap_or("");
        from.split("ANSWER").next().is_some_and(|text| text.contains("gpt-5-nano says"))
    });
    shown.unwrap_or(1)
}

/// Models that say who they are, and a judge of this mood; gpt-5.4-mini refuses the first question where `fails`.
fn stub(mood: &Arc<AtomicU8>, latency: Duration, fails: bool) -> Stub {
    let mood = Arc::clone(mood);
    Stub::start(latency, move |seen| {
        if !is_judge(seen) {
            if fails && model_of(seen) == "gpt-5.4-mini" && seen.user == "question 0" {
                return Reaction::Status(
                    400,
                    json!({"error": {"message": "no", "type": "invalid_request_error"}}),
                    vec![],
                );
            }
            return Reaction::Say(format!("{} says {}", model_of(seen), seen.user));
        }
        let duel = seen.body.to_string().contains("which of the two answers");
        let verdict = |place: usize| match (duel, place) {
            (false, place) => place.to_string(),
            (true, 1) => "first".to_owned(),
            (true, _) => "second".to_owned(),
        };
        let say = |place| Reaction::Say(json!({"reason": "r", "verdict": verdict(place)}).to_string());
        match mood.load(Ordering::SeqCst) {
            FINDS_NANO => say(place_of_nano(seen)),
            TAKES_THE_FIRST => say(1),
            WRITES_PROSE => Reaction::Say("I like them all".to_owned()),
            mood => {
                let status = if mood == IS_REFUSED { 400 } else { 401 };
                let kind = if mood == IS_REFUSED { "invalid_request_error" } else { "authentication_error" };
                Reaction::Status(status, json!({"type": "error", "error": {"type": kind, "message": "no"}}), vec![])
            }
        }
    })
}

fn calls(stub: &Stub, judges: bool) -> usize {
    stub.seen().iter().filter(|seen| is_judge(seen) == judges).count()
}

/// Per variant: pass, fail, error, ungraded, and the mean score.
fn groups(told: &Told) -> Vec<([u64; 4], Option<f64>)> {
    let report = told.json();
    let groups = report["suites"][0]["groups"].as_array().expect("groups").clone();
    let count = |group: &Value| ["pass", "fail", "error", "ungraded"].map(|word| group[word].as_u64().expect(word));
    groups.iter().map(|group| (count(group), group["mean_score"].as_f64())).collect()
}

/// The scores of a check in all trials of the last run, in the order of the plan.
fn scores(project: &Project, check: &str) -> Vec<Value> {
    let exported = project.run("eval export latest").exits(0).stdout;
    let trials = exported.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let of_trial = |trial: Value| trial["scores"].as_array()?.iter().find(|score| score["check"] == check).cloned();
    trials.filter_map(of_trial).collect()
}

fn reasons(project: &Project, check: &str) -> String {
    scores(project, check).iter().map(|score| format!("{}\n", score["reason"].as_str().unwrap_or(""))).collect()
}

const BEST: &str = "{select_best: {criteria: who it is, among: variants}}";

#[test]
fn the_best_output_wins_and_the_judge_is_asked_once_for_all_variants() {
    let stub = stub(&Arc::default(), Duration::ZERO, false);
    let project = project(&stub, 4, &[MINI, NANO, LARGE], BEST);
    let told = project.run("eval --format json").exits(1);
    let seen: Vec<[u64; 4]> = groups(&told).into_iter().map(|(counts, _)| counts).collect();
    assert_eq!(seen, [[0, 4, 0, 0], [4, 0, 0, 0], [0, 4, 0, 0]], "{}", told.stdout);
    assert_eq!((calls(&stub, false), calls(&stub, true)), (12, 8), "two questions per case, whatever the variants");
    let report = told.json();
    // 8 answers of claude-haiku-4-5 at 100 tokens in and 20 out: 8 × $0.0002.
    assert_eq!(report["comparing"]["cost_usd"], "0.0016");
    assert_eq!(report["judging"], report["comparing"], "no other check asks");
    assert!(report["suites"][0]["groups"].as_array().expect("groups").iter().all(|group| group["judging"].is_null()));
    let spent = |key: &str| -> f64 { report["totals"][key].as_str().expect("money").parse().expect("a number") };
    let chat: f64 = (0..3)
        .map(|index| {
            report["suites"][0]["groups"][index]["spent_usd"].as_str().unwrap_or("0").parse::<f64>().expect("money")
        })
        .sum();
    assert!((spent("spent_usd") - chat - 0.0016).abs() < 1e-9, "{report:#}");
    assert_eq!(report["run"]["status"], "complete");

    let again = project.run("eval --format json").exits(1).json();
    assert_eq!(stub.calls(), 20, "the cache answers the judge's questions too");
    assert_eq!((&again["comparing"]["spent_usd"], &again["comparing"]["cost_usd"]), (&json!("0"), &json!("0.0016")));
}

#[test]
fn another_winner_in_the_other_order_is_no_winner() {
    let mood = Arc::new(AtomicU8::new(TAKES_THE_FIRST));
    let stub = stub(&mood, Duration::ZERO, false);
    let project = project(&stub, 2, &[MINI, NANO, LARGE], BEST);
    let told = project.run("eval --format json").exits(1);
    let seen: Vec<Option<f64>> = groups(&told).into_iter().map(|(_, score)| score).collect();
    assert_eq!(seen, [Some(0.5), Some(0.0), Some(0.5)], "{}", told.stdout);
    assert!(reasons(&project, "select_best").contains("not the same one in both orders"));
}

#[test]
fn a_variant_without_an_output_is_left_out_and_two_are_needed() {
    let stub = stub(&Arc::default(), Duration::ZERO, true);
    let three = project(&stub, 2, &[MINI, NANO, LARGE], BEST);
    let told = three.run("eval --format json").exits(1);
    let seen: Vec<[u64; 4]> = groups(&told).into_iter().map(|(counts, _)| counts).collect();
    assert_eq!(seen, [[0, 1, 1, 0], [2, 0, 0, 0], [0, 2, 0, 0]]);
    write_suite(&three, &[MINI, NANO], BEST);
    let told = three.run("eval --format json").exits(1);
    let seen: Vec<[u64; 4]> = groups(&told).into_iter().map(|(counts, _)| counts).collect();
    assert_eq!(seen, [[0, 1, 1, 0], [1, 0, 0, 1]]);
    let why = reasons(&three, "select_best");
    assert!(why.contains("no other variant of the case has an output to compare with: not `ask@1.0.0 · openai/gpt-5.4-mini` (its call failed)"), "{why}");
}

#[test]
fn without_a_verdict_all_are_ungraded_and_retrying_asks_the_judge_alone() {
    let mood = Arc::new(AtomicU8::new(WRITES_PROSE));
    let stub = stub(&mood, Duration::ZERO, false);
    let project = project(&stub, 3, &[MINI, NANO], BEST);
    let told = project.run("eval --no-cache --format json").exits(3);
    assert_eq!(groups(&told).into_iter().map(|(counts, _)| counts).collect::<Vec<_>>(), [[0, 0, 0, 3], [0, 0, 0, 3]]);
    assert!(reasons(&project, "select_best").contains("could not be read, twice"));
    assert_eq!(calls(&stub, true), 6, "one question per case, and its repair");
    mood.store(FINDS_NANO, Ordering::SeqCst);
    project.run("eval --resume --no-cache").exits(3);
    assert_eq!(calls(&stub, true), 6, "nothing is asked again unless that is wanted");
    let told = project.run("eval --resume --retry-errors --no-cache --format json").exits(1);
    assert_eq!(groups(&told).into_iter().map(|(counts, _)| counts).collect::<Vec<_>>(), [[0, 3, 0, 0], [3, 0, 0, 0]]);
    assert_eq!((calls(&stub, false), calls(&stub, true)), (6, 12), "the models are not asked again");
    assert_eq!(told.json()["comparing"]["calls"], 6, "those of comparisons that were made anew are not told");
}

#[test]
fn every_two_meet_and_a_baseline_has_no_score_of_its_own() {
    let stub = stub(&Arc::default(), Duration::ZERO, false);
    let project = project(&stub, 2, &[MINI, NANO, LARGE], "{pairwise: {among: variants}}");
    let told = project.run("eval -j 1 --format json").exits(1);
    // gpt-5-nano beats both; the others find it in neither place of their own meeting and the judge takes the first: a tie.
    let seen: Vec<Option<f64>> = groups(&told).into_iter().map(|(_, score)| score).collect();
    assert_eq!(seen, [Some(0.25), Some(1.0), Some(0.25)], "{}", told.stdout);
    assert_eq!(calls(&stub, true), 2 * 3 * 2, "cases × pairs × orders");
    write_suite(
        &project,
        &[MINI, NANO, LARGE],
        &format!("{{pairwise: {{among: variants, against: {MINI}, threshold: 1}}}}, {{contains: says}}"),
    );
    let told = project.run("eval --format json").exits(1);
    let seen: Vec<[u64; 4]> = groups(&told).into_iter().map(|(counts, _)| counts).collect();
    assert_eq!(seen, [[2, 0, 0, 0], [2, 0, 0, 0], [0, 2, 0, 0]], "{}", told.stdout);
    assert_eq!(calls(&stub, true), 12, "the same meetings come from the cache");
}

#[test]
fn the_highest_mean_of_the_other_checks_wins_without_a_judge() {
    let stub = stub(&Arc::default(), Duration::ZERO, false);
    let checks = "{contains: says}, {contains: {value: nano, weight: 3}}, max_score";
    let project = project(&stub, 2, &[MINI, NANO, LARGE], checks);
    project.run("eval").exits(1);
    let values: Vec<Value> = scores(&project, "max_score").into_iter().map(|score| score["value"].clone()).collect();
    assert_eq!(values, [0.0, 1.0, 0.0, 0.0, 1.0, 0.0].map(Value::from));
    assert!(
        reasons(&project, "max_score")
            .contains("a mean of 0.250, less than the 1.000 of `ask@1.0.0 · openai/gpt-5-nano`")
    );
    assert_eq!(calls(&stub, true), 0);
    write_suite(&project, &[MINI, NANO], "{contains: says}, max_score");
    project.run("eval").exits(0);
    assert!(reasons(&project, "max_score").contains("the highest mean, 1.000, as have 2 variants"));
}

#[test]
fn a_run_that_is_killed_while_it_compares_goes_on_there() {
    let stub = stub(&Arc::default(), Duration::from_millis(40), false);
    let project = project(&stub, 12, &[MINI, NANO], BEST);
    let mut child = project.karat("eval -j 2").spawn().expect("karat starts");
    while calls(&stub, true) < 7 {
        assert!(child.try_wait().expect("child").is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("dead");
    let show = project.run("eval show latest --format json").exits(0);
    assert_eq!(show.json()["run"]["status"], "running");
    let before = calls(&stub, true);
    let told = project.run("eval --resume --format json").exits(1);
    let seen: Vec<[u64; 4]> = groups(&told).into_iter().map(|(counts, _)| counts).collect();
    assert_eq!(seen, [[0, 12, 0, 0], [12, 0, 0, 0]]);
    assert_eq!(calls(&stub, false), 24, "no model is asked again");
    let asked = calls(&stub, true);
    assert!((24..=26).contains(&asked), "{before} before, {asked} in all: at most two were under way");
    assert_eq!(told.json()["comparing"]["calls"], 24);
}

#[test]
fn a_run_that_is_killed_before_it_compares_is_undecided_until_it_is_resumed() {
    let stub = stub(&Arc::default(), Duration::from_millis(40), false);
    let project = project(&stub, 10, &[MINI, NANO], BEST);
    let mut child = project.karat("eval -j 2").spawn().expect("karat starts");
    while calls(&stub, false) < 9 {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("dead");
    let show = project.run("eval show latest").exits(0).stdout;
    assert!(show.contains("the outputs of the variants are not compared yet"), "{show}");
    project.run("eval --resume --retry-errors").exits(1);
    let asked = calls(&stub, false);
    assert!((20..=22).contains(&asked), "{asked}: what waits for its comparison is not run again");
}

#[test]
fn a_recorded_comparison_is_replayed() {
    let stub = stub(&Arc::default(), Duration::ZERO, false);
    let project = project(&stub, 3, &[MINI, NANO], BEST);
    let recorded = project.run("eval --record --format json").exits(1);
    let asked = stub.calls();
    let replayed = project.run("eval --calls replay --no-cache --format json").exits(1);
    assert_eq!(stub.calls(), asked);
    assert_eq!(groups(&recorded), groups(&replayed));
    assert_eq!(replayed.json()["comparing"]["calls"], 6);
}

#[test]
fn the_plan_counts_comparisons_once_and_a_limit_holds_for_them() {
    let stub = stub(&Arc::default(), Duration::ZERO, false);
    let project = project(&stub, 5, &[MINI, NANO, LARGE], BEST);
    let plan = project.run("eval --dry-run --format json").exits(0).json();
    // Two questions, each with a repair, for five cases; none at all when the outputs are the same.
    assert_eq!((&plan["judging"]["calls_low"], &plan["judging"]["calls_high"]), (&json!(0), &json!(20)));
    write_suite(&project, &[MINI, NANO, LARGE], "{pairwise: {among: variants, samples: 2}}");
    let plan = project.run("eval --dry-run --format json").exits(0).json();
    assert_eq!(plan["judging"]["calls_high"], 5 * 3 * 2 * 2 * 2);
    // Enough for the trials, which cost $0.00125 here at most, and for no question that may be answered with 4,096 tokens.
    write_suite(&project, &[MINI, NANO], BEST);
    let told = project.run("eval --max-cost 0.01 --format json").exits(3);
    assert_eq!(told.json()["run"]["status"], "over_budget", "{}", told.stderr);
    assert_eq!((calls(&stub, false), calls(&stub, true)), (10, 0), "{}", told.stderr);
    let told = project.run("eval --resume --max-cost 5 --format json").exits(1);
    assert_eq!((calls(&stub, false), calls(&stub, true)), (10, 10), "{}", told.stderr);
}

#[test]
fn repeats_are_compared_with_their_like_and_are_named_by_case_alone() {
    let mood = Arc::new(AtomicU8::new(IS_REFUSED));
    let stub = stub(&mood, Duration::ZERO, false);
    let project = project(&stub, 2, &[MINI, NANO], &format!("{BEST}, {{contains: says}}"));
    let suite = std::fs::read_to_string(project.path().join("evals/ask.yaml")).expect("suite");
    project.write("evals/ask.yaml", &suite.replace("defaults:", "repeat: 3\ndefaults:"));
    project.run("eval").exits(3);
    assert_eq!(calls(&stub, false), 12);
    mood.store(FINDS_NANO, Ordering::SeqCst);
    let told = project.run("eval --resume --retry-errors --format json").exits(1);
    assert_eq!(groups(&told).into_iter().map(|(counts, _)| counts).collect::<Vec<_>>(), [[0, 6, 0, 0], [6, 0, 0, 0]]);
    assert_eq!(calls(&stub, false), 12);
    let failed = project.run("eval show latest --format plain").exits(0).stdout;
    assert!(
        failed.contains("--case q0\n") && !failed.contains("--case q0 --model"),
        "all variants are run again: {failed}"
    );
}

#[test]
fn a_judge_with_a_wrong_key_stops_the_run_and_leaves_the_comparison_to_the_next() {
    let mood = Arc::new(AtomicU8::new(HAS_A_WRONG_KEY));
    let stub = stub(&mood, Duration::ZERO, false);
    let project = project(&stub, 30, &[MINI, NANO], BEST);
    let told = project.run("eval -j 2").exits(3);
    assert!(told.stderr.contains("`anthropic/claude-haiku-4-5`, which a check asks"), "{}", told.stderr);
    assert_eq!(calls(&stub, false), 60);
    assert!(calls(&stub, true) <= 4, "{} questions", calls(&stub, true));
    mood.store(FINDS_NANO, Ordering::SeqCst);
    let told = project.run("eval --resume --format json").exits(1);
    assert_eq!(groups(&told).into_iter().map(|(counts, _)| counts).collect::<Vec<_>>(), [[0, 30, 0, 0], [30, 0, 0, 0]]);
    assert_eq!(calls(&stub, false), 60);
}

//! Whole outputs, compared with `snapshots/`: reading a change there is reviewing it.

use std::path::Path;

use serde_json::Value;

use super::present::{Look, Trials};
use super::sample::{self, header, report, report_of, suites, trials, variants};
use super::{
    CheckOption, CheckRow, ChecksReport, EvalView, Format, ReportError, RunRow, RunsReport, TrialReport, TrialsReport,
    View, present, present_eval,
};
use crate::base::{Tokens, Usd};
use crate::eval::{EvalReport, JudgingPlan, PlanJudge, PlanReport, PlanSuite, PlanVariant, SCHEMA_VERSION};
use crate::record::{Outcome, RunStatus, TrialRecord};

const LOOK: Look = Look { width: 100, color: false };

fn same(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/snapshots").join(name);
    if std::env::var_os("KARAT_BLESS").is_some() {
        std::fs::write(&path, found).expect("write");
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{name} differs; found:\n{found}");
}

fn view(report: &EvalReport) -> EvalView<'_> {
    EvalView { report, failures_shown: 20, stored_in: Some(".karat/karat.db"), flags: "" }
}

fn shown(report: &EvalReport, format: Format, look: Look) -> String {
    let mut out = Vec::new();
    let trials = trials();
    present_eval(&view(report), format, look, &mut trials.as_slice(), &mut out).expect("presented");
    String::from_utf8(out).expect("text")
}

fn shown_view<V: View>(view: &V, format: Format) -> String {
    let mut out = Vec::new();
    present(view, format, LOOK, &mut out).expect("presented");
    String::from_utf8(out).expect("text")
}

#[test]
fn a_run_in_every_format() {
    let report = report();
    same("eval.table.txt", &shown(&report, Format::Table, LOOK));
    same("eval.plain.txt", &shown(&report, Format::Plain, LOOK));
    same("eval.md", &shown(&report, Format::Markdown, LOOK));
    let json: Value = serde_json::from_str(&shown(&report, Format::Json, LOOK)).expect("json");
    let mut keys = Vec::new();
    paths(&json, "", &mut keys);
    same("eval.json.keys.txt", &format!("{}\n", keys.join("\n")));
    same("eval.xml", &shown(&report, Format::Junit, LOOK));
}

#[test]
fn a_run_with_repeats() {
    let report = sample::repeated_report();
    same("eval.repeats.table.txt", &shown(&report, Format::Table, LOOK));
    let json: Value = serde_json::from_str(&shown(&report, Format::Json, LOOK)).expect("json");
    same("eval.repeats.json.txt", &format!("{:#}\n", json["suites"][0]["groups"][0]["repeats"]));
}

/// Every key of a document, once, in its order: what scripts rely on.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| paths(value, &format!("{at}.{key}"), found)),
        Value::Array(items) if !items.is_empty() => {
            items.iter().for_each(|item| paths(item, &format!("{at}[]"), found));
        }
        _ if found.iter().any(|known| known == at) => {}
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn nothing_hostile_survives_in_any_text() {
    let report = report();
    for format in [Format::Table, Format::Plain, Format::Markdown, Format::Junit] {
        let text = shown(&report, format, LOOK);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{}", format.word());
    }
    let markdown = shown(&report, Format::Markdown, LOOK);
    let quote = markdown.lines().find(|line| line.contains("<script>")).expect("the quote");
    assert!(quote.contains("``Refunds") && quote.trim_end().ends_with("``"), "{quote}");
    assert!(!shown(&report, Format::Junit, LOOK).contains("<script>"));
}

#[test]
fn tables_fit_the_terminal() {
    let report = report();
    for width in [60, 80, 100, 160] {
        let text = shown(&report, Format::Table, Look { width, color: false });
        for line in text.lines().filter(|line| !line.contains("karat eval")) {
            let found = unicode_width::UnicodeWidthStr::width(line);
            assert!(found <= usize::from(width), "{width}: {found} columns: {line}");
        }
    }
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let report = report();
    let coloured = shown(&report, Format::Table, Look { width: 100, color: true });
    assert!(coloured.contains("\u{1b}[31mfail\u{1b}[0m") && coloured.contains("\u{1b}[32mpass\u{1b}[0m"), "{coloured}");
    let mut bare = coloured;
    for code in ["0", "1", "2", "31", "32", "33"] {
        bare = bare.replace(&format!("\u{1b}[{code}m"), "");
    }
    let trimmed: String = bare.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert_eq!(trimmed, shown(&report, Format::Table, LOOK));
}

#[test]
fn a_replay_says_that_nothing_was_called() {
    let mut header = header();
    header.calls = "replay".into();
    let passing: Vec<TrialRecord> = trials().into_iter().filter(|trial| trial.outcome == Outcome::Pass).collect();
    header.planned = u64::try_from(passing.len()).expect("small");
    let text = shown(&report_of(&header, &passing), Format::Plain, LOOK);
    assert!(text.starts_with("pass  all 2 suites reach their goals\n"), "{text}");
    assert!(text.contains("replayed from cassettes, nothing was called"), "{text}");
    assert!(!text.contains("did not pass") && !text.contains("next"), "{text}");
}

#[test]
fn a_stopped_run_shows_how_to_go_on() {
    let mut header = header();
    header.status = RunStatus::OverBudget;
    let some: Vec<TrialRecord> = trials().into_iter().take(2).collect();
    let text = shown(&report_of(&header, &some), Format::Plain, LOOK);
    assert!(text.starts_with("undecided  the run stopped at its cost limit: 2 of 17 trials have a result\n"), "{text}");
    assert!(text.contains("karat eval --resume 20261121-143000-k3fw"), "{text}");
}

#[test]
fn only_the_first_failures_are_shown_and_the_rest_is_counted() {
    let report = report();
    let mut out = Vec::new();
    let view = EvalView { failures_shown: 1, ..view(&report) };
    present(&view, Format::Plain, LOOK, &mut out).expect("presented");
    let text = String::from_utf8(out).expect("text");
    assert!(text.contains("4 of 17 trials did not pass") && text.contains("and 3 more"), "{text}");
    assert_eq!(text.matches("rerun").count(), 1);
}

#[test]
fn json_lines_are_run_trials_summary() {
    let report = report();
    let text = shown(&report, Format::Jsonl, LOOK);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("json")).collect();
    let kinds: Vec<&str> = lines.iter().filter_map(|line| line["record"].as_str()).collect();
    assert_eq!((kinds.len(), kinds[0], kinds[1], kinds[18]), (19, "run", "trial", "summary"));
    assert_eq!(lines[0]["schema_version"], SCHEMA_VERSION);
    let ordinals: Vec<u64> = lines[1..18].iter().filter_map(|line| line["ordinal"].as_u64()).collect();
    assert_eq!(ordinals, (0..17).collect::<Vec<u64>>());
    assert_eq!(lines[1]["call"]["cost_usd"], "0.001684");
    assert_eq!(lines[14]["call"]["reply"]["text"], sample::HOSTILE);
    assert_eq!((&lines[16]["call"]["cost_usd"], &lines[17]["call"]), (&Value::Null, &Value::Null));
    assert_eq!(lines[18]["totals"]["unknown_cost_calls"], 1);
}

#[test]
fn junit_counts_agree_with_the_report() {
    let xml = shown(&report(), Format::Junit, LOOK);
    assert!(xml.contains(r#"tests="17" skipped="1" failures="2" errors="2""#), "{xml}");
    assert_eq!(xml.matches("<testcase ").count(), 17);
    assert_eq!((xml.matches("<failure").count(), xml.matches("<error").count()), (2, 2));
    assert!(xml.contains(r#"type="ungraded""#) && xml.contains(r#"type="overloaded""#), "{xml}");
    assert_eq!(quick_junit::Report::deserialize_from_str(&xml).expect("valid").tests, 17);
}

#[test]
fn a_failing_source_of_trials_is_an_error() {
    struct Broken;
    impl Trials for Broken {
        fn each(&mut self, _: &mut dyn FnMut(&TrialRecord) -> std::io::Result<()>) -> std::io::Result<()> {
            Err(std::io::Error::other("disk"))
        }
    }
    let report = report();
    for format in [Format::Jsonl, Format::Junit] {
        let outcome = present_eval(&view(&report), format, LOOK, &mut Broken, &mut Vec::new());
        assert!(matches!(outcome, Err(ReportError::Io(_))), "{}", format.word());
    }
}

#[test]
fn the_other_views() {
    let rows = vec![RunRow::of(&header(), &suites())];
    same("runs.table.txt", &shown_view(&RunsReport::of(rows), Format::Table));
    same("plan.table.txt", &shown_view(&plan(), Format::Table));
    same("plan.md", &shown_view(&plan(), Format::Markdown));
    let (trials, variants) = (trials(), variants());
    let all = trials.iter().filter(|trial| ["path-traversal", "outage"].contains(&trial.case.id.as_str()));
    let reports = all.map(|trial| {
        let variant = variants.iter().find(|variant| variant.digest == trial.variant).expect("variant");
        TrialReport::of(trial, Some(&variant.prompt), Some(&variant.model))
    });
    same("trials.table.txt", &shown_view(&TrialsReport::of(header().id, reports.collect()), Format::Table));
    let check = |name: &str, about: &str| CheckRow {
        name: name.into(),
        about: about.into(),
        without_value: "without `value` it takes the case's `expected`".into(),
        example: format!("- {name}: refund"),
        options: [
            ("value", "text", "the text to find", false),
            ("weight", "a number from 0", "how much it counts", true),
        ]
        .map(|(name, takes, about, common)| CheckOption {
            name: name.into(),
            takes: takes.into(),
            about: about.into(),
            common,
        })
        .to_vec(),
        edge_cases: vec!["an empty output contains nothing".into()],
        range: [0.0, 1.0],
        passes_from: 1.0,
        calls: "1 question to a judge".into(),
        version: 1,
        direction: "higher",
    };
    let checks = ChecksReport::of(vec![check("contains", "the reply has the text"), check("equals", "it is the text")]);
    same("checks.plain.txt", &shown_view(&checks, Format::Plain));
    let one = ChecksReport::of(vec![check("contains", "the reply has the text")]);
    same("check.plain.txt", &shown_view(&one, Format::Plain));
}

#[test]
fn forms_that_a_result_does_not_have_are_refused() {
    let refused = present(&plan(), Format::Junit, LOOK, &mut Vec::new());
    assert_eq!(refused.expect_err("refused").to_string(), "the plan of a run cannot be written as `junit`");
    assert!(present(&plan(), Format::Jsonl, LOOK, &mut Vec::new()).is_err());
    assert_eq!(shown_view(&RunsReport::of(Vec::new()), Format::Jsonl), "");
    assert_eq!(shown_view(&RunsReport::of(Vec::new()), Format::Plain), "no runs yet; start one with karat eval\n");
}

fn plan() -> PlanReport {
    let usd = |text: &str| Usd::parse(text).ok();
    let variant = |name: &str, known: bool| PlanVariant {
        prompt: "code-review@1.2.0".into(),
        model: sample::model(name),
        trials: 30,
        input_tokens: Some(Tokens(36_120)),
        input_exact: known,
        output_tokens_low: Some(Tokens(1_500)),
        output_tokens_high: Some(Tokens(24_000)),
        cost_low_usd: usd("0.0214").filter(|_| known),
        cost_high_usd: usd("0.0811").filter(|_| known),
        broken_trials: 0,
        why_broken: None,
    };
    let judging = JudgingPlan {
        calls_low: 60,
        calls_high: 120,
        cost_low_usd: usd("0.011"),
        cost_high_usd: usd("0.42"),
        unknown_cost_calls: 0,
    };
    PlanReport {
        schema_version: SCHEMA_VERSION,
        calls: "live".into(),
        suites: vec![PlanSuite {
            name: suites()[0].name.clone(),
            path: "evals/code-review.yaml".into(),
            cases: 30,
            cases_total: 42,
            repeat: 1,
            variants: vec![variant("openai/gpt-5.4-mini", true), variant("local/llama-3", false)],
            judges: vec![PlanJudge { model: sample::model("anthropic/claude-haiku-4-5"), asked: judging }],
        }],
        judging: Some(judging),
        trials: 60,
        cached_trials: Some(12),
        cost_low_usd: usd("0.0214"),
        cost_high_usd: usd("0.0811"),
        unknown_cost_trials: 30,
        max_cost_usd: usd("1"),
        concurrency: 20,
        notes: vec!["30 cases can only tell differences of 25 points or more".into()],
    }
}

//! `karat prompt list` and `karat prompt diff` over real runs: results stay with the content that earned them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::copy_folder;

fn house(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The bundled example in a folder of its own.
fn project() -> TempDir {
    let folder = tempfile::tempdir().expect("temp");
    for part in ["prompts", "evals", "fixtures"] {
        copy_folder(&house(part), &folder.path().join(part));
    }
    fs::copy(house("karat.yaml"), folder.path().join("karat.yaml")).expect("copied");
    folder
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let karat = assert_cmd::cargo::cargo_bin("karat");
    Command::new(karat).args(args).current_dir(folder).env_clear().output().expect("runs")
}

/// What karat prints in a project, and its exit code.
fn karat(folder: &Path, args: &[&str]) -> (String, Option<i32>) {
    let output = run(folder, args);
    let text = String::from_utf8(output.stdout).expect("utf-8");
    assert!(output.stderr.is_empty() || output.status.code() != Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    (text, output.status.code())
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let (text, code) = karat(folder, &[args, &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{args:?}: {text}");
    serde_json::from_str(&text).expect("json")
}

/// The version of `code-review` in the list.
fn version(folder: &Path, version: &str) -> Value {
    let list = json(folder, &["prompt", "list", "code-review", "--versions"]);
    let versions = list["prompts"][0]["versions"].as_array().expect("versions").clone();
    versions.into_iter().find(|row| row["version"] == version).expect("version")
}

#[test]
fn a_version_shows_what_its_last_run_found() {
    let folder = project();
    let folder = folder.path();
    assert_eq!(version(folder, "1.1.0")["results"], Value::Array(Vec::new()));
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--quiet"]).1, Some(0));
    let run = json(folder, &["eval", "show"]);
    let groups = run["suites"][0]["groups"].as_array().expect("groups");
    let row = version(folder, "1.1.0");
    let results = row["results"].as_array().expect("results");
    assert_eq!((groups.len(), results.len(), &row["runs"]), (2, 2, &Value::from(1)));
    for (result, group) in results.iter().zip(groups) {
        for key in ["model", "params", "trials", "pass", "fail", "error", "pass_rate", "p50_latency_ms", "cost_usd"] {
            assert_eq!(result[key], group[key], "{key}");
        }
        assert_eq!((&result["verdict"], &result["run"]), (&group["verdict"]["verdict"], &run["run"]["id"]));
    }
    assert_eq!(version(folder, "1.0.0")["runs"], 0);
}

#[test]
fn results_follow_the_content_and_not_the_name() {
    let folder = project();
    let folder = folder.path();
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--quiet"]).1, Some(0));
    let prompts = folder.join("prompts/code-review");
    let text = fs::read_to_string(prompts.join("1.1.0.yaml")).expect("version");
    fs::write(prompts.join("next.yaml"), format!("# A comment changes nothing.\n{text}")).expect("draft");
    assert_eq!(version(folder, "next")["results"], version(folder, "1.1.0")["results"]);
    let list = json(folder, &["prompt", "list", "code-review"]);
    assert_eq!(list["prompts"][0]["changed_since_release"], false);
    fs::write(prompts.join("next.yaml"), text.replace("security reviewer", "reviewer")).expect("draft");
    assert_eq!(version(folder, "next")["results"], Value::Array(Vec::new()));
    let list = json(folder, &["prompt", "list", "code-review"]);
    assert_eq!(list["prompts"][0]["changed_since_release"], true);
    let diff = json(folder, &["prompt", "diff", "code-review"]);
    assert_eq!(
        (&diff["before"]["prompt"], &diff["after"]["prompt"]),
        (&Value::from("code-review@1.1.0"), &Value::from("code-review@next"))
    );
    assert_eq!(diff["results"]["before"]["results"].as_array().map(Vec::len), Some(2));
    assert_eq!(diff["results"]["after"]["runs"], 0);
}

#[test]
fn a_run_of_one_case_is_marked_and_hides_no_run_of_all() {
    let folder = project();
    let folder = folder.path();
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--quiet"]).1, Some(0));
    let one = ["eval", "evals/code-review.yaml", "--case", "sql-python-fstring", "--quiet"];
    assert_eq!(karat(folder, &one).1, Some(0));
    let row = version(folder, "1.1.0");
    assert_eq!(
        (&row["runs"], &row["results"][0]["is_partial"], &row["results"][0]["trials"]),
        (&Value::from(2), &Value::from(true), &Value::from(1))
    );
    let diff = json(folder, &["prompt", "diff", "code-review"]);
    let results = diff["results"]["after"]["results"].as_array().expect("results").clone();
    let partial: Vec<&Value> = results.iter().map(|result| &result["is_partial"]).collect();
    assert_eq!(partial, [true, true, false, false]);
}

#[test]
fn show_tells_what_the_content_scored_and_in_which_run() {
    let folder = project();
    let folder = folder.path();
    assert_eq!(json(folder, &["prompt", "show", "code-review"])["results"]["runs"], 0);
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--quiet"]).1, Some(0));
    let shown = json(folder, &["prompt", "show", "code-review"]);
    assert_eq!(shown["results"]["digest"], shown["digest"]);
    assert_eq!(shown["results"]["results"], version(folder, "1.1.0")["results"]);
    let run = shown["results"]["results"][0]["run"].as_str().expect("run").to_owned();
    let (text, _) = karat(folder, &["prompt", "show", "code-review"]);
    let rows = text.lines().filter(|line| line.contains("pass 100 %") && line.contains(&run)).count();
    assert_eq!(rows, 2, "{text}");
}

/// What `label` says when it refuses.
fn refusal(folder: &Path, version: &str) -> String {
    let output = run(folder, &["prompt", "label", "code-review", "production", version]);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).expect("utf-8")
}

#[test]
fn production_asks_for_a_run_of_all_cases_of_each_suite() {
    let folder = project();
    let folder = folder.path();
    let label = |args: &[&str]| json(folder, &[&["prompt", "label", "code-review", "production"], args].concat());
    label(&["--remove"]);
    let suite = folder.join("evals/code-review.yaml");
    let text = fs::read_to_string(&suite).expect("suite").replace("code-review@production", "code-review@1.1.0");
    fs::write(suite, &text).expect("suite");
    assert!(refusal(folder, "1.1.0").contains("`code-review@1.1.0` has not passed any stored run"));
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--first", "2", "--quiet"]).1, Some(0));
    let narrowed = json(folder, &["eval", "show"])["run"]["id"].clone();
    let told = refusal(folder, "1.1.0");
    let wanted = format!("judged on some cases only, in run {}, which does not count", narrowed.as_str().expect("id"));
    assert!(told.contains(&wanted), "{told}");
    // Another suite judges it too, and asks for what it does not do.
    let strict = |reason: &str| {
        let text = text.replace("suite: code-review", "suite: strict").replace("reason: stop", reason);
        fs::write(folder.join("evals/strict.yaml"), text).expect("suite");
    };
    let cassettes = folder.join("fixtures/cassettes");
    fs::copy(cassettes.join("code-review.jsonl"), cassettes.join("strict.jsonl")).expect("copied");
    strict("reason: length");
    assert_eq!(karat(folder, &["eval", "evals/strict.yaml", "--quiet"]).1, Some(1));
    let failed = refusal(folder, "1.1.0");
    assert!(failed.contains("`code-review@1.1.0` failed suite `strict` in run "), "{failed}");
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--quiet"]).1, Some(0));
    assert!(refusal(folder, "1.1.0").contains("failed suite `strict`"));
    strict("reason: stop");
    assert_eq!(karat(folder, &["eval", "evals/strict.yaml", "--quiet"]).1, Some(0));
    let run = json(folder, &["eval", "show"])["run"]["id"].clone();
    assert_eq!(karat(folder, &["eval", "evals/code-review.yaml", "--first", "2", "--quiet"]).1, Some(0));
    assert_eq!(label(&["1.1.0"])["passed_in"]["1.1.0"], run);
}

#[test]
fn values_come_from_files_and_flags_as_in_render() {
    let folder = project();
    let folder = folder.path();
    fs::write(folder.join("values.yaml"), "language: go\ncode: from the file\n").expect("values");
    let rendered = |args: &[&str]| {
        let diff = ["prompt", "diff", "code-review@1.0.0", "code-review@1.1.0"];
        json(folder, &[&diff, args].concat())["rendered"].clone()
    };
    let of_file = rendered(&["--vars", "values.yaml"]);
    assert!(of_file["messages"].to_string().contains("from the file"), "{of_file}");
    assert_eq!(of_file["with"], "variables");
    let case = ["--case", "code-review:sql-python-*", "--var", "code=from the flag"];
    let of_case = rendered(&case);
    let text = of_case["messages"].to_string();
    assert!(text.contains("from the flag") && text.contains("python"), "{text}");
    assert_eq!(of_case["with"], "code-review:sql-python-fstring with variables");
    let wrong = rendered(&["--vars", "values.yaml", "--var", "code:=3"]);
    let problem = wrong["before"]["problem"].as_str().expect("problem");
    assert!(problem.contains("given by --var code"), "{problem}");
}

#[test]
fn a_case_is_rendered_with_both_versions_and_counted() {
    let folder = project();
    let args = ["prompt", "diff", "code-review@1.0.0", "code-review@1.1.0", "--case", "code-review:sql-python-fstring"];
    let diff = json(folder.path(), &args);
    let rendered = &diff["rendered"];
    assert_eq!(
        (&diff["counted_on"], &rendered["with"]),
        (&Value::from("rendered"), &Value::from("code-review:sql-python-fstring"))
    );
    let user = rendered["messages"][1]["text"].to_string();
    assert!(user.contains("from flask import") && !user.contains("{{"), "{user}");
    let models: Vec<&Value> = diff["models"].as_array().expect("models").iter().map(|row| &row["model"]).collect();
    assert_eq!(models, ["anthropic/claude-haiku-4-5", "openai/gpt-5.4-mini"]);
    for row in diff["models"].as_array().expect("models") {
        let tokens = |side: &str| row[side]["input_tokens"].as_u64().expect("tokens");
        assert!(tokens("after") > tokens("before"), "{row}");
    }
}

/// The script beside the fixtures makes the project that the speed of `list` is told for.
#[test]
fn many_prompts_are_listed_in_order() {
    let folder = tempfile::tempdir().expect("temp");
    let script = house("fixtures/many-prompts.sh");
    let made = Command::new("sh").arg(script).arg(folder.path()).args(["24", "3"]).status().expect("sh");
    assert!(made.success());
    let list = json(folder.path(), &["prompt", "list"]);
    let prompts = list["prompts"].as_array().expect("prompts");
    assert_eq!(prompts.len(), 24);
    for (index, prompt) in prompts.iter().enumerate() {
        assert_eq!(prompt["name"], format!("prompt-{index:03}"));
        assert_eq!((&prompt["version_count"], &prompt["has_errors"]), (&Value::from(3), &Value::from(false)));
        let has_draft = index % 4 == 0;
        assert_eq!(
            (&prompt["has_draft"], &prompt["changed_since_release"]),
            (&Value::from(has_draft), &Value::from(has_draft))
        );
        let in_use: Vec<&str> =
            prompt["versions"].as_array().expect("versions").iter().filter_map(|row| row["version"].as_str()).collect();
        let released = ["1.2.0", "1.1.0"];
        assert_eq!(in_use, if has_draft { [&["next"], released.as_slice()].concat() } else { released.to_vec() });
    }
    assert_eq!(karat(folder.path(), &["prompt", "verify", "--adopt"]).1, Some(0));
    let locked = json(folder.path(), &["prompt", "list"]).to_string();
    assert_eq!(locked.matches("\"as_released\"").count(), 24 * 2);
    assert_eq!(locked.replace("as_released", "not_locked"), list.to_string(), "a lock changes no digest");
    fs::write(folder.path().join("prompts/prompt-003/answer.schema.json"), "{\"type\": \"object\"}").expect("schema");
    let (text, _) = karat(folder.path(), &["prompt", "list"]);
    let marked: Vec<&str> = text.lines().filter(|line| line.contains('!')).collect();
    assert!(marked.len() == 2 && marked[0].contains("prompt-003  1.2.0!"), "{text}");
    let all = json(folder.path(), &["prompt", "list", "--versions"]);
    let versions: usize = all["prompts"]
        .as_array()
        .expect("prompts")
        .iter()
        .map(|row| row["versions"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(versions, 24 * 3 + 6);
}

//! `karat prompt lint` and `karat prompt usage` on real files: what is written, what is left alone, how they end.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::copy_folder;

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("temp");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, text).expect("written");
    }
    folder
}

fn karat(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("karat"));
    command.args(args).current_dir(folder).env_clear().env("COLUMNS", "100").output().expect("karat runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}\n{output:?}"))
}

const MESSY: &str = "# who wrote this  \nabout: caf\u{65}\u{301}\nmessages:\n  - role: user   # the question\n    content: |\n      Be\u{200b} brief. \n\n      End\n";
const CLEAN: &str = "# who wrote this\nabout: caf\u{e9}\nmessages:\n  - role: user   # the question\n    content: |\n      Be brief.\n\n      End\n";

#[test]
fn fix_mends_drafts_and_nothing_else() {
    let folder = project(&[
        ("prompts/p/1.0.0.yaml", MESSY),
        ("prompts/p/next.yaml", MESSY),
        ("prompts/_partials/note.txt", "note  \n"),
    ]);
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect("read");
    let dry = karat(folder.path(), &["prompt", "lint", "--fix", "--dry-run"]);
    assert_eq!(dry.status.code(), Some(1), "{dry:?}");
    let told = stdout(&dry);
    assert!(
        told.contains(
            "would mend prompts/p/next.yaml: invisible-character (1 line), non-nfc (1 line), trailing-space (2 lines)"
        ),
        "{told}"
    );
    assert!(
        told.contains("-# who wrote this") && told.contains("+# who wrote this") && told.contains("+      Be brief."),
        "{told}"
    );
    assert_eq!(read("prompts/p/next.yaml"), MESSY);

    let fixed = karat(folder.path(), &["prompt", "lint", "--fix", "--format", "json"]);
    let report = json(&fixed);
    assert_eq!(read("prompts/p/next.yaml"), CLEAN);
    assert_eq!(
        (read("prompts/p/1.0.0.yaml").as_str(), read("prompts/_partials/note.txt").as_str()),
        (MESSY, "note  \n")
    );
    assert_eq!(report["fixed"][0]["path"], "prompts/p/next.yaml");
    assert_eq!(fixed.status.code(), Some(1), "the released version still has an invisible character");
    let left: Vec<&str> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|found| found["place"]["path"].as_str())
        .collect();
    assert!(!left.is_empty() && !left.contains(&"prompts/p/next.yaml"), "{left:?}");

    karat(folder.path(), &["prompt", "lint", "--fix", "prompts/_partials/note.txt", "prompts/p/1.0.0.yaml", "p@1.0.0"]);
    assert_eq!(
        (read("prompts/p/1.0.0.yaml").as_str(), read("prompts/_partials/note.txt").as_str()),
        (MESSY, "note  \n")
    );
    let again = karat(folder.path(), &["prompt", "lint", "--fix"]);
    assert!(!stdout(&again).contains("mended"), "{again:?}");
    assert!(stdout(&again).contains("`--fix` edits drafts only"), "{again:?}");
    assert_eq!(fs::read_dir(folder.path().join("prompts/p")).expect("folder").count(), 2, "no file is left behind");
}

#[test]
fn exit_codes_tell_findings_from_mistakes() {
    let prompt = ("prompts/p/1.0.0.yaml", "template: \"Say {{ a }}\"\n");
    let code = |folder: &TempDir, args: &[&str]| karat(folder.path(), args).status.code();
    let warned = project(&[prompt]);
    assert_eq!(code(&warned, &["prompt", "lint"]), Some(0));
    assert_eq!(code(&warned, &["prompt", "lint", "--deny", "warnings"]), Some(1));
    assert_eq!(code(&warned, &["prompt", "lint", "q"]), Some(2));
    assert_eq!(code(&warned, &["prompt", "lint", "--model", "gpt"]), Some(2));
    assert_eq!(code(&warned, &["prompt", "lint", "--dry-run"]), Some(2));
    assert_eq!(code(&warned, &["prompt", "lint", "--explain", "nope"]), Some(2));
    let broken = project(&[("prompts/p/1.0.0.yaml", "template: [\n")]);
    assert_eq!(code(&broken, &["prompt", "lint"]), Some(1));
    let unreadable = project(&[prompt]);
    fs::write(unreadable.path().join("prompts/p/2.0.0.yaml"), b"\xff").expect("written");
    assert_eq!(code(&unreadable, &["prompt", "lint"]), Some(2));
    let raised = project(&[prompt, ("karat.yaml", "lint: {undelimited-variable: error}\n")]);
    assert_eq!(code(&raised, &["prompt", "lint"]), Some(1));
    let off = project(&[prompt, ("karat.yaml", "lint: {undelimited-variable: off}\n")]);
    assert_eq!(code(&off, &["prompt", "lint", "--deny", "warnings"]), Some(0));
    let mistyped = project(&[prompt, ("karat.yaml", "lint: {undelimeted-variable: off}\n")]);
    let output = karat(mistyped.path(), &["prompt", "lint"]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("karat.yaml:1:8") && told.contains("did you mean `undelimited-variable`?"), "{told}");
}

#[test]
fn annotations_name_files_from_the_top_of_the_repository() {
    let folder =
        project(&[("apps/bot/karat.yaml", ""), ("apps/bot/prompts/p/1.0.0.yaml", "template: \"Say {{ a }}\"\n")]);
    let made = Command::new("git").args(["init", "-q"]).current_dir(folder.path()).status().expect("git");
    assert!(made.success());
    let inner = folder.path().join("apps/bot");
    let output = karat(&inner, &["prompt", "lint", "--format", "github"]);
    let line = "::warning file=apps/bot/prompts/p/1.0.0.yaml,line=1,col=19,endColumn=20,title=undelimited-variable::";
    assert!(stdout(&output).starts_with(line), "{output:?}");
    let sarif = json(&karat(&inner, &["prompt", "lint", "--format", "sarif"]));
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "apps/bot/prompts/p/1.0.0.yaml");
}

/// Every URI, level, index and region as SARIF 2.1.0 wants them (§3.4, §3.27, §3.30).
#[test]
fn sarif_refers_to_its_own_rules() {
    let folder = project(&[("prompts/p/1.0.0.yaml", MESSY), ("prompts/p/2.0.0.yaml", "template: [\n")]);
    let sarif = json(&karat(folder.path(), &["prompt", "lint", "--all-versions", "--format", "sarif"]));
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!((sarif["version"].as_str(), run["columnKind"].as_str()), (Some("2.1.0"), Some("unicodeCodePoints")));
    assert!(results.len() >= 5, "{results:?}");
    for result in results {
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("level")));
        if let Some(index) = result["ruleIndex"].as_u64() {
            assert_eq!(rules[usize::try_from(index).expect("index")]["id"], result["ruleId"]);
        }
        let region = &result["locations"][0]["physicalLocation"]["region"];
        if !region.is_null() {
            assert!(
                region["startLine"].as_u64() >= Some(1)
                    && region["endColumn"].as_u64() > region["startColumn"].as_u64()
            );
        }
    }
}

#[test]
fn usage_tells_each_reference_and_where_it_leads() {
    let folder = project(&[
        ("prompts/p/1.0.0.yaml", "template: \"{% include 'x/note.txt' %}\"\n"),
        ("prompts/p/1.1.0.yaml", "template: b\n"),
        ("prompts/p/prompt.yaml", "labels: {production: 1.0.0}\n"),
        ("prompts/q/1.0.0.yaml", "template: c\n"),
        ("prompts/_partials/x/note.txt", "{% include 'deep.txt' %}\n"),
        ("prompts/_partials/deep.txt", "deep\n"),
        (
            "evals/a.yaml",
            "suite: a\nprompts: [p@production, q, \"Say {{ p }}\"]\ncases: [{id: x, vars: {prompt: p}}]\n",
        ),
        ("evals/b.yaml", "suite: b\nprompts:\n  - p@1.9.0\n  - ../prompts/p/1.1.0.yaml\n"),
        ("evals/smoke/s.yaml", "steps:\n  - {request: {json: {prompt: p}}}\nprompt: p\n"),
        ("evals/deploy/d.yaml", "artifact: {prompt: p@latest}\nother: {prompt: hi}\n"),
        ("evals/cases/c.yaml", "- {id: a, prompt: p}\n"),
    ]);
    let report = json(&karat(folder.path(), &["prompt", "usage", "p", "--format", "json"]));
    let rows: Vec<String> = report["uses"]
        .as_array()
        .expect("uses")
        .iter()
        .map(|row| {
            let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let place = &row["place"];
            let (kind, path) = (word(&row["kind"]), word(&place["path"]));
            format!(
                "{kind} {path}:{}:{} {} {}",
                place["line"],
                place["col"],
                word(&row["reference"]),
                word(&row["resolved"]["version"])
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "suite evals/a.yaml:2:11 p@production 1.0.0",
            "suite evals/b.yaml:3:5 p@1.9.0 -",
            "suite evals/b.yaml:4:5 ../prompts/p/1.1.0.yaml 1.1.0",
            "policy evals/deploy/d.yaml:1:20 p@latest 1.1.0",
            "smoke evals/smoke/s.yaml:3:9 p 1.1.0",
        ]
    );
    assert_eq!(report["uses"][1]["problem"], "`p` has no version `1.9.0`");
    let partial = json(&karat(folder.path(), &["prompt", "usage", "--partial", "deep.txt", "--format", "json"]));
    assert_eq!(
        (partial["uses"].as_array().map(Vec::len), &partial["uses"][0]["version"]),
        (Some(1), &Value::from("1.0.0"))
    );
    let code = |args: &[&str]| karat(folder.path(), args).status.code();
    assert_eq!(code(&["prompt", "usage", "r"]), Some(2));
    assert_eq!(code(&["prompt", "usage", "p@1.0.0"]), Some(2));
    assert_eq!(code(&["prompt", "usage", "--partial", "depe.txt"]), Some(2));
    // A suite that cannot be read might use it.
    fs::write(folder.path().join("evals/z.yaml"), "prompts: [\n").expect("written");
    assert_eq!(code(&["prompt", "usage", "q"]), Some(2));
}

#[test]
fn the_examples_of_the_help_work_in_the_bundled_project() {
    let folder = tempfile::tempdir().expect("temp");
    for part in ["prompts", "evals"] {
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &folder.path().join(part));
    }
    for verb in ["lint", "usage"] {
        let help = stdout(&karat(folder.path(), &["prompt", verb, "--help"]));
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
        let examples: Vec<&str> = lines.map(|line| line.trim().split("    ").next().unwrap_or_default()).collect();
        assert!(examples.len() >= 2, "{help}");
        for example in examples {
            let words: Vec<&str> = example.split_whitespace().skip(1).collect();
            let output = karat(folder.path(), &words);
            assert_eq!(output.status.code(), Some(0), "{example}: {output:?}");
        }
    }
}

#[test]
fn a_released_version_that_was_edited_is_found_when_it_is_named_alone() {
    let folder = tempfile::tempdir().expect("temp");
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts"), &folder.path().join("prompts"));
    let path = folder.path().join("prompts/code-review/1.0.0.yaml");
    let text = fs::read_to_string(&path).expect("read");
    fs::write(&path, text.replace("security reviewer", "reviewer")).expect("written");
    let codes = |name: &str| -> Vec<String> {
        let report = json(&karat(folder.path(), &["prompt", "lint", name, "--format", "json"]));
        let findings = report["findings"].as_array().expect("findings");
        findings.iter().map(|finding| finding["code"].as_str().expect("code").to_owned()).collect()
    };
    for name in ["code-review@1.0.0", "prompts/code-review/1.0.0.yaml", "code-review"] {
        let found = codes(name).iter().filter(|code| *code == "released-file-edited").count();
        assert_eq!(found, 1, "{name}");
    }
    assert!(!codes("code-review@1.1.0").contains(&"released-file-edited".to_owned()));
}

#[test]
fn the_bundled_prompts_have_no_errors() {
    let folder = tempfile::tempdir().expect("temp");
    for part in ["prompts", "evals"] {
        copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &folder.path().join(part));
    }
    let report = json(&karat(folder.path(), &["prompt", "lint", "--all-versions", "--format", "json"]));
    assert_eq!((&report["passed"], &report["totals"]["errors"]), (&Value::from(true), &Value::from(0)));
    assert_eq!(report["totals"]["files"], 7);
}

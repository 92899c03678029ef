//! The command line as data: `tests/cmd/**/*.toml`, each with its arguments and everything karat says to them.
//!
//! Every case runs in a copy of a project, named by its `fs.base`:
//! - `../../example`: the bundled example, never run;
//! - `../../example-run`: the same with one finished run of `document-classifier` in its store;
//! - `../../mixed`: `tests/cmd/mixed`, whose run passes, fails, errs and is ungraded;
//! - `../../mixed-run`: the same with that run in its store.
//!
//! `TRYCMD=overwrite cargo test --test it every_command` writes what karat says now into the files; run ids, times and
//! digests must then be made `[..]` by hand, and every other change explained.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a project is made of.
const PARTS: &[&str] = &["karat.yaml", "prompts", "evals", "fixtures"];

fn house(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).expect("copied");
        return;
    }
    fs::create_dir_all(to).expect("folder");
    for entry in fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// A copy of the project at `from`, without whatever else lies there.
fn copy_project(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folder");
    PARTS.iter().for_each(|part| copy(&from.join(part), &to.join(part)));
}

/// A shell command in a project, with karat on the path and nothing else from outside.
fn shell(command: &str, folder: &Path) -> Output {
    let karat = assert_cmd::cargo::cargo_bin("karat");
    let path = format!("{}:/usr/bin:/bin", karat.parent().expect("folder").display());
    Command::new("sh").args(["-c", command]).current_dir(folder).env_clear().env("PATH", path).output().expect("shell")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The cases and the projects they run in, side by side in one folder.
fn stage() -> TempDir {
    let stage = tempfile::tempdir().expect("temp");
    let at = |name: &str| stage.path().join(name);
    copy(&house("tests/cmd"), &at("cmd"));
    for (name, from, run, code) in [
        ("example", house(""), None, 0),
        ("example-run", house(""), Some("karat eval evals/document-classifier.yaml"), 0),
        ("mixed", house("tests/cmd/mixed"), None, 0),
        ("mixed-run", house("tests/cmd/mixed"), Some("karat eval"), 1),
    ] {
        copy_project(&from, &at(name));
        if let Some(run) = run {
            let output = shell(run, &at(name));
            assert_eq!(output.status.code(), Some(code), "{}", told(&output));
        }
    }
    stage
}

#[test]
fn every_command_says_what_its_file_says() {
    let stage = stage();
    let cases = trycmd::TestCases::new();
    cases.register_bin("karat", trycmd::schema::Bin::Path(assert_cmd::cargo::cargo_bin("karat")));
    cases.case(stage.path().join("cmd/**/*.toml"));
    // It panics with the differences, after it wrote them where it was asked to.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cases.run()));
    if std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        copy(&stage.path().join("cmd"), &house("tests/cmd"));
    }
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// The commands under `Examples:` in a help text.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1).take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().split("    ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_example_of_every_help_works_in_the_bundled_project() {
    let folder = tempfile::tempdir().expect("temp");
    copy_project(&house(""), folder.path());
    // Some verbs look at history.
    let commit = "git init -q -b main . && git add -A && git -c user.name=a -c user.email=a@b.c commit -qm first";
    assert!(shell(commit, folder.path()).status.success());
    let mut count = 0;
    for command in [
        "",
        "eval",
        "eval list",
        "eval show",
        "eval export",
        "mock",
        "smoke",
        "smoke providers",
        "completions",
        "prompt",
        "prompt list",
        "prompt show",
        "prompt new",
        "prompt render",
        "prompt lint",
        "prompt diff",
        "prompt release",
        "prompt label",
        "prompt rollback",
        "prompt history",
        "prompt verify",
        "prompt resolve",
        "prompt changed",
        "prompt usage",
        "prompt export",
        "prompt import",
    ] {
        let help = told(&shell(&format!("karat {command} --help"), folder.path()));
        let examples = examples(&help);
        assert!(examples.len() >= 2, "`karat {command} --help` needs two examples:\n{help}");
        for example in examples {
            assert!(example.starts_with("karat "), "{example}");
            let output = shell(&example, folder.path());
            assert_eq!(output.status.code(), Some(0), "{example}\n{}", told(&output));
            count += 1;
        }
    }
    assert!(count >= 12, "only {count} examples were found");
}

/// The commands that a report tells its reader to copy.
fn suggested(report: &str) -> Vec<String> {
    let labelled = |line: &str| {
        let command = line.trim_start().strip_prefix("rerun").or_else(|| line.strip_prefix("next"))?;
        Some(command.trim_start().to_owned())
    };
    report.lines().filter_map(labelled).collect()
}

/// Every command a run suggests must find the same cases again, whatever flags the run was started with.
#[test]
fn every_suggested_command_works_when_pasted() {
    for start in [
        "karat eval",
        "karat eval --store other.db",
        "karat eval elsewhere/capitals.yaml",
        "karat eval --case peru",
        "karat eval --calls replay --case atlantis",
    ] {
        let folder = tempfile::tempdir().expect("temp");
        copy_project(&house("tests/cmd/mixed"), folder.path());
        if start.contains("elsewhere") {
            fs::rename(folder.path().join("evals"), folder.path().join("elsewhere")).expect("moved");
        }
        let first = told(&shell(start, folder.path()));
        let commands = suggested(&first);
        assert!(commands.len() >= 2, "{first}");
        for command in commands {
            let output = shell(&command, folder.path());
            let again = told(&output);
            // What did not pass does not pass now either: 2 would say that the command itself is wrong.
            assert!(matches!(output.status.code(), Some(1 | 3)), "{start}: {command}\n{again}");
            assert!(again.contains("rerun"), "{start}: {command}\n{again}");
        }
    }
}

#[test]
fn resuming_a_complete_run_changes_nothing() {
    let folder = tempfile::tempdir().expect("temp");
    copy_project(&house("tests/cmd/mixed"), folder.path());
    shell("karat eval", folder.path());
    let before = told(&shell("karat eval show --format json", folder.path()));
    let resumed = told(&shell("karat eval --resume --format json --quiet", folder.path()));
    let after = told(&shell("karat eval show --format json", folder.path()));
    assert!(before.contains("\"duration_ms\""), "{before}");
    assert_eq!((&resumed, &after), (&before, &before));
}

/// A suite without a selected case has nothing to be judged by: it must not make the run undecided.
#[test]
fn suites_without_a_selected_case_are_not_part_of_the_run() {
    let folder = tempfile::tempdir().expect("temp");
    copy_project(&house(""), folder.path());
    let output = shell("karat eval --case sql-python-fstring", folder.path());
    let report = told(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(!report.contains("support-answers"), "{report}");
    // One failing case in one of three suites, mended: `--failed-in` then passes.
    let cases = folder.path().join("evals/cases/document-classifier.csv");
    let sound = fs::read_to_string(&cases).expect("cases");
    fs::write(&cases, sound.replacen(",financial,", ",legal,", 1)).expect("written");
    assert_eq!(shell("karat eval", folder.path()).status.code(), Some(1));
    fs::write(&cases, sound).expect("written");
    let output = shell("karat eval --failed-in latest", folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn a_stale_snapshot_fails() {
    let stage = tempfile::tempdir().expect("temp");
    let case = stage.path().join("stale.toml");
    let judged = |version: &str| {
        let text =
            format!("bin.name = \"karat\"\nargs = \"--version\"\nstdout = \"karat {version}\\n\"\nstderr = \"\"\n");
        fs::write(&case, text).expect("written");
        let cases = trycmd::TestCases::new();
        cases.register_bin("karat", trycmd::schema::Bin::Path(assert_cmd::cargo::cargo_bin("karat")));
        cases.case(&case);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cases.run())).is_ok()
    };
    assert!(judged(env!("CARGO_PKG_VERSION")));
    assert!(!judged("9.9.9"));
}

//! Everything that README shows is run: the commands of its `console` blocks in order, in one copy of the project,
//! and what they print is compared line by line. Run ids, digests and times are the only things that may differ.
//!
//! `KARAT_BLESS=1 cargo test readme` writes what was printed into README; read the diff before you commit it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::stub::{Reaction, Stub};
use crate::support::copy_folder;

struct Step {
    line: usize,
    command: String,
    wanted: String,
}

/// The steps of all ```` ```console ```` blocks. A command may go on over lines that start with `> `.
fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (index, line) in readme.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { line: index + 1, command: command.to_owned(), wanted: String::new() });
        } else if let Some(step) = steps.last_mut() {
            match line.strip_prefix("> ").or(line.eq(">").then_some("")) {
                Some(more) if step.wanted.is_empty() => step.command = format!("{}\n{more}", step.command),
                _ => step.wanted = format!("{}{line}\n", step.wanted),
            }
        }
    }
    steps
}

/// Replaces what differs from run to run.
fn steady(text: &str) -> String {
    let rules = [
        (r"\d{8}-\d{6}-[a-z0-9]{4}", "RUN"),
        (r"\b[0-9a-f]{12}\b", "DIGEST"),
        (r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z| UTC)?", "TIME"),
        (r"\b20\d{2}-\d{2}-\d{2}\b", "DATE"),
        (r"\b\d+(\.\d+)?( ms| s)\b", "DURATION"),
        (r" {2,}", "  "),
        (r"[─━═]{2,}", "──"),
    ];
    let mut text = text.to_owned();
    for (pattern, with) in rules {
        text = regex::Regex::new(pattern).expect("pattern").replace_all(&text, with).into_owned();
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn project_copy(to: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(to).expect("folder");
    for name in ["prompts", "evals", "fixtures"] {
        copy_folder(&root.join(name), &to.join(name));
    }
    for name in ["karat.yaml", "Cargo.toml"] {
        fs::copy(root.join(name), to.join(name)).expect("copy");
    }
}

/// A shell whose `karat` and `cargo run --release -- …` are the binary under test.
fn shell(project: &Path, bin: &Path, stub: &Stub) -> Command {
    let mut shell = Command::new("bash");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    shell.current_dir(project).env_clear().envs(BTreeMap::from([
        ("PATH", path),
        ("HOME", project.display().to_string()),
        ("COLUMNS", "100".to_owned()),
        ("OPENAI_BASE_URL", format!("{}/v1", stub.url())),
        ("ANTHROPIC_BASE_URL", stub.url().to_owned()),
    ]));
    shell
}

fn stand_in_for_cargo(bin: &Path) {
    fs::create_dir_all(bin).expect("folder");
    let karat = assert_cmd::cargo::cargo_bin("karat");
    let script = |text: String, name: &str| {
        let file: PathBuf = bin.join(name);
        fs::write(&file, text).expect("script");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("mode");
        }
    };
    script(format!("#!/bin/sh\nexec {} \"$@\"\n", karat.display()), "karat");
    // `cargo run --release -- ARGS` is karat; `cargo test` is this very run, `cargo install` has nothing to install.
    let cargo = "#!/bin/sh\ncase \"$1\" in run) shift 3; exec karat \"$@\";; test|install) exit 0;; *) exit 9;; esac\n";
    script(cargo.to_owned(), "cargo");
}

#[test]
fn every_command_of_the_readme_prints_what_the_readme_shows() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README");
    let steps = steps(&readme);
    assert!(steps.len() >= 8, "README shows only {} commands", steps.len());
    let temp = tempfile::tempdir().expect("temp");
    let (project, bin) = (temp.path().join("project"), temp.path().join("bin"));
    project_copy(&project);
    stand_in_for_cargo(&bin);
    let stub = Stub::start(Duration::ZERO, |seen| {
        let cities = [("France", "Paris"), ("Australia", "Sydney"), ("Japan", "Tokyo")];
        let city = cities.iter().find(|(country, _)| seen.user.contains(country)).map_or("no idea", |(_, city)| *city);
        Reaction::Say(city.to_owned())
    });
    let mut exports = String::new();
    let mut wrong = Vec::new();
    let mut printed = Vec::new();
    for step in steps {
        if step.command.starts_with("export ") || step.command.starts_with("cd ") {
            exports = format!("{exports}{}\n", step.command);
            printed.push(String::new());
            continue;
        }
        let script = format!("{exports}exec 2>&1\n{}", step.command);
        let output = shell(&project, &bin, &stub).arg("-c").arg(script).output().expect("bash");
        let got = String::from_utf8(output.stdout).expect("utf-8");
        printed.push(got.clone());
        if steady(&got) != steady(&step.wanted) {
            wrong.push(format!(
                "README.md:{}: $ {}\n-- shown\n{}\n-- printed\n{got}",
                step.line, step.command, step.wanted
            ));
        }
    }
    if std::env::var_os("KARAT_BLESS").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"), blessed(&readme, printed)).expect("README");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// README with the output of each step in place of what it shows.
fn blessed(readme: &str, printed: Vec<String>) -> String {
    let mut printed = printed.into_iter();
    let mut text = String::new();
    let mut output: Option<String> = None;
    let mut inside = false;
    for line in readme.lines() {
        let command = inside && line.starts_with("$ ");
        let fence = line.starts_with("```");
        if (command || fence)
            && let Some(output) = output.take()
        {
            text.push_str(output.trim_end());
            text.push_str(if output.trim().is_empty() { "" } else { "\n" });
        }
        if fence {
            inside = line == "```console";
        }
        if command {
            output = printed.next();
        }
        if fence || !inside || command || line.starts_with("> ") || line == ">" {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[test]
fn ci_runs_exactly_the_test_command_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("README");
    let command = readme.lines().find_map(|line| line.strip_prefix("$ cargo test")).expect("a test command");
    let ci = fs::read_to_string(root.join(".ci/run")).expect(".ci/run");
    assert_eq!(ci.trim_end().lines().last(), Some(format!("run cargo test{command}").as_str()));
}

//! `completions/` holds what the binary generates, for every shell.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

const SHELLS: &[(&str, &str)] = &[
    ("bash", "karat.bash"),
    ("zsh", "_karat"),
    ("fish", "karat.fish"),
    ("powershell", "_karat.ps1"),
    ("elvish", "karat.elv"),
];

#[test]
fn the_committed_completions_are_what_the_binary_prints() {
    for (shell, file) in SHELLS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let output = Command::cargo_bin("karat").expect("binary").args(["completions", shell]).output().expect("runs");
        let printed = String::from_utf8(output.stdout).expect("utf-8");
        assert!(printed.contains("dry-run"), "{shell} completion lacks a flag");
        assert!(committed == printed, "{file} is stale: run `karat completions {shell} > completions/{file}`");
    }
}

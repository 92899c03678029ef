//! Disks that are full, files that may not grow, folders that may only be read: real ones, for the real binary.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::project::{Project, Told};
use super::stub::{Reaction, Stub};

const CASES: usize = 400;
const MODEL: &str = "openai/gpt-5.4-mini";
/// An account without rights, on every Unix.
const NOBODY: u32 = 65_534;

/// A server whose replies are long, so that a small disk is soon full.
fn long_winded() -> Stub {
    Stub::start(Duration::from_millis(1), |seen| Reaction::Say(format!("{} {}", seen.user, "and so on ".repeat(300))))
}

/// A shell in the project, with what karat needs in its environment; `$KARAT` is the binary.
fn shell(project: &Project, script: &str) -> Command {
    let karat = project.karat("");
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(project.path()).stdin(Stdio::null()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("KARAT", karat.get_program());
    command.envs(karat.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

fn is_root(project: &Project) -> bool {
    fs::metadata(project.path()).expect("folder").uid() == 0
}

/// `script` where it may mount and nobody else sees it; `None` on a machine that allows that to nobody.
fn with_mounts(project: &Project, script: &str) -> Option<Told> {
    let flags: &[&str] = if is_root(project) { &["--mount"] } else { &["--user", "--map-root-user", "--mount"] };
    let unshare = |script: &str| {
        let shell = shell(project, script);
        let mut command = Command::new("unshare");
        command.args(flags).arg("sh").args(shell.get_args()).current_dir(project.path()).stdin(Stdio::null());
        command.env_clear().envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.output().ok()
    };
    let may = unshare("mkdir -p probe && mount -t tmpfs -o size=64k tmpfs probe")?.status.success();
    may.then(|| Told::of(&unshare(script).expect("runs")))
}

/// What a store that cannot grow any more must do: say so, keep what was committed, and go on when there is room.
fn kept_and_resumed(told: Told, words: &str, project: &Project, stub: &Stub) {
    let told = told.exits(3);
    assert!(told.stderr.contains(words) && told.stderr.contains(" = help: "), "{}", told.stderr);
    let kept = project.run("eval show latest --format json --store saved/karat.db").json();
    let kept = usize::try_from(kept["totals"]["trials"].as_u64().expect("trials")).expect("few");
    let made = stub.calls();
    assert!(kept > 0 && made < CASES, "{kept} kept of {made} calls");
    project.run("eval --resume --no-cache -j 4 --store saved/karat.db").exits(0);
    let again = stub.calls() - made;
    assert_eq!(again, CASES - kept, "only what was not kept is called");
}

#[test]
fn a_full_disk_stops_the_run_and_loses_nothing_that_was_stored() {
    let stub = long_winded();
    let project = Project::new(stub.url(), MODEL, CASES);
    let script = "mkdir .karat saved && mount -t tmpfs -o size=1m tmpfs .karat && \"$KARAT\" eval --no-cache -j 4 --yes; \
                  code=$?; cp .karat/karat.db* saved/ && exit $code";
    match with_mounts(&project, script) {
        Some(told) => kept_and_resumed(told, "no space left", &project, &stub),
        // Where nobody may mount, the next test is what there is: a file that may not grow.
        None => eprintln!("this machine lets nobody mount a small disk"),
    }
}

#[test]
fn a_file_that_may_not_grow_stops_the_run_and_loses_nothing_that_was_stored() {
    let stub = long_winded();
    let project = Project::new(stub.url(), MODEL, CASES);
    // In blocks of 512 bytes; without the trap the signal would end the process.
    let script = "mkdir saved; (trap '' XFSZ; ulimit -f 1000; exec \"$KARAT\" eval --no-cache -j 4 --yes); code=$?; \
                  cp .karat/karat.db* saved/ && exit $code";
    let told = Told::of(&shell(&project, script).output().expect("runs"));
    kept_and_resumed(told, "karat.db", &project, &stub);
}

/// What may be done with a store in a folder that can only be read: everything but write.
fn only_read(run: impl Fn(&str) -> Told, stub: &Stub, before: usize) {
    let told = run("eval --no-cache --yes").exits(3);
    assert!(told.stderr.contains("karat.db` cannot be ") && told.stderr.contains("--store"), "{}", told.stderr);
    assert_eq!(stub.calls(), before, "nothing is paid for that cannot be kept");
    assert_eq!(run("eval list --format json").exits(0).json()["runs"].as_array().map(Vec::len), Some(1));
    run("eval show latest").exits(0);
    run("eval export latest --format jsonl").exits(0);
}

#[test]
fn a_folder_of_another_user_is_read_and_not_written() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODEL, 20);
    project.run("eval").exits(0);
    set_modes(project.path());
    // root may write everywhere, so it becomes nobody; the binary may lie where nobody can read it.
    let outside = tempfile::tempdir().expect("temp");
    fs::set_permissions(outside.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    let copy = outside.path().join("karat");
    // Not by this process: a test that starts a program meanwhile would hold the copy open for writing.
    let copied = Command::new("cp").arg(project.karat("").get_program()).arg(&copy).status();
    assert!(copied.expect("cp runs").success());
    let run = |args: &str| {
        let asked = project.karat(args);
        let mut command = Command::new(&copy);
        command.args(asked.get_args()).current_dir(project.path()).stdin(Stdio::null()).env_clear();
        command.envs(asked.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if is_root(&project) {
            command.uid(NOBODY).gid(NOBODY);
        }
        Told::of(&command.output().expect("runs"))
    };
    only_read(run, &stub, 20);
    give_back(project.path());
}

#[test]
fn a_read_only_disk_is_read_and_not_written() {
    let stub = Stub::echo();
    let project = Project::new(stub.url(), MODEL, 20);
    project.run("eval").exits(0);
    let run = |args: &str| {
        let script = format!("mount --bind .karat .karat && mount -o remount,ro,bind .karat && exec \"$KARAT\" {args}");
        with_mounts(&project, &script)
    };
    if run("--version").is_none() {
        // The test above has the same rules kept by the file's modes.
        eprintln!("this machine lets nobody mount a read-only disk");
        return;
    }
    only_read(|args| run(args).expect("mounted"), &stub, 20);
}

/// Everything below may be read by all and written by nobody.
fn set_modes(path: &Path) {
    if path.is_dir() {
        fs::read_dir(path).expect("folder").for_each(|entry| set_modes(&entry.expect("entry").path()));
    }
    let mode = if path.is_dir() { 0o555 } else { 0o444 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
}

/// Folders may be written again, so that they can be removed.
fn give_back(path: &Path) {
    if path.is_dir() {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("mode");
        fs::read_dir(path).expect("folder").for_each(|entry| give_back(&entry.expect("entry").path()));
    }
}

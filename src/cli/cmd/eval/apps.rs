//! Providers that are the user's own application: what their programs get, and whether they may be started.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::load::Loaded;
use crate::base::{Diagnostic, Place, Problems, files};
use crate::cli::Session;
use crate::config::{AppConfig, CallMode, Config, Env, ProcessApp, ProcessKind, ProviderConfig};
use crate::provider::{App, ProviderSettings};

/// Variables that programs get without being asked for: where things are, and in which language to speak. On Windows
/// nothing starts without some of them.
pub(super) const PASSED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "SystemRoot",
    "PATHEXT",
    "COMSPEC",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "VIRTUAL_ENV",
    "PYENV_VERSION",
];

/// Largest file whose content is part of the identity of replies.
const CODE_BYTES: u64 = 16 * 1024 * 1024;

/// Names of the applications among the providers.
pub(in crate::cli) fn names(config: &Config) -> HashSet<String> {
    config.providers.iter().filter(|provider| provider.wire.is_app()).map(|it| it.name.to_string()).collect()
}

/// Gives a provider its application, with the environment of its processes.
pub(super) fn settle(
    provider: &ProviderConfig,
    session: &Session,
    settings: &mut ProviderSettings,
    problems: &mut Problems,
) {
    let Some(app) = &provider.app else { return };
    let (env, code) = match app {
        AppConfig::Http(http) => {
            settings.stream = http.stream.is_some() && provider.options.stream != Some(false);
            if settings.base_url.is_none() {
                settings.base_url = Some(http.request.address());
            }
            (Vec::new(), Vec::new())
        }
        AppConfig::Process(process) => {
            // One interpreter per core; more of them would only wait for each other.
            let cores = std::thread::available_parallelism().map_or(4, usize::from);
            let workers = u32::try_from(cores).unwrap_or(4);
            settings.limits.concurrency = settings.limits.concurrency.or(Some(workers));
            warn_of_unset(process, provider, session, problems);
            (environment(process, &session.env), code_of(process))
        }
    };
    settings.app = Some(Arc::new(App::new(app.clone(), env, &provider.app_written, &code)));
}

fn warn_of_unset(process: &ProcessApp, provider: &ProviderConfig, session: &Session, problems: &mut Problems) {
    for name in process.env.iter().filter(|name| session.env.get(name).is_none()) {
        let message = format!("the environment variable `{name}`, which `{}` is to get, is not set", provider.name);
        let diagnostic = Diagnostic::warning("variable-not-set", message);
        problems.push(Diagnostic { place: provider.place.clone(), ..diagnostic });
    }
}

fn environment(process: &ProcessApp, env: &Env) -> Vec<(String, String)> {
    let named = PASSED_ON.iter().copied().chain(process.env.iter().map(String::as_str));
    let mut pairs: Vec<(String, String)> =
        named.filter_map(|name| Some((name.to_owned(), env.get(name)?.to_owned()))).collect();
    pairs.retain(|(name, _)| !process.set_env.iter().any(|(set, _)| set == name));
    pairs.extend(process.set_env.clone());
    pairs
}

fn code_of(process: &ProcessApp) -> Vec<u8> {
    let file = match &process.kind {
        ProcessKind::Command => return Vec::new(),
        ProcessKind::Python { file, .. } | ProcessKind::JavaScript { file, .. } => file,
    };
    files::read_bytes(file, file, CODE_BYTES).unwrap_or_default()
}

/// Reports what would fail at the first call, for the applications that the plan calls: a change that is not trusted,
/// a program or file that is not there. Nothing is started when replies are replayed.
pub(super) fn check(
    loaded: &Loaded,
    used: &HashSet<String>,
    untrusted: Option<&str>,
    session: &Session,
    problems: &mut Problems,
) {
    let config = &loaded.config;
    if config.calls.value == CallMode::Replay {
        return;
    }
    for provider in config.providers.iter().filter(|provider| used.contains(provider.name.as_str())) {
        let Some(AppConfig::Process(process)) = &provider.app else { continue };
        if let Some(why) = untrusted {
            let message = format!("`{}` runs a program of this project, and {why}", provider.name);
            problems.push(at(provider, Diagnostic::error("untrusted", message)).help(
                "look at the change and run without `--untrusted`, or replay recorded answers with `--calls replay`",
            ));
            continue;
        }
        check_program(process, provider, session, problems);
        if let ProcessKind::Python { file, .. } | ProcessKind::JavaScript { file, .. } = &process.kind
            && !file.is_file()
        {
            let shown = session.shown(file).to_string_lossy().into_owned();
            let near = files::similar(file, &shown);
            let message = format!("`{shown}`, the file of `{}`, does not exist", provider.name);
            let diagnostic = Diagnostic::error("file-not-found", message).did_you_mean(near.as_deref());
            problems.push(at(provider, diagnostic));
        }
    }
}

fn at(provider: &ProviderConfig, diagnostic: Diagnostic) -> Diagnostic {
    let place: Option<Place> = provider.place.clone();
    Diagnostic { place, ..diagnostic }
}

fn check_program(process: &ProcessApp, provider: &ProviderConfig, session: &Session, problems: &mut Problems) {
    let program = process.command.first().map_or("", String::as_str);
    if is_there(program, &process.cwd, session) {
        return;
    }
    let help = match process.kind {
        ProcessKind::Command => {
            "`command` is a program on the PATH, or a path from `cwd`, with its arguments as a list"
        }
        ProcessKind::Python { .. } => "install Python, or name it: `command: [/usr/bin/python3]`",
        ProcessKind::JavaScript { .. } => "install Node.js, or name it: `command: [/usr/bin/node]`",
    };
    let message = format!("`{program}`, the program of `{}`, is not there", provider.name);
    problems.push(at(provider, Diagnostic::error("no-program", message)).help(help));
}

/// Whether a program can be started from a folder: a name is looked for on the PATH, a path begins in the folder.
pub(super) fn is_there(program: &str, folder: &Path, session: &Session) -> bool {
    if Path::new(program).components().count() > 1 {
        return folder.join(program).is_file();
    }
    on_path(program, session.env.get("PATH").unwrap_or(""), session.env.get("PATHEXT").unwrap_or(""))
}

fn on_path(program: &str, path: &str, endings: &str) -> bool {
    let names: Vec<String> = std::iter::once(program.to_owned())
        .chain(endings.split(';').filter(|ending| !ending.is_empty()).map(|ending| format!("{program}{ending}")))
        .collect();
    std::env::split_paths(path).any(|folder: PathBuf| names.iter().any(|name| folder.join(name).is_file()))
}

/// Why programs of the project are not run, if they are not: a flag, a variable, or a change that CI says comes from
/// somebody else's fork.
pub(super) fn untrusted(flag: bool, env: &Env) -> Option<&'static str> {
    if flag {
        return Some("`--untrusted` forbids that");
    }
    match env.get("KARAT_UNTRUSTED").map(str::trim) {
        Some("0" | "false" | "no") => return None,
        Some(_) => return Some("KARAT_UNTRUSTED forbids that"),
        None => {}
    }
    let differ = |ours: &str, theirs: &str| env.get(ours).zip(env.get(theirs)).is_some_and(|(a, b)| a != b);
    if differ("CI_MERGE_REQUEST_PROJECT_ID", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID") || github_fork(env) {
        return Some("the change comes from a fork (KARAT_UNTRUSTED=0 allows it)");
    }
    None
}

/// Whether the event of a GitHub workflow is a pull request from another repository.
fn github_fork(env: &Env) -> bool {
    let Some(path) = env.get("GITHUB_EVENT_PATH").map(Path::new) else { return false };
    let Ok(bytes) = files::read_bytes(path, path, CODE_BYTES) else { return false };
    let event: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let name = |side: &str| event.pointer(&format!("/pull_request/{side}/repo/full_name")).cloned();
    // A fork that was deleted has no repository any more.
    event.get("pull_request").is_some() && name("head") != name("base")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_from_forks_are_not_trusted() {
        let none: [(&str, &str); 0] = [];
        let env = |pairs: &[(&str, &str)]| Env::from_pairs(pairs.iter().copied());
        assert_eq!(untrusted(false, &env(&none)), None);
        assert!(untrusted(true, &env(&none)).is_some());
        assert!(untrusted(false, &env(&[("KARAT_UNTRUSTED", "1")])).is_some());
        let ours = [("CI_MERGE_REQUEST_PROJECT_ID", "1"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "1")];
        let theirs = [("CI_MERGE_REQUEST_PROJECT_ID", "1"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "2")];
        assert!(untrusted(false, &env(&ours)).is_none() && untrusted(false, &env(&theirs)).is_some());
        let folder = tempfile::tempdir().expect("folder");
        let event = folder.path().join("event.json");
        let path = event.to_string_lossy().into_owned();
        for (head, expected) in [("me/app", false), ("you/app", true)] {
            let text = format!(
                r#"{{"pull_request": {{"head": {{"repo": {{"full_name": "{head}"}}}}, "base": {{"repo": {{"full_name": "me/app"}}}}}}}}"#
            );
            std::fs::write(&event, text).expect("event");
            let found = untrusted(false, &env(&[("GITHUB_EVENT_PATH", path.as_str())]));
            assert_eq!(found.is_some(), expected, "{head}");
            let allowed = [("GITHUB_EVENT_PATH", path.as_str()), ("KARAT_UNTRUSTED", "0")];
            assert_eq!(untrusted(false, &env(&allowed)), None);
        }
    }
}

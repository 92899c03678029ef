//! The programs and addresses that a user's own checks ask: whether they are there and may be asked, and what they get.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::apps::{PASSED_ON, is_there};
use super::load::Loaded;
use crate::base::{Diagnostic, Place, Problems, Secret, closest};
use crate::cli::Session;
use crate::config::CallMode;
use crate::net::{HttpClient, NetOptions, Transport, host_of};
use crate::provider::{OwnCheckOptions, OwnChecks};
use crate::record::{CheckHook, CheckProgram};
use crate::suite::AskedBy;

/// Largest answer of an address, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// Reports what would leave every score ungraded, and what a project that is not trusted may not do. Programs run in a
/// replay, too; addresses are not asked there.
pub(super) fn check(loaded: &Loaded, untrusted: Option<&str>, session: &Session, problems: &mut Problems) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for asked in programs(loaded) {
        if let Some(why) = untrusted {
            if told.insert(format!("check {} {:?}", asked.check, asked.place)) {
                let message = format!("the check `{}` runs a program of this project, and {why}", asked.check);
                problems.push(refused(message, asked.place.clone()));
            }
            continue;
        }
        let program = asked.whom.command.first().map_or("", String::as_str);
        if !is_there(program, &asked.whom.folder, session) && told.insert(format!("program {program}")) {
            let help = if asked.whom.python.is_some() {
                "install Python, or name it: `command: [/usr/bin/python3]`"
            } else {
                "it is a program on the PATH, or a path from the project's folder, with its arguments as a list"
            };
            let message = format!("`{program}`, the program of the check `{}`, is not there", asked.check);
            problems.push(Diagnostic::error("no-program", message).at(asked.place.clone()).help(help));
        }
        for name in asked.whom.env.iter().filter(|name| session.env.get(name).is_none()) {
            if told.insert(format!("variable {name}")) {
                let message = format!(
                    "the environment variable `{name}`, which the check `{}` is to get, is not set",
                    asked.check
                );
                problems.push(Diagnostic::warning("variable-not-set", message).at(asked.place.clone()));
            }
        }
    }
    for asked in hooks(loaded) {
        check_hook(asked, untrusted, is_replay(loaded), session, &mut told, problems);
    }
}

fn check_hook(
    asked: &AskedBy<CheckHook>,
    untrusted: Option<&str>,
    is_replay: bool,
    session: &Session,
    told: &mut BTreeSet<String>,
    problems: &mut Problems,
) {
    for name in asked.whom.headers.iter().flat_map(|(_, value)| value.variables()) {
        if let Some(why) = untrusted {
            let host = host_of(&asked.whom.url).unwrap_or_default();
            let message = format!("the check `{}` sends `${{env.{name}}}` to `{host}`, and {why}", asked.check);
            problems.push(refused(message, asked.place.clone()));
            return;
        }
        if !is_replay && session.env.get(name).is_none() && told.insert(format!("header {name}")) {
            let message =
                format!("the environment variable `{name}`, which the check `{}` sends, is not set", asked.check);
            let diagnostic = Diagnostic::error("variable-not-set", message)
                .at(asked.place.clone())
                .did_you_mean(closest(name, session.env.names()));
            problems.push(diagnostic.help(format!("set it: `export {name}=…`, or add it to `.env`")));
        }
    }
}

fn refused(message: String, place: Place) -> Diagnostic {
    let help = "look at the change and run without `--untrusted`, or choose suites and cases without this check";
    Diagnostic::error("untrusted", message).at(place).help(help)
}

/// Values of variables that are for own checks alone.
pub(super) fn secrets(loaded: &Loaded, session: &Session) -> Vec<Secret> {
    let named = variables(loaded, session).into_iter().filter(|(name, _)| !PASSED_ON.contains(&name.as_str()));
    named.map(|(_, secret)| secret).collect()
}

/// Variables that own checks name, with their values where they are set.
fn variables(loaded: &Loaded, session: &Session) -> HashMap<String, Secret> {
    let passed = programs(loaded).flat_map(|asked| asked.whom.env.iter().map(String::as_str));
    let sent = hooks(loaded).flat_map(|asked| asked.whom.headers.iter().flat_map(|(_, value)| value.variables()));
    passed.chain(sent).filter_map(|name| Some((name.to_owned(), Secret::new(session.env.get(name)?)))).collect()
}

/// Whom own checks ask in a run, with what they get. Nothing is started.
pub(super) fn settle(loaded: &Loaded, ca_pem: Option<Vec<u8>>, session: &Session) -> OwnChecks {
    let client = || {
        let options = NetOptions { ca_pem, max_reply_bytes: MOST_BYTES, ..NetOptions::default() };
        Arc::new(HttpClient::new(options)) as Arc<dyn Transport>
    };
    let common = PASSED_ON.iter().filter_map(|name| Some(((*name).to_owned(), session.env.get(name)?.to_owned())));
    // One process per core; more of them would only wait for each other.
    let cores = std::thread::available_parallelism().map_or(4, usize::from);
    OwnChecks::new(OwnCheckOptions {
        common: common.collect(),
        named: variables(loaded, session),
        transport: (!is_replay(loaded)).then(client),
        cassettes: loaded.config.cassettes.value.clone(),
        root: session.root.clone(),
        records: loaded.config.calls.value == CallMode::Record,
        clock: Arc::clone(&session.clock),
        processes: cores.min(usize::try_from(loaded.config.concurrency.value).unwrap_or(cores)),
    })
}

fn is_replay(loaded: &Loaded) -> bool {
    loaded.config.calls.value == CallMode::Replay
}

fn programs(loaded: &Loaded) -> impl Iterator<Item = &AskedBy<CheckProgram>> {
    loaded.suites.iter().flat_map(|surveyed| &surveyed.survey.asked.programs)
}

pub(super) fn hooks(loaded: &Loaded) -> impl Iterator<Item = &AskedBy<CheckHook>> {
    loaded.suites.iter().flat_map(|surveyed| &surveyed.survey.asked.hooks)
}

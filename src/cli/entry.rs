//! From arguments to an exit code.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;

use clap::Parser;
use clap::error::ErrorKind;
use tracing_subscriber::EnvFilter;

use super::args::{Cli, Command};
use super::cmd::{cache, completions, eval, mock, prompt, smoke};
use super::exit::Exit;
use super::session::{Session, UsageError};
use super::ui::{Surroundings, Ui};
use crate::config::Env;
use crate::store::StoreError;

/// Runs karat with these arguments and returns its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> u8 {
    let process: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let around = Surroundings::of_process(|name| process.get(name).cloned());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let global = &cli.global;
    let ui = Ui::new(around, global.color, global.quiet, global.verbose, global.no_input, global.yes);
    start_log(&ui);
    match dispatch(&cli, Env::from_pairs(process), &ui) {
        Ok(exit) => exit.code(),
        Err(error) => report(&error, &ui).code(),
    }
}

fn dispatch(cli: &Cli, env: Env, ui: &Ui) -> anyhow::Result<Exit> {
    match &cli.command {
        Command::Completions(args) => completions::run(args, ui),
        Command::Prompt(args) => prompt::run(args, &Session::new(&cli.global, env, ui)?),
        Command::Smoke(args) => smoke::run(args, &Session::new(&cli.global, env, ui)?),
        Command::Mock(args) => mock::run(args, &Session::new(&cli.global, env, ui)?),
        Command::Cache(args) => cache::run(args, &Session::new(&cli.global, env, ui)?),
        Command::Eval(args) => eval::run(args, &Session::new(&cli.global, env, ui)?),
    }
}

/// Help and version go to stdout with code 0; anything else is a usage error.
fn usage(error: &clap::Error) -> u8 {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    error.print().ok();
    if asked { Exit::Passed.code() } else { Exit::Usage.code() }
}

/// Whether an error says that the reader of stdout went away.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(closed)
}

/// Says what went wrong; a closed pipe is a quiet end.
fn report(error: &anyhow::Error, ui: &Ui) -> Exit {
    if is_closed_pipe(error) {
        return Exit::Passed;
    }
    if let Some(usage) = error.downcast_ref::<UsageError>() {
        ui.problem(&usage.render(ui.color_err()));
        return Exit::Usage;
    }
    let mut chain = error.chain().map(ToString::to_string);
    ui.problem(&format!("error: {}", chain.next().unwrap_or_default()));
    for cause in chain {
        ui.problem(&format!("  because {cause}"));
    }
    if let Some(help) = error.chain().find_map(store_help) {
        ui.problem(&format!(" = help: {help}"));
    }
    Exit::Undecided
}

fn store_help(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    cause.downcast_ref::<StoreError>().map(StoreError::help)
}

/// Logs go to stderr: `-vv` shows karat's own calls, `-vvv` also what its libraries say. `KARAT_LOG` is not read.
fn start_log(ui: &Ui) {
    let level = match ui.verbosity() {
        0 | 1 => return,
        2 => "karat=debug",
        _ => "debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(io::stderr)
        .with_ansi(ui.color_err())
        .without_time()
        .try_init()
        .ok();
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_of_the_store_brings_its_help_also_from_inside_a_chain() {
        let failed = Err::<(), _>(StoreError::DiskFull { path: "karat.db".into() }).context("the run stopped");
        let error = failed.expect_err("failed");
        let help = error.chain().find_map(store_help);
        assert!(help.is_some_and(|help| help.contains("free some space")));
        assert_eq!(anyhow::anyhow!("other").chain().find_map(store_help), None);
    }
}

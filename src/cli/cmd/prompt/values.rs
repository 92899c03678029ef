//! Values for a prompt's variables, as every verb that fills a prompt takes them.

use std::path::Path;

use clap::{Args, ValueHint};

use super::case::{FoundCase, find_case};
use crate::base::{Diagnostic, Problems, Source, files};
use crate::cli::Session;
use crate::config::Config;
use crate::prompt::{Given, Registry};

/// Where values come from: `--case`, then `--vars`, then `--var`; the later ones win.
#[derive(Args, Debug)]
pub struct ValueArgs {
    /// Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub var: Vec<String>,

    /// Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vars: Vec<String>,

    /// Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken
    #[arg(long, value_name = "SUITE:ID")]
    pub case: Option<String>,
}

impl ValueArgs {
    /// Whether no value is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.var.is_empty() && self.vars.is_empty() && self.case.is_none()
    }

    /// The case that is named, if one is. `None` when it is named and not found: `problems` says why.
    pub(super) fn find_case(
        &self,
        config: &Config,
        registry: &Registry,
        problems: &mut Problems,
    ) -> Option<Option<FoundCase>> {
        match &self.case {
            None => Some(None),
            Some(named) => find_case(named, config, registry, problems).map(Some),
        }
    }

    /// The values with their origins; of a case's variables those that `has` wants. What is wrong goes to `problems`.
    pub(super) fn read(
        &self,
        case: Option<&FoundCase>,
        has: impl Fn(&str) -> bool,
        session: &Session,
        problems: &mut Problems,
    ) -> Given {
        let mut given = Given::default();
        if let Some(found) = case {
            given.case(&found.case.case.vars, &found.case.place, has);
        }
        self.vars.iter().for_each(|named| read_file(named, session, &mut given, problems));
        self.var.iter().for_each(|text| given.assignment("--var", text, problems));
        given
    }
}

fn read_file(named: &str, session: &Session, given: &mut Given, problems: &mut Problems) {
    let source = if named == "-" {
        let read = session.ui.stdin().map(|text| Source::new("stdin", text));
        read.map_err(|error| Box::new(Diagnostic::error("stdin-unreadable", format!("stdin cannot be read: {error}"))))
    } else {
        let shown = session.named(Path::new(named));
        files::read_source(&session.root.join(&shown), &shown)
    };
    match source {
        Ok(source) => given.file(&source, problems),
        Err(problem) => problems.push(*problem),
    }
}

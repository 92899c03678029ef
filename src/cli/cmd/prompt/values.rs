//! Values for a prompt's variables, as every verb that fills a prompt takes them.

use std::path::Path;

use clap::{Args, ValueHint};

use super::case::{FoundCase, find_case};
use crate::base::{Diagnostic, ModelRef, Problems, Source, files};
use crate::cli::{Session, UsageError, kept_vectors};
use crate::config::Config;
use crate::prompt::{Given, Nearby, Prompt, Registry, Rendered};

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
            given.case(&found.case.case.vars, &found.case.place(), has);
        }
        read_values(&self.vars, &self.var, session, &mut given, problems);
        given
    }
}

/// Takes the files of `--vars`, then the assignments of `--var`.
pub(super) fn read_values(
    files: &[String],
    assignments: &[String],
    session: &Session,
    given: &mut Given,
    problems: &mut Problems,
) {
    if files.iter().filter(|named| *named == "-").count() > 1 {
        let message = "--vars: `-` is given twice, and stdin can be read once";
        problems.push(Diagnostic::error("stdin-twice", message).help("give one `--vars -`, and files"));
        return;
    }
    files.iter().for_each(|named| read_file(named, session, given, problems));
    assignments.iter().for_each(|text| given.assignment("--var", text, problems));
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

/// Renders, with the vectors that are kept where examples are compared by them; values that break their rules are told
/// with their origins.
pub(super) fn fill(
    prompt: &Prompt,
    given: &Given,
    model: Option<&ModelRef>,
    config: &Config,
) -> Result<Rendered, UsageError> {
    let kept = kept_vectors(prompt, &given.vars, config);
    let nearby = kept.as_ref().ok().and_then(Option::as_ref);
    let nearby = nearby.map(|(examples, query)| Nearby { examples, query });
    let mut rendered = prompt.render_near(&given.vars, model, nearby).map_err(|error| {
        let mut problems = Problems::new();
        for problem in error.with_origins(&given.origins).to_diagnostics() {
            problems.push(problem);
        }
        UsageError(problems)
    })?;
    rendered.example_notes.extend(kept.err());
    Ok(rendered)
}

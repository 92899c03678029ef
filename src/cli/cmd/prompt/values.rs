//! Values of variables as the command line gives them, and the prompt filled in with them.

use std::path::Path;

use crate::base::{Diagnostic, ModelRef, Problems, Source, files};
use crate::cli::{Session, UsageError, kept_vectors};
use crate::config::Config;
use crate::prompt::{Given, Nearby, Prompt, Rendered};

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

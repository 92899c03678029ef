//! `karat prompt export`.

use std::path::PathBuf;

use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueHint};

use super::target::resolve;
use super::values::{fill, read_values};
use crate::base::files::write_atomic;
use crate::base::{Diagnostic, ModelRef, Problems};
use crate::cli::{Exit, Session, UsageError};
use crate::config::{Config, Overrides};
use crate::prompt::port::{ExportError, Format};
use crate::prompt::{Given, Prompt, Registry, Rendered, command_line};

/// Write a prompt in the format of another tool
///
/// What the format cannot say is an error that names its place; `--lossy` leaves it out and says so. With values or a
/// model, the messages are written as they are sent: examples picked, long values cut. `flagd` writes where the labels
/// of the prompt point: all of them, or the one of NAME@LABEL.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt export code-review --format json    Print the whole definition\n  karat prompt export code-review@production --format env    Name, version and digest\n  karat prompt export document-classifier --format dotprompt    Print a `.prompt` file\n  karat prompt export document-classifier --format openai --var text=Hi    Fill it in\n  karat prompt export code-review --format flagd    Print a flag for each of its labels"
)]
pub struct ExportArgs {
    /// Prompt to write: NAME, NAME@VERSION, NAME@LABEL, NAME@next or a path
    #[arg(value_name = "PROMPT")]
    pub prompt: String,
    /// Write this format
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::exports().map(|format| PossibleValue::new(format.word).help(format.about))))]
    pub format: String,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Leave out what the format cannot say, and list it on stderr
    #[arg(long)]
    pub lossy: bool,
    /// Fill in a variable: NAME=TEXT, or NAME:=JSON for other types; formats `openai` and `promptfoo` (can be repeated)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub var: Vec<String>,
    /// Fill in values from a JSON or YAML file; `-` reads JSON from stdin; `--var` wins (can be repeated)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vars: Vec<String>,
    /// Fill in for this model, with the prompt's overrides for it
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<ModelRef>,
}

/// Prints or writes the prompt.
pub(super) fn run(args: &ExportArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let registry = Registry::open(&config.prompts.value, &session.root);
    let format = Format::named(&args.format).context("the format is unknown")?;
    if fills(args) && !format.takes_values() {
        return Err(refusal(&ExportError::NoValues(format.word)).into());
    }
    let text = if format.is_of_labels() {
        let flags = registry.flags(&args.prompt, &command_line(), &mut problems);
        flags.map(|flags| format!("{flags:#}\n"))
    } else {
        version(args, *format, &registry, &config, session, &mut problems)?
    };
    session.stop_on(problems)?;
    let text = text.context("there is nothing to write")?;
    match &args.output {
        None => session.ui.answer(&text)?,
        Some(file) if session.cwd.join(file).is_dir() => {
            let message = format!("--output: `{}` is a folder", file.display());
            return Err(UsageError::of("not-a-file", message, "name a file in it").into());
        }
        Some(file) => {
            write_atomic(&session.cwd.join(file), text.as_bytes())
                .with_context(|| format!("`{}` cannot be written", file.display()))?;
            session.ui.note(&format!("wrote {} to {}", args.prompt, file.display()));
        }
    }
    Ok(Exit::Passed)
}

/// Whether variables are filled in.
fn fills(args: &ExportArgs) -> bool {
    !args.var.is_empty() || !args.vars.is_empty() || args.model.is_some()
}

/// A version of a prompt in the format; `None` when the reference, the values or the format stand in the way.
fn version(
    args: &ExportArgs,
    format: Format,
    registry: &Registry,
    config: &Config,
    session: &Session,
    problems: &mut Problems,
) -> anyhow::Result<Option<String>> {
    let prompt = resolve(&args.prompt, registry, session, problems);
    let mut given = Given::default();
    read_values(&args.vars, &args.var, session, &mut given, problems);
    let Some(prompt) = prompt.filter(|_| !problems.has_errors()) else { return Ok(None) };
    let mut rendered = None;
    if fills(args) {
        given.problems(&prompt, args.model.as_ref()).into_iter().for_each(|problem| problems.push(problem));
        if problems.has_errors() {
            return Ok(None);
        }
        let filled = fill(&prompt, &given, args.model.as_ref(), config)?;
        tell(&prompt, &filled, args.model.is_some(), problems);
        rendered = Some(filled);
    }
    let exported = format.write(&prompt, rendered.as_ref()).map_err(|error| refusal(&error))?;
    exported.beside.into_iter().for_each(|problem| problems.push(problem));
    for problem in exported.refused {
        problems.push(if args.lossy { left_out(problem) } else { problem });
    }
    Ok(Some(exported.text))
}

fn refusal(error: &ExportError) -> UsageError {
    let help = match error {
        ExportError::NotOfVersions(_) => "`karat prompt export --help` lists the formats",
        ExportError::NoValues(_) => "leave `--var`, `--vars` and `--model` out",
    };
    UsageError::of("export-format", error.to_string(), help)
}

/// What was decided on while the prompt was filled in, and does not show in the file.
fn tell(prompt: &Prompt, rendered: &Rendered, has_model: bool, problems: &mut Problems) {
    for cut in &rendered.truncated {
        problems.push(Diagnostic::warning("truncated", cut.to_string()));
    }
    for note in &rendered.example_notes {
        problems.push(Diagnostic::warning("examples", note.clone()));
    }
    if !has_model && !prompt.sheet().overrides.is_empty() {
        let message = format!("the overrides by model of `{}` left out", prompt.name);
        problems.push(Diagnostic::warning("left-out", message).help("`--model PROVIDER/MODEL` applies them"));
    }
}

/// What was refused, now a warning.
fn left_out(problem: Diagnostic) -> Diagnostic {
    let message = problem.message.replacen("the format cannot say ", "left out: ", 1);
    Diagnostic { place: problem.place, related: problem.related, ..Diagnostic::warning("left-out", message) }
}

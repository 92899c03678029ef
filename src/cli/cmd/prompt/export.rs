//! `karat prompt export`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueHint};

use crate::base::files::{read_source, write_atomic};
use crate::base::{Diagnostic, ModelRef, Place, Problems, parse_yaml};
use crate::cli::{Exit, Session, UsageError};
use crate::config::Overrides;
use crate::prompt::port::{ExportError, Format};
use crate::prompt::{Prompt, Registry, Rendered, VarType};
use crate::record::Vars;

/// Write a prompt in the format of another tool
///
/// What the format cannot say is an error that names its place; `--lossy` leaves it out and says so.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt export code-review --format json    Print the whole definition\n  karat prompt export code-review@production --format env    Name, version and digest\n  karat prompt export document-classifier --format dotprompt    Print a `.prompt` file\n  karat prompt export document-classifier --format openai --var text=Hi    Fill it in"
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
    /// Fill in a variable; formats `openai` and `promptfoo` only (can be repeated)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub var: Vec<String>,
    /// Fill in the variables of this YAML or JSON file; `--var` wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vars: Option<PathBuf>,
    /// Apply the prompt's overrides for this model when variables are filled in
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<ModelRef>,
}

/// Prints or writes the prompt.
pub(super) fn run(args: &ExportArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let registry = Registry::open(&config.prompts.value, &session.root);
    let from = Place::of_file(Path::new("command line"));
    let prompt = registry.resolve(&args.prompt, &from, &mut problems);
    let vars = prompt.as_ref().and_then(|prompt| variables(args, prompt, session, &mut problems));
    session.stop_on(problems)?;
    let (Some(prompt), Some(format)) = (prompt, Format::named(&args.format)) else {
        return Err(
            UsageError::of("unknown-prompt", "there is no such prompt", "`karat prompt list` shows them").into()
        );
    };
    let rendered = vars.map(|vars| fill(&prompt, &vars, args.model.as_ref())).transpose()?;
    let exported = format.write(&prompt, rendered.as_ref()).map_err(|error| {
        let help = match error {
            ExportError::NotYet(_) => "export another format: json, env, dotprompt, prompty, openai, promptfoo",
            ExportError::NoValues(_) => "leave `--var` and `--vars` out",
        };
        UsageError::of("export-format", error.to_string(), help)
    })?;
    let mut problems = Problems::new();
    exported.beside.into_iter().for_each(|problem| problems.push(problem));
    for problem in exported.refused {
        problems.push(if args.lossy { left_out(problem) } else { problem });
    }
    session.stop_on(problems)?;
    match &args.output {
        None => session.ui.answer(&exported.text)?,
        Some(file) => {
            write_atomic(&session.cwd.join(file), exported.text.as_bytes())
                .with_context(|| format!("`{}` cannot be written", file.display()))?;
            session.ui.note(&format!("wrote {} to {}", prompt.name, file.display()));
        }
    }
    Ok(Exit::Passed)
}

/// What was refused, now a warning.
fn left_out(problem: Diagnostic) -> Diagnostic {
    let message = problem.message.replacen("the format cannot say ", "left out: ", 1);
    Diagnostic { place: problem.place, related: problem.related, ..Diagnostic::warning("left-out", message) }
}

/// The values given; `None` when none are.
fn variables(args: &ExportArgs, prompt: &Prompt, session: &Session, problems: &mut Problems) -> Option<Vars> {
    if args.var.is_empty() && args.vars.is_none() {
        return None;
    }
    let mut vars = Vars::new();
    if let Some(path) = &args.vars {
        match read_source(&session.cwd.join(path), &session.shown(path)) {
            Ok(source) => match parse_yaml(&source, problems).map(|node| node.to_json()) {
                Some(serde_json::Value::Object(map)) => vars.extend(map),
                Some(_) => problems.push(
                    Diagnostic::error("wrong-type", "variables are a mapping of names and values")
                        .at(Place::of_file(source.path())),
                ),
                None => {}
            },
            Err(problem) => problems.push(*problem),
        }
    }
    for given in &args.var {
        let Some((name, text)) = given.split_once('=') else {
            problems.push(
                Diagnostic::error("invalid-variable", format!("`{given}` has no `=`")).help("write `--var NAME=VALUE`"),
            );
            continue;
        };
        let is_text =
            prompt.variables.get(name).is_none_or(|variable| matches!(variable.kind, VarType::String | VarType::Any));
        let value = if is_text { None } else { serde_json::from_str(text).ok() };
        vars.insert(name.to_owned(), value.unwrap_or_else(|| serde_json::Value::String(text.to_owned())));
    }
    for problem in prompt.check_vars(&vars).into_iter().filter(|problem| problem.code == "unknown-variable") {
        let diagnostic = Diagnostic::error(problem.code, problem.message).did_you_mean(problem.near.as_deref());
        problems.push(match problem.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
    Some(vars)
}

/// The prompt with its variables filled in. Without a model, parameters are those of every model.
fn fill(prompt: &Prompt, vars: &Vars, model: Option<&ModelRef>) -> anyhow::Result<Rendered> {
    let other = ModelRef::parse("none/none")?;
    let rendered = prompt.render(vars, model.unwrap_or(&other)).map_err(|error| {
        let mut problems = Problems::new();
        problems.push(error.to_diagnostic());
        UsageError(problems)
    })?;
    Ok(if model.is_some() { rendered } else { Rendered { params: prompt.params.clone(), ..rendered } })
}

//! `karat prompt new`.

use clap::Args;

use super::opened::open;
use crate::base::Problems;
use crate::cli::{Exit, Session, UsageError, format_parser, show};
use crate::prompt::{NewPrompt, Registry, VarType, command_line};
use crate::report::Format;
use crate::report::prompt::NewReport;

/// Start a new prompt: asks on a terminal, takes flags otherwise
///
/// Writes `prompts/NAME/prompt.yaml` and the draft `prompts/NAME/next.yaml`, and never overwrites anything. Variables are
/// those that the texts name.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt new greet --template 'Hello {{ name }}'        Write a draft\n  karat prompt new sum --template '{{ n }}' --var n:number    Say what a variable takes"
)]
pub struct NewArgs {
    /// Name: letters, digits, `-`, `_` and `.`
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// What the prompt is for, in one line
    #[arg(long, value_name = "TEXT")]
    pub about: Option<String>,

    /// Who answers for it
    #[arg(long, value_name = "WHO")]
    pub owner: Option<String>,

    /// System message: what always holds
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,

    /// User message: a template such as `Translate {{ text }}`
    #[arg(long, value_name = "TEXT")]
    pub template: Option<String>,

    /// Type of a variable: NAME:TYPE with string, number, boolean, list, object or any (can be repeated)
    #[arg(long, value_name = "NAME:TYPE")]
    pub var: Vec<String>,

    /// Print what was written in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_documents()))]
    pub format: Format,
}

/// Asks for what is missing, writes the prompt and says what to do next.
pub(super) fn run(args: &NewArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, config) = open(session)?;
    let mut new = NewPrompt {
        name: args.name.clone().unwrap_or_default(),
        about: args.about.clone(),
        owner: args.owner.clone(),
        system: args.system.clone(),
        template: args.template.clone().unwrap_or_default(),
        types: Vec::new(),
    };
    let mut problems = Problems::new();
    args.var.iter().for_each(|text| new.read_type("--var", text, &mut problems));
    let asks = session.ui.may_ask() && (args.name.is_none() || args.template.is_none());
    if asks {
        ask(&mut new, args, &registry, session)?;
    } else if args.name.is_none() || args.template.is_none() {
        let missing = if args.name.is_none() { "the name" } else { "--template" };
        let help = "such as `karat prompt new translate --template 'Translate: {{ text }}'`";
        return Err(UsageError::of("missing-argument", format!("{missing} is missing"), help).into());
    }
    let written = registry.create(&new, &command_line(), &mut problems);
    session.stop_on(problems)?;
    let Some(name) = written else { return Ok(Exit::Usage) };
    let values = new.example_values(&registry.names_in(&new));
    let folder = session.shown(&config.prompts.value).join(name.as_str());
    show(&NewReport::of(&name, &folder, &values), args.format, session)?;
    Ok(Exit::Passed)
}

/// The questions of the wizard, for what no flag has answered.
fn ask(new: &mut NewPrompt, args: &NewArgs, registry: &Registry, session: &Session) -> anyhow::Result<()> {
    let ui = &session.ui;
    while args.name.is_none() {
        new.name = ui.ask("Name", &new.name)?.trim().to_owned();
        match registry.check_new_name(&new.name) {
            Ok(_) => break,
            Err(problem) => ui.problem(&problem.render(ui.color_err())),
        }
    }
    if args.about.is_none() {
        new.about = Some(ui.ask("What is it for? (may stay empty)", "")?).filter(|text| !text.trim().is_empty());
    }
    if args.system.is_none() {
        new.system = Some(ask_lines("System message", session)?).filter(|text| !text.trim().is_empty());
    }
    while args.template.is_none() && new.template.trim().is_empty() {
        new.template = ask_lines("User message, with variables as {{ name }}", session)?;
    }
    let words: Vec<&str> = VarType::ALL.iter().map(|(word, _)| *word).collect();
    for name in registry.names_in(new) {
        if new.types.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let usual = words.iter().position(|word| *word == "string").unwrap_or(0);
        let index = ui.choose(&format!("Type of `{name}`"), &words, usual)?;
        new.types.extend(VarType::ALL.get(index).map(|(_, kind)| (name.clone(), *kind)));
    }
    Ok(())
}

/// Lines up to an empty one.
fn ask_lines(question: &str, session: &Session) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    loop {
        let hint = if lines.is_empty() { format!("{question} (end with an empty line)") } else { "…".to_owned() };
        let line = session.ui.ask(&hint, "")?;
        if line.is_empty() {
            return Ok(lines.join("\n"));
        }
        lines.push(line);
    }
}

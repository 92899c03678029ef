//! `karat prompt render`.

use std::sync::Arc;

use clap::{Args, ValueHint};

use super::target::resolve;
use super::values::{fill, read_values};
use crate::base::{Diagnostic, ModelRef, Problems, closest};
use crate::cli::{Exit, Session, format_parser, price_table, show};
use crate::config::{Config, Overrides};
use crate::eval::Estimator;
use crate::price::estimate_prompt_tokens;
use crate::prompt::{Given, Prompt, Registry, Rendered};
use crate::record::{ChatRequest, ToolChoice};
use crate::report::Format;
use crate::report::prompt::{RenderExplained, RenderReport, RenderTokens, ValueOrigin, chat_json};
use crate::suite::{LoadContext, LoadedCase, discover, load as load_suites};

/// Show what a prompt sends for some variables, with tokens and cost
///
/// Values come from `--case`, then `--vars`, then `--var`; the later ones win, and defaults fill what is left. Nothing is
/// called. The model decides on overrides and prices: `--model`, else the first of the case's suite, else the first of
/// karat.yaml; without one, no override applies and tokens are guessed.
#[derive(Args, Debug)]
#[command(
    before_help = "Examples:\n  karat prompt render code-review --var language=go --var code=x     With two values\n  karat prompt render code-review --case 'code-review:*' --explain    A case of a suite\n  karat prompt render code-review --case 'code-review:*' --messages    JSON for a pipe"
)]
pub struct RenderArgs {
    /// Prompt: NAME, NAME@VERSION, NAME@LABEL or a path
    #[arg(value_name = "PROMPT")]
    pub prompt: String,

    /// Value of a variable: NAME=TEXT, or NAME:=JSON for other types (can be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    pub var: Vec<String>,

    /// Values from a JSON or YAML file; `-` reads JSON from stdin (can be repeated)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vars: Vec<String>,

    /// Values of a case: SUITE:ID; `*` stands for any characters, the first case that matches is taken
    #[arg(long, value_name = "SUITE:ID")]
    pub case: Option<String>,

    /// Render for this model
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub model: Option<ModelRef>,

    /// Also say where each value came from and which overrides apply
    #[arg(long)]
    pub explain: bool,

    /// Print only the messages, as JSON in the form of chat APIs
    #[arg(long, conflicts_with_all = ["explain", "format"])]
    pub messages: bool,

    /// Print in this format
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_parser(Format::of_lists()))]
    pub format: Format,
}

/// What a case of a suite gives.
struct FromCase {
    case: LoadedCase,
    model: Option<ModelRef>,
}

/// Renders a prompt and shows it.
pub(super) fn run(args: &RenderArgs, session: &Session) -> anyhow::Result<Exit> {
    let mut problems = Problems::new();
    let config = session.config(Overrides::default(), &mut problems);
    let registry = Registry::open(&config.prompts.value, &session.root);
    let prompt = resolve(&args.prompt, &registry, session, &mut problems);
    let from_case = args.case.as_ref().and_then(|named| find_case(named, &config, &registry, &mut problems));
    let Some(prompt) = prompt.filter(|_| args.case.is_some() == from_case.is_some()) else {
        session.stop_on(problems)?;
        return Ok(Exit::Usage);
    };
    let mut given = Given::default();
    if let Some(found) = &from_case {
        given.case(&found.case.case.vars, &found.case.place, |name| prompt.variables.contains_key(name));
    }
    read_values(&args.vars, &args.var, session, &mut given, &mut problems);
    let (model, model_origin) = settle_model(args, from_case.and_then(|found| found.model), &config);
    if !problems.has_errors() {
        given.problems(&prompt, model.as_ref()).into_iter().for_each(|problem| problems.push(problem));
    }
    let prices = price_table(&config, &mut problems)?;
    session.stop_on(problems)?;
    let rendered = fill(&prompt, &given, model.as_ref(), &config)?;
    if args.messages {
        session.ui.answer(&format!("{:#}\n", chat_json(&rendered.messages)))?;
        return Ok(Exit::Passed);
    }
    let estimator = Estimator::new(prices, session.clock.now(), config.max_tokens_per_request.value);
    let mut report = report(&prompt, rendered, model.as_ref(), &estimator);
    if args.explain {
        report.explain = Some(explain(&prompt, &given, &report, model_origin));
    }
    show(&report, args.format, session)?;
    Ok(Exit::Passed)
}

/// The first case that `SUITE:ID` names.
fn find_case(named: &str, config: &Config, registry: &Registry, problems: &mut Problems) -> Option<FromCase> {
    let Some((suite, id)) = named.split_once(':').filter(|(suite, id)| !suite.is_empty() && !id.is_empty()) else {
        let message = format!("--case: `{named}` is not SUITE:ID");
        problems.push(Diagnostic::error("invalid-case", message).help("such as `--case code-review:sql-injection`"));
        return None;
    };
    let before = problems.error_count();
    let paths = discover(&config.evals.value, problems);
    let suites = [suite.to_owned()];
    let context = LoadContext { config, registry, suites: &suites };
    let suites = load_suites(&paths, &context, problems);
    if problems.error_count() > before {
        return None;
    }
    let mut ids: Vec<String> = Vec::new();
    for suite in &suites {
        for case in suite.cases() {
            match case {
                Ok(case) if crate::suite::glob_matches(id, case.case.id.as_str()) => {
                    let model = suite.variants.first().map(|variant| variant.model.clone());
                    return Some(FromCase { case, model });
                }
                Ok(case) => ids.push(case.case.id.to_string()),
                Err(found) => {
                    problems.absorb(found);
                    return None;
                }
            }
        }
    }
    let first: Vec<&str> = ids.iter().take(5).map(String::as_str).collect();
    let message = format!("--case: the suite `{suite}` has no case `{id}`");
    problems.push(
        Diagnostic::error("unknown-case", message)
            .did_you_mean(closest(id, ids.iter().map(String::as_str)))
            .help(format!("its cases begin with {}", first.join(", "))),
    );
    None
}

/// The model to render for, and who named it.
fn settle_model(args: &RenderArgs, of_case: Option<ModelRef>, config: &Config) -> (Option<ModelRef>, &'static str) {
    if let Some(model) = &args.model {
        return (Some(model.clone()), "--model");
    }
    if let Some(model) = of_case {
        return (Some(model), "the case's suite");
    }
    match config.models.value.first() {
        Some(model) => (Some(model.clone()), "karat.yaml"),
        None => (None, "nobody"),
    }
}

fn report(prompt: &Arc<Prompt>, rendered: Rendered, model: Option<&ModelRef>, estimator: &Estimator) -> RenderReport {
    let request = ChatRequest {
        messages: rendered.messages.clone(),
        model: model.map_or_else(String::new, |model| model.model.clone()),
        output: rendered.output.clone(),
        params: rendered.params.clone(),
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
    };
    let tokens = RenderTokens::of(match model {
        Some(model) => estimate_prompt_tokens(model, &rendered.messages),
        None => prompt.guess_tokens(&rendered.messages),
    });
    let most_output = model.map(|model| estimator.request(model, &request).most_output);
    let digest = model.map(|model| request.digest(model.provider.as_str()));
    let cost = |output: u64| model.and_then(|model| estimator.cost(model, tokens.input, output));
    let costs = (cost(0), most_output.and_then(cost));
    let mut report = RenderReport::of(prompt, rendered, model, tokens, most_output, costs);
    report.request_digest = digest;
    report
}

fn explain(prompt: &Prompt, given: &Given, report: &RenderReport, model_origin: &str) -> RenderExplained {
    let values = prompt.variables.iter().map(|(name, variable)| {
        let (value, origin) = match (given.vars.get(name), &variable.default) {
            (Some(value), _) => (Some(value), given.origins.of(name).unwrap_or("the command line").to_owned()),
            (None, Some(default)) => (Some(default), format!("its default, {}", variable.place.pointer())),
            (None, None) => (None, "nobody: it is optional".to_owned()),
        };
        ValueOrigin { variable: name.clone(), origin, value: value.cloned() }
    });
    RenderExplained {
        values: values.collect(),
        model_from: model_origin.to_owned(),
        overrides: report.overrides.clone(),
    }
}

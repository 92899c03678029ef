//! `karat prompt render`.

use std::sync::Arc;

use clap::Args;

use super::case::FoundCase;
use super::opened::open;
use super::target::resolve;
use super::values::{ValueArgs, fill};
use crate::base::{ModelRef, Problems};
use crate::cli::{Exit, Session, format_parser, price_table, show};
use crate::config::Config;
use crate::eval::Estimator;
use crate::price::estimate_prompt_tokens;
use crate::prompt::{Given, Prompt, Rendered};
use crate::record::Params;
use crate::report::Format;
use crate::report::prompt::{RenderExplained, RenderReport, RenderTokens, ValueOrigin, chat_json};

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

    #[command(flatten)]
    pub values: ValueArgs,

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

/// Renders a prompt and shows it.
pub(super) fn run(args: &RenderArgs, session: &Session) -> anyhow::Result<Exit> {
    let (registry, config) = open(session)?;
    let mut problems = Problems::new();
    let prompt = resolve(&args.prompt, &registry, session, &mut problems);
    let case = args.values.find_case(&config, &registry, &mut problems);
    let (Some(prompt), Some(case)) = (prompt, case) else {
        session.stop_on(problems)?;
        return Ok(Exit::Usage);
    };
    let has = |name: &str| prompt.variables.contains_key(name);
    let given = args.values.read(case.as_ref(), has, session, &mut problems);
    let (model, model_origin) = settle_model(args, case.as_ref(), &config);
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

/// The model to render for, and who named it.
fn settle_model(args: &RenderArgs, case: Option<&FoundCase>, config: &Config) -> (Option<ModelRef>, &'static str) {
    if let Some(model) = &args.model {
        return (Some(model.clone()), "--model");
    }
    if let Some(variant) = case.and_then(|found| found.suite.variants.first()) {
        return (Some(variant.model.clone()), "the case's suite");
    }
    match config.models.value.first() {
        Some(model) => (Some(model.clone()), "karat.yaml"),
        None => (None, "nobody"),
    }
}

fn report(prompt: &Arc<Prompt>, rendered: Rendered, model: Option<&ModelRef>, estimator: &Estimator) -> RenderReport {
    let named = model.map_or_else(String::new, |model| model.model.clone());
    let request = rendered.clone().request(named, &Params::default());
    let tokens = RenderTokens::of(match model {
        Some(model) => estimate_prompt_tokens(&estimator.counted_as(model), &rendered.messages),
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

//! Tokens and cost of a call with each of two prompts, and what is rendered for a case.

use std::sync::Arc;

use super::case::FoundCase;
use crate::base::{ModelRef, Problems, Tokens};
use crate::cli::{Session, UsageError, price_table};
use crate::config::Config;
use crate::eval::{Estimator, RequestEstimate};
use crate::prompt::{Given, PartView, Prompt, Registry, Rendered, Style, compare_rendered};
use crate::record::{Message, Params, Part, ToolCall};
use crate::report::prompt::{CallEstimate, DiffReport, ModelEstimate, RenderedDiff, RenderedSide};
use crate::suite::{LoadContext, discover, load};

/// What prompts are rendered with.
pub(super) struct Asked {
    /// Where it is from, for people.
    with: String,
    given: Given,
    /// Parameters of the case.
    params: Params,
    /// The models of the case's suite.
    models: Vec<ModelRef>,
}

impl Asked {
    /// These values. `case` is what they are of, if they are of a case, and `is_changed` whether the command line adds to
    /// it.
    pub(super) fn of(given: Given, case: Option<&FoundCase>, is_changed: bool) -> Asked {
        let Some(found) = case else {
            return Asked { with: "variables".to_owned(), given, params: Params::default(), models: Vec::new() };
        };
        let more = if is_changed { " with variables" } else { "" };
        Asked {
            with: format!("{}{more}", found.name()),
            given,
            params: Params::clone(&found.case.params),
            models: unique(found.suite.variants.iter().map(|variant| &variant.model)),
        }
    }
}

/// The models that tokens and cost are told for: those that were named, else those of the case's suite, else those of
/// the suites that use one of the prompts, else the project's.
pub(super) fn models_of(
    named: &[ModelRef],
    asked: &Option<Asked>,
    config: &Config,
    registry: &Registry,
    prompts: [&Arc<Prompt>; 2],
) -> Result<Vec<ModelRef>, UsageError> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    if let Some(asked) = asked.as_ref().filter(|asked| !asked.models.is_empty()) {
        return Ok(asked.models.clone());
    }
    // What is wrong with suites is the business of `karat eval`.
    let mut ignored = Problems::new();
    let paths = discover(&config.evals.value, &mut ignored);
    let suites = load(&paths, &LoadContext { config, registry, suites: &[] }, &mut ignored);
    let name = |prompt: &Prompt| prompt.registered.as_ref().map(|(name, _)| name.clone());
    let is_meant = |prompt: &Prompt| {
        prompts
            .iter()
            .any(|meant| meant.digest == prompt.digest || (name(meant).is_some() && name(meant) == name(prompt)))
    };
    let variants = suites.iter().flat_map(|suite| &suite.variants).filter(|variant| is_meant(&variant.prompt));
    let models = unique(variants.map(|variant| &variant.model));
    let models = if models.is_empty() { config.models.value.clone() } else { models };
    if models.is_empty() && asked.is_some() {
        let help = "name one: `--model provider/model`";
        return Err(UsageError::of("no-model", "what is sent depends on the model, and none is known", help));
    }
    Ok(models)
}

fn unique<'m>(models: impl Iterator<Item = &'m ModelRef>) -> Vec<ModelRef> {
    let mut found: Vec<ModelRef> = Vec::new();
    for model in models {
        if !found.contains(model) {
            found.push(model.clone());
        }
    }
    found
}

/// The two prompts as they are sent to each model.
pub(super) struct Rendering {
    /// `None` when nothing is rendered: then the text as written is counted.
    with: Option<String>,
    by_model: Vec<[Result<Rendered, String>; 2]>,
}

impl Rendering {
    /// Renders both prompts for each model.
    pub(super) fn of(asked: &Option<Asked>, models: &[ModelRef], prompts: [&Arc<Prompt>; 2]) -> Rendering {
        let render = |prompt: &Prompt, model: &ModelRef| match asked {
            None => Ok(as_written(prompt, model)),
            Some(asked) => prompt
                .render(&asked.given.vars, model)
                .map(|rendered| Rendered { params: rendered.params.overlaid(&asked.params).settled(), ..rendered })
                .map_err(|error| reason(&error.with_origins(&asked.given.origins).to_string(), prompt)),
        };
        let by_model = models.iter().map(|model| prompts.map(|prompt| render(prompt, model))).collect();
        Rendering { with: asked.as_ref().map(|asked| asked.with.clone()), by_model }
    }
}

/// Why a prompt cannot be rendered, without its name: what shows it has named it.
fn reason(error: &str, prompt: &Prompt) -> String {
    let named = format!("prompt `{}`", prompt.name);
    error.strip_prefix(&named).map_or(error, |rest| rest.trim_start_matches([':', ',', ' '])).to_owned()
}

/// The templates themselves as messages: what can be counted without values.
fn as_written(prompt: &Prompt, model: &ModelRef) -> Rendered {
    let text = |part: &PartView<'_>| match part {
        PartView::Text(text) => Some(Part::Text((*text).to_owned())),
        PartView::ToolCall { id, name, arguments } => Some(Part::ToolCall(ToolCall {
            arguments: (*arguments).to_owned(),
            id: (*id).to_owned(),
            name: (*name).to_owned(),
        })),
        PartView::ToolResult { id, is_error, text } => {
            Some(Part::ToolResult { id: (*id).to_owned(), is_error: *is_error, text: (*text).to_owned() })
        }
        PartView::Image(_) | PartView::File { .. } => None,
    };
    let views = prompt.message_views();
    let messages = views.iter().map(|view| Message {
        cache: view.cache,
        role: view.role,
        parts: view.parts.iter().filter_map(text).collect(),
    });
    Rendered {
        messages: messages.collect(),
        params: prompt.params_for(model),
        output: prompt.output.clone(),
        tooling: prompt.tooling().clone(),
        prediction: prompt.prediction().map(str::to_owned),
        examples: Vec::new(),
        example_notes: Vec::new(),
        style: Style::default(),
        truncated: Vec::new(),
        overrides: Vec::new(),
    }
}

/// Adds what is rendered, and tokens and cost by model, to the report.
pub(super) fn price(
    report: &mut DiffReport,
    rendering: &Rendering,
    models: &[ModelRef],
    config: &Config,
    session: &Session,
) -> anyhow::Result<()> {
    if let (Some(with), Some(model), Some(sides)) = (&rendering.with, models.first(), rendering.by_model.first()) {
        report.rendered = Some(rendered_diff(with, model, sides));
        report.counted_on = "rendered";
    }
    let mut problems = Problems::new();
    let prices = price_table(config, &mut problems)?;
    session.stop_on(problems)?;
    let estimator = Estimator::new(prices, session.clock.now(), config.max_tokens_per_request.value);
    for (model, [before, after]) in models.iter().zip(&rendering.by_model) {
        let call = |side: &Result<Rendered, String>| side.as_ref().ok().map(|sent| estimate(&estimator, model, sent));
        report.models.push(ModelEstimate { model: model.clone(), before: call(before), after: call(after) });
    }
    Ok(())
}

fn rendered_diff(with: &str, model: &ModelRef, sides: &[Result<Rendered, String>; 2]) -> RenderedDiff {
    let [before, after] = sides;
    let messages = match (before, after) {
        (Ok(before), Ok(after)) => compare_rendered(&before.messages, &after.messages),
        _ => Vec::new(),
    };
    let side = |side: &Result<Rendered, String>| RenderedSide { problem: side.as_ref().err().cloned() };
    RenderedDiff { with: with.to_owned(), model: model.clone(), messages, before: side(before), after: side(after) }
}

fn estimate(estimator: &Estimator, model: &ModelRef, sent: &Rendered) -> CallEstimate {
    let request = sent.clone().request(model.model.clone(), &Params::default());
    let RequestEstimate { input, exact, most_output } = estimator.request(model, &request);
    CallEstimate {
        input_tokens: Tokens(input),
        input_exact: exact,
        most_output_tokens: Tokens(most_output),
        // An answer has at least one token.
        cost_low_usd: estimator.cost(model, input, 1),
        cost_high_usd: estimator.cost(model, input, most_output),
    }
}

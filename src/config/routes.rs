//! Named routes of `karat.yaml`.

use crate::base::{Diagnostic, Fields, ModelRef, Node, Place, Problems, SafeName, Source, closest};
use crate::record::{ErrorKind, Strategy};

use super::value;

/// The provider name that references to routes have.
const ROUTE: &str = "route";

/// Words of `needs:`; what each means is known to the room `provider`.
pub const NEEDS: &[&str] =
    &["json_schema", "tools", "image", "pdf", "audio", "reasoning", "prompt_cache", "web_search"];

/// A named route: `route/<name>` stands for one of its models.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteConfig {
    /// Its name.
    pub name: SafeName,
    /// `strategy`: how it chooses among its models.
    pub strategy: Strategy,
    /// `models`: those that may answer, in the order in which `fallback` asks them.
    pub models: Vec<ModelRef>,
    /// `on`: the failures after which the next model is asked; by default all that a retry could have helped.
    pub on: Option<Vec<ErrorKind>>,
    /// `needs`: what a model must be able to do, see [`NEEDS`].
    pub needs: Vec<&'static str>,
    /// `weights`: of success, cost and latency, for `adaptive`.
    pub weights: Option<[f64; 3]>,
    /// `continue_partial`: whether the next model goes on from what a broken stream had brought.
    pub continue_partial: bool,
    /// Where it stands.
    pub place: Place,
}

impl RouteConfig {
    /// Whether this reference stands for the route.
    pub fn is_named_by(&self, model: &ModelRef) -> bool {
        model.provider.as_str() == ROUTE && model.model == self.name.as_str()
    }
}

/// Reads a `routes:` mapping.
pub(super) fn read_all(node: &Node, apps: &[String], source: &Source, problems: &mut Problems) -> Vec<RouteConfig> {
    let Some(entries) = node.as_map() else {
        let message = format!("`routes` must be a mapping of names, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Vec::new();
    };
    let mut routes = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        match SafeName::parse(&key.text) {
            Ok(name) => routes.extend(read(name, value, source.place(key.span), apps, source, problems)),
            Err(error) => {
                problems.push(Diagnostic::error("invalid-name", error.to_string()).at(source.place(key.span)));
            }
        }
    }
    routes
}

fn read(
    name: SafeName,
    node: &Node,
    place: Place,
    apps: &[String],
    source: &Source,
    problems: &mut Problems,
) -> Option<RouteConfig> {
    let mut fields = Fields::of(node, "route", source, problems)?;
    let strategy = fields.choice("strategy", Strategy::ALL, problems);
    if fields.node("strategy").is_none() {
        fields.missing("strategy", problems);
    }
    let models = models(&mut fields, apps, problems);
    let on = words(&mut fields, "on", &helpable(), problems);
    let needs: Vec<(&'static str, &'static str)> = NEEDS.iter().map(|word| (*word, *word)).collect();
    let needs = words(&mut fields, "needs", &needs, problems).unwrap_or_default();
    let weights = weights(&mut fields, problems);
    if weights.is_some() && strategy.is_some_and(|strategy| strategy != Strategy::Adaptive) {
        fields.invalid("weights", "`weights` are for `strategy: adaptive`", problems);
    }
    let continue_partial = fields.flag("continue_partial", problems).unwrap_or(false);
    fields.finish(problems);
    Some(RouteConfig { name, strategy: strategy?, models: models?, on, needs, weights, continue_partial, place })
}

/// The failures that another model may not have.
fn helpable() -> Vec<(&'static str, ErrorKind)> {
    let own = [ErrorKind::NotRecorded, ErrorKind::Cancelled, ErrorKind::Refused, ErrorKind::Pending];
    ErrorKind::ALL.iter().filter(|(_, kind)| !own.contains(kind)).copied().collect()
}

fn models(fields: &mut Fields<'_>, apps: &[String], problems: &mut Problems) -> Option<Vec<ModelRef>> {
    if fields.node("models").is_none() {
        fields.missing("models", problems);
        return None;
    }
    let (models, _) = value::models(fields, apps, problems)?;
    if models.is_empty() {
        fields.invalid("models", "`models` is empty: a route needs a model", problems);
        return None;
    }
    if let Some(nested) = models.iter().find(|model| model.provider.as_str() == ROUTE) {
        fields.invalid("models", format!("`{nested}` is a route; a route's models cannot be routes"), problems);
        return None;
    }
    let twice = models.iter().enumerate().find(|(at, model)| models.iter().take(*at).any(|other| other == *model));
    if let Some((_, model)) = twice {
        fields.invalid("models", format!("`{model}` stands there twice"), problems);
        return None;
    }
    Some(models)
}

fn words<T: Copy>(
    fields: &mut Fields<'_>,
    name: &'static str,
    known: &[(&'static str, T)],
    problems: &mut Problems,
) -> Option<Vec<T>> {
    let source = fields.source();
    let texts = fields.texts(name, problems)?;
    let mut found = Vec::with_capacity(texts.len());
    for (text, span) in texts {
        if let Some((_, value)) = known.iter().find(|(word, _)| *word == text) {
            found.push(*value);
            continue;
        }
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        problems.push(
            Diagnostic::error("invalid-value", format!("`{name}`: `{text}` is not one of {}", words.join(", ")))
                .at(source.place(span))
                .did_you_mean(closest(text, words.iter().copied())),
        );
    }
    Some(found)
}

fn weights(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<[f64; 3]> {
    let source = fields.source();
    let node = fields.node("weights")?;
    let mut inner = Fields::of(node, "`weights` mapping", source, problems)?;
    let mut share = |name| inner.number(name, 0.0..=1.0, problems).unwrap_or(0.0);
    let weights = [share("success"), share("cost"), share("latency")];
    inner.finish(problems);
    if weights.iter().sum::<f64>() > 0.0 {
        return Some(weights);
    }
    fields.invalid("weights", "all weights are zero", problems);
    None
}

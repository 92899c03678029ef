//! A call to a route: its models are asked in the route's order until one answers.

use tokio_util::sync::CancellationToken;

use super::super::caller::{Ask, Caller};
use super::super::question::Question;
use super::pick::{Candidate, Pick, order};
use super::{ROUTE, RouteSettings};
use crate::base::{Diagnostic, Millis, ModelRef, Usd, closest};
use crate::price::{Capability, Terms};
use crate::record::{
    CallError, CallRecord, CallSource, ChatRequest, ErrorKind, Message, OutputFormat, Part, Role, RouteNote, Tried,
    Usage,
};

/// Output tokens that an estimate assumes when a request sets no limit.
const ASSUMED_OUTPUT: u64 = 500;

impl Caller {
    /// The route that a reference names.
    pub(in super::super) fn route_of(&self, model: &ModelRef) -> Option<&RouteSettings> {
        let name = model.model.as_str();
        self.routings.iter().find(|route| model.provider.as_str() == ROUTE && route.name.as_str() == name)
    }

    /// The models that may answer a reference: those of a route, else the model itself.
    pub fn candidates(&self, model: &ModelRef) -> Vec<ModelRef> {
        self.route_of(model).map_or_else(|| vec![model.clone()], |route| route.models.clone())
    }

    /// What is wrong with a reference to a route that is not there.
    pub(in super::super) fn unknown_route(&self, model: &ModelRef) -> Diagnostic {
        let names: Vec<&str> = self.routings.iter().map(|route| route.name.as_str()).collect();
        let help = if names.is_empty() {
            "there are no routes; add one under `routes` in karat.yaml".to_owned()
        } else {
            format!("known routes: {}", names.join(", "))
        };
        Diagnostic::error("unknown-route", format!("there is no route `{}`", model.model))
            .did_you_mean(closest(&model.model, names.iter().copied()))
            .help(help)
    }

    /// Whether the response cache would answer whichever model the route asks first.
    pub(in super::super) fn is_route_cached(&self, route: &RouteSettings, request: &ChatRequest, repeat: u32) -> bool {
        let cached = |model: &ModelRef| self.is_cached(model, &addressed(request, model), repeat);
        // Where the order depends on more than the request, every model must be cached.
        route.models.iter().all(cached)
    }

    /// Asks the models of a route until one answers.
    ///
    /// A reply is kept, cached and priced as a reply of the model that gave it, never as one of the route: the same
    /// question put to another model is another question. Cassettes hold it under that model too; a replay takes the
    /// first model, in the route's order, that has a recording.
    pub(in super::super) async fn call_route(
        &self,
        ask: Ask<'_>,
        route: &RouteSettings,
        stop: &CancellationToken,
    ) -> Box<CallRecord> {
        let started = self.clock.now();
        let picks = self.picks(route, &ask);
        let mut journey = Journey::default();
        for (place, pick) in picks.iter().enumerate() {
            let is_last = place + 1 == picks.len();
            let mut request = addressed(&ask.request, pick.model);
            if let Some(text) = &journey.partial {
                request.messages.push(Message::text(Role::Assistant, text.as_str()));
            }
            let inner = Ask {
                model: pick.model,
                request,
                repeat: ask.repeat,
                label: ask.label,
                turn: ask.turn,
                alike: ask.alike,
                aside: ask.aside,
            };
            let (record, partial) = self.call_model(Box::new(inner), !is_last, stop).await;
            self.observed.note(pick.model, &record);
            journey.add(&record);
            match &record.reply {
                Err(error) if !is_last && route.goes_on(error.kind) => {
                    journey.first_error.get_or_insert_with(|| error.clone());
                    journey.tried.push(Tried { model: pick.model.clone(), error: error.kind });
                    journey.partial = partial.filter(|text| route.continue_partial && !text.is_empty());
                }
                _ => return journey.end(record, &ask, route, pick),
            }
        }
        let needed: Vec<&str> = needs_of(&ask.request, route).into_iter().map(word_of).collect();
        let message =
            format!("no model of route `{}` can do what this request needs: {}", route.name, needed.join(", "));
        self.refusal(&ask, message, started)
    }

    /// The models to ask, in order.
    fn picks<'r>(&self, route: &'r RouteSettings, ask: &Ask<'_>) -> Vec<Pick<'r>> {
        let needed = needs_of(&ask.request, route);
        let candidates: Vec<Candidate<'_>> = route
            .models
            .iter()
            .map(|model| {
                let (lacks, cost) = self.facts(model, &needed, &ask.request);
                Candidate { model, lacks, cost, standing: self.observed.standing(model) }
            })
            .collect();
        order(route.strategy, route.weights, &candidates, ask.turn)
    }

    /// What a model lacks of what is needed, and what a request would cost there.
    fn facts(&self, model: &ModelRef, needed: &[Capability], request: &ChatRequest) -> (Vec<Capability>, Option<Usd>) {
        let Some(prices) = &self.prices else { return (Vec::new(), None) };
        let resolution = prices.resolve(Some(model.provider.as_str()), &model.model, None);
        let facts = resolution.facts();
        // The data lists what a model can do and rarely what it cannot: what is not stated of a known model is missing.
        // A model that the data does not know is given the chance.
        let cannot = |need: &Capability| facts.as_ref().is_some_and(|facts| facts.can(*need) != Some(true));
        let lacks = needed.iter().copied().filter(cannot).collect();
        let output = request.params.max_tokens.map_or(ASSUMED_OUTPUT, u64::from);
        let usage = Usage::plain(request.load().input, output);
        (lacks, resolution.cost(&usage, &Terms::at(self.clock.now())))
    }
}

/// What has happened on the way to an answer.
#[derive(Default)]
struct Journey {
    tried: Vec<Tried>,
    first_error: Option<CallError>,
    partial: Option<String>,
    attempts: u32,
    waited: u64,
    double_charge: bool,
}

impl Journey {
    fn add(&mut self, record: &CallRecord) {
        self.attempts += record.attempts;
        self.waited = self.waited.saturating_add(record.waited_ms.0);
        self.double_charge |= record.possible_double_charge;
    }

    /// The record of the whole call.
    fn end(
        self,
        mut record: Box<CallRecord>,
        ask: &Ask<'_>,
        route: &RouteSettings,
        pick: &Pick<'_>,
    ) -> Box<CallRecord> {
        let mut continued_after = None;
        if let (Some(partial), Ok(reply)) = (&self.partial, &mut record.reply) {
            continued_after = u64::try_from(partial.chars().count()).ok();
            // What is kept of an earlier run is whole already.
            if record.source != CallSource::Cache {
                reply.text.insert_str(0, partial);
            }
        }
        if let (Err(error), Some(first)) = (&mut record.reply, self.first_error)
            && first.kind == ErrorKind::NotRecorded
        {
            *error = first;
        }
        let failures: Vec<String> =
            self.tried.iter().map(|tried| format!("`{}` ({})", tried.model, tried.error.word())).collect();
        let after = if failures.is_empty() { String::new() } else { format!(", after {}", failures.join(", ")) };
        record.model = ask.model.clone();
        record.answered_by = Some(pick.model.clone());
        record.route = Some(RouteNote {
            name: route.name.clone(),
            strategy: route.strategy,
            why: format!("{}{after}", pick.why),
            tried: self.tried,
            continued_after,
        });
        record.attempts = self.attempts;
        record.waited_ms = Millis(self.waited);
        record.possible_double_charge = self.double_charge;
        record
    }
}

/// The request as one model gets it.
fn addressed(request: &ChatRequest, model: &ModelRef) -> ChatRequest {
    ChatRequest { model: model.model.clone(), ..request.clone() }
}

/// Capabilities that routes know, by the words users write.
pub const ABLE: &[(&str, Capability)] = &[
    ("json_schema", Capability::JsonSchema),
    ("tools", Capability::Tools),
    ("image", Capability::Vision),
    ("pdf", Capability::Pdf),
    ("audio", Capability::AudioIn),
    ("reasoning", Capability::Reasoning),
    ("prompt_cache", Capability::PromptCache),
    ("web_search", Capability::WebSearch),
];

fn word_of(need: Capability) -> &'static str {
    ABLE.iter().find(|(_, known)| *known == need).map_or("", |(word, _)| word)
}

/// What a model must be able to do: what the request shows, and what the route says.
fn needs_of(request: &ChatRequest, route: &RouteSettings) -> Vec<Capability> {
    let has_image =
        request.messages.iter().flat_map(|message| &message.parts).any(|part| matches!(part, Part::Image(_)));
    let shown = [
        (has_image, Capability::Vision),
        (matches!(request.output, OutputFormat::JsonSchema { .. }), Capability::JsonSchema),
        (!request.tools.is_empty(), Capability::Tools),
    ];
    let shown: Vec<Capability> = shown.into_iter().filter_map(|(needed, need)| needed.then_some(need)).collect();
    ABLE.iter().map(|(_, need)| *need).filter(|need| shown.contains(need) || route.needs.contains(need)).collect()
}

//! What a plan will take before it runs: tokens and money, as ranges.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{ModelRef, Problems, Timestamp, Tokens, Usd};
use crate::price::{PriceTable, Resolution, Terms, count_tokens, estimate_prompt_tokens};
use crate::record::{ChatReply, ChatRequest, Message, Role, Usage};
use crate::suite::Selection;

use super::plan::{PlannedTrial, SurveyedSuite, trials};
use super::plan_report::{PlanSuite, PlanVariant};

/// Trials whose prompts are rendered and counted per suite; beyond that the rest is extrapolated.
const COUNTED_TRIALS: u64 = 2_000;

/// Answer length assumed where neither the request nor the model says how long it may be.
const ASSUMED_MAX_OUTPUT: u64 = 4_096;

/// What a request takes: input tokens, and how many the answer may have at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestEstimate {
    /// Input tokens.
    pub input: u64,
    /// Whether they are counted with the model's own vocabulary.
    pub exact: bool,
    /// Most output tokens.
    pub most_output: u64,
}

/// Estimates requests of one project: knows prices, the day, and the cap on tokens.
pub struct Estimator {
    table: Arc<PriceTable>,
    at: Timestamp,
    cap: Option<u32>,
    /// Routes, and the models that may answer for them.
    routes: HashMap<ModelRef, Vec<ModelRef>>,
    /// Chat requests are priced as those of a batch.
    batch: bool,
    /// Each model is looked up once.
    models: Mutex<HashMap<ModelRef, Resolution>>,
}

impl Estimator {
    /// `at` decides on the price's day; `cap` is the project's limit on tokens per request, if any.
    pub fn new(table: Arc<PriceTable>, at: Timestamp, cap: Option<u32>) -> Estimator {
        Estimator { table, at, cap, routes: HashMap::new(), batch: false, models: Mutex::default() }
    }

    /// The same, with routes: nobody knows which of their models will answer, so the dearest bounds what they cost.
    #[must_use]
    pub fn with_routes(self, routes: HashMap<ModelRef, Vec<ModelRef>>) -> Estimator {
        Estimator { routes, ..self }
    }

    /// The models that may answer.
    pub(super) fn members<'m>(&'m self, model: &'m ModelRef) -> &'m [ModelRef] {
        self.routes.get(model).map_or(std::slice::from_ref(model), Vec::as_slice)
    }

    /// The same at the prices of batches, where a model has some.
    #[must_use]
    pub fn in_batch(self, batch: bool) -> Estimator {
        Estimator { batch, ..self }
    }

    fn resolve(&self, model: &ModelRef) -> Resolution {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = models.get(model) {
            return known.clone();
        }
        let found = self.table.resolve(Some(model.provider.as_str()), &model.model, None);
        models.insert(model.clone(), found.clone());
        found
    }

    /// The model whose tokens are counted; a name that says nothing is counted as that of no model.
    pub fn counted_as(&self, model: &ModelRef) -> ModelRef {
        let nobody = || ModelRef { provider: model.provider.clone(), model: String::new() };
        self.table.known_as(model).unwrap_or_else(nobody)
    }

    /// Tokens of a request.
    pub fn request(&self, model: &ModelRef, request: &ChatRequest) -> RequestEstimate {
        let estimates = self.members(model).iter().map(|member| self.request_of(member, request));
        let most = |a: RequestEstimate, b: RequestEstimate| RequestEstimate {
            input: a.input.max(b.input),
            exact: a.exact && b.exact && a.input == b.input,
            most_output: a.most_output.max(b.most_output),
        };
        estimates.reduce(most).unwrap_or_else(|| self.request_of(model, request))
    }

    fn request_of(&self, model: &ModelRef, request: &ChatRequest) -> RequestEstimate {
        let as_model = self.counted_as(model);
        let counted = estimate_prompt_tokens(&as_model, &request.messages);
        // Every API writes tools and their schemas into the prompt, each in a form of its own: JSON is near to all.
        let tools = request.tools.iter().filter_map(|tool| serde_json::to_string(tool).ok());
        let tools: u64 = tools.map(|tool| count_tokens(&as_model, &tool).tokens).sum();
        let limit = request.params.max_tokens.map(u64::from);
        let most = limit.unwrap_or_else(|| self.assumed_output(model));
        let exact = counted.exact && tools == 0;
        RequestEstimate { input: counted.tokens.saturating_add(tools), exact, most_output: most }
    }

    /// The longest answer of a model that is given no limit.
    pub(super) fn assumed_output(&self, model: &ModelRef) -> u64 {
        let stated = || self.resolve(model).facts().and_then(|facts| facts.max_output).map(u64::from);
        let most = self.cap.map(u64::from).or_else(|| stated().map(|most| most.min(ASSUMED_MAX_OUTPUT)));
        most.unwrap_or(ASSUMED_MAX_OUTPUT)
    }

    /// What so many tokens cost in a single call of one model, whatever goes in batches.
    pub(super) fn single_cost(&self, model: &ModelRef, input: u64, output: u64) -> Option<Usd> {
        self.resolve(model).cost(&Usage::plain(input, output), &Terms::at(self.at))
    }

    /// What so many tokens cost, at the dearest model where it is a route; `None` when a price is unknown.
    pub fn cost(&self, model: &ModelRef, input: u64, output: u64) -> Option<Usd> {
        let costs: Option<Vec<Usd>> = self.costs(model, input, output).collect();
        costs?.into_iter().max()
    }

    /// The same at the cheapest model of a route.
    pub fn least_cost(&self, model: &ModelRef, input: u64, output: u64) -> Option<Usd> {
        self.costs(model, input, output).flatten().min()
    }

    fn costs<'m>(&'m self, model: &'m ModelRef, input: u64, output: u64) -> impl Iterator<Item = Option<Usd>> + 'm {
        let usage = Usage::plain(input, output);
        let tier = self.batch.then_some(ChatReply::BATCH_TIER);
        let terms = Terms { service_tier: tier, ..Terms::at(self.at) };
        self.members(model).iter().map(move |member| self.resolve(member).cost(&usage, &terms))
    }

    /// The most a trial can cost, see [`Estimator::worst_case_of`].
    pub fn worst_case(&self, trial: &PlannedTrial) -> Option<Usd> {
        self.worst_case_of(trial, &|_| false)
    }

    /// The most a trial can cost: a tenth more input than counted, and the longest answer, at the dearest model of a
    /// route; those that are `free` cost nothing. `None` when unknown.
    pub fn worst_case_of(&self, trial: &PlannedTrial, free: &dyn Fn(&ModelRef) -> bool) -> Option<Usd> {
        let Ok(request) = trial.dearest_request() else { return Some(Usd::ZERO) };
        let estimate = self.request(&trial.variant.model, &request);
        let input = with_a_tenth(estimate.input);
        let paid = self.members(&trial.variant.model).iter().filter(|member| !free(member));
        let chat: Option<Vec<Usd>> = paid.map(|member| self.cost(member, input, estimate.most_output)).collect();
        let chat = chat?.into_iter().max().unwrap_or_default();
        let Some(model) = &trial.variant.embedding else { return Some(chat) };
        let query = trial.variant.prompt.example_query(&trial.case.vars);
        Some(chat.saturating_add(self.vectors(&model.model, &[query])?))
    }

    /// The most the vectors of some texts can cost. `None` when unknown.
    pub fn vectors(&self, model: &ModelRef, texts: &[String]) -> Option<Usd> {
        let message = |text: &String| Message::text(Role::User, text.as_str());
        let messages: Vec<Message> = texts.iter().filter(|text| !text.trim().is_empty()).map(message).collect();
        if messages.is_empty() {
            return Some(Usd::ZERO);
        }
        // Vectors are asked for one call at a time.
        let input = with_a_tenth(estimate_prompt_tokens(&self.counted_as(model), &messages).tokens);
        self.resolve(model).cost(&Usage::plain(input, 0), &Terms::at(self.at))
    }

    /// The plan of all suites. Counts the first 2,000 trials of each suite and extrapolates beyond.
    ///
    /// # Errors
    /// The problems of a dataset that cannot be read any more.
    pub fn plan(&self, suites: &[SurveyedSuite], selection: &Selection) -> Result<Vec<PlanSuite>, Problems> {
        suites.iter().map(|surveyed| self.suite(surveyed, selection)).collect()
    }

    fn suite(&self, surveyed: &SurveyedSuite, selection: &Selection) -> Result<PlanSuite, Problems> {
        let suite = &surveyed.suite;
        let mut sums: Vec<Sum> = surveyed.variants.iter().map(|_| Sum::default()).collect();
        let (mut judges, mut counted) = (Vec::new(), 0);
        let one = std::slice::from_ref(surveyed);
        let mut last = None;
        for trial in trials(one, selection) {
            let trial = trial?;
            // Cases are counted whole: what compares their variants is asked once for all of them.
            if counted >= COUNTED_TRIALS && last.is_none_or(|last| !Arc::ptr_eq(&last, &trial.case)) {
                break;
            }
            last = Some(Arc::clone(&trial.case));
            counted += 1;
            if trial.skip.is_none() {
                self.plan_judges(&trial, &surveyed.variants, &mut judges);
            }
            let Some(index) = surveyed.variants.iter().position(|variant| variant.digest == trial.variant.digest)
            else {
                continue;
            };
            let Some(sum) = sums.get_mut(index) else { continue };
            sum.trials += 1;
            if trial.skip.is_none() {
                sum.add(trial.request().map(|request| self.request(&trial.variant.model, &request)));
            }
        }
        let per_variant = surveyed.survey.trials / u64::try_from(surveyed.variants.len().max(1)).unwrap_or(1);
        let variants = surveyed
            .variants
            .iter()
            .zip(&sums)
            .map(|(variant, sum)| self.variant(variant.prompt.name.clone(), &variant.model, sum, per_variant))
            .collect();
        Ok(PlanSuite {
            name: suite.name.clone(),
            path: suite.path.display().to_string(),
            cases: surveyed.survey.selected,
            cases_total: surveyed.survey.total,
            repeat: suite.repeat,
            variants,
            judges: judges.into_iter().map(|judge| judge.scaled(surveyed.trials(), counted)).collect(),
        })
    }

    fn variant(&self, prompt: String, model: &ModelRef, sum: &Sum, trials: u64) -> PlanVariant {
        let scale = |value: u64| {
            let scaled = u128::from(value) * u128::from(trials) / u128::from(sum.trials.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let (input, most_output, called) = (scale(sum.input), scale(sum.most_output), scale(sum.called));
        PlanVariant {
            prompt,
            model: model.clone(),
            trials,
            input_tokens: Some(Tokens(input)),
            input_exact: sum.exact && sum.trials == trials,
            // An answer has at least one token; how many more nobody knows before asking.
            output_tokens_low: Some(Tokens(called)),
            output_tokens_high: Some(Tokens(most_output)),
            cost_low_usd: self.least_cost(model, input, called),
            cost_high_usd: self.cost(model, input, most_output),
            broken_trials: sum.broken,
            why_broken: sum.why_broken.clone(),
        }
    }
}

pub(super) fn with_a_tenth(tokens: u64) -> u64 {
    tokens.saturating_mul(11).div_ceil(10)
}

struct Sum {
    /// All of them, then those that are called, and those whose prompt does not render.
    trials: u64,
    called: u64,
    broken: u64,
    why_broken: Option<String>,
    input: u64,
    most_output: u64,
    exact: bool,
}

impl Sum {
    /// A trial that is not skipped; why its prompt does not render, otherwise.
    fn add(&mut self, estimate: Result<RequestEstimate, String>) {
        match estimate {
            Ok(estimate) => {
                self.called += 1;
                self.input = self.input.saturating_add(estimate.input);
                self.most_output = self.most_output.saturating_add(estimate.most_output);
                self.exact &= estimate.exact;
            }
            Err(why) => {
                self.broken += 1;
                self.why_broken.get_or_insert(why);
            }
        }
    }
}

impl Default for Sum {
    fn default() -> Sum {
        Sum { trials: 0, called: 0, broken: 0, why_broken: None, input: 0, most_output: 0, exact: true }
    }
}

//! What the checks of a trial may ask, and what that costs at most: counted before the reply is there.
//!
//! A judge sees no more than its own instructions, the check, the case, what was asked, the reply, and its own answer when
//! that has to be repaired. So one question has at most
//!
//! `1.1 × (2,000 + check + case + request + 1.5 × longest reply + longest answer of the judge)` input tokens,
//!
//! as the judge's vocabulary counts them; half more for the reply, because it is counted with another vocabulary. A check
//! states the most questions that it asks about one reply. An application that is tested has no limit on its reply: for it
//! the assumed one stands.

use std::sync::Arc;

use serde_json::json;

use super::compare::PlannedComparison;
use super::estimate::{Estimator, with_a_tenth};
use super::fuzz::longest_answer;
use super::plan::PlannedTrial;
use super::plan_report::{JudgingPlan, PlanJudge};
use crate::base::{ModelRef, Usd};
use crate::price::{count_tokens, estimate_prompt_tokens};
use crate::record::ChatRequest;
use crate::score::Check;
use crate::suite::Paraphrase;
use crate::suite::Variant;

/// Tokens that the instructions of a judge may have, without the text of the check itself.
const INSTRUCTIONS: u64 = 2_000;

/// What a check shows to judges.
struct Shown<'a> {
    /// All of the case, as text.
    case: &'a str,
    /// What was asked.
    request: &'a ChatRequest,
    /// Tokens of the outputs that one question holds, as a judge counts them.
    outputs: &'a dyn Fn(&ModelRef) -> u64,
    /// How often its questions are asked.
    rounds: u64,
    /// Whether somebody is asked in any case.
    is_certain: bool,
}

/// What is known of models besides their prices.
pub struct KnownOf<'a> {
    /// Costs nothing to call.
    pub is_free: &'a dyn Fn(&ModelRef) -> bool,
    /// May be asked twice at once.
    pub is_hedged: &'a dyn Fn(&ModelRef) -> bool,
    /// Moderates for nothing.
    pub moderates_free: &'a dyn Fn(&ModelRef) -> bool,
}

/// What one check asks one judge about one reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JudgeEstimate {
    /// Who is asked; may be a route.
    pub(super) model: ModelRef,
    /// Whether it is the one that the check asks first, and so at least once.
    pub(super) is_first: bool,
    /// The most questions.
    pub(super) questions: u64,
    /// Input tokens of a short question: the check and the case.
    pub(super) least_input: u64,
    /// Input tokens of the longest question.
    pub(super) most_input: u64,
    /// Tokens of the longest answer.
    pub(super) most_output: u64,
}

impl Estimator {
    /// What the checks of a trial ask judges, one entry per check and judge. Empty when the prompt does not render: then
    /// nobody is asked. What compares variants is asked later, see [`Estimator::comparing`].
    pub(super) fn judging(&self, trial: &PlannedTrial) -> Vec<JudgeEstimate> {
        let rewording = trial.paraphrase.as_ref().map(|wish| self.rewording(wish));
        let asking =
            || trial.checks.iter().filter(|check| check.comparing().is_none() && !check.asks().judges.is_empty());
        if asking().next().is_none() {
            return rewording.into_iter().collect();
        }
        let Ok(request) = trial.dearest_request() else { return Vec::new() };
        let reply = self.longest_reply(trial, &request);
        let shown =
            Shown { case: &case_text(trial), request: &request, outputs: &|_| reply, rounds: 1, is_certain: true };
        rewording.into_iter().chain(asking().flat_map(|check| self.of_check(check, &shown))).collect()
    }

    /// What asking for other words takes.
    fn rewording(&self, wish: &Paraphrase) -> JudgeEstimate {
        let tokens: Vec<(u64, u64)> = self
            .members(&wish.model)
            .iter()
            .map(|member| count_tokens(&self.counted_as(member), &wish.text))
            .map(|count| (count.low, count.high))
            .collect();
        let longest = tokens.iter().map(|(_, high)| *high).max().unwrap_or_default();
        JudgeEstimate {
            model: wish.model.clone(),
            is_first: true,
            questions: 1,
            least_input: tokens.iter().map(|(low, _)| *low).max().unwrap_or_default(),
            most_input: with_a_tenth(INSTRUCTIONS.saturating_add(longest)),
            most_output: longest_answer(wish),
        }
    }

    /// What comparisons of the variants of a case ask judges, given the tokens that each output has for a judge.
    pub(super) fn comparing(
        &self,
        trial: &PlannedTrial,
        outputs: &dyn Fn(&ModelRef) -> Vec<u64>,
        variants: usize,
    ) -> Vec<JudgeEstimate> {
        let asking = || trial.checks.iter().filter(|check| !check.asks().judges.is_empty());
        let forms = || asking().filter_map(|check| Some((check, check.comparing()?)));
        if variants < 2 || forms().next().is_none() {
            return Vec::new();
        }
        let Ok(request) = trial.dearest_request() else { return Vec::new() };
        let case = case_text(trial);
        let mut estimates = Vec::new();
        for (check, form) in forms() {
            let longest = |judge: &ModelRef| {
                let mut tokens = outputs(judge);
                tokens.sort_unstable_by(|a, b| b.cmp(a));
                let shown = form.shown_at_once().unwrap_or(tokens.len());
                tokens.into_iter().take(shown).fold(0, u64::saturating_add)
            };
            let rounds = form.rounds(u64::try_from(variants).unwrap_or(u64::MAX));
            // Nobody is asked about outputs that are all the same.
            let shown = Shown { case: &case, request: &request, outputs: &longest, rounds, is_certain: false };
            estimates.extend(self.of_check(check, &shown));
        }
        estimates
    }

    /// What one check asks, one entry per judge.
    fn of_check(&self, check: &Check, shown: &Shown<'_>) -> Vec<JudgeEstimate> {
        let check_text = check.identity().to_string();
        let judges = check.asks().judges.iter().enumerate();
        let estimate = |(index, (model, questions)): (usize, &(ModelRef, u32))| {
            let mut estimate = JudgeEstimate {
                model: model.clone(),
                is_first: index == 0 && shown.is_certain,
                questions: u64::from(*questions).saturating_mul(shown.rounds),
                least_input: 0,
                most_input: 0,
                most_output: 0,
            };
            // Whoever of a route may answer: the longest counts.
            for member in self.members(model) {
                let as_model = self.counted_as(member);
                let count = |text: &str| count_tokens(&as_model, text);
                let (short, long) = (count(&check_text), count(shown.case));
                let longest = check.asks().longest_answer.map(u64::from);
                let output = longest.unwrap_or_else(|| self.assumed_output(member));
                let asked = estimate_prompt_tokens(&as_model, &shown.request.messages).high;
                let again = if *questions > 1 { output } else { 0 };
                let input = [INSTRUCTIONS, short.high, long.high, asked, (shown.outputs)(member), again];
                let input = input.into_iter().fold(0, u64::saturating_add);
                estimate.least_input = estimate.least_input.max(short.low.saturating_add(long.low));
                estimate.most_input = estimate.most_input.max(with_a_tenth(input));
                estimate.most_output = estimate.most_output.max(output);
            }
            estimate
        };
        judges.map(estimate).collect()
    }

    /// Adds what a trial asks judges to the sums of a plan, and with the trial of the first variant what the comparison of
    /// all variants asks.
    pub(super) fn plan_judges(&self, trial: &PlannedTrial, variants: &[Arc<Variant>], sums: &mut Vec<JudgeSum>) {
        let mut estimates = self.judging(trial);
        if PlannedComparison::is_for(trial) && variants.first().is_some_and(|first| Arc::ptr_eq(first, &trial.variant))
        {
            let outputs: Vec<u64> = variants
                .iter()
                .filter_map(|variant| {
                    let sibling = PlannedTrial { variant: Arc::clone(variant), ..trial.clone() };
                    let request = sibling.dearest_request().ok()?;
                    Some(self.longest_reply(&sibling, &request))
                })
                .collect();
            estimates.extend(self.comparing(trial, &|_| outputs.clone(), variants.len()));
        }
        for estimate in estimates {
            let at = sums.iter().position(|sum| sum.model == estimate.model).unwrap_or_else(|| {
                sums.push(JudgeSum::of(&estimate.model));
                sums.len() - 1
            });
            let Some(sum) = sums.get_mut(at) else { continue };
            let low = u64::from(estimate.is_first);
            sum.low += low;
            sum.high = sum.high.saturating_add(estimate.questions);
            let least =
                self.members(&estimate.model).iter().filter_map(|it| self.single_cost(it, estimate.least_input, 1));
            let most: Option<Vec<Usd>> = self
                .members(&estimate.model)
                .iter()
                .map(|it| self.single_cost(it, estimate.most_input, estimate.most_output))
                .collect();
            sum.costs = match (sum.costs, least.min(), most.and_then(|most| most.into_iter().max())) {
                (Some((low_sum, high_sum)), Some(least), Some(most)) => Some((
                    low_sum + i128::from(least.picos()) * i128::from(low),
                    high_sum + i128::from(most.picos()) * i128::from(estimate.questions),
                )),
                _ => None,
            };
        }
    }

    /// The most that the checks of a trial can cost: all questions to judges, and the texts for vectors and moderation.
    /// `None` when a price is unknown.
    pub fn checks_worst_case(&self, trial: &PlannedTrial, known: &KnownOf<'_>) -> Option<Usd> {
        if trial.paraphrase.is_none() && trial.checks.iter().all(|check| check.asks().is_empty()) {
            return Some(Usd::ZERO);
        }
        let mut most = self.dearest(&self.judging(trial), known)?;
        for check in trial.checks.iter() {
            most = most.saturating_add(self.texts_worst_case(trial, check, known)?);
        }
        Some(most)
    }

    /// The most that a comparison of outputs which are there can cost. `None` when a price is unknown.
    pub fn comparison_worst_case(&self, planned: &PlannedComparison, known: &KnownOf<'_>) -> Option<Usd> {
        let Some(trial) = planned.trial() else { return Some(Usd::ZERO) };
        let outputs = |judge: &ModelRef| -> Vec<u64> {
            let as_model = self.counted_as(judge);
            planned.outputs().map(|text| count_tokens(&as_model, text).high).collect()
        };
        self.dearest(&self.comparing(trial, &outputs, planned.outputs().count()), known)
    }

    /// All questions of these estimates, at the dearest model of a route.
    fn dearest(&self, estimates: &[JudgeEstimate], known: &KnownOf<'_>) -> Option<Usd> {
        let mut most = Usd::ZERO;
        for estimate in estimates {
            let mut dearest = Usd::ZERO;
            for member in self.members(&estimate.model).iter().filter(|member| !(known.is_free)(member)) {
                let once = self.single_cost(member, estimate.most_input, estimate.most_output)?;
                let times = if (known.is_hedged)(member) { 2 } else { 1 };
                let times = i64::try_from(estimate.questions.saturating_mul(times)).unwrap_or(i64::MAX);
                dearest = dearest.max(Usd::from_picos(once.picos().saturating_mul(times)));
            }
            most = most.saturating_add(dearest);
        }
        Some(most)
    }

    /// Vectors and moderation of one check.
    fn texts_worst_case(&self, trial: &PlannedTrial, check: &Check, known: &KnownOf<'_>) -> Option<Usd> {
        let asks = check.asks();
        let embeddings = asks.embeddings.iter().map(|model| &model.model).filter(|model| !(known.is_free)(model));
        let moderations = asks.moderations.iter().filter(|model| {
            // Its price is known only where it is none.
            !(known.is_free)(model) && !(known.moderates_free)(model)
        });
        let paid: Vec<&ModelRef> = embeddings.chain(moderations).collect();
        if paid.is_empty() {
            return Some(Usd::ZERO);
        }
        let Ok(request) = trial.dearest_request() else { return Some(Usd::ZERO) };
        let reply = self.longest_reply(trial, &request);
        let texts = format!("{}{}", check.identity(), case_text(trial));
        let mut sum = Usd::ZERO;
        for model in paid {
            let input = reply.saturating_add(count_tokens(&self.counted_as(model), &texts).high);
            sum = sum.saturating_add(self.single_cost(model, with_a_tenth(input), 0)?);
        }
        Some(sum)
    }

    /// Tokens of the longest reply, with room for another vocabulary.
    fn longest_reply(&self, trial: &PlannedTrial, request: &ChatRequest) -> u64 {
        self.request(&trial.variant.model, request).most_output.saturating_mul(3).div_ceil(2)
    }
}

/// What one judge is asked in the trials that were counted.
#[derive(Debug)]
pub(super) struct JudgeSum {
    model: ModelRef,
    low: u64,
    high: u64,
    /// The least and the most in picodollars; `None` once a price is unknown.
    costs: Option<(i128, i128)>,
}

impl JudgeSum {
    fn of(model: &ModelRef) -> JudgeSum {
        JudgeSum { model: model.clone(), low: 0, high: 0, costs: Some((0, 0)) }
    }

    /// The same for `all` trials, of which some were counted.
    pub(super) fn scaled(self, all: u64, counted: u64) -> PlanJudge {
        let scale = |value: i128| value * i128::from(all) / i128::from(counted.max(1));
        let calls = |value: u64| u64::try_from(scale(i128::from(value))).unwrap_or(u64::MAX);
        let usd = |value: i128| Usd::from_picos(i64::try_from(scale(value)).unwrap_or(i64::MAX));
        let calls_high = calls(self.high);
        let asked = JudgingPlan {
            calls_low: calls(self.low),
            calls_high,
            cost_low_usd: self.costs.map(|(low, _)| usd(low)),
            cost_high_usd: self.costs.map(|(_, high)| usd(high)),
            unknown_cost_calls: if self.costs.is_none() { calls_high } else { 0 },
        };
        PlanJudge { model: self.model, asked }
    }
}

/// All of a case that a judge may see. JSON only makes it longer.
fn case_text(trial: &PlannedTrial) -> String {
    let case = &trial.case;
    json!({"vars": case.vars, "expected": case.expected, "context": case.context}).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::base::{Problems, Timestamp};
    use crate::config::{Config, Env, Overrides};
    use crate::eval::plan::{SurveyedSuite, trials};
    use crate::price::PriceTable;
    use crate::prompt::Registry;
    use crate::suite::{LoadContext, Selection, load, survey_all};

    /// The first trial of a suite with these checks.
    fn trial(checks: &str) -> PlannedTrial {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            std::fs::write(&path, text).expect("write");
            path
        };
        write(
            "prompts/ask/1.0.0.yaml",
            "messages: [{role: user, content: \"{{ question }}\"}]\nvariables: {question: {type: string, required: true}}\nparams: {max_tokens: 100}\n",
        );
        let path = write(
            "evals/s.yaml",
            &format!(
                "suite: s\nprompts: [ask@1.0.0]\nmodels: [openai/gpt-5.4-mini]\njudge: anthropic/claude-haiku-4-5\ndefaults: {{checks: [{checks}]}}\ncases: [{{id: a, vars: {{question: why}}}}]\n"
            ),
        );
        let mut problems = Problems::new();
        let config = Config::load(root, &Env::default(), &Overrides::default(), &mut problems);
        let registry = Registry::open(&config.prompts.value, root);
        let suites = load(&[path], &LoadContext { config: &config, registry: &registry, suites: &[] }, &mut problems);
        let surveys = survey_all(&suites, &Selection::default(), &mut problems);
        assert!(!problems.has_errors(), "{}", problems.render(false));
        let suites: Vec<SurveyedSuite> =
            suites.into_iter().zip(surveys).map(|(suite, survey)| SurveyedSuite::new(suite, survey)).collect();
        let first = trials(&suites, &Selection::default()).next();
        first.expect("a trial").unwrap_or_else(|problems| panic!("{}", problems.render(false)))
    }

    fn estimator() -> Estimator {
        let table = Arc::new(PriceTable::bundled().expect("prices").clone());
        Estimator::new(table, Timestamp(1_790_000_000_000), None).with_routes(HashMap::new())
    }

    fn worst(checks: &str, free: bool) -> Option<Usd> {
        let (no, is_free) = (|_: &ModelRef| false, |_: &ModelRef| free);
        let known = KnownOf { is_free: &is_free, is_hedged: &no, moderates_free: &no };
        estimator().checks_worst_case(&trial(checks), &known)
    }

    #[test]
    fn a_question_is_bounded_by_its_parts_and_costs_as_often_as_it_may_be_asked() {
        let estimates = estimator().judging(&trial("{rubric: {value: Be brief, max_tokens: 200}}"));
        let [one] = estimates.as_slice() else { panic!("{estimates:?}") };
        assert_eq!((one.questions, one.most_output, one.is_first), (2, 200, true), "one repair");
        // Instructions, 1.5 × 100 tokens of reply, and the 200 that a repair repeats, before check, case and a tenth.
        let fixed = 2_000 + 150 + 200;
        assert!(one.most_input > fixed * 11 / 10 && one.most_input < fixed * 13 / 10, "{one:?}");
        assert!(one.least_input > 10 && one.least_input < 200, "{one:?}");
        // $1.00 and $5.00 a million, twice.
        let wanted = 2 * (i64::try_from(one.most_input).expect("small") * 1_000_000 + 200 * 5_000_000);
        assert_eq!(worst("{rubric: {value: Be brief, max_tokens: 200}}", false), Some(Usd::from_picos(wanted)));
        assert_eq!(worst("{rubric: {value: Be brief, max_tokens: 200}}", true), Some(Usd::ZERO));
    }

    #[test]
    fn what_asks_nobody_costs_nothing_and_an_unknown_price_is_unknown() {
        assert_eq!(worst("{contains: a}", false), Some(Usd::ZERO));
        assert_eq!(worst("{rubric: {value: a, judge: openai/nobody}}", false), None);
        assert_eq!(worst("{moderation: {model: openai/omni-moderation-latest}}", false), None);
        let vectors = worst("{similarity: {value: a, model: openai/text-embedding-3-small}}", false);
        assert!(vectors.is_some_and(|usd| usd > Usd::ZERO), "{vectors:?}");
    }
}

//! Before the first call: whether the models take what prompts, suites and cases ask of them.

use std::collections::{HashMap, HashSet};

use crate::base::{Diagnostic, ModelRef, Place, Problems};
use crate::cli::{Accepting, Session};
use crate::prompt::{Accepts, Prompt};
use crate::record::{ChatRequest, Fate, ParamFate, Params};
use crate::suite::{Suite, Survey, Variant};

/// Stands for a request as a whole.
const CONTEXT: &str = "context";

/// Most bytes of a prompt that one byte of a case's variables becomes: one that stands in many places is rendered in all
/// of them. Only a first sieve: what passes it is not counted.
const REPEATED: usize = 4;

/// Reports everything that a model of the plan rejects, once with all models that reject it; with `-v`, how requests are
/// translated.
pub(super) fn check_accepted(
    suites: &[Suite],
    surveys: &[Survey],
    accepting: &Accepting<'_>,
    session: &Session,
    problems: &mut Problems,
) {
    let mut check = Check { accepting, session, found: Vec::new(), told: Told::default() };
    for (suite, survey) in suites.iter().zip(surveys).filter(|(_, survey)| survey.selected > 0) {
        for variant in survey.variants.iter().filter_map(|index| suite.variants.get(*index)) {
            check.variant(suite, variant);
            for (params, place) in &survey.case_params {
                check.case(suite, variant, params, place);
            }
            check.context(suite, survey, variant);
        }
    }
    check.told.tell(session);
    for found in check.found {
        problems.push(found.into_diagnostic());
    }
}

struct Check<'a> {
    accepting: &'a Accepting<'a>,
    session: &'a Session,
    found: Vec<Found>,
    told: Told,
}

/// A part that is rejected, where it is written, and the models that reject it.
struct Found {
    place: Place,
    fate: ParamFate,
    models: Vec<String>,
    remedy: String,
}

impl Check<'_> {
    fn variant(&mut self, suite: &Suite, variant: &Variant) {
        let model = &variant.model;
        let request = variant.prompt.probe(model, &variant.params);
        let fates = self.accepting.fates(model, &request);
        self.told.note(model, &fates, self.accepting.knows(model), self.accepting.drops_rejected(model));
        for fate in fates.into_iter().filter(ParamFate::is_rejected) {
            let by_suite = variant.params.sets(&fate.param);
            let own = by_suite.then(|| suite.place_of_param(&fate.param, model)).flatten();
            let remedy = match &own {
                Some(_) => in_suite(&fate, model),
                None => in_prompt(&fate, model),
            };
            let place = own.unwrap_or_else(|| variant.prompt.place_of_part(&fate.param, model, &self.session.root));
            self.add(place, fate, model, remedy);
        }
    }

    /// What a case sets itself.
    fn case(&mut self, suite: &Suite, variant: &Variant, params: &Params, place: &Place) {
        let model = &variant.model;
        let request: ChatRequest = variant.prompt.probe(model, &variant.params.overlaid(params));
        for fate in self.accepting.fates(model, &request) {
            if fate.is_rejected() && params.sets(&fate.param) {
                let remedy = format!(
                    "remove `{}` from the case, or ask the model in another suite than `{}`",
                    fate.param, suite.name
                );
                self.add(place.clone(), fate, model, remedy);
            }
        }
    }

    /// Whether the prompt and its longest case fit into the model, by bytes: a token has at least one. Only what may not
    /// fit is counted.
    fn context(&mut self, suite: &Suite, survey: &Survey, variant: &Variant) {
        let model = &variant.model;
        let Some(facts) = self.accepting.facts(model) else { return };
        let Some(window) = facts.context_window else { return };
        let params = variant.prompt.params_for(model).overlaid(&variant.params).settled();
        let (window, answer) = (u64::from(window), u64::from(params.max_tokens.unwrap_or(0)));
        let most = variant.prompt.text_bytes().saturating_add(survey.longest_case.saturating_mul(REPEATED));
        // A limit above what the model writes is told as such.
        let is_told = facts.max_output.is_some_and(|most| answer > u64::from(most));
        if is_told || u64::try_from(most).unwrap_or(u64::MAX).saturating_add(answer) <= window {
            return;
        }
        let Some(too_long) = TooLong::find(suite, variant, window, answer) else { return };
        let fate = ParamFate {
            param: CONTEXT.to_owned(),
            fate: Fate::Refused,
            why: format!(
                "case `{}` has about {} tokens and the answer may have {answer}: more than the {window}",
                too_long.case, too_long.tokens
            ),
        };
        let remedy =
            "shorten the case, cut its variables by `truncate` in the prompt, or lower `max_tokens`".to_owned();
        self.add(too_long.place, fate, model, remedy);
    }

    fn add(&mut self, place: Place, fate: ParamFate, model: &ModelRef, remedy: String) {
        if self.accepting.drops_rejected(model) {
            return;
        }
        let name = format!("`{model}`");
        let known = self.found.iter_mut().find(|found| found.place == place && found.fate == fate);
        match known {
            Some(found) if found.models.contains(&name) => {}
            Some(found) => found.models.push(name),
            None => self.found.push(Found { place, fate, models: vec![name], remedy }),
        }
    }
}

impl Found {
    fn into_diagnostic(self) -> Diagnostic {
        let models = self.models.join(", ");
        let is_param = Params::NAMES.contains(&self.fate.param.as_str());
        let code = if is_param { "rejected-param" } else { "unsupported-feature" };
        let message = format!("`{}` is not for {models}: {}", self.fate.param, self.fate.why);
        let problem = if self.fate.param == CONTEXT {
            Diagnostic::error("exceeds-context", format!("{} of {models}", self.fate.why))
        } else {
            Diagnostic::error(code, message)
        };
        problem.at(self.place).help(self.remedy)
    }
}

fn in_suite(fate: &ParamFate, model: &ModelRef) -> String {
    let param = &fate.param;
    format!(
        "remove `{param}`, take it away for this model: `models: [{{model: {model}, params: {{{param}: null}}}}]`, or go on without it: `--drop-rejected`"
    )
}

fn in_prompt(fate: &ParamFate, model: &ModelRef) -> String {
    let param = &fate.param;
    match param.as_str() {
        "max_tokens" => "lower it, for this model under `models:` of the prompt".to_owned(),
        known if Params::NAMES.contains(&known) => format!(
            "remove `{param}`, take it away for this model: `models: {{\"{model}\": {{params: {{{param}: null}}}}}}`, or go on without it: `--drop-rejected`"
        ),
        _ => fate.remedy(),
    }
}

/// The first case that does not fit.
struct TooLong {
    case: String,
    tokens: u64,
    place: Place,
}

impl TooLong {
    fn find(suite: &Suite, variant: &Variant, window: u64, answer: u64) -> Option<TooLong> {
        let prompt: &Prompt = &variant.prompt;
        suite.cases().flatten().find_map(|loaded| {
            let rendered = prompt.render_longest(&loaded.case.vars, &variant.model).ok()?;
            let bytes: usize = rendered.messages.iter().map(|message| message.joined_text().len()).sum();
            let fits = |input: u64| input.saturating_add(answer) <= window;
            if fits(u64::try_from(bytes).unwrap_or(u64::MAX)) {
                return None;
            }
            let tokens = crate::price::estimate_prompt_tokens(&variant.model, &rendered.messages);
            // The least that it may be: an estimate alone is no reason to refuse.
            let place = Place { len: 1, ..loaded.place() };
            (!fits(tokens.low)).then(|| TooLong { case: loaded.case.id.to_string(), tokens: tokens.tokens, place })
        })
    }
}

/// What `-v` says of models: one line each.
#[derive(Default)]
struct Told {
    lines: Vec<(ModelRef, Vec<String>)>,
    seen: HashMap<ModelRef, HashSet<String>>,
}

impl Told {
    fn note(&mut self, model: &ModelRef, fates: &[ParamFate], is_known: bool, drops: bool) {
        if !self.seen.contains_key(model) {
            let unknown = "nothing is known of it; parameters are sent by the rules of its API alone".to_owned();
            self.lines.push((model.clone(), if is_known { Vec::new() } else { vec![unknown] }));
        }
        let seen = self.seen.entry(model.clone()).or_default();
        let Some((_, words)) = self.lines.iter_mut().find(|(known, _)| known == model) else { return };
        for fate in fates {
            let param = &fate.param;
            let word = match &fate.fate {
                Fate::Renamed(to) => format!("`{param}` is sent as `{to}`"),
                Fate::Changed => format!("`{param}` is changed ({})", fate.why),
                Fate::Dropped if drops || fate.is_done_without() => format!("`{param}` is left out ({})", fate.why),
                Fate::Refused if drops || fate.is_done_without() => {
                    format!("`{param}` is sent all the same ({})", fate.why)
                }
                Fate::Dropped | Fate::Refused => continue,
            };
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
    }

    fn tell(&self, session: &Session) {
        for (model, words) in self.lines.iter().filter(|(_, words)| !words.is_empty()) {
            session.ui.detail(&format!("{model}: {}", words.join("; ")));
        }
    }
}

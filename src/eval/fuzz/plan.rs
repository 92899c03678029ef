//! From a suite to the suite of its generated cases.

use std::sync::Arc;

use serde_json::json;

use super::generate::Generator;
use super::relate::{Relative, relatives};
use crate::base::{CaseId, DigestBuilder, ModelRef, Problems};
use crate::eval::SurveyedSuite;
use crate::prompt::Prompt;
use crate::record::{OutputFormat, Vars};
use crate::score::Check;
use crate::suite::{LoadedCase, NewCase, Paraphrase, Selection, glob_matches, selected};

/// The tag of generated cases.
pub const FUZZ_TAG: &str = "fuzz";

/// Cases whose values are used for variables that cannot be made up.
const POOL: usize = 200;

/// Most examples that a case is asked with, and the cases that are.
const MOST_EXAMPLES: usize = 10;
const SCALED_CASES: usize = 3;

/// No answer needs to be longer.
const MOST_CHARS: u32 = 40_000;

/// The answers of so many examples are looked for, where they are so long.
const COPIED_EXAMPLES: usize = 50;
const COPIED_CHARS: usize = 40;

/// Texts of a program that failed, where an answer was wanted.
const ERROR_PHRASES: &str = r"(?i)traceback \(most recent call|unhandled exception|internal server error|stack overflow|segmentation fault|undefined is not|null ?pointer|template error|\[object Object\]";

/// The suite with `count` generated inputs instead of its cases, and with changed cases: at most as many again. What must
/// hold for every answer is checked of the first, the case's own checks of the others. Only cases of these ids or globs are
/// kept, unless there are none. `paraphraser` says texts of cases in other words.
///
/// # Errors
/// The problems of a dataset, or of a schema that cannot be checked.
pub fn fuzzed(
    surveyed: SurveyedSuite,
    selection: &Selection,
    count: u64,
    only: &[String],
    paraphraser: Option<&ModelRef>,
) -> Result<SurveyedSuite, Problems> {
    let SurveyedSuite { mut suite, survey, variants } = surveyed;
    let mut cases: Vec<LoadedCase> = Vec::new();
    for item in selected(&suite, selection, &survey).take(POOL) {
        cases.push(item?.1.into_owned());
    }
    cases.retain(|loaded| loaded.skip.is_none());
    suite.forget_goal();
    let mut prompts: Vec<&Prompt> = Vec::new();
    for variant in &variants {
        if prompts.iter().all(|known| known.digest != variant.prompt.digest) {
            prompts.push(&variant.prompt);
        }
    }
    let checks = suite.compile_checks(&invariants(&prompts))?;
    let is_cold = |variant: &Arc<crate::suite::Variant>| {
        let params = variant.prompt.params_for(&variant.model).overlaid(&variant.params).settled();
        params.temperature == Some(0.0)
    };
    // Only where the same answer may be expected is it asked for twice.
    let repeat = if variants.iter().all(is_cold) { 2 } else { 1 };
    let pool: Vec<&Vars> = cases.iter().map(|loaded| &loaded.case.vars).collect();
    let generator = Generator::new(prompts.clone(), pool, selection.seed);
    let mut made: Vec<LoadedCase> = Vec::new();
    for number in 0..count {
        let Some(vars) = generator.input(number) else { continue };
        let Some(id) = id_of("input", &vars) else { continue };
        if made.iter().any(|loaded| loaded.case.id == id) {
            continue;
        }
        let (checks, tags) = (Arc::clone(&checks), vec![FUZZ_TAG.to_owned()]);
        made.push(suite.make_case(NewCase {
            id,
            vars,
            checks,
            origin: None,
            repeat,
            examples: None,
            tags,
            paraphrase: None,
        }));
    }
    made.extend(related(&suite, &prompts, &cases, count, paraphraser));
    made.extend(scaled(&suite, &prompts, &cases, &checks, count));
    drop(generator);
    made.retain(|loaded| only.is_empty() || only.iter().any(|pattern| glob_matches(pattern, loaded.case.id.as_str())));
    let survey = survey.with_cases(&suite, made);
    Ok(SurveyedSuite { suite, survey, variants })
}

/// Cases with what was changed of them, as long as there is room; each is preceded by the case itself.
fn related(
    suite: &crate::suite::Suite,
    prompts: &[&Prompt],
    cases: &[LoadedCase],
    count: u64,
    paraphraser: Option<&ModelRef>,
) -> Vec<LoadedCase> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let mut made: Vec<LoadedCase> = Vec::new();
    for loaded in cases {
        let relatives = relatives(prompts, &loaded.case.vars, &loaded.paraphrases, paraphraser);
        if relatives.is_empty() || made.len() + relatives.len() >= most {
            continue;
        }
        let checks: &Arc<[Arc<Check>]> = &loaded.checks;
        let new = |id: CaseId, vars: Vars, change: &str, paraphrase: Option<Paraphrase>| NewCase {
            id,
            vars,
            checks: Arc::clone(checks),
            origin: Some(loaded.clone()),
            repeat: 1,
            examples: None,
            tags: vec![FUZZ_TAG.to_owned(), format!("relation-{change}")],
            paraphrase,
        };
        made.push(suite.make_case(new(loaded.case.id.clone(), loaded.case.vars.clone(), "origin", None)));
        for Relative { change, vars, paraphrase } in relatives {
            // Another model says it in other words: its case is another case.
            let by = paraphrase.as_ref().map(|wish| wish.model.to_string()).unwrap_or_default();
            let named: Vars = vars.clone().into_iter().chain([(String::new(), by.into())]).collect();
            let known = if paraphrase.is_some() { &named } else { &vars };
            if let Some(id) = id_of(change, known) {
                made.push(suite.make_case(new(id, vars, change, paraphrase)));
            }
        }
    }
    made
}

/// Cases with 0 to 10 examples, as many as the prompt has, whatever it asks for: the invariants must hold with each.
fn scaled(
    suite: &crate::suite::Suite,
    prompts: &[&Prompt],
    cases: &[LoadedCase],
    checks: &Arc<[Arc<Check>]>,
    count: u64,
) -> Vec<LoadedCase> {
    let Some(most) = prompts.iter().map(|prompt| prompt.examples().len()).max().filter(|most| *most > 0) else {
        return Vec::new();
    };
    let sizes = 0..=most.min(MOST_EXAMPLES);
    let room = usize::try_from(count).unwrap_or(usize::MAX) / (most.min(MOST_EXAMPLES) + 1);
    let new = |loaded: &LoadedCase, examples: usize| {
        let id = id_of(&format!("examples-{examples}"), &loaded.case.vars)?;
        Some(suite.make_case(NewCase {
            id,
            vars: loaded.case.vars.clone(),
            checks: Arc::clone(checks),
            origin: Some(loaded.clone()),
            repeat: 1,
            examples: Some(examples),
            tags: vec![FUZZ_TAG.to_owned(), format!("examples-{examples}")],
            paraphrase: None,
        }))
    };
    let chosen = cases.iter().take(room.clamp(1, SCALED_CASES));
    chosen.flat_map(|loaded| sizes.clone().filter_map(|examples| new(loaded, examples)).collect::<Vec<_>>()).collect()
}

fn id_of(what: &str, vars: &Vars) -> Option<CaseId> {
    let digest = DigestBuilder::new("fuzz-case").json(&serde_json::Value::Object(vars.clone())).finish();
    CaseId::parse(&format!("fuzz-{what}-{}", digest.short())).ok()
}

/// What must hold for every answer, as a list of checks.
fn invariants(prompts: &[&Prompt]) -> String {
    let mut checks = vec![
        json!({"regex": {"value": r"\S", "name": "not-empty"}}),
        json!({"length": {"max": MOST_CHARS, "name": "length-bound"}}),
        json!({"not_regex": {"value": ERROR_PHRASES, "name": "no-error-phrase"}}),
    ];
    let mut copied: Vec<String> =
        prompts.iter().flat_map(|prompt| prompt.examples()).map(|it| it.output_text()).collect();
    // A short answer may be right for more than one input.
    copied.retain(|text| text.chars().count() >= COPIED_CHARS);
    copied.truncate(COPIED_EXAMPLES);
    if !copied.is_empty() {
        checks.push(json!({"not_contains_any": {"value": copied, "name": "no-copied-example"}}));
    }
    let first = prompts.first().map(|prompt| &prompt.output);
    // Prompts of one suite may differ in form; then none is asked of all.
    if prompts.iter().all(|prompt| Some(&prompt.output) == first) {
        match first {
            Some(OutputFormat::Json) => checks.push(json!({"json": {"name": "format"}})),
            Some(OutputFormat::JsonSchema { schema, .. }) => {
                checks.push(json!({"json_schema": {"value": schema, "name": "format"}}));
            }
            Some(OutputFormat::Text) | None => {}
        }
    }
    serde_json::Value::Array(checks).to_string()
}

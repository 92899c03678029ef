//! `context_entity_recall`: the passages name whom and what the reference names.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::ScoreInput;
use super::super::reason;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::ask::{Question, Seat};
use super::bench;
use super::form::Form;
use super::material::Material;
use super::metric::{Failure, Metric, Opinion};
use super::options::judge_options;
#[cfg(test)]
use super::outcomes::Script;
use super::subject::{CONTEXT, Passages, plain, share};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "context_entity_recall",
    family: "judge",
    about: "the passages that were retrieved name the entities that the reference names",
    pass_at: 0.8,
    short: "value",
    value: ValueRule::OrExpected,
    options: judge_options![
        OptionSpec::value("value", "text", "the reference; the case's `expected` unless given"),
        CONTEXT,
    ],
    degenerate: &[
        "entities of both / entities of the reference, as sets (Ragas, 2023, without its 1e-8: all found is exactly 1)",
        "entities are the same when they are spelled the same, letter case, spaces and punctuation at the ends aside; \
         `threshold` is 0.8 unless given",
        "a reference without entities: not applicable; without passages: ungraded; the output is not looked at",
    ],
    calls: "2 questions, each 2 calls where the answer must be repaired; times judges and samples",
    example: "- context_entity_recall: {from: expected}",
    build: Build::Scorer(prepare),
    reads_text: false,
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let reference = plain("value", settings.value()?).map_err(Fault::alone)?;
    bench::prepare(settings, &SPEC, 2, ContextEntityRecall { reference, passages: Passages::of(settings)? })
}

struct ContextEntityRecall {
    passages: Passages,
    reference: String,
}

/// Entities by what they are compared by, each as it was spelled first.
type Entities = BTreeMap<String, String>;

async fn entities(seat: &Seat<'_>, name: &str, material: Material) -> Result<Entities, Failure> {
    let task = format!(
        "Task: list the named entities in the {name}: persons, organisations, places, products, works, events, dates, \
         times and amounts. Spell each one exactly as it stands there, once; leave out what is only described and not \
         named. Without any the list is empty."
    );
    let form = Form::default().texts("entities", "each one as it is spelled in the text");
    let answer = seat.ask(&Question::new("entities", task, material, form)).await?;
    let mut entities = Entities::new();
    for entity in answer.texts("entities") {
        let key = key(&entity);
        if !key.is_empty() {
            entities.entry(key).or_insert(entity);
        }
    }
    Ok(entities)
}

/// What entities are compared by.
fn key(entity: &str) -> String {
    let words = entity.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    // Signs that belong to amounts stay: `$5` is not `5`.
    words.trim_matches(|c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '(' | ')')).to_owned()
}

impl Metric for ContextEntityRecall {
    fn judge<'a>(&'a self, input: &'a ScoreInput<'a>, seat: &'a Seat<'a>) -> BoxFuture<'a, Result<Opinion, Failure>> {
        Box::pin(async move {
            let contexts = self.passages.wanted(input)?;
            let wanted = entities(seat, "REFERENCE", Material::default().with("REFERENCE", &self.reference)).await?;
            if wanted.is_empty() {
                return Err(Failure::NotApplicable("the reference names no entities".to_owned()));
            }
            let passages = Material::default().with_each("CONTEXT", contexts);
            let seen = entities(seat, "CONTEXT passages", passages).await?;
            let (found, missing): (Vec<_>, Vec<_>) = wanted.iter().partition(|(key, _)| seen.contains_key(*key));
            let missing: Vec<&str> = missing.into_iter().map(|(_, spelled)| spelled.as_str()).collect();
            let lacking =
                if missing.is_empty() { String::new() } else { format!("; missing: {}", reason::list(&missing)) };
            let spelled = |entities: &Entities| entities.values().cloned().collect::<Vec<String>>();
            Ok(Opinion {
                value: share(found.len(), wanted.len()),
                verdict: None,
                seen: format!("{} of {} entities of the reference{lacking}", found.len(), wanted.len()),
                parts: json!({"reference": spelled(&wanted), "passages": spelled(&seen), "missing": missing}),
            })
        })
    }

    fn wanted(&self) -> String {
        "passages that name what the reference names".to_owned()
    }
}

#[cfg(test)]
pub(super) const SCRIPT: Script = Script {
    yaml: "context_entity_recall: Ada Lovelace lived in London until 1852",
    output: "Refunds take five days.",
    right: &[
        r#"{"entities": ["Ada Lovelace", "London", "1852"]}"#,
        r#"{"entities": ["london", "Ada  Lovelace.", "Charles Babbage", "1852"]}"#,
    ],
    bad: r#"{"entities": ["London", "Charles Babbage", "1852 pounds"]}"#,
    wrong_count: r#"{"entity": "London"}"#,
};

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_of, case};
    use super::*;
    use crate::record::{ChatReply, ScoreState};

    fn on(answers: &[&str]) -> crate::record::Score {
        let mut with = case(json!({}), Some(json!("a reference")));
        with.context = vec!["c".to_owned()];
        asked_of("context_entity_recall", &ChatReply::of_text("x"), &with, &ScriptedWorld::judging(answers))
    }

    #[test]
    fn sets_are_compared_by_spelling() {
        let score = on(&[r#"{"entities": ["Ada", "ADA", "Rome", "$5"]}"#, r#"{"entities": ["ada", "5", "Paris"]}"#]);
        let ScoreState::Scored { value, .. } = score.state else { panic!("{}", score.reason) };
        assert!((value.get() - 1.0 / 3.0).abs() < 1e-12, "{}", score.reason);
        assert!(score.reason.contains("1 of 3 entities") && score.reason.contains("Rome"), "{}", score.reason);
        let whole = on(&[r#"{"entities": ["Ada"]}"#, r#"{"entities": ["(Ada)"]}"#]);
        let ScoreState::Scored { value, .. } = whole.state else { panic!("{}", whole.reason) };
        assert_eq!(value.get().to_bits(), 1.0_f64.to_bits());
    }

    #[test]
    fn no_entities_do_not_apply_and_none_found_is_zero() {
        assert_eq!(on(&[r#"{"entities": []}"#]).state, ScoreState::NotApplicable);
        let none = on(&[r#"{"entities": ["Ada"]}"#, r#"{"entities": []}"#]);
        assert!(none.is_fail() && none.reason.contains("0 of 1"), "{}", none.reason);
    }
}

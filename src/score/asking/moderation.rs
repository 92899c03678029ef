//! `moderation`: a moderation model finds nothing harmful in the output.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::check::{Finding, ScoreInput};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::{Asking, Asks, Examined, World};
use super::model;
use crate::base::{ModelRef, Ratio};
use crate::record::{ModerationCategory, ModerationReply};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "moderation",
    family: "asking",
    about: "a moderation model finds nothing harmful in the output",
    short: "categories",
    value: ValueRule::Optional,
    options: &[
        OptionSpec::fixed("categories", "a list of names", "only these categories of the model; all unless given"),
        OptionSpec::fixed(
            "model",
            "`provider/model`",
            "the moderation model; `moderation:` of karat.yaml unless given",
        ),
    ],
    degenerate: &[
        "scores 1 when nothing is flagged, else 0; the model's own scores are in the details",
        "a category that the model does not have leaves it ungraded, and so does a failed call",
        "does not apply to an empty output: there is nothing to judge",
    ],
    calls: "one request to the moderation model",
    example: "- moderation: {categories: [hate, violence]}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let own = model::named(settings, "model")?;
    let model = own
        .or_else(|| settings.models().moderation.clone())
        .ok_or_else(|| model::nobody("model", "moderation", "openai/omni-moderation-latest"))?;
    let categories = settings.get("categories").map(|value| texts_of("categories", value)).transpose()?;
    let canonical = categories.as_ref().map_or(serde_json::Value::Null, |names| json!(names));
    let shown = json!(model.to_string());
    let prepared = Prepared::asking(Moderation { model, categories });
    Ok(prepared.canonical("model", shown).canonical("categories", canonical))
}

struct Moderation {
    model: ModelRef,
    categories: Option<Vec<String>>,
}

impl Moderation {
    async fn examine(&self, input: &ScoreInput<'_>, world: &dyn World) -> Examined {
        let output = &input.reply.text;
        if output.trim().is_empty() {
            return Finding::NotApplicable("the output is empty".to_owned()).into();
        }
        match world.moderate(&self.model, std::slice::from_ref(output)).await {
            Err(error) => Finding::Ungraded(format!("`{}` gave no verdict: {error}", self.model)).into(),
            Ok(verdicts) => match verdicts.as_slice() {
                [verdict] => Examined {
                    finding: self.judge(verdict, output),
                    details: Some(json!({"model": self.model.to_string(), "categories": verdict.categories})),
                },
                other => {
                    Finding::Ungraded(format!("`{}` gave {} verdicts for one text", self.model, other.len())).into()
                }
            },
        }
    }

    fn judge(&self, verdict: &ModerationReply, output: &str) -> Finding {
        let known = |name: &String| verdict.categories.iter().any(|category| category.name == *name);
        if let Some(missing) = self.categories.iter().flatten().find(|name| !known(name)) {
            let names: Vec<&str> = verdict.categories.iter().map(|category| category.name.as_str()).collect();
            let (model, names) = (&self.model, reason::list(&names));
            return Finding::Ungraded(format!("`{model}` has no category `{missing}`; it has {names}"));
        }
        let counts = |category: &&ModerationCategory| {
            self.categories.as_ref().is_none_or(|names| names.contains(&category.name))
        };
        let flagged: Vec<String> = verdict
            .categories
            .iter()
            .filter(counts)
            .filter(|category| category.flagged)
            .map(|category| format!("{} ({:.2})", category.name, category.score))
            .collect();
        let harmful = if self.categories.is_some() { !flagged.is_empty() } else { verdict.flagged };
        let seen = match (harmful, flagged.is_empty()) {
            (false, _) => format!("nothing harmful in {}", reason::quote(output)),
            (true, true) => format!("a flag without a category on {}", reason::quote(output)),
            (true, false) => format!("{} in {}", reason::list(&flagged), reason::quote(output)),
        };
        Finding::Graded { value: Ratio::of_bool(!harmful), seen, wanted: "nothing harmful".to_owned() }
    }
}

impl Asking for Moderation {
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined> {
        Box::pin(self.examine(input, world))
    }

    fn asks(&self) -> Asks {
        Asks { moderations: vec![self.model.clone()], ..Asks::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{ScriptedWorld, asked};
    use super::*;
    use crate::record::ScoreState;

    fn world(flagged: &[(&str, bool, f64)]) -> ScriptedWorld {
        let category = |(name, flagged, score): &(&str, bool, f64)| ModerationCategory {
            name: (*name).to_owned(),
            flagged: *flagged,
            score: *score,
        };
        let categories: Vec<_> = flagged.iter().map(category).collect();
        let flagged = categories.iter().any(|category| category.flagged);
        ScriptedWorld { moderation: Some(ModerationReply { flagged, categories }), ..ScriptedWorld::default() }
    }

    #[test]
    fn what_is_flagged_fails_unless_other_categories_are_asked_for() {
        let world = world(&[("hate", true, 0.9), ("violence", false, 0.1)]);
        let score = asked("moderation: {model: mock/m}", "you fool", &world);
        assert!(score.is_fail() && score.reason.starts_with("saw \"hate (0.90)\" in"), "{}", score.reason);
        assert!(score.details.is_some());
        assert!(asked("moderation: {model: mock/m, categories: [violence]}", "you fool", &world).is_pass());
        assert!(asked("not_moderation: {model: mock/m, categories: [hate]}", "you fool", &world).is_pass());
    }

    #[test]
    fn unknown_categories_and_outages_are_ungraded_and_nothing_does_not_apply() {
        let known = world(&[("hate", false, 0.0)]);
        let score = asked("moderation: {model: mock/m, categories: [spam]}", "x", &known);
        assert!(score.state == ScoreState::Ungraded && score.reason.contains("no category `spam`"), "{}", score.reason);
        assert_eq!(
            asked("moderation: {model: mock/m}", "x", &ScriptedWorld::failing("down")).state,
            ScoreState::Ungraded
        );
        assert_eq!(asked("moderation: {model: mock/m}", " ", &known).state, ScoreState::NotApplicable);
    }
}

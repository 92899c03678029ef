//! `max_score`: of the variants of a case, the one whose other checks score best.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::super::aggregate::{counts, value_of, weighted_mean};
use super::super::check::Finding;
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared};
use super::super::world::{Asks, Examined, World};
use super::rivals::{Among, Comparing, Field, Rival};
use crate::base::Ratio;
use crate::record::{Score, ScoreState};

/// Means this near to each other are equal: sums of binary fractions differ in their last digits.
const SLACK: f64 = 1e-9;

pub(in crate::score) static SPEC: CheckSpec = CheckSpec {
    name: "max_score",
    family: "comparison",
    about: "of all variants of the case, the other checks score this one best",
    options: &[OptionSpec {
        name: "at_least",
        kind: OptionKind::Amount,
        takes: "a number from 0 to 1",
        about: "the lowest mean that may win; any unless given",
    }],
    degenerate: &[
        "compares the weighted means of the other checks, comparisons and checks of weight 0 left out: the highest is 1, all \
         others 0",
        "variants whose means are equal (within 1e-9) and the highest all win: nothing tells them apart",
        "a variant with a check that could not be graded is ungraded, and the others are compared; a variant without an output \
         is left out; fewer than two leave it ungraded",
    ],
    example: "- max_score",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let least = settings.get("at_least").and_then(serde_json::Value::as_f64);
    if let Some(least) = least.filter(|least| *least > 1.0) {
        return Err(Fault::new("at_least", format!("`at_least` is {least}, it must be from 0 to 1")).alone());
    }
    Ok(Prepared::among(Box::new(MaxScore { least: least.unwrap_or(0.0) })))
}

struct MaxScore {
    least: f64,
}

/// The mean of what the other checks say, or why it is not known.
fn mean_of(scores: &[Score]) -> Result<f64, String> {
    let counted = || scores.iter().filter(|score| counts(score.weight));
    if let Some(unknown) = counted().find(|score| score.state == ScoreState::Ungraded) {
        return Err(format!("its score is not known: `{}` could not be graded", unknown.name));
    }
    let mean = weighted_mean(counted().filter_map(value_of));
    mean.map(Ratio::get).ok_or_else(|| "no other check of it counts".to_owned())
}

impl MaxScore {
    fn findings(&self, rivals: &[Rival<'_>]) -> Vec<Examined> {
        let means: Vec<Result<f64, String>> = rivals
            .iter()
            .map(|rival| if rival.input.is_some() { mean_of(rival.scores) } else { Err(rival.absent.to_owned()) })
            .collect();
        let known = || means.iter().zip(rivals).filter_map(|(mean, rival)| Some((*mean.as_ref().ok()?, rival)));
        let best = known().map(|(mean, _)| mean).fold(0.0, f64::max);
        let winners: Vec<String> =
            known().filter(|(mean, _)| mean + SLACK >= best).map(|(_, rival)| format!("`{}`", rival.name())).collect();
        let enough = known().count() >= 2;
        let examined = means.iter().map(|mean| match mean {
            Err(why) => Finding::Ungraded(why.clone()).into(),
            Ok(_) if !enough => Finding::Ungraded("the score of no other variant is known".to_owned()).into(),
            Ok(mean) => {
                let wins = mean + SLACK >= best && mean + SLACK >= self.least;
                let seen = match winners.as_slice() {
                    _ if mean + SLACK < best => {
                        format!("a mean of {mean:.3}, less than the {best:.3} of {}", winners.join(", "))
                    }
                    _ if !wins => format!("the highest mean, {mean:.3}, which is below {}", self.least),
                    [_] => format!("the highest mean, {mean:.3}"),
                    several => format!("the highest mean, {mean:.3}, as have {} variants", several.len()),
                };
                let finding = Finding::of_bool(wins, seen, "the variant that the other checks score best");
                let details = json!({"mean": mean, "best": best, "winners": winners});
                Examined { finding, details: Some(details) }
            }
        });
        examined.collect()
    }
}

impl Among for MaxScore {
    fn compare<'a>(&'a self, field: &'a Field<'a>, _: &'a dyn World) -> BoxFuture<'a, Vec<Examined>> {
        Box::pin(std::future::ready(self.findings(field.rivals)))
    }

    fn comparing(&self) -> Comparing {
        Comparing::Scores
    }

    fn asks(&self) -> Asks {
        Asks::default()
    }
}

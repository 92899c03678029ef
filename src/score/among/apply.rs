//! Applies a comparison to the variants of a case.

use serde_json::Value;

use super::super::apply::{Found, judge, missing, present, resolved};
use super::super::check::{Body, Check, Grader, ScoreInput};
use super::super::world::World;
use super::once::Once;
use super::rivals::{Among, Field, Rival};
use crate::record::Score;

/// The scores of a check that compares, one per variant in their order; `None` for a variant without an output.
///
/// The variants that have an output are compared with each other. When fewer than two have one, the check is ungraded and
/// says why. No question is asked twice, whatever the number of variants.
pub async fn score_among(check: &Check, rivals: &[Rival<'_>], world: &dyn World) -> Vec<Option<Score>> {
    let silent: Vec<Option<String>> =
        rivals.iter().map(|rival| rival.input.as_ref().and_then(|input| missing(check, input))).collect();
    let left: Vec<Rival<'_>> = rivals
        .iter()
        .zip(&silent)
        .map(|(rival, silent)| match silent {
            Some(why) => Rival { input: None, absent: why.as_str(), ..*rival },
            None => *rival,
        })
        .collect();
    let field = Field { rivals: &left };
    let mut found = compared(check, &field, world).await.into_iter();
    let mut scores = Vec::with_capacity(rivals.len());
    for (rival, silent) in rivals.iter().zip(silent) {
        let (mut own, details) = found.next().unwrap_or_else(|| (Found::Ungraded(NO_FINDING.to_owned()), None));
        if let Some(why) = silent {
            own = Found::Ungraded(why);
        }
        scores.push(rival.input.as_ref().map(|input| present(check, own, details, input)));
    }
    scores
}

const NO_FINDING: &str = "internal error: the comparison says nothing of this variant";

/// What the comparison found of each variant.
async fn compared(check: &Check, field: &Field<'_>, world: &dyn World) -> Vec<(Found, Option<Value>)> {
    let all = |why: String| field.rivals.iter().map(|_| (Found::Ungraded(why.clone()), None)).collect();
    if field.present().count() < 2 {
        return all(alone(field));
    }
    let Some((_, _, first)) = field.present().next() else { return all(alone(field)) };
    let once = Once::new(world);
    let grader;
    let among = match &check.body {
        Body::Ready(Grader::Among(among)) => among,
        // Values of the case are the same for all its variants.
        Body::Deferred { settings, origins } => match resolved(check, settings, origins, first) {
            Ok(Grader::Among(among)) => {
                grader = among;
                &grader
            }
            Ok(Grader::Pure(_) | Grader::Asking(_)) => return all(NO_FINDING.to_owned()),
            Err(why) => return all(why),
        },
        Body::Ready(Grader::Pure(_) | Grader::Asking(_)) | Body::AllOf(_) | Body::AnyOf(_) => {
            return all(NO_FINDING.to_owned());
        }
    };
    let among: &dyn Among = among.as_ref();
    let examined = among.compare(field, &once).await;
    examined.into_iter().map(|one| (judge(check, one.finding), one.details)).collect()
}

/// Why there is nothing to compare with.
fn alone(field: &Field<'_>) -> String {
    let absent = field.rivals.iter().filter(|rival| rival.input.is_none());
    let told: Vec<String> = absent.map(|rival| format!("`{}` ({})", rival.name(), rival.absent)).collect();
    if told.is_empty() {
        return "there is no other variant of the case to compare with".to_owned();
    }
    format!("no other variant of the case has an output to compare with: not {}", told.join(", "))
}

/// What several variants were asked, where that is the same text for all of them.
pub(in crate::score) fn common<'a>(
    inputs: impl Iterator<Item = &'a ScoreInput<'a>>,
    text: impl Fn(&ScoreInput<'_>) -> Option<String>,
) -> Option<String> {
    let mut texts = inputs.map(text);
    let first = texts.next()??;
    texts.all(|other| other.as_deref() == Some(first.as_str())).then_some(first)
}

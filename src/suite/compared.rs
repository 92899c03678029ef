//! Checks that compare variants: whether the suite, and the selection, leave them something to compare.

use super::asked::AskedBy;
use super::{Suite, Survey};
use crate::base::{Diagnostic, Problems, closest};
use crate::score::{Comparing, counterpart};

/// Reports comparisons that could not be made.
pub(super) fn report(suite: &Suite, survey: &Survey, problems: &mut Problems) {
    // Filters that match no variant, and broken lists of them, are told as such.
    if survey.selected == 0 || survey.variants.is_empty() || suite.gaps.prompts {
        return;
    }
    for asked in &survey.asked.comparing {
        if let Some(diagnostic) = fault(suite, survey, asked) {
            problems.push(diagnostic.at(asked.place.clone()));
        }
    }
}

fn fault(suite: &Suite, survey: &Survey, asked: &AskedBy<Comparing>) -> Option<Diagnostic> {
    let (all, left) = (suite.variants.len(), survey.variants.len());
    let (check, name) = (&asked.check, &suite.name);
    if left < 2 {
        let (message, help) = if all < 2 {
            (
                format!("`{check}` compares the variants of a case, and suite `{name}` has only one"),
                "add a prompt or a model to the suite; `select_best` and `pairwise` also compare with an answer of `value`",
            )
        } else {
            (
                format!(
                    "`{check}` compares the variants of a case, and of the {all} of suite `{name}` one is selected"
                ),
                "run it with all of them: without `--model` and `--prompt`",
            )
        };
        return Some(Diagnostic::error("nothing-to-compare", message).help(help));
    }
    if left > asked.whom.most() {
        let message = format!("`{check}` compares at most {} variants, and these are {left}", asked.whom.most());
        return Some(Diagnostic::error("too-many-variants", message).help("select fewer with `--model` or `--prompt`"));
    }
    let Comparing::Against(against) = asked.whom.as_ref() else { return None };
    baseline_fault(suite, survey, check, against)
}

/// Why the variants cannot be compared with that of `against`.
fn baseline_fault(suite: &Suite, survey: &Survey, check: &str, against: &str) -> Option<Diagnostic> {
    let models: Vec<String> = suite.variants.iter().map(|variant| variant.model.to_string()).collect();
    let handles: Vec<(&str, &str)> = suite
        .variants
        .iter()
        .zip(&models)
        .map(|(variant, model)| (variant.prompt.name.as_str(), model.as_str()))
        .collect();
    let is_it = |(prompt, model): &(&str, &str)| *prompt == against || *model == against;
    if !handles.iter().any(is_it) {
        let known = handles.iter().flat_map(|(prompt, model)| [*prompt, *model]);
        let names: Vec<String> = handles.iter().map(|(prompt, model)| format!("`{prompt}` on `{model}`")).collect();
        let message = format!("`{against}` is neither a prompt nor a model of suite `{}`", suite.name);
        let help = format!("its variants are {}", names.join(", "));
        return Some(Diagnostic::error("unknown-baseline", message).did_you_mean(closest(against, known)).help(help));
    }
    let chosen: Vec<(&str, &str)> = survey.variants.iter().filter_map(|index| handles.get(*index).copied()).collect();
    if !chosen.iter().any(is_it) {
        let message = format!("`{check}` compares with `{against}`, which is not selected");
        return Some(
            Diagnostic::error("unknown-baseline", message)
                .help("run it with that variant: without `--model` and `--prompt`"),
        );
    }
    if chosen.iter().all(is_it) {
        let message = format!("all variants that are selected are `{against}`: there is nothing to compare with it");
        return Some(
            Diagnostic::error("nothing-to-compare", message).help("name one of several prompts or models as `against`"),
        );
    }
    let unclear = (0..chosen.len()).find_map(|place| {
        let several = counterpart(against, place, &chosen).err()?;
        chosen.get(place).map(|(prompt, model)| (several, format!("`{prompt}` on `{model}`")))
    });
    let (several, variant) = unclear?;
    let message = format!("{several} variants are `{against}`, and none of them is the one to compare {variant} with");
    let help = "of several the one with the same model, or the same prompt, is taken: let there be one";
    Some(Diagnostic::error("unknown-baseline", message).help(help))
}

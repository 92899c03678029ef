//! Filters that match nothing: what was asked for, what there is, and what was likely meant.

use std::collections::BTreeSet;

use super::select::{glob_matches, model_handles, prompt_handles};
use super::{Selection, Suite, Survey};
use crate::base::{Diagnostic, Problems, closest};

/// Most names that a help line lists.
const LISTED: usize = 12;

/// Most case ids that are compared with a mistyped one.
const COMPARED: usize = 20_000;

/// Reports filters that match in no suite; when all else is sound, also a selection that leaves no case to run.
pub(super) fn report(suites: &[Suite], surveys: &[Survey], selection: &Selection, problems: &mut Problems) {
    // Without a suite nothing can match, and why there is none is told already.
    if suites.is_empty() && problems.has_errors() {
        return;
    }
    let hit_in = |hits: fn(&Survey) -> &Vec<bool>, index: usize| {
        surveys.iter().any(|survey| hits(survey).get(index).copied().unwrap_or(false))
    };
    for (index, pattern) in selection.cases.iter().enumerate() {
        if !hit_in(|survey| &survey.case_hits, index) {
            problems.push(unknown_case(pattern, suites));
        }
    }
    for (index, tag) in selection.tags.iter().enumerate() {
        if !hit_in(|survey| &survey.tag_hits, index) {
            let known: BTreeSet<String> = surveys.iter().flat_map(|survey| survey.tags.iter().cloned()).collect();
            problems.push(unknown("tag", "unknown-tag", tag.trim_start_matches('!'), &known));
        }
    }
    let variants = || suites.iter().flat_map(|suite| &suite.variants);
    let prompts: Vec<Vec<String>> = variants().map(|variant| prompt_handles(&variant.prompt.name)).collect();
    let models: Vec<Vec<String>> = variants().map(|variant| model_handles(&variant.model)).collect();
    report_handles("prompt", "prompt-not-in-suites", &selection.prompts, &prompts, problems);
    report_handles("model", "model-not-in-suites", &selection.models, &models, problems);
    report_keys(surveys, selection, problems);
    // Broken files may be why nothing is left; they are the thing to mend.
    if !problems.has_errors() {
        report_nothing_left(suites, surveys, selection, problems);
    }
}

fn report_handles(
    what: &str,
    code: &'static str,
    patterns: &[String],
    handles: &[Vec<String>],
    problems: &mut Problems,
) {
    for pattern in patterns {
        if handles.iter().flatten().any(|handle| glob_matches(pattern, handle)) {
            continue;
        }
        let known: BTreeSet<String> = handles.iter().filter_map(|handles| handles.first().cloned()).collect();
        // A name may be near to a short handle, such as a prompt's name without its version.
        let near = closest(pattern, handles.iter().flatten().map(String::as_str));
        problems.push(unknown(what, code, pattern, &known).did_you_mean(near));
    }
}

fn unknown(what: &str, code: &'static str, pattern: &str, known: &BTreeSet<String>) -> Diagnostic {
    let help = if known.is_empty() {
        format!("the suites have no {what}s")
    } else {
        let listed: Vec<&str> = known.iter().take(LISTED).map(String::as_str).collect();
        let more = known.len().saturating_sub(LISTED);
        let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("known {what}s: {}{rest}", listed.join(", "))
    };
    Diagnostic::error(code, format!("no {what} matches `{pattern}`"))
        .did_you_mean(closest(pattern, known.iter().map(String::as_str)))
        .help(help)
}

fn unknown_case(pattern: &str, suites: &[Suite]) -> Diagnostic {
    // Walked again only now that the message needs it.
    let ids = suites.iter().flat_map(|suite| suite.cases()).filter_map(Result::ok).take(COMPARED);
    let known: BTreeSet<String> = ids.map(|loaded| loaded.case.id.to_string()).collect();
    unknown("case", "unknown-case", pattern, &known)
}

fn report_keys(surveys: &[Survey], selection: &Selection, problems: &mut Problems) {
    let Some(keys) = &selection.keys else { return };
    let wanted = u64::try_from(keys.len()).unwrap_or(u64::MAX);
    let found: u64 = surveys.iter().map(|survey| survey.keys_found).sum();
    if wanted == 0 {
        problems
            .push(Diagnostic::error("no-failed-cases", "no case failed in that run").help("run without `--failed-in`"));
    } else if found == 0 {
        let message = "none of the cases that failed in that run is in these suites";
        problems
            .push(Diagnostic::error("no-failed-cases", message).help("were they renamed? run without `--failed-in`"));
    } else if found < wanted {
        let message =
            format!("{} of the {wanted} cases that failed in that run are not in these suites", wanted - found);
        problems.push(Diagnostic::warning("failed-cases-gone", message));
    }
}

fn report_nothing_left(suites: &[Suite], surveys: &[Survey], selection: &Selection, problems: &mut Problems) {
    if suites.is_empty() {
        let help = "write one as `evals/<suite>.yaml`";
        problems.push(Diagnostic::error("no-suites", "there are no suites to run").help(help));
        return;
    }
    if surveys.iter().any(|survey| survey.selected > 0 && !survey.variants.is_empty()) {
        return;
    }
    let total: u64 = surveys.iter().map(|survey| survey.total).sum();
    let skipped: u64 = surveys.iter().map(|survey| survey.skipped).sum();
    let message = format!("no case is left to run of the {total} there are");
    let help = if skipped > 0 {
        format!("skipped by their suites: {skipped}")
    } else if selection.first == Some(0) || selection.sample == Some(0) {
        "`--first` and `--sample` need at least 1".to_owned()
    } else {
        "each filter matches something, but no case passes all of them".to_owned()
    };
    problems.push(Diagnostic::error("no-cases-selected", message).help(help));
}

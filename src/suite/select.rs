//! Which cases and variants are run: filters by name, and how many of what they let through.

use std::collections::HashSet;

use super::Suite;
use crate::base::{CaseId, Digest, DigestBuilder, SafeName};
use crate::record::Case;

/// What the user asked to run. Empty lists and `None` mean everything; several kinds of filters must all hold.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Suites by name, path or file name (globs). Applied when suites are loaded; see `LoadContext::suites`.
    pub suites: Vec<String>,
    /// Cases by id or glob, also as `suite/id`. The id without its matrix part matches all combinations.
    pub cases: Vec<String>,
    /// Tags (globs): a case needs any of them. `!tag` leaves cases with the tag out.
    pub tags: Vec<String>,
    /// Prompts by name or `name@version` (globs).
    pub prompts: Vec<String>,
    /// Models by `provider/model` or model (globs).
    pub models: Vec<String>,
    /// Of the cases that pass the filters, only this many from the start of each suite.
    pub first: Option<u64>,
    /// Of what is left, this many of each suite, drawn uniformly without replacement.
    pub sample: Option<u64>,
    /// Seed of the sample. The same seed draws the same cases whatever their order.
    pub seed: u64,
    /// Only these cases of these suites: what failed in an earlier run.
    pub keys: Option<HashSet<(SafeName, CaseId)>>,
}

impl Selection {
    /// Indexes of the variants of `suite` that are run, in order.
    pub fn variants(&self, suite: &Suite) -> Vec<usize> {
        let chosen =
            |patterns: &[String], handles: &[String]| patterns.is_empty() || !matches_any(patterns, handles).is_empty();
        let variants = suite.variants.iter().enumerate();
        variants
            .filter(|(_, variant)| {
                chosen(&self.prompts, &prompt_handles(&variant.prompt.name))
                    && chosen(&self.models, &model_handles(&variant.model))
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether cases are named one by one, which beats `only` marks in the suite.
    pub(super) fn names_cases(&self) -> bool {
        !self.cases.is_empty() || self.keys.is_some()
    }
}

/// What a prompt can be called: `name@version` and `name`.
pub(super) fn prompt_handles(name: &str) -> Vec<String> {
    let bare = name.split('@').next().unwrap_or(name);
    vec![name.to_owned(), bare.to_owned()]
}

/// What a model can be called: `provider/model` and `model`; `provider` when it is an application's only one.
pub(super) fn model_handles(model: &crate::base::ModelRef) -> Vec<String> {
    let alone = model.model == crate::base::ModelRef::DEFAULT;
    vec![model.to_string(), if alone { model.provider.to_string() } else { model.model.clone() }]
}

/// Indexes of the patterns that match any of `handles`.
pub(super) fn matches_any(patterns: &[String], handles: &[String]) -> Vec<usize> {
    let hit = |pattern: &str| handles.iter().any(|handle| glob_matches(pattern, handle));
    patterns.iter().enumerate().filter(|(_, pattern)| hit(pattern)).map(|(index, _)| index).collect()
}

/// Whether the whole of `text` matches `pattern`: `*` stands for any characters, `?` for one, all others for
/// themselves (brackets too: ids of matrix cases have them).
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    if pattern == text {
        return true;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how far the text was when it was met: the only point to go back to.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, eaten)) => {
                    star = Some((at, eaten + 1));
                    p = at + 1;
                    t = eaten + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// The filters on cases, with a note of which of them ever matched.
pub(super) struct Filter<'a> {
    selection: &'a Selection,
    suite: &'a Suite,
    includes_tags: bool,
    /// One per entry of [`Selection::cases`].
    pub(super) case_hits: Vec<bool>,
    /// One per entry of [`Selection::tags`].
    pub(super) tag_hits: Vec<bool>,
    /// How many of [`Selection::keys`] this suite has.
    pub(super) keys_found: u64,
}

impl<'a> Filter<'a> {
    pub(super) fn new(selection: &'a Selection, suite: &'a Suite) -> Filter<'a> {
        Filter {
            selection,
            suite,
            includes_tags: selection.tags.iter().any(|tag| !tag.starts_with('!')),
            case_hits: vec![false; selection.cases.len()],
            tag_hits: vec![false; selection.tags.len()],
            keys_found: 0,
        }
    }

    /// Whether a case passes all filters.
    pub(super) fn accepts(&mut self, case: &Case) -> bool {
        // Every filter looks, so that each knows whether it ever matched.
        let named = self.accepts_id(case);
        let tagged = self.accepts_tags(case);
        let keyed = self.accepts_key(case);
        named && tagged && keyed
    }

    fn accepts_id(&mut self, case: &Case) -> bool {
        let id = case.id.as_str();
        let base = if self.suite.matrix.is_empty() { None } else { id.rfind('[').and_then(|at| id.get(..at)) };
        let mut any = self.selection.cases.is_empty();
        for (pattern, hit) in self.selection.cases.iter().zip(&mut self.case_hits) {
            let inner = pattern.strip_prefix(self.suite.name.as_str()).and_then(|rest| rest.strip_prefix('/'));
            let matches = [Some(pattern.as_str()), inner]
                .into_iter()
                .flatten()
                .any(|pattern| glob_matches(pattern, id) || base.is_some_and(|base| glob_matches(pattern, base)));
            *hit |= matches;
            any |= matches;
        }
        any
    }

    fn accepts_tags(&mut self, case: &Case) -> bool {
        let mut any = !self.includes_tags;
        let mut out = false;
        for (written, hit) in self.selection.tags.iter().zip(&mut self.tag_hits) {
            let excluded = written.strip_prefix('!');
            let matches = case.tags.iter().any(|tag| glob_matches(excluded.unwrap_or(written), tag));
            *hit |= matches;
            if excluded.is_some() { out |= matches } else { any |= matches }
        }
        any && !out
    }

    fn accepts_key(&mut self, case: &Case) -> bool {
        let Some(keys) = &self.selection.keys else { return true };
        let found = keys.contains(&(self.suite.name.clone(), case.id.clone()));
        self.keys_found += u64::from(found);
        found
    }
}

/// The number by which a case is drawn: the smallest are the sample. Depends on seed and id only, so that reordering
/// a dataset, or adding rows elsewhere, changes as little as possible.
pub(super) fn draw(seed: u64, id: &CaseId) -> u128 {
    head(&DigestBuilder::new("sample").part(&seed.to_be_bytes()).part(id.as_str().as_bytes()).finish())
}

/// The first 16 bytes of a digest as a number.
fn head(digest: &Digest) -> u128 {
    digest.as_bytes().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs_match_whole_texts() {
        let table = [
            ("sql-*", "sql-1", true),
            ("sql-*", "my-sql-1", false),
            ("*sql*", "my-sql-1", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("x[a=1]", "x[a=1]", true),
            ("x[*", "x[a=1]", true),
            ("gr?ße", "größe", true),
        ];
        for (pattern, text, wanted) in table {
            assert_eq!(glob_matches(pattern, text), wanted, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_hostile_glob_ends_soon() {
        let pattern = "*a".repeat(50);
        assert!(!glob_matches(&pattern, &"a".repeat(5000).replace("aaaaa", "aaaab")[..49]));
    }

    proptest! {
        #[test]
        fn a_glob_agrees_with_the_regex_of_the_same_meaning(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let regex = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*").replace('?', "."))).expect("regex");
            prop_assert_eq!(glob_matches(&pattern, &text), regex.is_match(&text));
        }
    }
}

//! Runs by the digest of the prompts they used.

use std::collections::HashSet;

use super::sample::{Folder, header, run_id, suites, variants};
use crate::base::Digest;
use crate::record::VariantRecord;
use crate::store::Store;

fn prompt(word: &str) -> Digest {
    Digest::of_bytes(word.as_bytes())
}

/// A run that used these prompts, each on two models.
fn begin(store: &Store, name: &str, started: i64, prompts: &[&str]) {
    let with = |word: &&str| {
        let one = |variant: VariantRecord| VariantRecord {
            digest: Digest::of_bytes(format!("{word} {}", variant.model).as_bytes()),
            prompt_digest: prompt(word),
            ..variant
        };
        variants().into_iter().map(one).collect::<Vec<_>>()
    };
    let variants: Vec<VariantRecord> = prompts.iter().flat_map(with).collect();
    store.begin_run(&header(name, started), &suites(), &variants).unwrap();
}

fn names(store: &Store, word: &str, newest: usize) -> Option<(u64, Vec<String>)> {
    let found = store.runs_by_prompt(&HashSet::from([prompt(word)]), newest).unwrap();
    assert!(found.len() <= 1 && found.keys().all(|digest| *digest == prompt(word)));
    let runs = found.into_values().next()?;
    Some((runs.count, runs.newest.iter().map(|run| run.as_str().to_owned()).collect()))
}

#[test]
fn runs_come_by_prompt_and_newest_first() {
    let folder = Folder::new();
    let store = folder.store();
    // Stored in another order than they began.
    begin(&store, "20260101-000000-bbbb", 2_000, &["p", "q"]);
    begin(&store, "20260101-000000-cccc", 3_000, &["q"]);
    begin(&store, "20260101-000000-aaaa", 1_000, &["p"]);
    let all = |words: &[&str]| words.iter().map(|word| format!("20260101-000000-{word}")).collect::<Vec<_>>();
    assert_eq!(names(&store, "p", 9), Some((2, all(&["bbbb", "aaaa"]))));
    assert_eq!(names(&store, "q", 1), Some((2, all(&["cccc"]))));
    assert_eq!(names(&store, "r", 9), None);
}

#[test]
fn runs_of_one_moment_come_by_their_place_in_the_store() {
    let folder = Folder::new();
    let store = folder.store();
    begin(&store, "20260101-000000-aaaa", 1_000, &["p"]);
    begin(&store, "20260101-000000-bbbb", 1_000, &["p"]);
    let found = store.runs_by_prompt(&HashSet::from([prompt("p")]), 1).unwrap();
    assert_eq!(found[&prompt("p")].newest, [run_id("20260101-000000-bbbb")]);
}

#[test]
fn an_empty_store_has_no_runs_of_any_prompt() {
    let folder = Folder::new();
    let store = folder.store();
    assert_eq!(names(&store, "p", 9), None);
    assert!(store.runs_by_prompt(&HashSet::new(), 9).unwrap().is_empty());
}

#[test]
fn a_resumed_run_counts_once() {
    let folder = Folder::new();
    let store = folder.store();
    begin(&store, "20260101-000000-aaaa", 1_000, &["p"]);
    let again = VariantRecord { digest: Digest::of_bytes(b"new"), prompt_digest: prompt("p"), ..variants().remove(0) };
    store.reopen_run(&run_id("20260101-000000-aaaa"), 12, &suites(), &[again]).unwrap();
    assert_eq!(names(&store, "p", 9).map(|(count, _)| count), Some(1));
}

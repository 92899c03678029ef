//! Which runs count as evidence for a prompt.

use super::sample::{Folder, begin, header, name, suites, trial, variants, write};
use crate::base::{Digest, Timestamp};
use crate::record::{RunStatus, Verdict, VerdictWord};

fn verdict(word: VerdictWord) -> Verdict {
    Verdict { verdict: word, reasons: Vec::new(), figures: Vec::new() }
}

#[test]
fn only_a_complete_run_that_passed_everything_is_evidence() {
    let folder = Folder::new();
    let store = folder.store();
    let prompt = Digest::of_bytes(b"p");
    assert_eq!(store.passing_run(&prompt), Ok(None));
    let pass = || verdict(VerdictWord::Pass);
    let table = [
        ("r1", RunStatus::Complete, vec![("zeta", pass()), ("alpha", verdict(VerdictWord::Fail))], true, false),
        ("r2", RunStatus::Complete, vec![("zeta", pass()), ("alpha", verdict(VerdictWord::Undecided))], true, false),
        ("r3", RunStatus::Complete, vec![("zeta", pass())], true, false),
        ("r4", RunStatus::Interrupted, vec![("zeta", pass()), ("alpha", pass())], true, false),
        ("r5", RunStatus::Complete, vec![("zeta", pass()), ("alpha", pass())], false, false),
        ("r6", RunStatus::Complete, vec![("zeta", pass()), ("alpha", pass())], true, true),
    ];
    for (run, status, verdicts, has_trials, is_evidence) in table {
        let id = begin(&store, run);
        if has_trials {
            write(&store, &id, [trial(1)]);
        }
        let verdicts: Vec<_> = verdicts.into_iter().map(|(suite, verdict)| (name(suite), verdict)).collect();
        store.finish_run(&id, status, Timestamp(9), &verdicts).unwrap();
        assert_eq!(store.passing_run(&prompt).unwrap(), is_evidence.then_some(id), "{run}");
    }
    assert_eq!(store.has_passing_run(&prompt), Ok(true));
    assert_eq!(store.has_passing_run(&Digest::of_bytes(b"another prompt")), Ok(false));
}

#[test]
fn the_newest_passing_run_is_named() {
    let folder = Folder::new();
    let store = folder.store();
    for (run, started) in [("a", 10), ("b", 30), ("c", 20)] {
        let header = header(run, started);
        store.begin_run(&header, &suites(), &variants()).unwrap();
        write(&store, &header.id, [trial(1)]);
        let verdicts = ["zeta", "alpha"].map(|suite| (name(suite), verdict(VerdictWord::Pass)));
        store.finish_run(&header.id, RunStatus::Complete, Timestamp(99), &verdicts).unwrap();
    }
    let found = store.passing_run(&Digest::of_bytes(b"p")).unwrap();
    assert_eq!(found.map(|run| run.to_string()).as_deref(), Some("b"));
}

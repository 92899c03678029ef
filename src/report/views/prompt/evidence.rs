//! Whether a version has passed: what a protected label asks of its results.

use std::collections::HashSet;

use super::results::{PromptResult, PromptResults};
use crate::base::{RunId, SafeName};
use crate::record::{Incomparable, RunStatus, VerdictWord};

/// What the results of a version say about it. Only complete runs over all cases of a suite count, and of each suite the
/// newest of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// Every suite that ever judged it passed; the newest of the runs.
    Passed(RunId),
    /// A suite did not pass.
    NotPassed {
        /// The newest run of that suite.
        run: RunId,
        /// The suite.
        suite: SafeName,
        /// The worst of its verdicts.
        verdict: VerdictWord,
    },
    /// It passed, but checks of a suite that judged it are others now: their scores are not comparable with new ones.
    Outdated {
        /// The newest run of that suite.
        run: RunId,
        /// The suite.
        suite: SafeName,
        /// Which checks, then and now.
        why: Incomparable,
    },
    /// It was judged on some cases only; the newest of the runs.
    Narrowed(RunId),
    /// No run of it was complete; the newest, and how it ended.
    Incomplete(RunId, RunStatus),
    /// Nothing has judged it.
    Nothing,
}

impl PromptResults {
    /// What these results say to a gate. `narrowed` is the newest run of some cases that was left out of them, if any.
    pub fn evidence(&self, narrowed: Option<RunId>) -> Evidence {
        let newest = self.newest_whole();
        let of_newest = |suite: &SafeName, run: &RunId| {
            let (suite, run) = (suite.clone(), run.clone());
            self.results.iter().filter(move |result| result.suite == suite && result.run == run)
        };
        for result in &newest {
            let verdicts: Vec<VerdictWord> = of_newest(&result.suite, &result.run).map(|one| one.verdict).collect();
            if verdicts.iter().any(|verdict| *verdict != VerdictWord::Pass) {
                let is_fail = verdicts.contains(&VerdictWord::Fail);
                let verdict = if is_fail { VerdictWord::Fail } else { VerdictWord::Undecided };
                return Evidence::NotPassed { run: result.run.clone(), suite: result.suite.clone(), verdict };
            }
        }
        if let Some(passed) = newest.first() {
            return Evidence::Passed(passed.run.clone());
        }
        let narrowed =
            narrowed.or_else(|| self.results.iter().find(|result| result.is_partial).map(|result| result.run.clone()));
        match (narrowed, self.results.first()) {
            (Some(run), _) => Evidence::Narrowed(run),
            (None, Some(result)) => Evidence::Incomplete(result.run.clone(), result.status),
            (None, None) => Evidence::Nothing,
        }
    }
}

impl PromptResults {
    /// A result of the newest complete run over all cases, for each suite.
    fn newest_whole(&self) -> Vec<&PromptResult> {
        let mut seen: HashSet<&SafeName> = HashSet::new();
        let whole = self.results.iter().filter(|result| result.is_whole());
        whole.filter(|result| seen.insert(&result.suite)).collect()
    }

    /// The runs that speak to a gate, each with the suite it speaks for.
    pub fn speaking(&self) -> impl Iterator<Item = (&SafeName, &RunId)> {
        self.newest_whole().into_iter().map(|result| (&result.suite, &result.run))
    }
}

impl Evidence {
    /// Why a version of this name has not passed, in a sentence; `None` when it has.
    pub fn missing(&self, version: &str) -> Option<String> {
        let version = format!("`{version}`");
        match self {
            Evidence::Passed(_) => None,
            Evidence::NotPassed { run, suite, verdict: VerdictWord::Undecided } => {
                Some(format!("suite `{suite}` did not decide on {version} in run {run}"))
            }
            Evidence::NotPassed { run, suite, .. } => Some(format!("{version} failed suite `{suite}` in run {run}")),
            Evidence::Outdated { run, suite, why } => Some(format!(
                "{version} passed suite `{suite}` in run {run} by other versions of checks than today's, which says nothing of \
                 these: {why}"
            )),
            Evidence::Narrowed(run) => {
                Some(format!("{version} was judged on some cases only, in run {run}, which does not count"))
            }
            Evidence::Incomplete(run, status) => {
                Some(format!("run {run} of {version} is not complete ({})", status.word().replace('_', " ")))
            }
            Evidence::Nothing => Some(format!("{version} has not passed any stored run")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::sample::report as eval_report;
    use super::*;
    use crate::base::{Digest, ModelRef};

    /// `run suite model verdict`, the newest first; `some` and a status may follow.
    fn evidence(rows: &[&str]) -> Evidence {
        let report = eval_report();
        let variant = report.suites[0].groups[0].variant;
        let mut sample = PromptResults::none(Digest::of_bytes(b"p"));
        sample.add(&report, false, |used| *used == variant);
        let base = sample.results.remove(0);
        let result = |row: &&str| {
            let words: Vec<&str> = row.split(' ').collect();
            let mut result = base.clone();
            result.run = RunId::parse(words[0]).expect("run");
            result.suite = SafeName::parse(words[1]).expect("suite");
            result.model = ModelRef::parse(words[2]).expect("model");
            let verdicts = [VerdictWord::Pass, VerdictWord::Fail, VerdictWord::Undecided];
            result.verdict = verdicts.into_iter().find(|verdict| verdict.word() == words[3]).expect("verdict");
            result.is_partial = words.contains(&"some");
            let is_interrupted = words.contains(&"interrupted");
            result.status = if is_interrupted { RunStatus::Interrupted } else { RunStatus::Complete };
            result
        };
        PromptResults { results: rows.iter().map(result).collect(), ..sample }.evidence(None)
    }

    fn run(id: &str) -> RunId {
        RunId::parse(id).expect("run")
    }

    #[test]
    fn every_suite_counts_by_its_newest_whole_run() {
        let passed = |id: &str| Evidence::Passed(run(id));
        assert_eq!(evidence(&["r2 a m/1 pass", "r2 a m/2 pass", "r2 b m/1 pass"]), passed("r2"));
        assert_eq!(evidence(&["r3 a m/1 pass", "r2 b m/1 pass", "r1 a m/2 fail"]), passed("r3"));
        assert_eq!(evidence(&["r3 a m/1 fail some", "r2 a m/1 pass"]), passed("r2"));
        assert_eq!(evidence(&["r3 a m/1 undecided interrupted", "r2 a m/1 pass"]), passed("r2"));
        let failed = evidence(&["r3 a m/1 pass", "r2 b m/1 pass", "r2 b m/2 fail", "r2 b m/3 undecided"]);
        let suite = SafeName::parse("b").expect("suite");
        assert_eq!(failed, Evidence::NotPassed { run: run("r2"), suite, verdict: VerdictWord::Fail });
    }

    #[test]
    fn what_is_missing_is_told_with_its_run() {
        for (rows, wanted) in [
            (&["r1 a m/1 fail"][..], "`p@1.0.0` failed suite `a` in run r1"),
            (&["r1 a m/1 undecided"], "suite `a` did not decide on `p@1.0.0` in run r1"),
            (&["r2 a m/1 pass some", "r1 b m/1 undecided interrupted"], "some cases only, in run r2, which does not"),
            (&["r1 a m/1 undecided interrupted"], "run r1 of `p@1.0.0` is not complete (interrupted)"),
            (&[], "`p@1.0.0` has not passed any stored run"),
        ] {
            let told = evidence(rows).missing("p@1.0.0").expect("missing");
            assert!(told.contains(wanted), "{rows:?}: {told}");
        }
        assert_eq!(evidence(&["r1 a m/1 pass"]).missing("p"), None);
        let none = PromptResults::none(Digest::of_bytes(b"p"));
        assert_eq!(none.evidence(Some(run("r9"))), Evidence::Narrowed(run("r9")));
    }
}

//! What the self-test of suites found.

use serde::Serialize;

use super::super::report::SCHEMA_VERSION;
use super::probes::Probe;
use crate::base::{SafeName, Severity};

/// The self-test of some suites.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoctorReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Findings that make a check, a case or a goal say nothing.
    pub errors: u64,
    /// Findings that make them weaker than they look.
    pub warnings: u64,
    /// In the order given.
    pub suites: Vec<SuiteExam>,
}

impl DoctorReport {
    /// Of these suites.
    pub fn of(suites: Vec<SuiteExam>) -> DoctorReport {
        let count = |severity: Severity| {
            let found = suites.iter().flat_map(|suite| &suite.findings).filter(|it| it.severity == severity);
            u64::try_from(found.count()).unwrap_or(u64::MAX)
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        DoctorReport { schema_version: SCHEMA_VERSION, errors, warnings, suites }
    }
}

/// The self-test of one suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuiteExam {
    /// Its name.
    pub name: SafeName,
    /// Its file.
    pub path: String,
    /// Its cases.
    pub cases: u64,
    /// Those whose checks were probed: the first ones.
    pub probed_cases: u64,
    /// Of these, those with an output that passed in a stored run.
    pub good_from_runs: u64,
    /// Of these, those whose `expected` stands for a good output.
    pub good_from_expected: u64,
    /// What is wrong, errors first.
    pub findings: Vec<Finding>,
    /// By check, in the order of the suite.
    pub checks: Vec<CheckExam>,
    /// Checks that were not probed.
    pub not_probed: Vec<NotProbed>,
    /// The smallest drop of the pass rate that two runs of it tell.
    pub reach: Reach,
}

/// One thing that is wrong with a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Its kind.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: Severity,
    /// What it is.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// The first cases it is about.
    pub cases: Vec<String>,
    /// How many cases it is about; 0 when it is about the suite.
    pub cases_total: u64,
}

/// What one check let pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckExam {
    /// What reports call it.
    pub name: String,
    /// The check as written, such as `not_contains`.
    pub check: String,
    /// Cases that have it.
    pub cases: u64,
    /// By probe; probes that could not be made are left out.
    pub probes: Vec<ProbeCount>,
}

/// How often a check let a probe pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ProbeCount {
    /// The probe.
    pub probe: Probe,
    /// How often it passed.
    pub passed: u64,
    /// How often it was tried.
    pub tried: u64,
}

/// A check that was not probed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotProbed {
    /// What reports call it.
    pub name: String,
    /// Why.
    pub why: &'static str,
}

/// How small a drop a suite tells.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reach {
    /// Independent cases: those of one `group` count once.
    pub cases: u64,
    /// The pass rate before: that of the goal, else 0.9.
    pub before: f64,
    /// The smallest drop that is told; `None` when not even one to 0 is.
    pub smallest_drop: Option<f64>,
    /// Two-sided level of the comparison.
    pub alpha: f64,
    /// The chance to see such a drop.
    pub power: f64,
}

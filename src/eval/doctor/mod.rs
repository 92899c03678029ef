//! The self-test of suites: which checks cannot fail, which cases say nothing, how small a drop they tell. Nothing is called.

mod cases;
mod examine;
mod goals;
mod probes;
mod report;
mod tally;

pub use examine::{Good, examine};
pub use probes::Probe;
pub use report::{CheckExam, DoctorReport, Finding, NotProbed, ProbeCount, Reach, SuiteExam};

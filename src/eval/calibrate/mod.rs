//! How far a judge can be trusted: its verdicts in a stored run against the labels of people.

mod figures;
mod labels;
mod matching;

pub use figures::{CalibrationReport, CheckCalibration, Leniency, Share, calibrate};
pub use labels::{HumanLabel, read_labels};
pub use matching::{Labelled, Ledger, Template};

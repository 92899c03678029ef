//! Intervals, quantiles, means, agreement and classification: pure functions.
//!
//! What is undefined is `None`, never not-a-number, zero or infinity.

mod alpha;
mod calibration;
mod confusion;
mod corrected;
mod correlation;
mod mean;
mod normal;
mod power;
mod quantile;
mod wilson;

pub use alpha::{Scale, krippendorff_alpha};
pub use calibration::{CalibrationBin, Forecast, brier, calibration_bins, expected_calibration_error};
pub use confusion::{Averages, ClassFigures, Confusion, KappaWeights};
pub use corrected::{Corrected, JudgeErrors, Part, rogan_gladen};
pub use correlation::{pearson, spearman};
pub use mean::Moments;
pub use normal::{normal_quantile, two_sided_z};
pub use power::{cases_to_tell_apart, smallest_drop};
pub use quantile::{quantile, quantile_of_sorted};
pub use wilson::{Interval, wilson};

//! Intervals, quantiles, means, agreement and classification: pure functions.
//!
//! What is undefined is `None`, never not-a-number, zero or infinity.

mod alpha;
mod beta;
mod calibration;
mod clopper_pearson;
mod clustered;
mod confusion;
mod corrected;
mod correlation;
mod mcnemar;
mod mean;
mod mean_interval;
mod multiplicity;
mod normal;
mod paired;
mod pass_k;
mod power;
mod quantile;
mod student;
mod sum;
mod welch;
mod wilson;

pub use alpha::{Scale, krippendorff_alpha};
pub use calibration::{
    CalibrationBin, Forecast, brier, calibration_bins, expected_calibration_error, log_loss, maximum_calibration_error,
    roc_auc,
};
pub use clopper_pearson::clopper_pearson;
pub use clustered::{Cluster, ClusteredMean};
pub use confusion::{Averages, ClassFigures, Confusion, KappaWeights};
pub use corrected::{Corrected, JudgeErrors, Part, rogan_gladen};
pub use correlation::{correlation_p, kendall_tau, pearson, spearman};
pub use mcnemar::{McNemar, mcnemar};
pub use mean::Moments;
pub use mean_interval::MeanEstimate;
pub use multiplicity::{benjamini_hochberg, holm};
pub use normal::{normal_quantile, two_sided_z};
pub use paired::{MeanTest, paired_t};
pub use pass_k::{pass_at_k, pass_hat_k};
pub use power::{DifferenceOfMeans, cases_to_tell_apart, smallest_drop};
pub use quantile::{quantile, quantile_of_sorted};
pub use student::{t_tail, two_sided_t, two_sided_t_p};
pub use sum::Sum;
pub use welch::welch_t;
pub use wilson::{Interval, wilson, wilson_corrected, wilson_of_share};

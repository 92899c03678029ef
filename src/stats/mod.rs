//! Intervals, quantiles and means: pure functions.
//!
//! What is undefined is `None`, never not-a-number, zero or infinity.

mod mean;
mod normal;
mod power;
mod quantile;
mod wilson;

pub use mean::Moments;
pub use normal::{normal_quantile, two_sided_z};
pub use power::{cases_to_tell_apart, smallest_drop};
pub use quantile::{quantile, quantile_of_sorted};
pub use wilson::{Interval, wilson};

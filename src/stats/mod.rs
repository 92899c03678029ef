//! Intervals and quantiles: pure functions.

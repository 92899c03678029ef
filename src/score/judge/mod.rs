//! Checks that ask a judge model. One metric is one file: its `SPEC` (with `judge_options!`), a
//! [`Metric`](metric::Metric) handed to [`prepare`](bench::prepare), and its `SCRIPT` for the table of outcomes; then
//! one line each here, in the registry, in `outcomes.rs`. What concerns judges as such (panels, samples, cascades,
//! forms, reading, repair) is here once: a metric asks [`Seat::ask`](ask::Seat::ask) and gives an
//! [`Opinion`](metric::Opinion).

mod ask;
mod bench;
mod family;
mod form;
mod labelled;
mod material;
mod metric;
mod options;
#[cfg(test)]
mod outcomes;
mod read;
pub(super) mod rubric;
mod subject;
mod vote;

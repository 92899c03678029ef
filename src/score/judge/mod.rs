//! Checks that ask a judge model. One metric is one file: its `SPEC` (with `judge_options!`), a
//! [`Metric`](metric::Metric) handed to [`prepare`](bench::prepare), and its `SCRIPT` for the table of outcomes; then
//! one line each here, in the registry, in `outcomes.rs`. What concerns judges as such (panels, samples, cascades,
//! forms, reading, repair) is here once: a metric asks [`Seat::ask`](ask::Seat::ask) and gives an
//! [`Opinion`](metric::Opinion).

pub(super) mod answer_relevance;
mod ask;
mod bench;
pub(super) mod closed_qa;
pub(super) mod dag;
pub(super) mod factuality;
pub(super) mod faithfulness;
mod family;
mod form;
pub(super) mod geval;
mod graph;
pub(super) mod hallucination;
pub(super) mod instruction_adherence;
mod labelled;
mod material;
mod metric;
mod options;
#[cfg(test)]
mod outcomes;
pub(super) mod pairwise;
pub(super) mod quality;
mod read;
pub(super) mod rubric;
pub(super) mod select_best;
mod subject;
mod tally;
mod vote;
mod weigh;

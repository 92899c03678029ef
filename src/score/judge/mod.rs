//! Checks that ask a judge model. One metric is one file: its `SPEC` (with `judge_options!`), a
//! [`Metric`](metric::Metric) handed to [`prepare`](bench::prepare), and its `SCRIPT` for the table of outcomes; then
//! one line each here, in the registry, in `outcomes.rs`. What concerns judges as such (panels, samples, cascades,
//! forms, reading, repair) is here once: a metric asks [`Seat::ask`](ask::Seat::ask) and gives an
//! [`Opinion`](metric::Opinion).

pub(super) mod answer_correctness;
pub(super) mod answer_relevance;
mod ask;
mod bench;
pub(super) mod bias;
pub(super) mod closed_qa;
mod contest;
pub(super) mod context_entity_recall;
pub(super) mod context_precision;
pub(super) mod context_recall;
pub(super) mod context_relevance;
pub(super) mod conversation_completeness;
pub(super) mod conversation_relevance;
pub(super) mod dag;
pub(super) mod factuality;
pub(super) mod faithfulness;
mod family;
mod form;
pub(super) mod geval;
mod graph;
pub(super) mod hallucination;
pub(super) mod instruction_adherence;
pub(super) mod knowledge_retention;
mod labelled;
mod material;
mod metric;
pub(super) mod noise_sensitivity;
mod opinions;
mod options;
#[cfg(test)]
mod outcomes;
pub(super) mod pairwise;
pub(super) mod personal_names;
pub(super) mod quality;
mod read;
pub(super) mod role_adherence;
pub(super) mod rubric;
pub(super) mod select_best;
mod subject;
pub(super) mod summarization;
mod tally;
pub(super) mod task_completion;
pub(super) mod topic_adherence;
pub(super) mod toxicity;
mod turns;
mod vote;
mod weigh;

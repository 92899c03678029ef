//! The run engine: plan, execute, score, summarise. Speaks only in events.

mod agreement;
mod attacks;
mod budget;
mod calibrate;
mod checks_cost;
mod classification;
#[cfg(test)]
mod classification_test;
mod compare;
mod consume;
mod corpus;
mod corpus_bound;
mod doctor;
mod embedder;
mod estimate;
mod execute;
mod failure;
mod fuzz;
mod goal_check;
mod group_tally;
mod health;
mod judge;
mod judge_bound;
mod mean_score;
mod plan;
mod plan_report;
mod rate;
mod repeats;
mod report;
mod summary;
#[cfg(test)]
mod testing;
mod trial;
mod world;

pub use agreement::{AgreedShare, SemanticBucket, SemanticReport};
pub use attacks::StrategyReport;
pub use budget::{Grant, Limit, SharedLimit};
pub use calibrate::{
    CalibrationReport, CheckCalibration, HumanLabel, Labelled, Ledger, Leniency, Share, Template, calibrate,
    read_labels,
};
pub use checks_cost::KnownOf;
pub use classification::{ClassReport, ClassificationReport};
pub use compare::{PlannedComparison, is_waiting};
pub use corpus::{CorpusReport, LeftOut};
pub use doctor::{CheckExam, DoctorReport, Finding, Good, NotProbed, Probe, ProbeCount, Reach, SuiteExam, examine};
pub use embedder::{Embedder, embedded_prompts};
pub use estimate::{Estimator, RequestEstimate};
pub use execute::{Bounds, Means, Money, Stop, Work, WorstCase, execute};
pub use failure::{CheckResult, Failure, SuiteArgument, quoted, rerun_command, visible_output};
pub use fuzz::{FUZZ_TAG, fuzzed, smaller};
pub use judge::JudgeRules;
pub use mean_score::{ScoreInterval, ScoreMethod};
pub use plan::{Finished, Fit, PlannedTrial, SurveyedSuite, goal_json, trials};
pub use plan_report::{JudgingPlan, PlanJudge, PlanReport, PlanSuite, PlanVariant, shown_cost_range};
pub use repeats::RepeatReport;
pub use report::{
    AnsweredBy, BreakerReport, CacheStats, Consumption, Counts, EvalReport, GroupReport, Rate, RouteReport, RunFacts,
    SCHEMA_VERSION, SuiteReport, Totals, shown_cost,
};
pub use summary::Summarizer;
pub use trial::{request_of, try_one};

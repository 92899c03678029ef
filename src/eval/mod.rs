//! The run engine: plan, execute, score, summarise. Speaks only in events.

mod failure;
mod goal_check;
mod judge;
mod judge_bound;
mod plan_report;
mod rate;
mod report;
mod summary;

pub use failure::{CheckResult, Failure, rerun_command, visible_output};
pub use judge::JudgeRules;
pub use plan_report::{PlanReport, PlanSuite, PlanVariant, shown_cost_range};
pub use report::{
    CacheStats, Consumption, Counts, EvalReport, GroupReport, Rate, RunFacts, SCHEMA_VERSION, SuiteReport, Totals,
    shown_cost,
};
pub use summary::Summarizer;

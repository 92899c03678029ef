//! The results store: SQLite, migrations, one writing thread.
//!
//! A [`Store`] is one file. Runs are begun and ended on it directly; finished trials go through a [`Writer`], whose
//! thread commits them in batches. A [`ReplyReader`] answers the response cache from the calls of earlier runs.

mod batch;
mod by_prompt;
mod cases;
mod clean;
mod columns;
mod comparison;
mod embedding;
mod error;
mod facts;
mod insert;
mod judging;
mod known;
mod ledger;
mod list;
mod metrics;
mod migrate;
mod new_calls;
mod open;
mod ready;
mod refit;
mod reuse;
mod route;
mod run;
mod segments;
mod semantic;
mod settle;
#[cfg(test)]
mod tests;
mod tidy;
mod trials;
mod upkeep;
mod words;
mod writer;

pub use batch::{BatchLimit, BatchResult};
pub use by_prompt::PromptRuns;
pub use error::StoreError;
pub use ledger::{Ledger, SetAside};
pub use list::{Counts, RunRow, Spent};
pub use open::Access;
pub use reuse::ReplyReader;
pub use route::ModelCalls;
pub use run::Store;
pub use semantic::{QuestionBits, QuestionRow, QuestionVector};
pub use tidy::Tidying;
pub use trials::TrialFilter;
pub use upkeep::{CacheCap, CacheTotals, PRUNED, Pruned, RunSavings};
pub use writer::{Writer, WriterEvent};

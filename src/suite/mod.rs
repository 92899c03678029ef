//! What to run: suite files, cases, datasets, variants, selection.
//!
//! [`load`] reads suite files, [`survey_all`] is the one pass over all cases that reports everything wrong with them
//! before the first call, and [`selected`] walks the chosen cases a second time to execute them. Datasets are streamed
//! in both passes and never held in memory.

mod adversarial;
mod asked;
mod case;
mod checks;
mod classification;
mod compared;
mod dataset;
mod disk;
mod duplicates;
mod feeds;
mod generated;
mod goal;
mod load;
mod loaded;
mod making;
mod matrix;
mod names;
mod params;
mod pass;
mod reader;
mod row_lint;
mod select;
mod suite_file;
mod survey;
mod tally;
mod unmatched;
mod variants;

pub use adversarial::{
    ATTACK_TAG, Attacks, Severity, Strategy, attack_of, bundled_strategies, choose_strategies, read_strategies,
};
pub use asked::{Asked, AskedBy};
pub use disk::discover;
pub use generated::{NewCase, Paraphrase};
pub use goal::{Bound, Goal, Op};
pub use load::{LoadContext, load};
pub use loaded::{LoadedCase, Stands};
pub use pass::{Selected, selected};
pub use reader::Cases;
pub use select::{Selection, glob_matches};
pub use suite_file::Suite;
pub use survey::{Survey, survey, survey_all};
pub use variants::Variant;
#[cfg(test)]
mod tests;

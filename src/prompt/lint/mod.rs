//! Lint: rules over prompts that can be read, beyond what reading itself refuses.
//!
//! A rule is one file in `rules/` and one line of its table. [`lint`] reads prompts, asks the rules, and gives the findings
//! of readers and rules together, with the severity that [`Levels`] settles. [`mend`] corrects the text of a draft.

mod delimiters;
mod examples;
mod fix;
mod flow;
mod levels;
mod lock;
mod models;
mod rejected;
mod rule;
mod rules;
mod run;
mod subject;
mod targets;

pub use fix::{Mended, mend};
pub use levels::{Levels, unknown_rule};
pub use rule::{Level, Rule};
pub use rules::{rule_of, rules};
pub use run::{LintOptions, Linted, lint};

#[cfg(test)]
mod tests;

//! The rules, one file each, and their table.

mod contradictory_limits;
mod deprecated_model;
mod example_violates_schema;
mod exceeds_context;
mod invisible_character;
mod max_tokens_above_model;
mod non_nfc;
mod output_without_schema;
mod personal_data;
mod reading;
mod rejected_param;
mod released_file_edited;
mod shadowed_variable;
mod table;
mod trailing_space;
mod undelimited_variable;
mod unknown_model;
mod unreferenced_version;
mod unsupported_feature;
mod untrusted;
mod variable_in_system_message;

pub(super) use invisible_character::is_removable;
pub(super) use table::RULES;
pub use table::{rule_of, rules};

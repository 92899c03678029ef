//! The one door to git: facts about the project's repository.

mod facts;
mod location;

pub use facts::facts;
pub use location::folder_in_repository;

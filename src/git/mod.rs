//! The one door to git: facts about the project's repository.

mod facts;

pub use facts::facts;

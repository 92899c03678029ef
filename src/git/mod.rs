//! The one door to git: facts about the project's repository, files of a revision, what changed, and history.

mod changed;
mod facts;
mod history;
mod location;
mod renames;
mod repo;
mod snapshot;
#[cfg(test)]
mod testing;

pub use changed::Changed;
pub use facts::facts;
pub use history::{CommitFacts, FolderFiles, Step};
pub use location::folder_in_repository;
pub use repo::{GitError, Repo};
pub use snapshot::Snapshot;

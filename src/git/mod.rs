//! The one door to git: facts about the project's repository.

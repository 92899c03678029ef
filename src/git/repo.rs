//! The repository that holds a project.

use std::fs;
use std::path::Path;

use git2::{ErrorCode, Repository};
use thiserror::Error;

/// Why git cannot say something.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GitError {
    /// The project is in no repository, or in one without a work tree.
    #[error("this project is not in a git repository")]
    NoRepository,
    /// The repository has no commit yet.
    #[error("the git repository has no commit yet")]
    NoCommit,
    /// There is no such revision.
    #[error("`{revision}` is not a revision of the git repository: {why}")]
    UnknownRevision {
        /// As it was given.
        revision: String,
        /// What git says.
        why: String,
    },
    /// Something of the repository cannot be read.
    #[error("the git repository cannot be read: {0}")]
    Unreadable(String),
}

impl From<git2::Error> for GitError {
    fn from(error: git2::Error) -> GitError {
        GitError::Unreadable(error.message().to_owned())
    }
}

/// The repository that holds a project. Paths that go in and out are relative to the project, with `/`.
pub struct Repo {
    pub(super) git: Repository,
    /// The project's folder within the work tree, without a slash at its end; empty when it is the work tree.
    prefix: String,
}

impl Repo {
    /// Finds the repository of the project at `root`.
    ///
    /// # Errors
    /// [`GitError::NoRepository`] where there is none.
    pub fn find(root: &Path) -> Result<Repo, GitError> {
        let git = match Repository::discover(root) {
            Ok(git) => git,
            Err(error) if error.code() == ErrorCode::NotFound => return Err(GitError::NoRepository),
            Err(error) => return Err(error.into()),
        };
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let work_tree = real(git.workdir().ok_or(GitError::NoRepository)?);
        let prefix = real(root).strip_prefix(&work_tree).map(Path::to_path_buf).map_err(|_| GitError::NoRepository)?;
        Ok(Repo { git, prefix: slashed(&prefix) })
    }

    /// Full id of the commit that a revision names.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] when there is none, [`GitError::NoCommit`] before the first commit.
    pub fn commit_id(&self, revision: &str) -> Result<String, GitError> {
        Ok(self.commit(revision)?.id().to_string())
    }

    pub(super) fn commit(&self, revision: &str) -> Result<git2::Commit<'_>, GitError> {
        let unknown =
            |error: git2::Error| GitError::UnknownRevision { revision: revision.to_owned(), why: words(&error) };
        if self.git.is_empty().unwrap_or(false) || self.head().is_none() && revision == "HEAD" {
            return Err(GitError::NoCommit);
        }
        if revision.contains('\0') || revision.is_empty() {
            let why = "it is empty or has a NUL character".to_owned();
            return Err(GitError::UnknownRevision { revision: revision.replace('\0', "\u{fffd}"), why });
        }
        self.git.revparse_single(revision).and_then(|object| object.peel_to_commit()).map_err(unknown)
    }

    pub(super) fn head(&self) -> Option<git2::Commit<'_>> {
        self.git.head().ok()?.peel_to_commit().ok()
    }

    /// A path of the project as the repository names it.
    pub(super) fn inner(&self, path: &str) -> String {
        match (self.prefix.is_empty(), path.is_empty()) {
            (true, _) => path.to_owned(),
            (false, true) => self.prefix.clone(),
            (false, false) => format!("{}/{path}", self.prefix),
        }
    }

    /// A path of the repository as the project names it; `None` for one outside the project.
    pub(super) fn outer<'p>(&self, path: &'p str) -> Option<&'p str> {
        if self.prefix.is_empty() { Some(path) } else { path.strip_prefix(&self.prefix)?.strip_prefix('/') }
    }
}

/// A relative path with `/` between its parts, whatever the machine writes.
fn slashed(path: &Path) -> String {
    let parts: Vec<String> = path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

/// What git says, without the name that our own message holds already.
fn words(error: &git2::Error) -> String {
    match error.code() {
        ErrorCode::NotFound => "there is no such branch, tag or commit".to_owned(),
        ErrorCode::Ambiguous => "it is the beginning of several commits".to_owned(),
        _ => error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::*;

    #[test]
    fn a_project_below_the_work_tree_names_its_own_files() {
        let sandbox = Sandbox::new();
        sandbox.write("app/prompts/a.txt", "a");
        sandbox.commit("one");
        let repo = Repo::find(&sandbox.path().join("app")).expect("repository");
        assert_eq!(repo.inner("prompts/a.txt"), "app/prompts/a.txt");
        assert_eq!(repo.inner(""), "app");
        assert_eq!(repo.outer("app/prompts/a.txt"), Some("prompts/a.txt"));
        assert_eq!((repo.outer("apple/x"), repo.outer("other")), (None, None));
    }

    #[test]
    fn revisions_that_are_none_say_why() {
        let sandbox = Sandbox::new();
        let repo = sandbox.repo();
        assert_eq!(repo.commit_id("HEAD"), Err(GitError::NoCommit));
        sandbox.write("a.txt", "a");
        let first = sandbox.commit("one");
        let repo = sandbox.repo();
        assert_eq!(repo.commit_id("HEAD"), Ok(first.clone()));
        assert_eq!(repo.commit_id(&first[..8]), Ok(first));
        for bad in ["mian", "", "a\0b", "HEAD~5", "0000000"] {
            let error = repo.commit_id(bad).expect_err(bad);
            assert!(matches!(error, GitError::UnknownRevision { .. }), "{bad}: {error}");
        }
        let outside = tempfile::tempdir().expect("temp");
        assert_eq!(Repo::find(outside.path()).err(), Some(GitError::NoRepository));
    }
}

//! What to do about git where a revision was asked for.

use crate::cli::UsageError;
use crate::git::GitError;

/// The problem of a flag that names a git revision.
pub(crate) fn git_problem(error: &GitError) -> UsageError {
    let (code, help) = match error {
        GitError::UnknownRevision { .. } => {
            ("unknown-revision", "`git log --oneline` shows commits, `git branch -a` branches")
        }
        GitError::NoRepository | GitError::NoCommit => ("no-git", "without a commit there is nothing to compare with"),
        GitError::Unreadable(_) => ("git", "`git fsck` says what is wrong with it"),
    };
    UsageError::of(code, error.to_string(), help)
}

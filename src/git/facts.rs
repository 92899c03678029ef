//! Commit, branch and dirty state of the repository a project lives in.

use std::path::Path;

use git2::{Repository, StatusOptions};

use crate::record::GitFacts;

/// What git says of the repository that holds `root`.
///
/// `None` when there is none, when it has no commit yet, or when anything about it cannot be read: a run without git
/// facts is still a run. Dirty means that a tracked file differs from HEAD, staged or not; untracked files, ignored files
/// and submodules are not looked at.
pub fn facts(root: &Path) -> Option<GitFacts> {
    let repository = Repository::discover(root).ok()?;
    let head = repository.head().ok()?;
    let commit = head.peel_to_commit().ok()?.id().to_string();
    let branch = if head.is_branch() { Some(head.shorthand().ok()?.to_owned()) } else { None };
    let dirty = is_dirty(&repository)?;
    Some(GitFacts { commit, branch, dirty })
}

fn is_dirty(repository: &Repository) -> Option<bool> {
    let mut options = StatusOptions::new();
    options
        .include_untracked(false)
        .include_ignored(false)
        .include_unmodified(false)
        .exclude_submodules(true)
        .renames_head_to_index(false)
        .renames_index_to_workdir(false);
    Some(!repository.statuses(Some(&mut options)).ok()?.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use git2::{IndexAddOption, Signature};

    use super::*;

    fn commit(repository: &Repository) -> String {
        let mut index = repository.index().expect("index");
        index.add_all(["*"], IndexAddOption::DEFAULT, None).expect("add");
        index.write().expect("write");
        let tree = repository.find_tree(index.write_tree().expect("tree")).expect("tree");
        let who = Signature::now("Ada", "ada@example.org").expect("signature");
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &who, &who, "change", &tree, &parents).expect("commit").to_string()
    }

    #[test]
    fn a_folder_without_repository_or_commit_has_no_facts() {
        let folder = tempfile::tempdir().expect("temp");
        assert_eq!(facts(folder.path()), None);
        Repository::init(folder.path()).expect("init");
        assert_eq!(facts(folder.path()), None);
        assert_eq!(facts(&folder.path().join("missing")), None);
    }

    #[test]
    fn tracked_changes_are_dirty_and_untracked_files_are_not() {
        let folder = tempfile::tempdir().expect("temp");
        let repository = Repository::init(folder.path()).expect("init");
        repository.set_head("refs/heads/größe/x").expect("head");
        fs::create_dir(folder.path().join("sub")).expect("dir");
        fs::write(folder.path().join("sub/a.txt"), "one").expect("write");
        let id = commit(&repository);
        let clean = GitFacts { commit: id, branch: Some("größe/x".to_owned()), dirty: false };
        assert_eq!(facts(folder.path()), Some(clean.clone()));
        assert_eq!(facts(&folder.path().join("sub")), Some(clean.clone()), "found from a folder below");

        fs::write(folder.path().join("new.txt"), "untracked").expect("write");
        assert_eq!(facts(folder.path()), Some(clean.clone()));

        fs::write(folder.path().join("sub/a.txt"), "changed").expect("write");
        assert_eq!(facts(folder.path()), Some(GitFacts { dirty: true, ..clean.clone() }), "worktree");

        let mut index = repository.index().expect("index");
        index.add_path(Path::new("sub/a.txt")).expect("add");
        index.write().expect("write");
        assert_eq!(facts(folder.path()), Some(GitFacts { dirty: true, ..clean.clone() }), "index");

        let again = commit(&repository);
        fs::remove_file(folder.path().join("sub/a.txt")).expect("remove");
        assert_eq!(facts(folder.path()), Some(GitFacts { dirty: true, commit: again, ..clean }), "deleted");
    }

    #[test]
    fn a_detached_head_has_no_branch() {
        let folder = tempfile::tempdir().expect("temp");
        let repository = Repository::init(folder.path()).expect("init");
        fs::write(folder.path().join("a.txt"), "one").expect("write");
        let id = commit(&repository);
        repository.set_head_detached(id.parse().expect("oid")).expect("detach");
        assert_eq!(facts(folder.path()), Some(GitFacts { commit: id, branch: None, dirty: false }));
    }
}

//! A throw-away repository for tests, with commits that are a second apart.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use git2::{IndexAddOption, Repository, Signature, Time};
use tempfile::TempDir;

use super::Repo;

pub(super) struct Sandbox {
    folder: TempDir,
    git: Repository,
    clock: AtomicI64,
}

impl Sandbox {
    pub(super) fn new() -> Sandbox {
        let folder = tempfile::tempdir().expect("temp");
        let git = Repository::init(folder.path()).expect("init");
        git.set_head("refs/heads/main").expect("head");
        Sandbox { folder, git, clock: AtomicI64::new(1_700_000_000) }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn repo(&self) -> Repo {
        Repo::find(self.path()).expect("repository")
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
        fs::write(path, text).expect("write");
    }

    pub(super) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path().join(from), self.path().join(to)).expect("rename");
    }

    /// Commits everything as it lies there, and returns the id.
    pub(super) fn commit(&self, message: &str) -> String {
        self.commit_with(message, &[])
    }

    /// Commits with further parents: a merge.
    pub(super) fn commit_with(&self, message: &str, others: &[&str]) -> String {
        let mut index = self.git.index().expect("index");
        index.add_all(["*"], IndexAddOption::DEFAULT, None).expect("add");
        index.update_all(["*"], None).expect("update");
        index.write().expect("write");
        let tree = self.git.find_tree(index.write_tree().expect("tree")).expect("tree");
        let time = Time::new(self.clock.fetch_add(1, Ordering::Relaxed), 0);
        let who = Signature::new("Ada", "ada@example.org", &time).expect("signature");
        let mut parents: Vec<git2::Commit<'_>> = Vec::new();
        parents.extend(self.git.head().ok().and_then(|head| head.peel_to_commit().ok()));
        parents.extend(others.iter().map(|id| self.git.find_commit(id.parse().expect("id")).expect("commit")));
        let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
        self.git.commit(Some("HEAD"), &who, &who, message, &tree, &parents).expect("commit").to_string()
    }

    /// Goes to a commit on a branch that is made there, with its files.
    pub(super) fn branch(&self, name: &str, at: &str) {
        let commit = self.git.find_commit(at.parse().expect("id")).expect("commit");
        self.git.branch(name, &commit, true).expect("branch");
        self.checkout(name);
    }

    pub(super) fn checkout(&self, name: &str) {
        self.git.set_head(&format!("refs/heads/{name}")).expect("head");
        let mut force = git2::build::CheckoutBuilder::new();
        self.git.checkout_head(Some(force.force().remove_untracked(true))).expect("checkout");
    }
}

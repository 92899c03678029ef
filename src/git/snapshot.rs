//! The files of a project as they were at a revision.

use std::path::Path;

use git2::{ObjectType, Tree, TreeEntry};

use super::{GitError, Repo};

/// What the project's files were at a revision. Links and submodules are not followed: they count as absent.
pub struct Snapshot<'r> {
    repo: &'r Repo,
    tree: Tree<'r>,
    /// Full id of the commit.
    pub commit: String,
}

impl Repo {
    /// The files at a revision.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] when there is no such revision.
    pub fn snapshot(&self, revision: &str) -> Result<Snapshot<'_>, GitError> {
        let commit = self.commit(revision)?;
        Ok(Snapshot { repo: self, tree: commit.tree()?, commit: commit.id().to_string() })
    }
}

impl Snapshot<'_> {
    /// The bytes of a file; `None` when there is none.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        let entry = self.entry(path)?;
        if !is_file(&entry) {
            return None;
        }
        Some(self.repo.git.find_blob(entry.id()).ok()?.content().to_vec())
    }

    /// Whether there is such a folder.
    pub fn has_folder(&self, path: &str) -> bool {
        self.entry(path).is_some_and(|entry| entry.kind() == Some(ObjectType::Tree))
    }

    /// Paths of all files below a folder, sorted; none when there is no such folder.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let Some(tree) = self.entry(folder).and_then(|entry| self.repo.git.find_tree(entry.id()).ok()) else {
            return found;
        };
        // A walk that stops early has found less; nothing here stops it.
        tree.walk(git2::TreeWalkMode::PreOrder, |parent, entry| {
            if let (true, Ok(name)) = (is_file(entry), entry.name()) {
                found.push(format!("{folder}/{parent}{name}"));
            }
            git2::TreeWalkResult::Ok
        })
        .ok();
        found.sort();
        found
    }

    /// Names of the folders in a folder.
    pub fn folders(&self, folder: &str) -> Vec<String> {
        let tree = self.entry(folder).and_then(|entry| self.repo.git.find_tree(entry.id()).ok());
        let Some(tree) = tree else { return Vec::new() };
        let is_tree = |entry: &TreeEntry<'_>| entry.kind() == Some(ObjectType::Tree);
        tree.iter().filter(is_tree).filter_map(|entry| entry.name().ok().map(str::to_owned)).collect()
    }

    fn entry(&self, path: &str) -> Option<TreeEntry<'static>> {
        let safe = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if safe { self.tree.get_path(Path::new(&self.repo.inner(path))).ok() } else { None }
    }
}

/// An ordinary file: no link, whose target lies who knows where, and no submodule.
pub(super) fn is_file(entry: &TreeEntry<'_>) -> bool {
    entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;

    #[test]
    fn files_of_a_revision_are_read_as_they_were() {
        let sandbox = Sandbox::new();
        sandbox.write("prompts/größe/1.0.0.yaml", "one");
        sandbox.write("prompts/b/deep/x.txt", "x");
        let first = sandbox.commit("one");
        sandbox.write("prompts/größe/1.0.0.yaml", "two");
        sandbox.commit("two");
        let repo = sandbox.repo();
        let then = repo.snapshot(&first).expect("snapshot");
        assert_eq!(then.read("prompts/größe/1.0.0.yaml").as_deref(), Some(&b"one"[..]));
        assert_eq!(repo.snapshot("HEAD").expect("head").read("prompts/größe/1.0.0.yaml").as_deref(), Some(&b"two"[..]));
        assert_eq!(then.files("prompts"), ["prompts/b/deep/x.txt", "prompts/größe/1.0.0.yaml"]);
        assert_eq!(then.folders("prompts"), ["b", "größe"]);
        assert!(
            then.has_folder("prompts/b") && !then.has_folder("prompts/c") && !then.has_folder("prompts/b/deep/x.txt")
        );
        for bad in ["", "prompts", "../x", "prompts/../prompts/b/deep/x.txt", "prompts/none", "/etc/passwd"] {
            assert_eq!(then.read(bad), None, "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let sandbox = Sandbox::new();
        sandbox.write("prompts/a/1.0.0.yaml", "one");
        std::os::unix::fs::symlink("/etc/hostname", sandbox.path().join("prompts/a/2.0.0.yaml")).expect("link");
        sandbox.commit("one");
        let repo = sandbox.repo();
        let now = repo.snapshot("HEAD").expect("snapshot");
        assert_eq!(now.files("prompts"), ["prompts/a/1.0.0.yaml"]);
        assert_eq!(now.read("prompts/a/2.0.0.yaml"), None);
    }
}

//! Which files differ between a revision and the work tree.

use std::fs;
use std::path::Path;

use git2::{Delta, DiffOptions};

use super::snapshot::is_file;
use super::{GitError, Repo};

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// Its path in the project.
    pub path: String,
    /// Whether it was there at the revision.
    pub was: bool,
    /// Whether it is there now.
    pub is: bool,
}

impl Repo {
    /// Files below the given folders (or the given files) that differ between a revision and the work tree: commits since
    /// then, what is staged, what is not, and new files that are not ignored. Compares two trees, walks no history.
    ///
    /// # Errors
    /// [`GitError::UnknownRevision`] when there is no such revision.
    pub fn changed_since(&self, revision: &str, paths: &[&str]) -> Result<Vec<Changed>, GitError> {
        let tree = self.commit(revision)?.tree()?;
        let mut options = DiffOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true).disable_pathspec_match(true);
        options.include_typechange(true).skip_binary_check(true).ignore_submodules(true);
        paths.iter().for_each(|path| _ = options.pathspec(self.inner(path)));
        let diff = self.git.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options))?;
        // What the two halves of the diff say is only where to look: a change that was taken back is in both.
        let mut paths: Vec<&str> = diff
            .deltas()
            .filter(|delta| delta.status() != Delta::Ignored)
            .filter_map(|delta| delta.new_file().path().or(delta.old_file().path())?.to_str())
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let work_tree = self.git.workdir().ok_or(GitError::NoRepository)?;
        let compare = |path: &&str| {
            let then = tree.get_path(Path::new(path)).ok().filter(is_file);
            let then = then.and_then(|entry| Some(self.git.find_blob(entry.id()).ok()?.content().to_vec()));
            let file = work_tree.join(path);
            let is = fs::symlink_metadata(&file).is_ok_and(|facts| facts.is_file());
            let is_same = match &then {
                Some(then) => is && fs::read(&file).is_ok_and(|now| same(then, &now)),
                None => !is,
            };
            let path = self.outer(path)?.to_owned();
            (!is_same).then_some(Changed { path, was: then.is_some(), is })
        };
        Ok(paths.iter().filter_map(compare).collect())
    }
}

/// Whether two contents are the same but for line breaks, which a checkout may change.
fn same(then: &[u8], now: &[u8]) -> bool {
    let plain = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    then == now || (now.contains(&b'\r') || then.contains(&b'\r')) && plain(then) == plain(now)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::*;

    #[test]
    fn commits_and_the_work_tree_count_alike() {
        let sandbox = Sandbox::new();
        for name in ["a", "b", "c", "d", "[e]"] {
            sandbox.write(&format!("prompts/{name}/1.0.0.yaml"), name);
        }
        sandbox.write("other/x.txt", "x");
        let first = sandbox.commit("one");
        sandbox.write("prompts/a/1.0.0.yaml", "committed");
        sandbox.commit("two");
        sandbox.write("prompts/b/1.0.0.yaml", "not committed");
        sandbox.write("prompts/new/1.0.0.yaml", "not tracked");
        sandbox.write("other/x.txt", "y");
        fs::remove_file(sandbox.path().join("prompts/c/1.0.0.yaml")).expect("remove");
        let changed = |path: &str, was, is| Changed { path: format!("prompts/{path}/1.0.0.yaml"), was, is };
        let found = sandbox.repo().changed_since(&first, &["prompts"]).expect("diff");
        let wanted = [
            changed("a", true, true),
            changed("b", true, true),
            changed("c", true, false),
            changed("new", false, true),
        ];
        assert_eq!(found, wanted);
        let since_head = sandbox.repo().changed_since("HEAD", &["prompts"]).expect("diff");
        assert_eq!(since_head, wanted[1..]);
        sandbox.write("prompts/[e]/1.0.0.yaml", "changed");
        let one = sandbox.repo().changed_since("HEAD", &["prompts/[e]"]).expect("diff");
        assert_eq!(one, [changed("[e]", true, true)], "a path is no pattern");
    }

    #[test]
    fn a_change_that_was_taken_back_is_none() {
        let sandbox = Sandbox::new();
        sandbox.write("prompts/a/1.0.0.yaml", "one");
        let first = sandbox.commit("one");
        sandbox.write("prompts/a/1.0.0.yaml", "two");
        sandbox.commit("two");
        sandbox.write("prompts/a/1.0.0.yaml", "one");
        assert_eq!(sandbox.repo().changed_since(&first, &["prompts"]), Ok(Vec::new()));
    }
}

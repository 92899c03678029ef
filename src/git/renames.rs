//! Where a folder was before it got its name.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{Delta, Diff, DiffFindOptions, DiffOptions, Tree};

use super::{GitError, Repo};

impl Repo {
    /// The folder at HEAD whose files are those of `folder` in the work tree now; `None` when they are from nowhere.
    ///
    /// # Errors
    /// [`GitError`] when the repository cannot be read.
    pub fn uncommitted_rename(&self, folder: &str) -> Result<Option<String>, GitError> {
        let Some(head) = self.head() else { return Ok(None) };
        let mut options = DiffOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .show_untracked_content(true)
            .ignore_submodules(true);
        let mut diff = self.git.diff_tree_to_workdir_with_index(Some(&head.tree()?), Some(&mut options))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true).for_untracked(true)))?;
        let Some(work_tree) = self.git.workdir() else { return Ok(None) };
        let former = elected(&diff, &self.inner(folder), |name| !work_tree.join(name).exists());
        Ok(former.and_then(|name| self.outer(&name).map(str::to_owned)))
    }

    /// The folder of `before` whose files became those of `folder` in `after`: the one that most of them came from, by
    /// git's own measure of likeness. `None` when they came from nowhere.
    pub(super) fn former_name(
        &self,
        before: &Tree<'_>,
        after: &Tree<'_>,
        folder: &str,
    ) -> Result<Option<String>, GitError> {
        let mut diff = self.git.diff_tree_to_tree(Some(before), Some(after), None)?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        Ok(elected(&diff, folder, |name| after.get_path(Path::new(name)).is_err()))
    }
}

/// The folder that most files of `folder` were renamed from. One that is still there was copied, not renamed.
fn elected(diff: &Diff<'_>, folder: &str, is_gone: impl Fn(&str) -> bool) -> Option<String> {
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for delta in diff.deltas().filter(|delta| delta.status() == Delta::Renamed) {
        let (old, new) = (delta.old_file(), delta.new_file());
        let paths = (old.path().and_then(Path::to_str), new.path().and_then(Path::to_str));
        let (Some(old), Some(new)) = paths else { continue };
        let Some(file) = new.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else { continue };
        // Only a file that kept its name speaks for its folder.
        if let Some(was) = old.strip_suffix(file).and_then(|rest| rest.strip_suffix('/')) {
            *votes.entry(was.to_owned()).or_default() += 1;
        }
    }
    let most = votes.into_iter().filter(|(name, _)| is_gone(name)).max_by_key(|(_, count)| *count);
    most.map(|(name, _)| name)
}

//! Where a folder was before it got its name.

use std::collections::BTreeMap;

use git2::{Delta, DiffFindOptions, Tree};

use super::{GitError, Repo};

impl Repo {
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
        let mut votes: BTreeMap<String, usize> = BTreeMap::new();
        for delta in diff.deltas().filter(|delta| delta.status() == Delta::Renamed) {
            let paths =
                (delta.old_file().path().and_then(|p| p.to_str()), delta.new_file().path().and_then(|p| p.to_str()));
            let (Some(old), Some(new)) = paths else { continue };
            let Some(file) = new.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else { continue };
            // Only a file that kept its name speaks for its folder.
            if let Some(was) = old.strip_suffix(file).and_then(|rest| rest.strip_suffix('/')) {
                *votes.entry(was.to_owned()).or_default() += 1;
            }
        }
        // A folder that is still there was copied from, not renamed.
        let is_gone = |name: &str| after.get_path(std::path::Path::new(name)).is_err();
        let most = votes.into_iter().filter(|(name, _)| is_gone(name)).max_by_key(|(_, count)| *count);
        Ok(most.map(|(name, _)| name))
    }
}

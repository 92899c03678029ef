//! Where a project lies in its repository.

use std::path::{Path, PathBuf};

use git2::Repository;

/// The folder `root`, from the top of the repository that holds it; empty at the top itself, `None` without a repository.
pub fn folder_in_repository(root: &Path) -> Option<PathBuf> {
    let repository = Repository::discover(root).ok()?;
    // Both without links, so that one is the beginning of the other.
    let top = repository.workdir()?.canonicalize().ok()?;
    root.canonicalize().ok()?.strip_prefix(top).ok().map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_in_a_folder_of_its_repository_is_found() {
        let folder = tempfile::tempdir().expect("temp");
        let inner = folder.path().join("apps/bot");
        std::fs::create_dir_all(&inner).expect("folders");
        assert_eq!(folder_in_repository(&inner), None);
        Repository::init(folder.path()).expect("repository");
        assert_eq!(folder_in_repository(&inner), Some(PathBuf::from("apps/bot")));
        assert_eq!(folder_in_repository(folder.path()), Some(PathBuf::new()));
    }
}

//! Where the project begins.

use std::path::{Path, PathBuf};

use super::Config;

impl Config {
    /// Name of the project file.
    pub const FILE: &'static str = "karat.yaml";

    /// The nearest folder from `start` upward that has a `karat.yaml`, else the nearest with a `.git`, else `start`.
    pub fn find_root(start: &Path) -> PathBuf {
        let with = |name: &str| start.ancestors().find(|folder| folder.join(name).exists());
        with(Config::FILE).or_else(|| with(".git")).unwrap_or(start).to_path_buf()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn karat_yaml_beats_a_nearer_repository() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::create_dir(folder.path().join("a/b/.git")).unwrap();
        assert_eq!(Config::find_root(&deep), folder.path().join("a/b"));
        std::fs::write(folder.path().join("a/karat.yaml"), "").unwrap();
        assert_eq!(Config::find_root(&deep), folder.path().join("a"));
    }
}

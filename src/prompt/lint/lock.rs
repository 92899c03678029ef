//! What was released, for the rule that finds edited releases.

use std::path::Path;

use semver::Version;

use super::super::releases::lock::{LockEntry, RegistryLock};
use crate::base::{Digest, Problems, SafeName};

/// A released version as it was when it was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) name: SafeName,
    pub(super) version: Version,
    /// Digest of its content.
    pub(super) digest: Digest,
}

/// Reads what was released from the lock file in the folder of prompts. Lines that cannot be read are told by
/// `karat prompt verify`.
pub(super) fn locked_digests(prompts: &Path, root: &Path) -> Vec<Locked> {
    let lock = RegistryLock::read(prompts, root, &mut Problems::new());
    let locked = |(name, version, entry): (&SafeName, &Version, &LockEntry)| Locked {
        name: name.clone(),
        version: version.clone(),
        digest: entry.prompt,
    };
    lock.entries().map(locked).collect()
}

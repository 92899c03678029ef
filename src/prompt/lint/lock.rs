//! What was released, for the rule that finds edited releases.

use std::path::Path;

use semver::Version;

use crate::base::{Digest, SafeName};

/// A released version as it was when it was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) name: SafeName,
    pub(super) version: Version,
    /// Digest of its content.
    pub(super) digest: Digest,
}

/// Reads what was released from the lock file in the folder of prompts.
///
/// CONNECT: return one entry per line of `registry.lock`. Until then nothing counts as released, and the rule is silent.
pub(super) fn locked_digests(_prompts: &Path) -> Vec<Locked> {
    Vec::new()
}

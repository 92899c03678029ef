//! Whether the files of a version are what they were when it was released.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::super::includes::digest_of;
use super::lock::LockEntry;
use super::verify::FindingKind;
use crate::base::Digest;

/// Compares files with what the lock says of them; a file that many versions include is read once.
pub(in crate::prompt) struct AtRelease<'a> {
    root: &'a Path,
    /// Digests of included files by path; `None` for one that is not there.
    includes: Mutex<HashMap<String, Option<Digest>>>,
}

/// What differs from the release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prompt) struct Differences {
    /// Whether the version's own file does.
    pub(in crate::prompt) file: bool,
    /// The included files that do.
    pub(in crate::prompt) includes: Vec<String>,
}

impl<'a> AtRelease<'a> {
    /// For the project at `root`.
    pub(in crate::prompt) fn new(root: &'a Path) -> AtRelease<'a> {
        AtRelease { root, includes: Mutex::default() }
    }

    /// How a version stands to its release; `bytes` are those of its file.
    pub(in crate::prompt) fn differences(&self, bytes: &[u8], entry: &LockEntry) -> Differences {
        let changed = entry.includes.iter().filter(|(path, wanted)| !self.include_is(path, wanted));
        Differences { file: !is_file(bytes, &entry.file), includes: changed.map(|(path, _)| path.clone()).collect() }
    }

    fn include_is(&self, path: &str, wanted: &Digest) -> bool {
        let known = self.includes.lock().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        let found = known.unwrap_or_else(|| {
            let found = digest_of(path, self.root);
            self.includes.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found);
            found
        });
        found.as_ref() == Some(wanted)
    }
}

impl Differences {
    /// Whether all is as it was: then so is the prompt, and its digest is the one in the lock.
    pub(in crate::prompt) fn is_none(&self) -> bool {
        !self.file && self.includes.is_empty()
    }

    /// What that makes of the version; `now` is the digest of what it says now, `None` when it cannot be read. An included
    /// file that changed without changing what is sent is nothing.
    pub(in crate::prompt) fn kind(&self, locked: &LockEntry, now: Option<Digest>) -> Option<FindingKind> {
        match now {
            _ if self.is_none() => None,
            None => Some(FindingKind::Broken),
            Some(now) if now == locked.prompt => self.file.then_some(FindingKind::Reformatted),
            Some(_) if self.file => Some(FindingKind::Edited),
            Some(_) => Some(FindingKind::IncludeChanged),
        }
    }
}

/// Whether these are the bytes of a file, or were before a checkout changed its line breaks.
pub(in crate::prompt) fn is_file(bytes: &[u8], wanted: &Digest) -> bool {
    Digest::of_bytes(bytes) == *wanted
        || (bytes.contains(&b'\r')
            && Digest::of_bytes(String::from_utf8_lossy(bytes).replace("\r\n", "\n").as_bytes()) == *wanted)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_differs_decides_together_with_what_is_sent() {
        let (then, now) = (Digest::of_bytes(b"then"), Digest::of_bytes(b"now"));
        let entry = LockEntry { prompt: then, file: then, includes: BTreeMap::new(), message: String::new() };
        let kind = |file, include: &str, digest| {
            let includes = Some(include).filter(|path| !path.is_empty()).map(str::to_owned).into_iter().collect();
            Differences { file, includes }.kind(&entry, digest)
        };
        assert_eq!(kind(false, "", Some(then)), None);
        assert_eq!(kind(false, "a.md", Some(then)), None);
        assert_eq!(kind(false, "a.md", Some(now)), Some(FindingKind::IncludeChanged));
        assert_eq!(kind(true, "", Some(then)), Some(FindingKind::Reformatted));
        assert_eq!(kind(true, "a.md", Some(now)), Some(FindingKind::Edited));
        assert_eq!(kind(false, "a.md", None), Some(FindingKind::Broken));
    }

    #[test]
    fn line_breaks_of_a_checkout_do_not_count() {
        let wanted = Digest::of_bytes(b"a\nb\n");
        assert!(is_file(b"a\nb\n", &wanted) && is_file(b"a\r\nb\r\n", &wanted));
        assert!(!is_file(b"a\rb\n", &wanted) && !is_file(b"a\nb", &wanted));
    }
}

//! Finds case ids that are given twice, with 16 bytes per id: the places of the first are looked up only when needed.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use super::Suite;
use super::case::is_content_id;
use super::reader::{CaseReader, NextCase, Scan};
use crate::base::{CaseId, Diagnostic, Place, Problems};

/// Most duplicates whose places are shown.
const SHOWN: usize = 50;

#[derive(Default)]
pub(super) struct Duplicates {
    marks: Marks,
    seen: HashSet<u128, BuildHasherDefault<OfMark>>,
    again: Vec<(CaseId, Place)>,
    more: u64,
}

impl Duplicates {
    /// Notes an id; `place` is asked only when the id was there before.
    pub(super) fn add(&mut self, id: &CaseId, place: impl FnOnce() -> Place) {
        if self.seen.insert(self.marks.of(id)) {
            return;
        }
        if self.again.len() < SHOWN {
            self.again.push((id.clone(), place()));
        } else {
            self.more += 1;
        }
    }

    /// Reports all of them with both places; walks the cases once more if there are any.
    pub(super) fn report(self, suite: &Suite, problems: &mut Problems) {
        if self.again.is_empty() {
            return;
        }
        let mut firsts: HashMap<&CaseId, Option<Place>> = self.again.iter().map(|(id, _)| (id, None)).collect();
        let mut reader = CaseReader::new(suite, Scan::No);
        let mut missing = firsts.len();
        while missing > 0 {
            // Problems of rows were reported by the first walk.
            match reader.next_case(&mut Problems::new()) {
                NextCase::Case(loaded) | NextCase::Made(loaded) => {
                    if let Some(first @ None) = firsts.get_mut(&loaded.case.id) {
                        *first = Some(loaded.place());
                        missing -= 1;
                    }
                }
                NextCase::Bad => {}
                NextCase::End => break,
            }
        }
        for (id, place) in &self.again {
            let (message, help) = if is_content_id(id) {
                ("this case has no id and the same content as another".to_owned(), "remove it, or give both an `id`")
            } else {
                (format!("two cases have the id `{id}`"), "give each case an id of its own: results are kept by it")
            };
            let mut diagnostic = Diagnostic::error("duplicate-case", message).at(place.clone()).help(help);
            if let Some(Some(first)) = firsts.get(id) {
                diagnostic = diagnostic.related(first.clone(), "the first one");
            }
            problems.push(diagnostic);
        }
        if self.more > 0 {
            let message = format!("{} more cases of suite `{}` have an id that is taken", self.more, suite.name);
            problems.push(Diagnostic::error("duplicate-case", message).at(suite.place.clone()));
        }
    }
}

/// Makes 128 bits of an id, by keys that nobody knows before: no file can be made so that two of its ids have the same, and
/// by chance it would take some 2^64 cases.
#[derive(Default)]
struct Marks {
    low: RandomState,
    high: RandomState,
}

impl Marks {
    fn of(&self, id: &CaseId) -> u128 {
        let text = id.as_str();
        (u128::from(self.high.hash_one(text)) << 64) | u128::from(self.low.hash_one(text))
    }
}

/// A mark is a hash already.
#[derive(Default)]
struct OfMark(u64);

impl Hasher for OfMark {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, mark: u128) {
        // The other half is compared, not hashed.
        self.0 = u64::try_from(mark >> 64).unwrap_or_default();
    }
}

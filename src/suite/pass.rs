//! The executing pass: yields the cases that the survey counted, and nothing else.

use std::borrow::Cow;

use super::Suite;
use super::loaded::LoadedCase;
use super::reader::{CaseReader, NextCase, Scan};
use super::select::{Filter, Selection, draw};
use super::survey::{Survey, cases_digest, stamps, with_case};
use crate::base::{Diagnostic, DigestBuilder, Problems};

/// The selected cases of a suite, lazily and in order, with their 0-based position among all cases of the suite.
///
/// Cases that the suite skips come with [`LoadedCase::skip`] set. When the datasets are no longer what the survey saw,
/// the last item is an `Err` with the code `dataset-changed`.
pub fn selected<'a>(suite: &'a Suite, selection: &'a Selection, survey: &'a Survey) -> Selected<'a> {
    Selected {
        suite,
        selection,
        survey,
        reader: CaseReader::new(suite, Scan::No),
        filter: Filter::new(selection, suite),
        digest: Some(cases_digest()),
        index: 0,
        taken: 0,
        yielded: 0,
        state: State::Fresh,
    }
}

/// See [`selected`].
pub struct Selected<'a> {
    suite: &'a Suite,
    selection: &'a Selection,
    survey: &'a Survey,
    reader: CaseReader<'a>,
    filter: Filter<'a>,
    /// Of the cases so far, where they are read again.
    digest: Option<DigestBuilder>,
    index: u64,
    taken: u64,
    yielded: u64,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Walking,
    Done,
}

impl<'a> Iterator for Selected<'a> {
    type Item = Result<(u64, Cow<'a, LoadedCase>), Problems>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Done {
            return None;
        }
        if self.state == State::Fresh {
            self.state = State::Walking;
            if stamps(self.suite) != self.survey.stamps {
                return Some(Err(self.changed()));
            }
        }
        let wanted = self.survey.selected.saturating_add(self.survey.skipped);
        while self.yielded < wanted {
            // The survey found all rows sound, or the run would not have begun.
            let Some(loaded) = self.next_case() else { return Some(Err(self.changed())) };
            let index = self.index;
            if self.takes(&loaded) {
                self.yielded += 1;
                return Some(Ok((index, loaded)));
            }
        }
        self.state = State::Done;
        if self.is_changed() { Some(Err(self.changed())) } else { None }
    }
}

impl<'a> Selected<'a> {
    /// The next case of all: from memory where the survey kept them, else from the files. `None` when there is none, or
    /// anything is wrong with it.
    fn next_case(&mut self) -> Option<Cow<'a, LoadedCase>> {
        if let Some(kept) = &self.survey.kept {
            return kept.get(usize::try_from(self.index).ok()?).map(Cow::Borrowed);
        }
        let mut problems = Problems::new();
        let loaded = match self.reader.next_case(&mut problems) {
            NextCase::Case(loaded) | NextCase::Made(loaded) if !problems.has_errors() => loaded,
            NextCase::Case(_) | NextCase::Made(_) | NextCase::Bad | NextCase::End => return None,
        };
        self.digest = self.digest.take().map(|digest| with_case(digest, &loaded));
        Some(Cow::Owned(*loaded))
    }

    /// Counts a case in, and says whether it is yielded. The rules are those of the survey's tally.
    fn takes(&mut self, loaded: &LoadedCase) -> bool {
        self.index += 1;
        let accepted = self.filter.accepts(&loaded.case) && (loaded.only || !self.survey.only);
        if !accepted {
            return false;
        }
        let Selection { first, sample, seed, .. } = self.selection;
        if loaded.skip.is_some() {
            return first.is_none() && sample.is_none();
        }
        if first.is_some_and(|first| self.taken >= first) {
            return false;
        }
        self.taken += 1;
        sample.is_none() || self.survey.draw_up_to.is_some_and(|limit| draw(*seed, &loaded.case.id) <= limit)
    }

    /// Whether the files, or the cases where all were walked, differ from what the survey saw.
    fn is_changed(&mut self) -> bool {
        let walked_all = self.survey.kept.is_none() && self.index == self.survey.total;
        let digest = self.digest.take().map(DigestBuilder::finish);
        stamps(self.suite) != self.survey.stamps || (walked_all && digest != Some(self.survey.cases_digest))
    }

    fn changed(&mut self) -> Problems {
        self.state = State::Done;
        let mut problems = Problems::new();
        problems.push(
            Diagnostic::error(
                "dataset-changed",
                format!("the cases of suite `{}` changed during the run", self.suite.name),
            )
            .at(self.suite.place.clone())
            .help("results so far are kept; run again with `--resume` once the file is at rest"),
        );
        problems
    }
}

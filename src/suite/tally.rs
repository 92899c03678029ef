//! How many cases a selection comes to.

use std::collections::BinaryHeap;

use super::loaded::LoadedCase;
use super::select::{Selection, draw};

/// Counts what passes the filters. With a sample, keeps the smallest draws: memory follows the sample, not the suite.
#[derive(Default)]
pub(super) struct Tally {
    taken: u64,
    repeats: u64,
    most_repeats: u32,
    /// Cases that the suite leaves out.
    pub(super) skipped: u64,
    drawn: BinaryHeap<(u128, u32)>,
}

impl Tally {
    /// Counts a case in.
    pub(super) fn offer(&mut self, loaded: &LoadedCase, selection: &Selection) {
        if loaded.skip.is_some() {
            self.skipped += u64::from(selection.first.is_none() && selection.sample.is_none());
            return;
        }
        if selection.first.is_some_and(|first| self.taken >= first) {
            return;
        }
        self.taken += 1;
        let Some(sample) = selection.sample else {
            self.repeats += u64::from(loaded.repeat);
            self.most_repeats = self.most_repeats.max(loaded.repeat);
            return;
        };
        self.drawn.push((draw(selection.seed, &loaded.case.id), loaded.repeat));
        if u64::try_from(self.drawn.len()).unwrap_or(u64::MAX) > sample {
            self.drawn.pop();
        }
    }

    /// What is run of all that were offered.
    pub(super) fn count(&self, selection: &Selection) -> Counted {
        if selection.sample.is_none() {
            return Counted {
                selected: self.taken,
                repeats: self.repeats,
                most_repeats: self.most_repeats,
                draw_up_to: None,
            };
        }
        Counted {
            selected: u64::try_from(self.drawn.len()).unwrap_or(u64::MAX),
            repeats: self.drawn.iter().map(|(_, repeat)| u64::from(*repeat)).sum(),
            most_repeats: self.drawn.iter().map(|(_, repeat)| *repeat).max().unwrap_or(0),
            draw_up_to: self.drawn.peek().map(|(draw, _)| *draw),
        }
    }
}

/// What a tally comes to.
pub(super) struct Counted {
    /// Cases.
    pub(super) selected: u64,
    /// Their repeats.
    pub(super) repeats: u64,
    /// The most repeats of one of them.
    pub(super) most_repeats: u32,
    /// The largest draw that is in, with a sample.
    pub(super) draw_up_to: Option<u128>,
}

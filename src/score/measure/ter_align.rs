//! The edit distance of TER: words, a beam around the diagonal, and which word of one side stands for which of the other.

use super::ngram::real;

/// Half the width of the beam.
const BEAM: usize = 25;

/// A cell that the beam never reached.
const FAR: u64 = u64::MAX / 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The words are the same, or one stands for the other.
    Both {
        same: bool,
    },
    /// A word of the hypothesis is left out.
    Given,
    /// A word of the reference is put in.
    Wanted,
    Unreached,
}

/// How the words of a hypothesis stand to those of a reference.
pub(super) struct Alignment {
    /// Edits.
    pub(super) distance: u64,
    /// For each word of the reference the hypothesis' words up to it.
    after: Vec<usize>,
    /// Words of the hypothesis that are wrong.
    given_wrong: Vec<bool>,
    /// Words of the reference that are missed.
    wanted_wrong: Vec<bool>,
}

impl Alignment {
    /// The place behind the word that stands for word `at` of the reference.
    pub(super) fn target(&self, at: usize) -> Option<usize> {
        self.after.get(at).copied()
    }

    /// Whether a block of `length` words at `from` may help at `at` of the reference: something is wrong at both places,
    /// and the target is not within the block.
    pub(super) fn is_worth_moving(&self, from: usize, at: usize, length: usize) -> bool {
        let wrong = |places: &[bool], start: usize| {
            places.get(start..start + length).is_some_and(|block| block.contains(&true))
        };
        let inside = self.after.get(at).is_some_and(|after| (from + 1..=from + length).contains(after));
        wrong(&self.given_wrong, from) && wrong(&self.wanted_wrong, at) && !inside
    }
}

/// Aligns with the fewest edits within the beam. Same or replaced words are preferred, then left out, then put in.
pub(super) fn aligned(given: &[&str], wanted: &[&str]) -> Alignment {
    let columns = wanted.len() + 1;
    let first = (0_u64..).take(columns).map(|cost| (cost, Step::Wanted));
    let mut table: Vec<(u64, Step)> = first.collect();
    table.resize((given.len() + 1) * columns, (FAR, Step::Unreached));
    let cell = |table: &[(u64, Step)], i: usize, j: usize| table.get(i * columns + j).map_or(FAR, |cell| cell.0);
    for (row, word) in given.iter().enumerate() {
        let i = row + 1;
        for j in beam(i, given.len(), wanted.len()) {
            let same = j > 0 && wanted.get(j - 1) == Some(word);
            let up = cell(&table, row, j) + 1;
            let mut best = (FAR, Step::Unreached);
            if j > 0 {
                let both = cell(&table, row, j - 1) + u64::from(!same);
                let left = cell(&table, i, j - 1) + 1;
                for found in [(both, Step::Both { same }), (up, Step::Given), (left, Step::Wanted)] {
                    if found.0 < best.0 {
                        best = found;
                    }
                }
            } else {
                best = (up, Step::Given);
            }
            if let Some(cell) = table.get_mut(i * columns + j) {
                *cell = best;
            }
        }
    }
    traced(&table, given.len(), wanted.len())
}

/// Columns of a row that are looked at: around the diagonal of the whole table, and all of the last row.
fn beam(row: usize, given: usize, wanted: usize) -> std::ops::Range<usize> {
    let count = |length: usize| real(u64::try_from(length).unwrap_or(u64::MAX));
    let ratio = count(wanted) / count(given.max(1));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths of texts, never negative")]
    let whole = |value: f64| value as usize;
    let width = if count(BEAM) < ratio / 2.0 { whole((ratio / 2.0 + count(BEAM)).ceil()) } else { BEAM };
    let diagonal = whole((count(row) * ratio).floor());
    let end = if row == given { wanted + 1 } else { (wanted + 1).min(diagonal + width) };
    diagonal.saturating_sub(width)..end
}

fn traced(table: &[(u64, Step)], given: usize, wanted: usize) -> Alignment {
    let (mut i, mut j) = (given, wanted);
    let mut steps = Vec::with_capacity(given + wanted);
    while i > 0 || j > 0 {
        let step = table.get(i * (wanted + 1) + j).map_or(Step::Unreached, |cell| cell.1);
        // A cell outside the beam cannot lie on the way; should one do, the rest is put in and left out.
        let step = match step {
            Step::Unreached if j > 0 => Step::Wanted,
            Step::Unreached => Step::Given,
            known => known,
        };
        match step {
            Step::Both { .. } => (i, j) = (i - 1, j - 1),
            Step::Given => i -= 1,
            Step::Wanted | Step::Unreached => j -= 1,
        }
        steps.push(step);
    }
    let distance = table.last().map_or(0, |cell| cell.0);
    let mut found = Alignment { distance, after: vec![], given_wrong: vec![], wanted_wrong: vec![] };
    for step in steps.iter().rev() {
        match step {
            Step::Both { same } => {
                found.given_wrong.push(!same);
                found.wanted_wrong.push(!same);
                found.after.push(found.given_wrong.len());
            }
            Step::Given => found.given_wrong.push(true),
            Step::Wanted | Step::Unreached => {
                found.wanted_wrong.push(true);
                found.after.push(found.given_wrong.len());
            }
        }
    }
    found
}

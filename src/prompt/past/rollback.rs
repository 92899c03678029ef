//! Back to what a label pointed to before.

use std::io;
use std::path::PathBuf;

use super::super::labels::label::LabelValue;
use super::super::registry::Registry;
use super::history::{PromptEventKind, PromptHistory};
use crate::base::{SafeName, files};

/// What a rollback comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rollback {
    /// To this earlier value.
    To(LabelValue),
    /// The latest move of the label was one back to an earlier value: there is nothing to do.
    Already(LabelValue),
    /// The label never pointed to anything else.
    NoEarlier,
    /// The label is not set, and never was.
    NeverSet,
}

/// Where a rollback goes, from what the label pointed to over time (oldest first, the present last).
///
/// The values form a stack. A move to a new value lays it on top; a move to a value that lies in the stack is a way back,
/// and takes everything above it off. A rollback goes to the value below the top. When the latest move was a way back, the
/// label has been rolled back already: asking twice must not swing it to and fro. To go further back, name the version.
///
/// So after `1.0 → 1.1 → 1.2` a rollback goes to 1.1, a second one stays there; and after a new move to 1.3 a rollback goes
/// to 1.1 again, not to 1.2, which was taken back.
fn roll_back(values: &[Option<LabelValue>]) -> Rollback {
    let mut stack: Vec<Option<&LabelValue>> = Vec::new();
    let mut was_way_back = false;
    for value in values.iter().map(Option::as_ref) {
        if stack.is_empty() && value.is_none() {
            continue;
        }
        let found = stack.iter().position(|known| *known == value);
        was_way_back = found.is_some_and(|at| at + 1 < stack.len());
        match found {
            Some(at) => stack.truncate(at + 1),
            None => stack.push(value),
        }
    }
    match stack.as_slice() {
        [] => Rollback::NeverSet,
        [.., Some(top)] if was_way_back => Rollback::Already((*top).clone()),
        [below @ .., _] => {
            below.iter().rev().find_map(|value| *value).cloned().map_or(Rollback::NoEarlier, Rollback::To)
        }
    }
}

impl PromptHistory {
    /// Where a rollback of a label goes. A rollback to what HEAD says leaves no trace in git: for that, this machine keeps
    /// a note of the last one, see [`Registry::note_rollback`].
    pub fn roll_back(&self, registry: &Registry, name: &SafeName, label: &str) -> Rollback {
        let values = self.values(label);
        let now = values.last().cloned().flatten();
        match (roll_back(&values), now) {
            (Rollback::To(_) | Rollback::NoEarlier, Some(now))
                if registry.noted_rollback(name, label) == Some(self.mark(label, &now)) =>
            {
                Rollback::Already(now)
            }
            (rollback, _) => rollback,
        }
    }

    /// The value of a label together with the commit that moved it last: another move makes another mark.
    fn mark(&self, name: &str, value: &LabelValue) -> String {
        let is_move = |kind: &PromptEventKind| matches!(kind, PromptEventKind::Labelled { label, .. } if label == name);
        let commit = self.events.iter().filter(|event| is_move(&event.kind)).find_map(|event| event.commit.as_ref());
        format!("{} {value}\n", commit.map_or("-", |commit| commit.id.as_str()))
    }
}

impl Registry {
    /// Notes that a label was rolled back to `value`, beside the results of this machine.
    ///
    /// # Errors
    /// The I/O error.
    pub fn note_rollback(
        &self,
        name: &SafeName,
        label: &str,
        value: &LabelValue,
        before: &PromptHistory,
    ) -> io::Result<()> {
        files::write_atomic(&self.rollback_note(name, label), before.mark(label, value).as_bytes())
    }

    fn noted_rollback(&self, name: &SafeName, label: &str) -> Option<String> {
        let path = self.rollback_note(name, label);
        let bytes = files::read_bytes(&path, &path, files::MAX_FILE_BYTES).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Names of prompts and labels are safe parts of a path.
    fn rollback_note(&self, name: &SafeName, label: &str) -> PathBuf {
        self.root.join(".karat").join("rollbacks").join(name.as_str()).join(label)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semver::Version;

    use super::*;

    fn value(minor: u64) -> LabelValue {
        LabelValue::Version(Version::new(1, minor, 0))
    }

    fn after(minors: &[u64]) -> Rollback {
        // Nine stands for a removed label.
        let values: Vec<Option<LabelValue>> = minors.iter().map(|minor| (*minor != 9).then(|| value(*minor))).collect();
        roll_back(&values)
    }

    #[test]
    fn rollbacks_go_to_the_value_before() {
        for (moves, wanted) in [
            (&[][..], Rollback::NeverSet),
            (&[0], Rollback::NoEarlier),
            (&[0, 1], Rollback::To(value(0))),
            (&[0, 1, 2], Rollback::To(value(1))),
            // Rolled back once: asking again changes nothing.
            (&[0, 1, 2, 1], Rollback::Already(value(1))),
            (&[0, 1, 2, 0], Rollback::Already(value(0))),
            // A new move, and what was taken back does not come back.
            (&[0, 1, 2, 1, 3], Rollback::To(value(1))),
            (&[0, 1, 2, 1, 3, 1], Rollback::Already(value(1))),
            (&[0, 1, 2, 1, 3, 4], Rollback::To(value(3))),
            (&[0, 1, 0, 1], Rollback::To(value(0))),
            // Removed, and set again.
            (&[0, 1, 9], Rollback::To(value(1))),
            (&[0, 9], Rollback::To(value(0))),
            (&[9, 0], Rollback::NoEarlier),
            (&[0, 9, 1], Rollback::To(value(0))),
            // The same value twice is no move.
            (&[0, 1, 1], Rollback::To(value(0))),
        ] {
            assert_eq!(after(moves), wanted, "{moves:?}");
        }
    }

    proptest! {
        #[test]
        fn a_second_rollback_changes_nothing(moves in prop::collection::vec(0_u64..5, 0..12)) {
            let mut values: Vec<Option<LabelValue>> = moves.iter().map(|minor| Some(value(*minor))).collect();
            if let Rollback::To(target) = roll_back(&values) {
                prop_assert_ne!(values.last().cloned().flatten(), Some(target.clone()));
                prop_assert!(values.contains(&Some(target.clone())));
                values.push(Some(target.clone()));
                prop_assert_eq!(roll_back(&values), Rollback::Already(target));
            }
        }
    }
}

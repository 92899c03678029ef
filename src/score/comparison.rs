//! Comparisons as users write them: `< 5s`, `<= $0.05`, `== 3`.

use std::cmp::Ordering;

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    NotEqual,
}

impl Op {
    /// Written form, operator, words. Longer forms first: `<=` before `<`.
    const ALL: &[(&str, Op, &str)] = &[
        ("<=", Op::AtMost, "at most"),
        (">=", Op::AtLeast, "at least"),
        ("==", Op::Equal, "exactly"),
        ("!=", Op::NotEqual, "anything but"),
        ("<", Op::Less, "less than"),
        (">", Op::More, "more than"),
        ("=", Op::Equal, "exactly"),
        ("≤", Op::AtMost, "at most"),
        ("≥", Op::AtLeast, "at least"),
        ("≠", Op::NotEqual, "anything but"),
    ];

    /// Splits `<= 5s` into its operator, if there is one, and the rest.
    pub(super) fn split(text: &str) -> (Option<Op>, &str) {
        let text = text.trim();
        Op::ALL
            .iter()
            .find_map(|(written, op, _)| text.strip_prefix(written).map(|rest| (Some(*op), rest.trim())))
            .unwrap_or((None, text))
    }

    /// Whether `seen` stands in this relation to `bound`.
    pub(super) fn holds<T: Ord>(self, seen: &T, bound: &T) -> bool {
        let ordering = seen.cmp(bound);
        match self {
            Op::Less => ordering == Ordering::Less,
            Op::AtMost => ordering != Ordering::Greater,
            Op::More => ordering == Ordering::Greater,
            Op::AtLeast => ordering != Ordering::Less,
            Op::Equal => ordering == Ordering::Equal,
            Op::NotEqual => ordering != Ordering::Equal,
        }
    }

    /// The canonical written form.
    pub(super) fn word(self) -> &'static str {
        Op::ALL.iter().find(|(_, op, _)| *op == self).map_or("", |(written, _, _)| written)
    }

    /// In words: `at most`.
    pub(super) fn phrase(self) -> &'static str {
        Op::ALL.iter().find(|(_, op, _)| *op == self).map_or("", |(_, _, phrase)| phrase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_split_from_their_bound() {
        assert_eq!(Op::split(" <= 5s "), (Some(Op::AtMost), "5s"));
        assert_eq!(Op::split("<5"), (Some(Op::Less), "5"));
        assert_eq!(Op::split("≥ 3"), (Some(Op::AtLeast), "3"));
        assert_eq!(Op::split("5s"), (None, "5s"));
        assert_eq!(Op::split("=5"), Op::split("== 5"));
    }

    #[test]
    fn every_operator_against_less_equal_and_more() {
        let table = [
            (Op::Less, [true, false, false]),
            (Op::AtMost, [true, true, false]),
            (Op::More, [false, false, true]),
            (Op::AtLeast, [false, true, true]),
            (Op::Equal, [false, true, false]),
            (Op::NotEqual, [true, false, true]),
        ];
        for (op, wanted) in table {
            assert_eq!([1, 2, 3].map(|seen| op.holds(&seen, &2)), wanted, "{op:?}");
        }
    }
}

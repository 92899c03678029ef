//! What a detector of personal data is made of.

/// How sure the form of a value alone makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    /// It is not what it looks like.
    No,
    /// It counts only behind a word that names it, such as `phone` or `BSN`.
    Named,
    /// It counts unless a word for another kind of number stands before it, such as `order`.
    Unless,
    /// It always counts.
    Sure,
}

impl Strength {
    /// `self` where `holds`, else nothing.
    pub(super) fn when(self, holds: bool) -> Strength {
        if holds { self } else { Strength::No }
    }
}

/// One kind of personal data: its form, and what decides whether a text of this form is what it looks like.
pub(super) struct Detector {
    /// Name, in small letters with `_`: `email`, `us_ssn`.
    pub(super) kind: &'static str,
    /// In words: `an e-mail address`.
    pub(super) phrase: &'static str,
    /// A regular expression for its form.
    pub(super) form: &'static str,
    /// Words that name it, as alternatives of a regular expression.
    pub(super) names: &'static str,
    /// How sure a text of the form is.
    pub(super) judge: fn(&str) -> Strength,
    /// What else is known of the value.
    pub(super) nature: fn(&str) -> Nature,
    /// Whether it must not touch another group of digits, as a part of a longer number would.
    pub(super) is_whole_number: bool,
}

/// What a value is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// It may be somebody's.
    Personal,
    /// It is published for examples and tests.
    Sample,
    /// It belongs to an organisation: `support@…`.
    Office,
    /// It is an address of a private network.
    Private,
}

/// The nature of values of which no samples are known.
pub(super) fn personal(_: &str) -> Nature {
    Nature::Personal
}

/// A national number: a whole number of its own, without known samples.
pub(super) const fn national(
    kind: &'static str,
    phrase: &'static str,
    form: &'static str,
    names: &'static str,
    judge: fn(&str) -> Strength,
) -> Detector {
    Detector { kind, phrase, form, names, judge, nature: personal, is_whole_number: true }
}

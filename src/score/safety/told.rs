//! Words of what was found, without showing it.

/// Findings told in a reason.
const TOLD: usize = 5;

/// Counts characters up to byte offsets that come in ascending order.
pub(super) struct Places<'t> {
    text: &'t str,
    at: usize,
    characters: usize,
}

impl<'t> Places<'t> {
    pub(super) fn of(text: &'t str) -> Places<'t> {
        Places { text, at: 0, characters: 0 }
    }

    /// The character at a byte offset, from 1; offsets that go back count from the last one.
    pub(super) fn character(&mut self, at: usize) -> usize {
        self.characters += self.text.get(self.at..at).map_or(0, |between| between.chars().count());
        self.at = self.at.max(at);
        self.characters + 1
    }
}

/// `a, b and 3 more`: the first findings, and how many more there are.
pub(super) fn listed(total: usize, mut told: impl Iterator<Item = String>) -> String {
    let first: Vec<String> = told.by_ref().take(TOLD).collect();
    let more = total.saturating_sub(first.len());
    if more == 0 { first.join(", ") } else { format!("{} and {more} more", first.join(", ")) }
}

/// What is said of a text in which nothing was found: its length, because its words may be what nobody should see.
pub(super) fn nothing(what: &str, text: &str) -> String {
    match text.chars().count() {
        0 => "an empty text".to_owned(),
        1 => format!("no {what} in 1 character"),
        characters => format!("no {what} in {characters} characters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_lists_are_short() {
        let mut places = Places::of("äöü x");
        assert_eq!((places.character(0), places.character(2), places.character(7)), (1, 2, 5));
        assert_eq!(listed(7, (1..=7).map(|n| n.to_string())), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!((nothing("x", ""), nothing("x", "ab")), ("an empty text".into(), "no x in 2 characters".into()));
    }
}

//! The headers of a reply, in one piece of text.

use std::fmt;

/// What the headers of most replies fit into.
const USUAL_BYTES: usize = 512;

/// Headers with lowercase names, in the order received.
///
/// Every reply has a dozen of them and hardly any is ever read: so they are kept in one text, not in two dozen.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers {
    text: String,
    /// Where each name and each value ends.
    ends: Vec<(usize, usize)>,
}

impl Headers {
    /// The first value of this lowercase name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut from = 0;
        self.ends.iter().map(move |&(name, value)| {
            let begin = std::mem::replace(&mut from, value);
            (self.text.get(begin..name).unwrap_or(""), self.text.get(name..value).unwrap_or(""))
        })
    }

    /// Adds one; the name is lowercase.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        if self.ends.is_empty() {
            self.text.reserve(USUAL_BYTES);
        }
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value);
        self.ends.push((middle, self.text.len()));
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Headers {
        let mut headers = Headers::default();
        for (name, value) in pairs {
            headers.push(name.as_ref(), value.as_ref());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_in_comes_out_in_its_order(pairs in prop::collection::vec(("[a-z-]{0,8}", ".{0,12}"), 0..8)) {
            let headers: Headers = pairs.iter().cloned().collect();
            let seen: Vec<_> = headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(&seen, &pairs);
            for (name, _) in &pairs {
                let first = pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
                prop_assert_eq!(headers.get(name), first);
            }
            prop_assert_eq!(headers.get("no such name"), None);
        }
    }
}

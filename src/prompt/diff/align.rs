//! Which message of one conversation is which of another.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

use crate::record::Role;

/// Most pairs that are compared; longer conversations are paired by position.
const MAX_PAIRS: usize = 40_000;
/// Words of a message that are looked at.
const MAX_WORDS: usize = 2_000;
/// What two messages of one role are alike at least, in thousandths: a message that was rewritten is still that message.
const SAME_ROLE: u64 = 200;
/// Messages of different roles are the same message only when their texts are alike by more than this.
const OTHER_ROLE: u64 = 500;

/// A message to pair: who speaks, and what.
pub(in crate::prompt) struct Spoken<'a> {
    pub(in crate::prompt) role: Role,
    pub(in crate::prompt) text: &'a str,
}

/// Pairs the messages of two conversations so that the most alike stand together and no pairs cross. Each message is in
/// the answer once, alone when it has no counterpart; what is gone stands before what is new.
pub(in crate::prompt) fn align(old: &[Spoken<'_>], new: &[Spoken<'_>]) -> Vec<(Option<usize>, Option<usize>)> {
    if old.len().saturating_mul(new.len()) > MAX_PAIRS {
        return (0..old.len().max(new.len())).map(|at| (held(at, old), held(at, new))).collect();
    }
    let likeness = likeness_table(old, new);
    let like = |i: usize, j: usize| likeness.get(i * new.len() + j).copied().unwrap_or(0);
    let best = best_table(old.len(), new.len(), like);
    let best = |i: usize, j: usize| best.get(i * (new.len() + 1) + j).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < old.len() || j < new.len() {
        let both = i < old.len() && j < new.len();
        if both && like(i, j) > 0 && best(i, j) == like(i, j) + best(i + 1, j + 1) {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || best(i, j) == best(i + 1, j)) {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs
}

fn held(at: usize, messages: &[Spoken<'_>]) -> Option<usize> {
    (at < messages.len()).then_some(at)
}

/// The best sum of likeness from each pair of positions on, row by row; one row and column more than messages.
fn best_table(rows: usize, columns: usize, like: impl Fn(usize, usize) -> u64) -> Vec<u64> {
    let width = columns + 1;
    let mut best = vec![0; (rows + 1) * width];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            let at = |i: usize, j: usize| best.get(i * width + j).copied().unwrap_or(0);
            let most = (like(i, j) + at(i + 1, j + 1)).max(at(i + 1, j)).max(at(i, j + 1));
            best.iter_mut().skip(i * width + j).take(1).for_each(|cell| *cell = most);
        }
    }
    best
}

/// How alike each two messages are, in thousandths; 0 where they cannot be the same message.
fn likeness_table(old: &[Spoken<'_>], new: &[Spoken<'_>]) -> Vec<u64> {
    let old_bags: Vec<_> = old.iter().map(|message| words(message.text)).collect();
    let new_bags: Vec<_> = new.iter().map(|message| words(message.text)).collect();
    let mut table = Vec::with_capacity(old.len() * new.len());
    for (one, one_bag) in old.iter().zip(&old_bags) {
        for (other, other_bag) in new.iter().zip(&new_bags) {
            let shared = shared_thousandths(one_bag, other_bag);
            table.push(match one.role == other.role {
                true => SAME_ROLE + shared,
                false if shared > OTHER_ROLE => shared,
                false => 0,
            });
        }
    }
    table
}

fn words(text: &str) -> HashMap<&str, u64> {
    let mut bag = HashMap::new();
    text.unicode_words().take(MAX_WORDS).for_each(|word| *bag.entry(word).or_insert(0) += 1);
    bag
}

/// Words in common, of all words (the Sørensen–Dice coefficient of the two bags), in thousandths.
fn shared_thousandths(one: &HashMap<&str, u64>, other: &HashMap<&str, u64>) -> u64 {
    let total: u64 = one.values().chain(other.values()).sum();
    let shared: u64 = one.iter().map(|(word, count)| other.get(word).copied().unwrap_or(0).min(*count)).sum();
    (2_000 * shared).checked_div(total).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(old: &[(Role, &str)], new: &[(Role, &str)]) -> Vec<(Option<usize>, Option<usize>)> {
        let old: Vec<Spoken<'_>> = old.iter().map(|&(role, text)| Spoken { role, text }).collect();
        let new: Vec<Spoken<'_>> = new.iter().map(|&(role, text)| Spoken { role, text }).collect();
        align(&old, &new)
    }

    #[test]
    fn a_message_that_was_put_between_moves_the_others() {
        let old = [(Role::System, "be brief"), (Role::User, "review the code")];
        let new = [(Role::System, "be brief"), (Role::Assistant, "I will"), (Role::User, "review this code")];
        assert_eq!(pairs(&old, &new), [(Some(0), Some(0)), (None, Some(1)), (Some(1), Some(2))]);
        assert_eq!(pairs(&new, &old), [(Some(0), Some(0)), (Some(1), None), (Some(2), Some(1))]);
    }

    #[test]
    fn a_rewritten_message_stays_the_same_message() {
        let old = [(Role::System, "one two"), (Role::User, "x")];
        let new = [(Role::System, "three four"), (Role::User, "x")];
        assert_eq!(pairs(&old, &new), [(Some(0), Some(0)), (Some(1), Some(1))]);
    }

    #[test]
    fn a_role_may_change_when_the_text_stays() {
        assert_eq!(pairs(&[(Role::System, "be brief now")], &[(Role::User, "be brief now")]), [(Some(0), Some(0))]);
        assert_eq!(
            pairs(&[(Role::System, "be brief")], &[(Role::User, "{{ code }}")]),
            [(Some(0), None), (None, Some(0))]
        );
    }

    #[test]
    fn empty_and_endless_conversations_are_paired_too() {
        assert_eq!(pairs(&[], &[]), []);
        assert_eq!(pairs(&[(Role::User, "a")], &[]), [(Some(0), None)]);
        let many: Vec<(Role, &str)> = vec![(Role::User, "same"); 300];
        let found = pairs(&many, many.get(..299).unwrap_or_default());
        assert_eq!((found.len(), found.last().copied()), (300, Some((Some(299), None))));
    }
}

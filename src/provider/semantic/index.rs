//! Which kept questions are near: a scan over bits, so that 100,000 of them take 26 MB and about a millisecond.

use std::collections::HashMap;

use super::KeptQuestion;
use super::signature::{BITS, HEAD, HEAD_BITS, Signature, WORDS, most_different};
use crate::base::Digest;

/// Candidates whose vectors are compared.
pub(super) const RANKED: usize = 32;
/// Words that are compared for those that the first ones let pass.
const TAIL: usize = WORDS - HEAD;

/// The bits of all kept questions, by scope.
#[derive(Debug, Default)]
pub(super) struct Index {
    scopes: HashMap<Digest, Shelf>,
    /// Questions up to this number are in it.
    pub(super) upto: i64,
}

/// Questions of one scope. First words lie together: most questions are ruled out by them.
#[derive(Debug, Default)]
struct Shelf {
    heads: Vec<[u64; HEAD]>,
    tails: Vec<[u64; TAIL]>,
    ids: Vec<i64>,
}

impl Index {
    pub(super) fn add(&mut self, question: &KeptQuestion) {
        let (head, tail) = halves(&question.signature);
        let shelf = self.scopes.entry(question.scope).or_default();
        shelf.heads.push(head);
        shelf.tails.push(tail);
        shelf.ids.push(question.id);
        self.upto = self.upto.max(question.id);
    }

    /// Numbers of the questions of a scope that may be as near as `threshold`, nearest first, [`RANKED`] at most.
    pub(super) fn near(&self, scope: &Digest, signature: &Signature, threshold: f64) -> Vec<i64> {
        let Some(shelf) = self.scopes.get(scope) else { return Vec::new() };
        let limit = |bits: usize| most_different(threshold, u32::try_from(bits).unwrap_or(u32::MAX));
        let (head_limit, limit) = (limit(HEAD_BITS), limit(BITS));
        let (head, tail) = halves(signature);
        let mut near = Vec::new();
        for (index, kept) in shelf.heads.iter().enumerate() {
            let first = different(kept, &head);
            if first > head_limit {
                continue;
            }
            let Some((rest, id)) = shelf.tails.get(index).zip(shelf.ids.get(index)) else { continue };
            let all = first + different(rest, &tail);
            if all <= limit {
                near.push((all, *id));
            }
        }
        if near.len() > RANKED {
            near.select_nth_unstable(RANKED);
            near.truncate(RANKED);
        }
        near.sort_unstable();
        near.into_iter().map(|(_, id)| id).collect()
    }
}

fn different<const N: usize>(a: &[u64; N], b: &[u64; N]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

fn halves(signature: &Signature) -> ([u64; HEAD], [u64; TAIL]) {
    let (mut head, mut tail) = ([0; HEAD], [0; TAIL]);
    let (first, rest) = signature.0.split_at(HEAD);
    head.copy_from_slice(first);
    tail.copy_from_slice(rest);
    (head, tail)
}

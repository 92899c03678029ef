//! Vectors as bits: two vectors differ in as large a share of them as their angle is of a half turn.
//!
//! Sign bits of random projections (Charikar, "Similarity estimation techniques from rounding algorithms", 2002). The
//! projections are rows of a fast pseudo-random rotation, three rounds of sign flips and Hadamard transforms (Andoni et
//! al., "Practical and optimal LSH for angular distance", 2015): 50 µs instead of a product with a matrix of 12 MB.

use std::f64::consts::PI;

/// Bits of a signature.
pub(super) const BITS: usize = 2_048;
/// Words of a signature.
pub(super) const WORDS: usize = BITS / 64;
/// Words that are compared first.
pub(super) const HEAD: usize = 8;
/// Bits of the first words.
pub(super) const HEAD_BITS: usize = HEAD * 64;
/// Seed of the rotation. Signatures are stored: it never changes.
const SEED: u64 = 0x6b61_7261_7473_656d;
/// Standard deviations by which a near vector may seem farther than it is: one in 3 million is missed.
const SLACK: f64 = 5.0;

/// The bits of a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) [u64; WORDS]);

impl Signature {
    /// Bytes of a signature.
    pub const BYTES: usize = WORDS * 8;

    /// The signature of a vector; `None` when it has no direction.
    pub fn of(vector: &[f32]) -> Option<Signature> {
        if !vector.iter().all(|number| number.is_finite()) || vector.iter().all(|number| *number == 0.0) {
            return None;
        }
        let mut turned = vector.to_vec();
        turned.resize(vector.len().next_power_of_two().max(BITS), 0.0);
        for round in 0..3_u64 {
            for (number, place) in turned.iter_mut().zip(0_u64..) {
                if scramble(SEED ^ (round << 40) ^ place) & 1 == 1 {
                    *number = -*number;
                }
            }
            hadamard(&mut turned);
        }
        let mut words = [0_u64; WORDS];
        for (word, numbers) in words.iter_mut().zip(turned.chunks_exact(64)) {
            for (number, bit) in numbers.iter().zip(0..) {
                *word |= u64::from(*number > 0.0) << bit;
            }
        }
        Some(Signature(words))
    }

    /// As it is stored: little-endian words.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// The way back; `None` when they are not [`Signature::BYTES`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Signature> {
        let (groups, []) = bytes.as_chunks::<8>() else { return None };
        let words: Vec<u64> = groups.iter().map(|group| u64::from_le_bytes(*group)).collect();
        words.try_into().ok().map(Signature)
    }
}

/// Bits of `bits` in which a vector may differ whose cosine is `threshold` or more.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a few thousand")]
pub(super) fn most_different(threshold: f64, bits: u32) -> u32 {
    let share = threshold.clamp(-1.0, 1.0).acos() / PI;
    let spread = (share * (1.0 - share) * f64::from(bits)).sqrt();
    // Two bits more: single precision decides the sign of numbers near zero either way.
    (f64::from(bits) * share + SLACK * spread).ceil() as u32 + 2
}

/// The cosine of two vectors of equal length; `None` when they are not, or when one has no direction.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (mut dot, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        dot += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    let cosine = dot / (of_a * of_b).sqrt();
    cosine.is_finite().then_some(cosine.clamp(-1.0, 1.0))
}

/// The Walsh–Hadamard transform, in place, for a length that is a power of two. It is not scaled: signs alone count, and
/// three rounds of single precision have room for the growth.
fn hadamard(numbers: &mut [f32]) {
    let mut half = 1;
    while half < numbers.len() {
        for block in numbers.chunks_exact_mut(half * 2) {
            let (left, right) = block.split_at_mut(half);
            for (a, b) in left.iter_mut().zip(right) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
fn scramble(seed: u64) -> u64 {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

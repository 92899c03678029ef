//! Which version of a split a user gets: the bucketing of flagd's `fractional` operation, so that an application that
//! evaluates the exported flag with `OpenFeature` agrees with karat.
//!
//! As in flagd since the weights may be any whole numbers, and in `@openfeature/flagd-core` 4.0.1, which
//! `fixtures/flagd` was made with: `MurmurHash3` (x86, 32 bits, seed 0) of the flag's key followed by the user's id, times
//! the sum of the weights, shifted right by 32 bits; the first share whose running sum is larger than that gets the user.
//!
//! The JavaScript package hashes UTF-16 code units, flagd's server and its other languages hash UTF-8 bytes. For ASCII
//! they are the same. For other ids they differ from each other, and karat follows `@openfeature/flagd-core`.

use semver::Version;

use super::label::Split;
use crate::base::SafeName;

/// The key of the flag for a prompt's label; it salts the hash, so that each label shuffles its users anew.
pub(in crate::prompt) fn flag_key(prompt: &SafeName, label: &str) -> String {
    format!("{prompt}@{label}")
}

impl Split {
    /// The version that a user gets; the same one every time. `None` only for a split without shares, which there is not.
    pub fn pick(&self, prompt: &SafeName, label: &str, user: &str) -> Option<&Version> {
        self.bucket(&flag_key(prompt, label), user)
    }

    fn bucket(&self, key: &str, user: &str) -> Option<&Version> {
        let at = (u64::from(hash(&format!("{key}{user}"))) * self.total()) >> 32;
        let mut end = 0;
        let mut shares = self.shares().iter();
        let share = shares.find(|(_, weight)| {
            end += u64::from(*weight);
            at < end
        });
        share.map(|(version, _)| version)
    }
}

/// `MurmurHash3` x86 32 with seed 0, of UTF-16 code units in place of bytes: the upper half of a unit falls into the byte
/// after it, round the corner at the end of a block.
fn hash(text: &str) -> u32 {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut state = 0_u32;
    let mut blocks = units.chunks_exact(4);
    for block in blocks.by_ref() {
        state = (state ^ scrambled(packed(block))).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    let rest = packed(blocks.remainder());
    // The package takes the rest for a signed number, and leaves out one below zero.
    if rest.cast_signed() > 0 {
        state ^= scrambled(rest);
    }
    // Longer than 4 GB cannot be given on a command line; flagd counts no further either.
    state ^= u32::try_from(units.len()).unwrap_or(u32::MAX);
    state = (state ^ (state >> 16)).wrapping_mul(0x85eb_ca6b);
    state = (state ^ (state >> 13)).wrapping_mul(0xc2b2_ae35);
    state ^ (state >> 16)
}

fn packed(units: &[u16]) -> u32 {
    let shifts = [0, 8, 16, 24];
    units.iter().zip(shifts).fold(0, |word, (unit, shift)| word ^ u32::from(*unit).rotate_left(shift))
}

fn scrambled(word: u32) -> u32 {
    word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn ascii_hashes_are_those_of_murmur3() {
        // Verification values of the reference implementation (smhasher), seed 0, as listed by other implementations.
        for (text, wanted) in [
            ("", 0),
            ("test", 0xba6b_d213),
            ("Hello, world!", 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ] {
            assert_eq!(hash(text), wanted, "{text}");
        }
    }

    /// `fixtures/flagd/buckets.json`, written by `fixtures/flagd/make.mjs`: what flagd-core says of every user.
    #[test]
    fn ten_thousand_users_get_what_flagd_core_gives_them() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flagd/buckets.json");
        let fixture: serde_json::Value = serde_json::from_slice(&std::fs::read(path).expect("fixture")).expect("json");
        let users: Vec<&str> =
            fixture["users"].as_array().expect("users").iter().filter_map(|user| user.as_str()).collect();
        assert_eq!(users.len(), 10_000);
        assert!(users.iter().filter(|user| !user.is_ascii()).count() >= 1_000);
        let flags = fixture["flags"].as_array().expect("flags");
        assert!(flags.len() >= 6);
        for flag in flags {
            let shares: Vec<(Version, u32)> = flag["split"]
                .as_object()
                .expect("split")
                .iter()
                .map(|(version, weight)| {
                    let weight = u32::try_from(weight.as_u64().expect("weight")).expect("weight");
                    (Version::parse(version).expect("version"), weight)
                })
                .collect();
            let names: Vec<String> = shares.iter().map(|(version, _)| version.to_string()).collect();
            let split = Split::new(shares).expect("split");
            let key = flag["key"].as_str().expect("key");
            let answers = flag["answers"].as_str().expect("answers");
            assert_eq!(answers.len(), users.len());
            for (user, answer) in users.iter().zip(answers.bytes()) {
                let wanted = &names[usize::from(answer - b'0')];
                assert_eq!(split.bucket(key, user).map(Version::to_string).as_ref(), Some(wanted), "{key} {user:?}");
            }
        }
    }

    fn split(shares: &[(u64, u32)]) -> Split {
        Split::new(shares.iter().map(|(minor, weight)| (Version::new(1, *minor, 0), *weight)).collect()).expect("split")
    }

    #[test]
    fn raising_the_newest_share_keeps_everybody_who_had_it() {
        let steps =
            [split(&[(2, 99), (3, 1)]), split(&[(2, 90), (3, 10)]), split(&[(2, 1), (3, 1)]), split(&[(2, 1), (3, 9)])];
        let newest = Version::new(1, 3, 0);
        let name = SafeName::parse("code-review").expect("name");
        let mut counts = BTreeMap::new();
        for number in 0..10_000 {
            let user = format!("user-{number}");
            let mut had_it = false;
            for (step, split) in steps.iter().enumerate() {
                let has_it = split.pick(&name, "production", &user) == Some(&newest);
                assert!(has_it || !had_it, "{user} lost it at step {step}");
                *counts.entry(step).or_insert(0) += i32::from(has_it);
                had_it = has_it;
            }
        }
        for (step, share) in [(0, 100), (1, 1_000), (2, 5_000), (3, 9_000)] {
            assert!((counts[&step] - share).abs() < 200, "{counts:?}");
        }
    }

    #[test]
    fn labels_shuffle_their_users_independently() {
        let half = split(&[(2, 1), (3, 1)]);
        let name = SafeName::parse("p").expect("name");
        let users: Vec<String> = (0..1_000).map(|number| number.to_string()).collect();
        let same = |user: &&String| half.pick(&name, "production", user) == half.pick(&name, "staging", user);
        let count = users.iter().filter(same).count();
        assert!((400..600).contains(&count), "{count}");
    }
}

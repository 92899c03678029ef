//! Tells a key from what merely stands where a key would stand.

/// Words that people write into sample keys. Each is long enough not to turn up in a random key.
const WORDS: &[&str] = &[
    "example",
    "your",
    "placeholder",
    "change",
    "dummy",
    "fake",
    "sample",
    "redacted",
    "insert",
    "replace",
    "secret-key",
    "xxxx",
    "abcdef",
    "123456",
    "012345",
    "987654",
    "not-a-real",
    "notareal",
    "deadbeef",
    "foobar",
    "test-",
    "test_",
];

/// Whether the variable part of a key is made up: sample words, few different characters, or too regular to be random.
pub(super) fn is_placeholder(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    lower.starts_with("test")
        || WORDS.iter().any(|word| lower.contains(word))
        || has_long_repeat(body.as_bytes())
        || entropy(body) < 2.7
}

/// Shannon entropy of the bytes, in bits per byte; 0 for nothing.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / total;
            -share * share.log2()
        })
        .sum()
}

/// Six times the same character in a row.
fn has_long_repeat(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|run| run.iter().all(|byte| Some(byte) == run.first()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_placeholders_and_random_keys_are_not() {
        for sample in [
            "IOSFODNN7EXAMPLE",
            "your-api-key-goes-in-here",
            "xxxxxxxxxxxxxxxxxxxxxxxxxx",
            "aaaabbbbaaaabbbbaaaabbbb",
            "Zq8aaaaaaT3kLm92PqRsVw",
            "test1234567890123456789012",
            "",
        ] {
            assert!(is_placeholder(sample), "{sample}");
        }
        for key in ["kQ7vR2mX9tB4nL8wZ3yH6cJ5", "QX4T7WZ2PLK5JHGF", "9f8b7c3e1d0a4f62b5d8e7c1a3f04b96"] {
            assert!(!is_placeholder(key), "{key}");
        }
    }

    #[test]
    fn entropy_is_in_bits_per_byte() {
        assert!(entropy("").abs() < 1e-12 && entropy("aaaa").abs() < 1e-12);
        assert!((entropy("abcd") - 2.0).abs() < 1e-12 && (entropy("aabb") - 1.0).abs() < 1e-12);
    }
}

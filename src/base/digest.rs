//! Identity by content: SHA-256 over canonical bytes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// A SHA-256 digest. Shown as 64 hexadecimal digits, or 12 where short.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Evenly spread as they are, eight of its bytes tell it apart as well as all of them.
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl Digest {
    /// Of raw bytes; equals `sha256sum` of a file with these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// Of a JSON value in its canonical form (see [`canonical_json`]).
    pub fn of_json(value: &Value) -> Digest {
        Digest::of_bytes(canonical_json(value).as_bytes())
    }

    /// From its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits, for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
        let mut digits = [0; 64];
        for (pair, byte) in digits.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        // In one piece: every trial writes several, and formatting them byte by byte takes thirty times as long.
        f.write_str(str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Digest, String> {
        let wrong = || format!("`{text}` is not a SHA-256 digest of 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = text.get(2 * index..2 * index + 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Digest(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Parts are gathered up to this many bytes before they are hashed: most digests are of some hundred bytes, and hashing them
/// in one go is cheaper than feeding the hash piece by piece.
const GATHERED: usize = 4096;

/// Builds a digest of several named parts. Each part is framed by its length, so `("ab","c")` and `("a","bc")` differ.
pub struct DigestBuilder {
    gathered: Vec<u8>,
    /// What was gathered before; `None` while that is nothing.
    hashed: Option<Box<Sha256>>,
}

impl DigestBuilder {
    /// `kind` separates digests of different things, such as `case` or `variant`.
    pub fn new(kind: &str) -> DigestBuilder {
        DigestBuilder { gathered: Vec::with_capacity(256), hashed: None }.part(kind.as_bytes())
    }

    /// Adds one part.
    #[must_use]
    pub fn part(mut self, bytes: &[u8]) -> DigestBuilder {
        self.gathered.extend_from_slice(&frame(bytes.len()));
        if bytes.len() < GATHERED {
            self.gathered.extend_from_slice(bytes);
        } else {
            self.hash().update(bytes);
        }
        if self.gathered.len() >= GATHERED {
            self.hash();
        }
        self
    }

    /// Adds a JSON value in canonical form.
    #[must_use]
    pub fn json(mut self, value: &Value) -> DigestBuilder {
        let start = self.gathered.len();
        self.gathered.extend_from_slice(&frame(0));
        write_canonical(value, &mut self.gathered);
        self.framed(start)
    }

    /// Adds a JSON object in canonical form.
    #[must_use]
    pub fn json_object(mut self, object: &Map<String, Value>) -> DigestBuilder {
        let start = self.gathered.len();
        self.gathered.extend_from_slice(&frame(0));
        write_canonical_object(object, &mut self.gathered);
        self.framed(start)
    }

    /// The digest.
    pub fn finish(self) -> Digest {
        match self.hashed {
            None => Digest::of_bytes(&self.gathered),
            Some(hashed) => Digest((*hashed).chain_update(&self.gathered).finalize().into()),
        }
    }

    /// Gives a part its length, which was written from `start` on after room for its frame.
    fn framed(mut self, start: usize) -> DigestBuilder {
        let length = self.gathered.len().saturating_sub(start + FRAME);
        if let Some(room) = self.gathered.get_mut(start..start + FRAME) {
            room.copy_from_slice(&frame(length));
        }
        if self.gathered.len() >= GATHERED {
            self.hash();
        }
        self
    }

    /// Hashes what was gathered.
    fn hash(&mut self) -> &mut Sha256 {
        let hashed = self.hashed.get_or_insert_default();
        hashed.update(&self.gathered);
        self.gathered.clear();
        self.gathered.shrink_to(2 * GATHERED);
        hashed
    }
}

/// Bytes of a frame.
const FRAME: usize = 8;

/// What stands before a part.
fn frame(length: usize) -> [u8; FRAME] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

/// JSON with keys sorted at every level and no spaces: equal values give equal bytes whatever their key order.
pub fn canonical_json(value: &Value) -> String {
    let mut out = Vec::new();
    write_canonical(value, &mut out);
    // It is made of texts and of what serde writes, which is UTF-8.
    String::from_utf8(out).unwrap_or_default()
}

fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => write_canonical_object(map, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_canonical(item, out);
            }
            out.push(b']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => write_scalar(value, out),
    }
}

fn write_canonical_object(map: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push(b'{');
    for (index, (key, inner)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_scalar(key, out);
        out.push(b':');
        write_canonical(inner, out);
    }
    out.push(b'}');
}

fn write_scalar(value: &impl Serialize, out: &mut Vec<u8>) {
    // Writing to memory does not fail, and neither do texts, numbers and booleans.
    serde_json::to_writer(out, value).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn digest_of_bytes_is_plain_sha256() {
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of_bytes(b"abc").to_string(), abc);
        assert_eq!(abc.parse::<Digest>(), Ok(Digest::of_bytes(b"abc")));
        assert!("xyz".parse::<Digest>().is_err());
    }

    #[test]
    fn key_order_does_not_change_the_digest_and_values_do() {
        let a = json!({"b": [1, {"y": 2, "x": "é\""}], "a": null});
        let b = json!({"a": null, "b": [1, {"x": "é\"", "y": 2}]});
        assert_eq!(canonical_json(&a), r#"{"a":null,"b":[1,{"x":"é\"","y":2}]}"#);
        assert_eq!(Digest::of_json(&a), Digest::of_json(&b));
        assert_ne!(Digest::of_json(&a), Digest::of_json(&json!({"a": 0, "b": [1]})));
    }

    #[test]
    fn parts_are_framed() {
        let one = DigestBuilder::new("t").part(b"ab").part(b"c").finish();
        let two = DigestBuilder::new("t").part(b"a").part(b"bc").finish();
        assert_ne!(one, two);
    }

    /// Canonical JSON as it was first written down: by way of texts.
    fn canonical_by_texts(value: &Value) -> String {
        match value {
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort_unstable();
                let entry = |key: &String| format!("{}:{}", Value::String(key.clone()), canonical_by_texts(&map[key]));
                format!("{{{}}}", keys.into_iter().map(entry).collect::<Vec<_>>().join(","))
            }
            Value::Array(items) => {
                format!("[{}]", items.iter().map(canonical_by_texts).collect::<Vec<_>>().join(","))
            }
            plain => plain.to_string(),
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// A part as text of some length, or as JSON.
    fn part() -> impl Strategy<Value = (usize, Option<Value>)> {
        prop_oneof![
            (0..70_usize).prop_map(|length| (length, None)),
            prop::sample::select(vec![4087, 4088, 4095, 4096, 4097, 9000]).prop_map(|length| (length, None)),
            value().prop_map(|value| (0, Some(value))),
        ]
    }

    proptest! {
        #[test]
        fn parts_are_hashed_as_if_one_by_one(parts in prop::collection::vec(part(), 0..8)) {
            let mut plain = Sha256::new();
            let mut add = |bytes: &[u8]| {
                plain.update((bytes.len() as u64).to_be_bytes());
                plain.update(bytes);
            };
            add(b"kind");
            let mut builder = DigestBuilder::new("kind");
            for (length, json) in &parts {
                let text = "x".repeat(*length);
                add(json.as_ref().map_or(text.clone(), canonical_by_texts).as_bytes());
                builder = match json {
                    Some(Value::Object(object)) => builder.json_object(object),
                    Some(value) => builder.json(value),
                    None => builder.part(text.as_bytes()),
                };
            }
            prop_assert_eq!(builder.finish(), Digest(plain.finalize().into()));
        }

        #[test]
        fn canonical_json_is_what_it_was(value in value()) {
            prop_assert_eq!(canonical_json(&value), canonical_by_texts(&value));
        }
    }
}

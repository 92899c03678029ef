//! JSON written to memory.

use std::io;

use serde::Serialize;

/// What most records of a trial fit into.
const USUAL_BYTES: usize = 1024;

/// Appends `value` as JSON.
///
/// Half of what a serializer writes are single signs. The crate is built for size, where each of them would become two
/// calls; [`Sink`] takes them in place. Every trial writes some four kilobytes of JSON.
///
/// # Errors
/// What serializing it says; `out` then holds what was written until there.
pub fn append_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    serde_json::to_writer(Sink(out), value)
}

/// `value` as JSON.
///
/// # Errors
/// As of [`append_json`].
pub fn json_text<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = Vec::with_capacity(USUAL_BYTES);
    append_json(value, &mut out)?;
    String::from_utf8(out).map_err(|error| serde::ser::Error::custom(error.utf8_error()))
}

struct Sink<'a>(&'a mut Vec<u8>);

impl io::Write for Sink<'_> {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline(always)]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match bytes {
            [byte] => self.0.push(*byte),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_writes_what_serde_json_writes() {
        let value = json!({"text": "a\"b\\c\n\u{1}é漢", "list": [1, -2.5, true, null, {}], "": ""});
        assert_eq!(json_text(&value).unwrap(), serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn it_appends() {
        let mut out = b"x\n".to_vec();
        append_json(&[1, 2], &mut out).unwrap();
        assert_eq!(out, b"x\n[1,2]");
    }

    #[test]
    fn what_cannot_be_json_is_an_error() {
        assert!(json_text(&std::collections::BTreeMap::from([((1, 2), 3)])).is_err());
    }
}

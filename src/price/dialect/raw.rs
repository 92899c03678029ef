//! A usage object as it was parsed: with copies of its texts, or borrowing them from the reply.

use serde_json::Value;
use serde_json_borrow::Value as Borrowed;

/// A part of a usage object. Every reply at full speed is asked dozens of questions: nothing of it is copied for them.
#[derive(Debug, Clone, Copy)]
pub enum RawUsage<'v> {
    /// JSON of its own.
    Own(&'v Value),
    /// JSON that borrows from the text of the reply.
    Borrowed(&'v Borrowed<'v>),
}

impl<'v> From<&'v Value> for RawUsage<'v> {
    fn from(value: &'v Value) -> RawUsage<'v> {
        RawUsage::Own(value)
    }
}

impl<'v> From<&'v Borrowed<'v>> for RawUsage<'v> {
    fn from(value: &'v Borrowed<'v>) -> RawUsage<'v> {
        RawUsage::Borrowed(value)
    }
}

impl<'v> RawUsage<'v> {
    /// The field of this name, if this is an object that has it.
    pub fn get(self, name: &str) -> Option<RawUsage<'v>> {
        // Names are compared, not hashed: there are few of them.
        match self {
            RawUsage::Own(value) => {
                value.as_object()?.iter().find(|(key, _)| *key == name).map(|(_, found)| RawUsage::Own(found))
            }
            RawUsage::Borrowed(value) => {
                value.as_object()?.iter().find(|(key, _)| *key == name).map(|(_, found)| RawUsage::Borrowed(found))
            }
        }
    }

    /// The items of a list.
    pub(super) fn items(self) -> Option<Vec<RawUsage<'v>>> {
        match self {
            RawUsage::Own(value) => Some(value.as_array()?.iter().map(RawUsage::Own).collect()),
            RawUsage::Borrowed(value) => Some(value.as_array()?.iter().map(RawUsage::Borrowed).collect()),
        }
    }

    /// The text, if it is one.
    pub(super) fn as_str(self) -> Option<&'v str> {
        match self {
            RawUsage::Own(value) => value.as_str(),
            RawUsage::Borrowed(value) => value.as_str(),
        }
    }

    /// The number, if it is a whole one from 0.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            RawUsage::Own(value) => value.as_u64(),
            RawUsage::Borrowed(value) => value.as_u64(),
        }
    }

    /// The number, if it is one.
    pub fn as_f64(self) -> Option<f64> {
        match self {
            RawUsage::Own(value) => value.as_f64(),
            RawUsage::Borrowed(value) => value.as_f64(),
        }
    }

    /// Whether it is `null`.
    pub(super) fn is_null(self) -> bool {
        match self {
            RawUsage::Own(value) => value.is_null(),
            RawUsage::Borrowed(value) => value.is_null(),
        }
    }

    /// JSON of its own.
    pub fn to_value(self) -> Value {
        match self {
            RawUsage::Own(value) => value.clone(),
            RawUsage::Borrowed(value) => Value::from(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Dialect, normalize};
    use super::*;

    #[test]
    fn both_kinds_of_json_say_the_same() {
        let raw = json!({
            "n": 12, "f": 1.5, "minus": -3, "text": "x\ny", "none": null, "list": [1, {"a": 2}], "in": {"k": 7, "k2": "z"}
        });
        let text = raw.to_string();
        let borrowed: Borrowed<'_> = serde_json::from_str(&text).expect("json");
        let (own, lent) = (RawUsage::from(&raw), RawUsage::from(&borrowed));
        for name in ["n", "f", "minus", "text", "none", "list", "in", "missing"] {
            let facts = |from: RawUsage<'_>| {
                from.get(name).map(|found| {
                    let items = found.items().map(|items| items.len());
                    let text = found.as_str().map(str::to_owned);
                    (found.as_u64(), found.as_f64(), text, found.is_null(), items, found.to_value())
                })
            };
            assert_eq!(facts(own), facts(lent), "{name}");
        }
        assert_eq!(lent.get("in").and_then(|inner| inner.get("k")).and_then(RawUsage::as_u64), Some(7));
    }

    #[test]
    fn usage_that_borrows_is_counted_as_usage_that_does_not() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/cost/usage.jsonl");
        for line in std::fs::read_to_string(path).expect("vectors").lines() {
            let vector: Value = serde_json::from_str(line).expect(line);
            let text = vector["raw"].to_string();
            let borrowed: Borrowed<'_> = serde_json::from_str(&text).expect("json");
            for (_, dialect) in Dialect::ALL {
                assert_eq!(normalize(*dialect, &borrowed), normalize(*dialect, &vector["raw"]), "{text}");
            }
        }
    }
}

//! The price table: bundled data, read lazily, with the user's own prices on top.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::{Arc, LazyLock};

use ruzstd::decoding::StreamingDecoder;
use serde::Deserialize;
use thiserror::Error;

use super::dialect::Dialect;
use super::names::ProviderNames;
use super::overrides::PriceOverride;
use super::record::Record;

const HEADER: &str = include_str!("data/header.json");
/// `models.jsonl`, packed: as it is, it would be a fortieth of the program. A test holds the two equal.
const MODELS: &[u8] = include_bytes!("data/models.jsonl.zst");
/// Every line of the data starts so; the binary search reads the id from here without parsing the line.
const LINE_START: &str = r#"{"id":""#;
const SCHEMA_VERSION: u32 = 1;

static BUNDLED: LazyLock<Result<PriceTable, PriceError>> = LazyLock::new(|| {
    // Once per process, and kept until its end.
    let models: &'static str = Box::leak(unpacked(MODELS)?.into_boxed_str());
    PriceTable::read(HEADER, models)
});

/// Why price data cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PriceError {
    /// The header is not what the format says.
    #[error("the price data's header is not valid: {0}")]
    Header(String),
    /// The records cannot be unpacked.
    #[error("the price data cannot be unpacked: {0}")]
    Packed(String),
    /// The format is newer than this program.
    #[error("the price data has format {found}, this program reads {SCHEMA_VERSION}")]
    Version {
        /// The format of the data.
        found: u32,
    },
}

/// Published prices of models, by provider and name.
///
/// Cheap to open: lines are found by binary search and parsed when a model is asked for.
#[derive(Debug, Clone)]
pub struct PriceTable {
    as_of: String,
    providers: Arc<BTreeMap<String, Provider>>,
    /// One record a line, sorted by id without regard to case.
    lines: Arc<[&'static str]>,
    /// The user's own prices by lowercase id; they win.
    own: HashMap<String, Arc<Record>>,
    /// The project's providers, where their names or their models' names mean something else.
    names: Arc<BTreeMap<String, ProviderNames>>,
}

impl PriceTable {
    /// The prices compiled into this program, read on first use.
    ///
    /// # Errors
    /// [`PriceError`] when the compiled-in data is unusable: an internal error.
    pub fn bundled() -> Result<&'static PriceTable, PriceError> {
        BUNDLED.as_ref().map_err(Clone::clone)
    }

    /// The same table with the user's own prices on top; they win over published ones.
    #[must_use]
    pub fn with_overrides(&self, overrides: Vec<PriceOverride>) -> PriceTable {
        let mut table = self.clone();
        for own in overrides {
            table.own.insert(own.record.id.to_ascii_lowercase(), Arc::new(own.record));
        }
        table
    }

    /// The day of the prices, `YYYY-MM-DD`.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// Number of records, the user's own included.
    pub fn len(&self) -> usize {
        self.lines.len() + self.own.len()
    }

    /// Whether there is no record at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn read(header: &str, models: &'static str) -> Result<PriceTable, PriceError> {
        let header: Header = serde_json::from_str(header).map_err(|error| PriceError::Header(error.to_string()))?;
        if header.schema_version != SCHEMA_VERSION {
            return Err(PriceError::Version { found: header.schema_version });
        }
        let mut providers = header.providers;
        for (id, provider) in &mut providers {
            provider.id.clone_from(id);
        }
        let lines: Vec<&'static str> = models.lines().collect();
        Ok(PriceTable {
            as_of: header.generated_on,
            providers: Arc::new(providers),
            lines: lines.into(),
            own: HashMap::new(),
            names: Arc::default(),
        })
    }

    /// The ids of all published records.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line_id(line))
    }

    /// All providers by id.
    pub(super) fn providers(&self) -> &BTreeMap<String, Provider> {
        &self.providers
    }

    /// The project's providers, by name.
    pub(super) fn names(&self) -> &BTreeMap<String, ProviderNames> {
        &self.names
    }

    pub(super) fn set_names(&mut self, names: BTreeMap<String, ProviderNames>) {
        self.names = Arc::new(names);
    }

    /// The user's own record with this id.
    pub(super) fn own(&self, id: &str) -> Option<Arc<Record>> {
        if self.own.is_empty() {
            return None;
        }
        self.own.get(&id.to_ascii_lowercase()).cloned()
    }

    /// The record with this id, without regard to case. A line that cannot be read is no record: its price is unknown.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Record>> {
        if let Some(own) = self.own(id) {
            return Some(own);
        }
        let at = self.lines.binary_search_by(|line| compare_ignoring_case(line_id(line), id)).ok()?;
        self.lines.get(at).and_then(|line| serde_json::from_str(line).ok()).map(Arc::new)
    }
}

/// What the data states about a provider.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Provider {
    #[serde(skip)]
    pub(super) id: String,
    /// Prefixes accepted in model strings, with their slash.
    pub(super) prefixes: Vec<String>,
    pub(super) dialect: Dialect,
    /// Part of a model's name → another dialect.
    #[serde(default)]
    pub(super) dialect_by_model: Vec<(String, Dialect)>,
    /// Runs on the user's machine and costs nothing.
    #[serde(default)]
    pub(super) local: bool,
    /// Where the provider states what it charged.
    pub(super) reported_cost: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    schema_version: u32,
    generated_on: String,
    providers: BTreeMap<String, Provider>,
}

/// The id of a line of the data, without parsing the line.
/// The text in a Zstandard frame.
fn unpacked(packed: &[u8]) -> Result<String, PriceError> {
    let broken = |error: String| PriceError::Packed(error);
    let mut decoder = StreamingDecoder::new(packed).map_err(|error| broken(error.to_string()))?;
    let mut text = String::new();
    decoder.read_to_string(&mut text).map_err(|error| broken(error.to_string()))?;
    Ok(text)
}

fn line_id(line: &str) -> &str {
    line.strip_prefix(LINE_START).and_then(|rest| rest.split_once('"')).map_or("", |(id, _)| id)
}

fn compare_ignoring_case(a: &str, b: &str) -> Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_packed_records_are_those_of_the_file_that_people_read() {
        assert_eq!(unpacked(MODELS).as_deref(), Ok(include_str!("data/models.jsonl")));
        assert!(matches!(unpacked(b"{}"), Err(PriceError::Packed(_))));
        assert!(matches!(unpacked(MODELS.get(..9_000).expect("cut")), Err(PriceError::Packed(_))));
    }

    #[test]
    fn every_line_of_the_data_can_be_found_and_read() {
        let table = PriceTable::bundled().expect("bundled");
        assert_eq!((table.len(), table.as_of()), (2719, "2026-11-21"));
        for pair in table.lines.windows(2) {
            let [a, b] = pair else { panic!("windows of two") };
            assert_eq!(compare_ignoring_case(line_id(a), line_id(b)), Ordering::Less, "{a}");
        }
        for line in table.lines.iter() {
            let value: Value = serde_json::from_str(line).expect(line);
            let id = value.get("id").and_then(Value::as_str).expect("id");
            assert_eq!(line_id(line), id);
            let record: Record = serde_json::from_str(line).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(table.find(&id.to_uppercase()).expect(id).id, record.id);
            let provider = id.split('/').next().expect("provider");
            assert!(table.providers().contains_key(provider), "{id}");
            assert!(record.long_context.is_sorted_by_key(|tier| tier.above), "{id}");
            // The lookup has no step for aliases: the data has none, each name has its own record.
            assert!(value.get("aliases").is_none(), "{id}");
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let header = r#"{"schema_version":2,"generated_on":"2027-01-01","providers":{}}"#;
        assert_eq!(PriceTable::read(header, "").err(), Some(PriceError::Version { found: 2 }));
        assert!(matches!(PriceTable::read("{", ""), Err(PriceError::Header(_))));
    }

    #[test]
    fn a_missing_or_unreadable_record_is_no_record() {
        let header = r#"{"schema_version":1,"generated_on":"2027-01-01","providers":{}}"#;
        let table =
            PriceTable::read(header, "{\"id\":\"a/b\",\"mode\":\"chat\",\"rates\":{\"input\":\"x\"}}").expect("table");
        assert!(table.find("a/b").is_none() && table.find("a/c").is_none() && table.find("").is_none());
    }
}

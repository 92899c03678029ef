//! Reading `fixtures/vectors` in tests: every figure of every row is compared, or left out by name and with a reason.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The rows of one file.
pub(crate) struct Vectors {
    file: String,
    rows: Vec<Row>,
}

/// One row: what goes in and what another implementation made of it.
pub(crate) struct Row {
    row: Value,
    /// Names of the expected figures that were asked for.
    compared: RefCell<BTreeSet<String>>,
}

impl Vectors {
    /// The rows of `fixtures/vectors/<file>.jsonl`, of which there must be so many.
    pub(crate) fn open(file: &str, rows: usize) -> Vectors {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/vectors/{file}.jsonl"));
        let text = fs::read_to_string(path).expect("vectors");
        let lines = text.split('\n').filter(|line| !line.is_empty());
        let read = |line: &str| Row { row: serde_json::from_str(line).expect(line), compared: RefCell::default() };
        let found: Vec<Row> = lines.map(read).collect();
        assert_eq!(found.len(), rows, "rows of {file}");
        Vectors { file: file.to_owned(), rows: found }
    }

    /// All rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// The rows whose parameter has this value.
    pub(crate) fn of<'v>(&'v self, param: &'v str, value: &'v str) -> impl Iterator<Item = &'v Row> {
        self.rows.iter().filter(move |row| row.row["params"][param] == value)
    }

    /// Checks that each expected figure of each row was compared, but for those left out, each with the reason. A figure
    /// that is left out must be there and must not have been compared.
    pub(crate) fn finish(&self, left_out: &[(&str, &str)]) {
        let mut unused: BTreeSet<&str> = left_out.iter().map(|(name, _)| *name).collect();
        let mut missed: BTreeSet<&str> = BTreeSet::new();
        for row in &self.rows {
            let compared = row.compared.borrow();
            for name in row.row["expected"].as_object().expect("figures").keys() {
                match (compared.contains(name), left_out.iter().any(|(left, _)| left == name)) {
                    (false, false) => drop(missed.insert(name)),
                    (false, true) => drop(unused.remove(name.as_str())),
                    (true, left) => assert!(!left, "{}: {name} is compared and left out", self.file),
                }
            }
        }
        assert!(missed.is_empty(), "{}: nobody compares {missed:?}", self.file);
        assert!(unused.is_empty(), "{}: left out, but not there: {unused:?}", self.file);
    }
}

impl Row {
    /// Its name.
    pub(crate) fn id(&self) -> &str {
        self.row["id"].as_str().expect("id")
    }

    /// One of its inputs.
    pub(crate) fn input(&self, name: &str) -> &Value {
        self.row["inputs"].get(name).unwrap_or_else(|| panic!("{}: no input {name}", self.id()))
    }

    /// Whether it has such an input.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.row["inputs"].get(name).is_some()
    }

    /// One of its parameters; `null` when it has no such one.
    pub(crate) fn param(&self, name: &str) -> &Value {
        &self.row["params"][name]
    }

    /// An input that is a text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.input(name).as_str().unwrap_or_else(|| panic!("{}: {name} is no text", self.id()))
    }

    /// An input that is a list of texts.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.input(name).as_array().expect("list").iter().map(|text| text.as_str().expect("text")).collect()
    }

    /// An input that is a number.
    pub(crate) fn number(&self, name: &str) -> f64 {
        self.input(name).as_f64().unwrap_or_else(|| panic!("{}: {name} is no number", self.id()))
    }

    /// An input that is a count.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.input(name).as_u64().unwrap_or_else(|| panic!("{}: {name} is no count", self.id()))
    }

    /// An input that is a list of numbers.
    pub(crate) fn numbers(&self, name: &str) -> Vec<f64> {
        self.input(name).as_array().expect("list").iter().map(|value| value.as_f64().expect("number")).collect()
    }

    /// Whether it expects such a figure.
    pub(crate) fn expects(&self, name: &str) -> bool {
        self.row["expected"].get(name).is_some()
    }

    /// Names of what it expects.
    pub(crate) fn figures(&self) -> impl Iterator<Item = &str> {
        self.row["expected"].as_object().expect("figures").keys().map(String::as_str)
    }

    /// An expected figure, which counts as compared.
    pub(crate) fn expected(&self, name: &str) -> &Value {
        self.compared.borrow_mut().insert(name.to_owned());
        self.row["expected"].get(name).unwrap_or_else(|| panic!("{}: no {name}", self.id()))
    }

    /// Checks that each of its expected figures was compared.
    pub(crate) fn finish(&self) {
        self.finish_but(&[]);
    }

    /// Checks that each of its expected figures was compared but for these, where it has them.
    pub(crate) fn finish_but(&self, left_out: &[&str]) {
        let compared = self.compared.borrow();
        for name in self.row["expected"].as_object().expect("figures").keys() {
            let left = left_out.contains(&name.as_str());
            assert!(
                compared.contains(name) != left,
                "{}: nobody compares {name}, or it is left out as well",
                self.id()
            );
        }
    }

    /// Asserts an expected figure to 1e-9, relative above 1; `null` is no figure.
    pub(crate) fn close(&self, name: &str, found: impl Into<Option<f64>>) {
        self.within(name, found, 1e-9);
    }

    /// Asserts an expected figure, relative above 1.
    pub(crate) fn within(&self, name: &str, found: impl Into<Option<f64>>, tolerance: f64) {
        let (found, wanted) = (found.into(), self.expected(name).as_f64());
        match (found, wanted) {
            (Some(found), Some(wanted)) => {
                let room = tolerance * wanted.abs().max(1.0);
                assert!((found - wanted).abs() <= room, "{} {name}: {found} instead of {wanted}", self.id());
            }
            (found, wanted) => assert_eq!(found, wanted, "{} {name}", self.id()),
        }
    }

    /// Asserts an expected figure to a relative tolerance, however small it is.
    pub(crate) fn relative(&self, name: &str, found: impl Into<Option<f64>>, tolerance: f64) {
        let (found, wanted) = (found.into(), self.expected(name).as_f64());
        match (found, wanted) {
            (Some(found), Some(wanted)) => {
                let room = tolerance * wanted.abs() + f64::MIN_POSITIVE;
                assert!((found - wanted).abs() <= room, "{} {name}: {found} instead of {wanted}", self.id());
            }
            (found, wanted) => assert_eq!(found, wanted, "{} {name}", self.id()),
        }
    }

    /// Asserts an expected figure that is a text, a whole number or a list of such.
    pub(crate) fn same(&self, name: &str, found: impl Into<Value>) {
        assert_eq!(&found.into(), self.expected(name), "{} {name}", self.id());
    }

    /// Asserts a list of figures to 1e-9.
    pub(crate) fn all_close(&self, name: &str, found: &[f64]) {
        let wanted: Vec<f64> =
            self.expected(name).as_array().expect("list").iter().map(|value| value.as_f64().expect("number")).collect();
        assert_eq!(found.len(), wanted.len(), "{} {name}", self.id());
        for (found, wanted) in found.iter().zip(&wanted) {
            let room = 1e-9 * wanted.abs().max(1.0);
            assert!((found - wanted).abs() <= room, "{} {name}: {found} instead of {wanted}", self.id());
        }
    }
}

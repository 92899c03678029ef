//! What a label points to: one version, or a split of users over several.

use std::fmt;

use semver::Version;
use serde::{Serialize, Serializer};

use super::super::releases::folder::{DRAFT, LATEST, version};
use crate::base::{Diagnostic, Kind, Node, Problems, SafeName, Source};

/// Largest sum of weights that flagd takes.
const MAX_TOTAL: u64 = 2_147_483_647;

/// What a label points to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelValue {
    /// One version for everybody.
    Version(Version),
    /// Several versions, each for its share of the users.
    Split(Split),
}

/// Versions with their weights: at least two, by version from the oldest to the newest, whatever their order in the file.
///
/// The order decides who gets what. The newest version takes users from the end of the line, so that raising its weight
/// at the cost of the next older one keeps everybody who had it. In a split of three that holds for a version while the
/// weights of all newer ones stay what they are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Split(Vec<(Version, u32)>);

impl Split {
    /// A split of these shares.
    ///
    /// # Errors
    /// Why it is none: no shares, a weight of zero, a version that is given twice, or weights whose sum is too large.
    pub fn new(mut shares: Vec<(Version, u32)>) -> Result<Split, String> {
        shares.sort();
        if shares.is_empty() {
            return Err("it names no version".to_owned());
        }
        if let Some((version, _)) = shares.iter().find(|(_, weight)| *weight == 0) {
            return Err(format!("the weight of {version} is 0; leave the version out"));
        }
        if let Some([(version, _), _]) = shares.windows(2).find(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
            return Err(format!("{version} is given twice"));
        }
        let total: u64 = shares.iter().map(|(_, weight)| u64::from(*weight)).sum();
        if total > MAX_TOTAL {
            return Err(format!("the weights add up to {total}, more than {MAX_TOTAL}"));
        }
        Ok(Split(shares))
    }

    /// Versions and weights, from the oldest version to the newest.
    pub fn shares(&self) -> &[(Version, u32)] {
        &self.0
    }

    /// Sum of the weights.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, weight)| u64::from(*weight)).sum()
    }
}

impl LabelValue {
    /// A split, or the version alone when there is only one.
    ///
    /// # Errors
    /// As [`Split::new`].
    pub fn of_shares(shares: Vec<(Version, u32)>) -> Result<LabelValue, String> {
        let split = Split::new(shares)?;
        Ok(match split.0.as_slice() {
            [(version, _)] => LabelValue::Version(version.clone()),
            _ => LabelValue::Split(split),
        })
    }

    /// The versions it points to, from the oldest to the newest.
    pub fn versions(&self) -> Vec<&Version> {
        match self {
            LabelValue::Version(version) => vec![version],
            LabelValue::Split(split) => split.0.iter().map(|(version, _)| version).collect(),
        }
    }

    /// The version, unless it is a split.
    pub fn single(&self) -> Option<&Version> {
        if let LabelValue::Version(version) = self { Some(version) } else { None }
    }

    /// Reads the value of the label `name`; what is wrong goes to `problems`.
    pub(in crate::prompt) fn read(
        name: &str,
        node: &Node,
        source: &Source,
        problems: &mut Problems,
    ) -> Option<LabelValue> {
        let place = source.place(node.span);
        match &node.kind {
            Kind::Text(text) => match version(text) {
                Ok(version) => Some(LabelValue::Version(version)),
                Err(why) => {
                    let message = format!("the label `{name}` does not name a version: {why}");
                    problems.push(Diagnostic::error("version-not-semver", message).at(place));
                    None
                }
            },
            Kind::Map(_) => LabelValue::read_split(name, node, source, problems),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::List(_) => {
                let message = format!("a label names one version or a split, this is {}", node.describe());
                let help = format!("such as `{name}: 1.2.0` or `{name}: {{1.2.0: 90, 1.3.0: 10}}`");
                problems.push(Diagnostic::error("wrong-type", message).at(place).help(help));
                None
            }
        }
    }

    fn read_split(name: &str, node: &Node, source: &Source, problems: &mut Problems) -> Option<LabelValue> {
        let before = problems.error_count();
        let mut shares = Vec::new();
        for (key, value) in node.as_map().unwrap_or_default() {
            match version(&key.text) {
                Ok(version) => match weight(value) {
                    Some(weight) => shares.push((version, weight)),
                    None => problems.push(
                        Diagnostic::error(
                            "label-weight",
                            format!("the weight of {version} must be a whole number from 1"),
                        )
                        .at(source.place(value.span))
                        .help(format!(
                            "such as `{name}: {{1.2.0: 90, 1.3.0: 10}}`; to give a version nobody, leave it out"
                        )),
                    ),
                },
                Err(why) => problems.push(
                    Diagnostic::error(
                        "version-not-semver",
                        format!("`{}` in the split `{name}` is not a version: {why}", key.text),
                    )
                    .at(source.place(key.span)),
                ),
            }
        }
        if problems.error_count() > before {
            return None;
        }
        match LabelValue::of_shares(shares) {
            Ok(value) => Some(value),
            Err(why) => {
                let message = format!("the label `{name}` is no split: {why}");
                problems.push(Diagnostic::error("label-split", message).at(source.place(node.span)));
                None
            }
        }
    }
}

fn weight(node: &Node) -> Option<u32> {
    let Kind::Int(weight) = node.kind else { return None };
    u32::try_from(weight).ok().filter(|weight| *weight > 0)
}

/// As `prompt.yaml` writes it: `1.2.0`, or `{1.2.0: 90, 1.3.0: 10}`.
impl fmt::Display for LabelValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LabelValue::Version(version) => write!(f, "{version}"),
            LabelValue::Split(split) => {
                let shares: Vec<String> =
                    split.0.iter().map(|(version, weight)| format!("{version}: {weight}")).collect();
                write!(f, "{{{}}}", shares.join(", "))
            }
        }
    }
}

/// A version is text, a split a mapping of weights.
impl Serialize for LabelValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            LabelValue::Version(version) => serializer.collect_str(version),
            LabelValue::Split(split) => {
                serializer.collect_map(split.0.iter().map(|(version, weight)| (version.to_string(), weight)))
            }
        }
    }
}

/// Whether a text can be the name of a label.
///
/// # Errors
/// Why it cannot.
pub fn label_name(text: &str) -> Result<(), &'static str> {
    if text == LATEST || text == DRAFT {
        return Err("this word has a meaning of its own in references");
    }
    if Version::parse(text).is_ok() {
        return Err("it looks like a version");
    }
    SafeName::parse(text).map(|_| ()).map_err(|_| "use letters, digits, `-`, `_` and `.`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn read(yaml: &str) -> (Option<LabelValue>, String) {
        let source = Source::new("prompt.yaml", yaml);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let value = LabelValue::read("production", node.get("l").expect("l"), &source, &mut problems);
        (value, problems.render(false))
    }

    #[test]
    fn versions_and_splits_are_read_and_written_alike() {
        for (yaml, written) in [
            ("l: 1.2.0", "1.2.0"),
            ("l: {1.10.0: 10, 1.2.0: 90}", "{1.2.0: 90, 1.10.0: 10}"),
            ("l:\n  1.0.0: 1\n  2.0.0-rc.1: 2\n  2.0.0: 4\n", "{1.0.0: 1, 2.0.0-rc.1: 2, 2.0.0: 4}"),
            ("l: {1.2.0: 7}", "1.2.0"),
        ] {
            let (value, problems) = read(yaml);
            assert_eq!(value.map(|value| value.to_string()).as_deref(), Some(written), "{problems}");
        }
    }

    #[test]
    fn wrong_values_are_reported_where_they_stand() {
        for (yaml, wanted) in [
            ("l: {}", "names no version"),
            ("l: {1.2.0: 0, 1.3.0: 1}", "prompt.yaml:1:12"),
            ("l: {1.2.0: -1, 1.3.0: 1}", "[label-weight]: the weight of 1.2.0 must be a whole number"),
            ("l: {1.2.0: 0.5, 1.3.0: 0.5}", "whole number"),
            ("l: {1.2.0: '90', 1.3.0: 10}", "whole number"),
            ("l: {1.2: 90, 1.3.0: 10}", "[version-not-semver]"),
            ("l: {production: 90}", "prompt.yaml:1:5"),
            ("l: {1.2.0: 2000000000, 1.3.0: 2000000000}", "more than 2147483647"),
            ("l: [1.2.0]", "this is a list"),
            ("l: 1.2", "this is a number"),
            ("l:", "this is nothing"),
            ("l: staging", "does not name a version"),
        ] {
            let (value, problems) = read(yaml);
            assert_eq!(value, None, "{yaml}");
            assert!(problems.contains(wanted), "{yaml}: {wanted} not in\n{problems}");
        }
    }

    #[test]
    fn names_that_mean_something_else_are_no_labels() {
        assert!(label_name("production").is_ok() && label_name("eu-west.2").is_ok());
        for bad in ["latest", "next", "1.2.0", "", "a b", "../x", "größe", "-x"] {
            assert!(label_name(bad).is_err(), "{bad}");
        }
    }
}

//! Which scores may be compared: those that the same version of the same check gave.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

/// Which way a score is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Direction {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
        }
    }
}

/// A check and the version of its implementation that gave a score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct MetricVersion {
    /// The check, without `not_`: negation happens outside it.
    pub check: String,
    /// Version of its implementation.
    pub version: u32,
}

impl MetricVersion {
    /// Of a stored score: `check` may begin with `not_`.
    pub fn of(check: &str, version: u32) -> MetricVersion {
        MetricVersion { check: check.strip_prefix("not_").unwrap_or(check).to_owned(), version }
    }
}

/// Why scores of two sides cannot be compared: the checks whose versions differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Incomparable {
    /// One per check, by name.
    pub checks: Vec<MetricChange>,
}

/// A check with its versions on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetricChange {
    /// The check.
    pub check: String,
    /// Versions on the first side, ascending.
    pub before: Vec<u32>,
    /// Versions on the second side, ascending.
    pub after: Vec<u32>,
}

/// Whether scores of two sides may be compared. Checks that only one side has do not matter: their scores have no
/// counterpart.
///
/// # Errors
/// The checks that both sides have in different versions, or of which one side mixes several.
pub fn comparable(before: &BTreeSet<MetricVersion>, after: &BTreeSet<MetricVersion>) -> Result<(), Incomparable> {
    let (before, after) = (by_check(before), by_check(after));
    let changed = |(check, before): (&&str, &Vec<u32>)| {
        let after = after.get(check)?;
        let same = before == after && before.len() == 1;
        (!same).then(|| MetricChange { check: (*check).to_owned(), before: before.clone(), after: after.clone() })
    };
    let checks: Vec<MetricChange> = before.iter().filter_map(changed).collect();
    if checks.is_empty() { Ok(()) } else { Err(Incomparable { checks }) }
}

fn by_check(side: &BTreeSet<MetricVersion>) -> BTreeMap<&str, Vec<u32>> {
    let mut versions: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for metric in side {
        versions.entry(metric.check.as_str()).or_default().push(metric.version);
    }
    versions
}

impl fmt::Display for Incomparable {
    /// `` `rouge` version 1 and version 2 ``, with commas between checks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = |versions: &[u32]| {
            let listed: Vec<String> = versions.iter().map(u32::to_string).collect();
            format!("{} {}", if listed.len() == 1 { "version" } else { "versions" }, listed.join(" and "))
        };
        for (index, change) in self.checks.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}`{}` {} against {}", change.check, versions(&change.before), versions(&change.after))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(metrics: &[(&str, u32)]) -> BTreeSet<MetricVersion> {
        metrics.iter().map(|(check, version)| MetricVersion::of(check, *version)).collect()
    }

    #[test]
    fn scores_of_one_version_compare_and_others_do_not() {
        let now = side(&[("rouge", 2), ("not_contains", 1), ("json", 1)]);
        assert_eq!(comparable(&now, &now), Ok(()));
        // Negation is outside of the check, and a check of one side alone has no counterpart.
        assert_eq!(comparable(&side(&[("contains", 1), ("bleu", 7)]), &now), Ok(()));
        assert_eq!(comparable(&side(&[]), &now), Ok(()));
        let told = comparable(&side(&[("rouge", 1), ("contains", 3)]), &now).expect_err("differs").to_string();
        assert_eq!(told, "`contains` version 3 against version 1, `rouge` version 1 against version 2");
    }

    #[test]
    fn a_side_that_mixes_versions_compares_with_nothing() {
        let mixed = side(&[("rouge", 1), ("rouge", 2)]);
        let told = comparable(&mixed, &side(&[("rouge", 2)])).expect_err("mixed").to_string();
        assert_eq!(told, "`rouge` versions 1 and 2 against version 2");
        assert!(comparable(&mixed, &mixed).is_err());
    }
}

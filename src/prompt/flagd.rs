//! A label as a flag file of flagd: <https://flagd.dev/reference/flag-definitions/>.

use serde_json::{Map, Value, json};

use super::bucket::flag_key;
use super::label::LabelValue;
use crate::base::SafeName;

/// The flag file for labels of prompts: one flag per label, named `PROMPT@LABEL`, whose variants are the versions.
///
/// The value of a variant is the version's number, so that an application asks for `PROMPT@VERSION` with it. A split is a
/// `fractional` targeting on the user's id (flagd's `targetingKey`), with the versions from the oldest to the newest;
/// without a user's id flagd answers the version of the largest share, of equal ones the oldest.
pub fn flagd_file<'a>(labels: impl IntoIterator<Item = (&'a SafeName, &'a str, &'a LabelValue)>) -> Value {
    let flags: Map<String, Value> =
        labels.into_iter().map(|(prompt, label, value)| (flag_key(prompt, label), flag(value))).collect();
    json!({"$schema": "https://flagd.dev/schema/v0/flags.json", "flags": flags})
}

fn flag(value: &LabelValue) -> Value {
    let variants: Map<String, Value> =
        value.versions().iter().map(|version| (version.to_string(), json!(version.to_string()))).collect();
    let mut flag = json!({"state": "ENABLED", "variants": variants});
    match value {
        LabelValue::Version(version) => flag["defaultVariant"] = json!(version.to_string()),
        LabelValue::Split(split) => {
            // The first of the largest: `max_by_key` would take the last.
            let largest = split.shares().iter().rev().max_by_key(|(_, weight)| *weight);
            flag["defaultVariant"] = json!(largest.map(|(version, _)| version.to_string()));
            let shares: Vec<Value> =
                split.shares().iter().map(|(version, weight)| json!([version.to_string(), weight])).collect();
            flag["targeting"] = json!({"fractional": shares});
        }
    }
    flag
}

#[cfg(test)]
mod tests {
    use semver::Version;

    use super::*;

    /// `fixtures/flagd/check.mjs` loads the same file into flagd-core with its schema validation switched on.
    #[test]
    fn the_flag_file_is_the_one_that_flagd_core_accepted() {
        let name = SafeName::parse("code-review").expect("name");
        let one = LabelValue::Version(Version::new(1, 2, 0));
        let shares = vec![(Version::new(1, 3, 0), 10), (Version::new(1, 2, 0), 90)];
        let two = LabelValue::of_shares(shares).expect("split");
        let equal = vec![(Version::new(1, 3, 0), 1), (Version::new(1, 2, 0), 1), (Version::new(1, 4, 0), 1)];
        let three = LabelValue::of_shares(equal).expect("split");
        let file = flagd_file([(&name, "staging", &one), (&name, "production", &two), (&name, "beta", &three)]);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/flagd/flags.json");
        let wanted: Value = serde_json::from_slice(&std::fs::read(path).expect("fixture")).expect("json");
        assert_eq!(file, wanted);
        assert_eq!(file["flags"]["code-review@beta"]["defaultVariant"], "1.2.0");
    }
}

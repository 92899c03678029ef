//! SARIF 2.1.0, which code scanning services read.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::escape;
use super::findings::{Findings, whole_message};
use crate::base::{Diagnostic, Place, Severity};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one run with all findings.
pub(super) fn write(findings: &Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
    escape::to_writer_pretty(&log(findings), out)?;
    out.write_all(b"\n")
}

fn log(findings: &Findings<'_>) -> Value {
    let index: HashMap<&str, usize> =
        findings.rules.iter().enumerate().map(|(index, rule)| (rule.code.as_str(), index)).collect();
    let rules: Vec<Value> = findings
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.code,
                "shortDescription": {"text": rule.about},
                "fullDescription": {"text": rule.why},
                "help": {"text": format!("karat prompt lint --explain {}", rule.code)},
                "defaultConfiguration": {"level": level(rule.severity)},
            })
        })
        .collect();
    let results: Vec<Value> = findings.diagnostics.iter().map(|found| result(found, findings, &index)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "karat", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": rules}},
            // Columns of findings count characters.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(diagnostic: &Diagnostic, findings: &Findings<'_>, index: &HashMap<&str, usize>) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": level(diagnostic.severity),
        "message": {"text": whole_message(diagnostic)},
    });
    if let Some(index) = index.get(diagnostic.code) {
        set(&mut result, "ruleIndex", json!(index));
    }
    if let Some(place) = &diagnostic.place {
        set(&mut result, "locations", json!([location(place, findings)]));
    }
    if !diagnostic.related.is_empty() {
        let related = diagnostic.related.iter().map(|(place, why)| {
            let mut location = location(place, findings);
            set(&mut location, "message", json!({"text": why}));
            location
        });
        set(&mut result, "relatedLocations", related.collect());
    }
    result
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

fn location(place: &Place, findings: &Findings<'_>) -> Value {
    let mut physical =
        json!({"artifactLocation": {"uri": percent_encoded(&findings.path(place)), "uriBaseId": "%SRCROOT%"}});
    if place.line > 0 {
        let mut region = json!({"startLine": place.line});
        if place.col > 0 {
            set(&mut region, "startColumn", json!(place.col));
            set(&mut region, "endColumn", json!(place.col.saturating_add(place.len.max(1))));
        }
        set(&mut physical, "region", region);
    }
    json!({"physicalLocation": physical})
}

fn level(severity: Severity) -> &'static str {
    severity.word()
}

/// A path as a relative URI (RFC 3986): all but unreserved characters and `/` as `%XX`.
fn percent_encoded(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::FindingRule;
    use super::*;
    use crate::base::Span;

    fn sample() -> Value {
        let at = |line, col, len| Place::of_file(Path::new("prompts/größe x/1.0.0.yaml")).at(Span::new(line, col, len));
        let diagnostics = [
            Diagnostic::error("a-rule", "broken").at(at(3, 5, 4)).related(at(1, 2, 0), "declared here").help("mend it"),
            Diagnostic::warning("other", "no rule").at(at(0, 0, 0)),
            Diagnostic { severity: Severity::Note, ..Diagnostic::error("a-rule", "no place") },
        ];
        let rules = [FindingRule {
            code: "a-rule".to_owned(),
            about: "about".to_owned(),
            why: "why".to_owned(),
            severity: Severity::Error,
        }];
        let findings = Findings { diagnostics: &diagnostics, rules: &rules, prefix: Path::new("apps/bot") };
        let mut out = Vec::new();
        write(&findings, &mut out).expect("written");
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn findings_have_rules_levels_and_places() {
        let log = sample();
        let run = &log["runs"][0];
        let result = &run["results"][0];
        assert_eq!(
            (&result["ruleId"], &result["ruleIndex"], &result["level"]),
            (&json!("a-rule"), &json!(0), &json!("error"))
        );
        assert_eq!(result["message"]["text"], "broken; mend it");
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "apps/bot/prompts/gr%C3%B6%C3%9Fe%20x/1.0.0.yaml");
        assert_eq!(physical["region"], json!({"startLine": 3, "startColumn": 5, "endColumn": 9}));
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "declared here");
        let whole = &run["results"][1];
        assert_eq!((whole.get("ruleIndex"), whole["locations"][0]["physicalLocation"].get("region")), (None, None));
        assert_eq!((&run["results"][2]["level"], run["results"][2].get("locations")), (&json!("note"), None));
    }
}

//! Annotations of GitHub Actions: one workflow command per finding, shown beside the line in a pull request.
//!
//! GitHub shows at most ten warnings and ten errors of a step; the step's log has them all.
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use std::io::{self, Write};

use super::clean::lines;
use super::findings::{Findings, whole_message};
use crate::base::{Diagnostic, Severity};

/// Writes all findings.
pub(super) fn write(findings: &Findings<'_>, out: &mut dyn Write) -> io::Result<()> {
    findings.diagnostics.iter().try_for_each(|diagnostic| writeln!(out, "{}", command(diagnostic, findings)))
}

fn command(diagnostic: &Diagnostic, findings: &Findings<'_>) -> String {
    let word = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(place) = &diagnostic.place {
        properties.push(format!("file={}", property(&findings.path(place))));
        if place.line > 0 {
            properties.push(format!("line={}", place.line));
        }
        if place.line > 0 && place.col > 0 {
            properties.push(format!("col={}", place.col));
            properties.push(format!("endColumn={}", place.col.saturating_add(place.len.max(1))));
        }
    }
    properties.push(format!("title={}", property(diagnostic.code)));
    format!("::{word} {}::{}", properties.join(","), data(&lines(&whole_message(diagnostic)).join("\n")))
}

/// The message of a command: a line break would end it, and `%` begins an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, in which `:` and `,` separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::{Place, Span};

    fn written(diagnostic: Diagnostic, prefix: &str) -> String {
        let mut out = Vec::new();
        let findings = Findings { diagnostics: &[diagnostic], rules: &[], prefix: Path::new(prefix) };
        write(&findings, &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn places_and_messages_are_escaped() {
        let place = Place::of_file(Path::new("prompts/a,b:c/1.0.0.yaml")).at(Span::new(3, 5, 4));
        let diagnostic = Diagnostic::error("some-code", "100 % of `x`\n::error::forged").at(place).help("a, b: c");
        assert_eq!(
            written(diagnostic, "apps/bot"),
            "::error file=apps/bot/prompts/a%2Cb%3Ac/1.0.0.yaml,line=3,col=5,endColumn=9,title=some-code::100 %25 of `x`%0A::error::forged; a, b: c\n"
        );
    }

    #[test]
    fn whole_files_and_findings_without_a_place_have_no_line() {
        let place = Place::of_file(Path::new("a.yaml"));
        assert_eq!(written(Diagnostic::warning("w", "x").at(place), ""), "::warning file=a.yaml,title=w::x\n");
        let note = Diagnostic { severity: Severity::Note, ..Diagnostic::error("n", "x") };
        assert_eq!(written(note, ""), "::notice title=n::x\n");
    }

    #[test]
    fn control_characters_do_not_reach_the_log() {
        let shown = written(Diagnostic::error("c", "a\u{1b}[31mb\u{200b}"), "");
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{200b}'), "{shown}");
    }
}

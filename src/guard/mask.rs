//! Secrets do not belong in suites and prompts: they would go to a model, into the store and into git.

use std::borrow::Cow;
use std::sync::Arc;

use super::personal::find_personal_data;
use super::secrets::{Finding, find_secrets};
use crate::base::{Diagnostic, Problems, Source};

/// The kind of a random-looking value assigned to a name such as `password`. Code to be reviewed is full of them,
/// so it is a warning; keys of known providers are errors.
const LIKELY: &str = "assigned-secret";

/// Reports each secret in `source`, without showing it, and gives the source with secrets made unreadable.
///
/// Every other diagnostic about this text must use the masked source, or its excerpt would print the secret. Masking
/// keeps the number of characters, so that places stay right; the letter `x` keeps YAML and JSON what they are. A text
/// with warnings only is given as it is: it will be run.
pub fn mask_secrets<'s>(source: &'s Source, problems: &mut Problems) -> Cow<'s, Source> {
    let findings = find_secrets(source.text());
    if findings.is_empty() {
        return Cow::Borrowed(source);
    }
    let safe = masked(source, &findings);
    for finding in &findings {
        let span = source.span_of_bytes(finding.start, finding.end);
        let place = safe.place(span);
        problems.push(if finding.kind == LIKELY {
            Diagnostic::warning("likely-secret-in-file", "this looks like a password or key; it is not shown here")
                .at(place)
                .help("if it is real, take it out of the file and change it")
        } else {
            let message = format!("this looks like a secret (`{}`); it is not shown here", finding.kind);
            Diagnostic::error("secret-in-file", message)
                .at(place)
                .help("take it out of the file and revoke it; keys are named in `karat.yaml` by `key_env`")
        });
    }
    if findings.iter().all(|finding| finding.kind == LIKELY) { Cow::Borrowed(source) } else { Cow::Owned(safe) }
}

/// The source with its secrets, likely ones included, and its personal data made unreadable: for excerpts.
pub fn hide_private(source: &Source) -> Cow<'_, Source> {
    let mut findings = find_secrets(source.text());
    for found in find_personal_data(source.text()) {
        if findings.iter().all(|known| known.end <= found.start || found.end <= known.start) {
            findings.push(Finding { kind: found.kind, start: found.start, end: found.end });
        }
    }
    findings.sort_by_key(|finding| finding.start);
    if findings.is_empty() { Cow::Borrowed(source) } else { Cow::Owned(masked(source, &findings)) }
}

/// The source with every character of a finding but line ends as `x`.
fn masked(source: &Source, findings: &[Finding]) -> Source {
    let mut findings = findings.iter().peekable();
    let text: String = source
        .text()
        .char_indices()
        .map(|(at, c)| {
            // They come in order and do not overlap.
            while findings.next_if(|finding| finding.end <= at).is_some() {}
            let inside = findings.peek().is_some_and(|finding| finding.start <= at);
            if inside && !matches!(c, '\n' | '\r') { 'x' } else { c }
        })
        .collect();
    Source::line_of(&Arc::from(source.path()), source.first_line(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_reported_at_its_place_and_never_printed() {
        let secret = ["gh", "p_", "Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat();
        let source = Source::new("evals/a.yaml", format!("ü: 1\nkey: \"é {secret}\"\nother: {secret}\n"));
        let mut problems = Problems::new();
        let safe = mask_secrets(&source, &mut problems);
        let shown = problems.render(false);
        assert_eq!(problems.error_count(), 2, "{shown}");
        assert!(shown.contains("evals/a.yaml:2:9") && shown.contains("evals/a.yaml:3:8"), "{shown}");
        assert!(!shown.contains("Zq83") && !safe.text().contains("Zq83"), "{shown}");
        assert_eq!(safe.text().chars().count(), source.text().chars().count());
        assert_eq!(safe.text().lines().count(), 3);
    }

    #[test]
    fn a_likely_secret_is_a_warning_and_the_text_stays() {
        let source = Source::new("a.yaml", "code: |\n  password = \"9fK2xQ7vLm4TzR8wYp3B\"\n");
        let mut problems = Problems::new();
        assert!(matches!(mask_secrets(&source, &mut problems), Cow::Borrowed(_)));
        let shown = problems.render(false);
        assert!(shown.contains("warning[likely-secret-in-file]") && shown.contains("a.yaml:2:"), "{shown}");
        assert!(!shown.contains("9fK2"), "{shown}");
    }

    #[test]
    fn clean_text_is_left_alone() {
        let source = Source::new("a.yaml", "suite: x\n");
        let mut problems = Problems::new();
        assert!(matches!(mask_secrets(&source, &mut problems), Cow::Borrowed(_)) && problems.is_empty());
    }
}

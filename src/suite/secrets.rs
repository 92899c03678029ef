//! Secrets do not belong in suites: they would go to a model, into the store and into git.

use std::borrow::Cow;

use crate::base::{Diagnostic, Problems, Source};
use crate::guard;

/// Reports each secret in `source`, without showing it, and gives the source with secrets made unreadable.
///
/// Every other diagnostic about this text must use the masked source, or its excerpt would print the secret. Masking
/// keeps the number of characters, so that places stay right; the letter `x` keeps YAML and JSON what they are.
pub(super) fn mask<'s>(source: &'s Source, problems: &mut Problems) -> Cow<'s, Source> {
    let findings = guard::find_secrets(source.text());
    if findings.is_empty() {
        return Cow::Borrowed(source);
    }
    let masked: String = source
        .text()
        .char_indices()
        .map(|(at, c)| {
            let inside = findings.iter().any(|finding| (finding.start..finding.end).contains(&at));
            if inside && !matches!(c, '\n' | '\r') { 'x' } else { c }
        })
        .collect();
    let path: std::sync::Arc<std::path::Path> = std::sync::Arc::from(source.path());
    let safe = Source::line_of(&path, source.first_line(), masked);
    for finding in &findings {
        let span = source.span_of_bytes(finding.start, finding.end);
        problems.push(
            Diagnostic::error("secret-in-suite", format!("this looks like {}; it is not shown here", finding.kind))
                .at(safe.place(span))
                .help("take it out of the file and revoke it; keys are named in `karat.yaml` by `key_env`"),
        );
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_reported_at_its_place_and_never_printed() {
        let secret = ["sk-", "live", "-Zq83Kd02mXpL5vT7"].concat();
        let source = Source::new("evals/a.yaml", format!("ü: 1\nkey: \"é {secret}\"\nother: {secret}\n"));
        let mut problems = Problems::new();
        let safe = mask(&source, &mut problems);
        let shown = problems.render(false);
        assert_eq!(problems.error_count(), 2, "{shown}");
        assert!(shown.contains("evals/a.yaml:2:9") && shown.contains("evals/a.yaml:3:8"), "{shown}");
        assert!(!shown.contains("Zq83") && !safe.text().contains("Zq83"), "{shown}");
        assert_eq!(safe.text().chars().count(), source.text().chars().count());
        assert_eq!(safe.text().lines().count(), 3);
    }

    #[test]
    fn clean_text_is_left_alone() {
        let source = Source::new("a.yaml", "suite: x\n");
        let mut problems = Problems::new();
        assert!(matches!(mask(&source, &mut problems), Cow::Borrowed(_)) && problems.is_empty());
    }
}

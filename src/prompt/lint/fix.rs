//! Corrects what can be corrected without asking: spaces at line ends, invisible characters, letters in several characters.
//!
//! Comments and layout stay. The result is read again: it must be the same file but for what was corrected.

use unicode_normalization::UnicodeNormalization;

use super::levels::Levels;
use super::rules::{is_removable, rule_of};
use crate::base::{Kind, Node, Problems, Source, parse_yaml};
use crate::guard::find_invisible;

/// A corrected text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The whole new text.
    pub text: String,
    /// Codes of the rules that it now keeps, each with the number of corrected lines.
    pub fixes: Vec<(&'static str, usize)>,
}

type Mend = fn(&str) -> String;

/// Rule and correction of one line, in the order in which they are applied.
const MENDS: &[(&str, Mend)] =
    &[("invisible-character", without_invisible), ("non-nfc", composed), ("trailing-space", trimmed)];

/// The corrected text of a draft, for the rules that are not off; `None` when there is nothing to correct, or nothing that
/// could be corrected for sure.
pub fn mend(source: &Source, levels: &Levels) -> Option<Mended> {
    let active =
        MENDS.iter().filter(|(code, _)| rule_of(code).is_some_and(|rule| levels.of(rule).severity().is_some()));
    let mut text = source.text().to_owned();
    let mut fixes = Vec::new();
    for (code, mend) in active {
        let (mended, lines) = each_line(&text, *mend);
        if lines > 0 {
            text = mended;
            fixes.push((*code, lines));
        }
    }
    (!fixes.is_empty() && is_same(source, &text)).then_some(Mended { text, fixes })
}

/// Every line corrected, with its line break as it is, and how many lines changed.
fn each_line(text: &str, mend: Mend) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let mut changed = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        let content = content.strip_suffix('\r').filter(|_| line.ends_with('\n')).unwrap_or(content);
        let ending = line.get(content.len()..).unwrap_or_default();
        let mended = mend(content);
        changed += usize::from(mended != content);
        out.push_str(&mended);
        out.push_str(ending);
    }
    (out, changed)
}

/// Without spaces at the end. Behind a backslash a space is an escape of YAML, which keeps it on purpose.
fn trimmed(line: &str) -> String {
    let kept = line.trim_end_matches([' ', '\t']);
    if kept.ends_with('\\') { line.to_owned() } else { kept.to_owned() }
}

fn composed(line: &str) -> String {
    line.nfc().collect()
}

fn without_invisible(line: &str) -> String {
    let hidden: Vec<usize> =
        find_invisible(line).iter().filter(|found| is_removable(found)).map(|found| found.start).collect();
    line.char_indices().filter(|(at, _)| !hidden.contains(at)).map(|(_, c)| c).collect()
}

/// Whether both texts say the same, but for what was corrected. Template files are text: any correction is one of text.
fn is_same(source: &Source, text: &str) -> bool {
    let is_yaml = source.path().extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let plain = |text: &str| {
        let lines = text.lines().map(|line| composed(&without_invisible(line)));
        lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    };
    if !is_yaml {
        return plain(source.text()) == plain(text);
    }
    let mut problems = Problems::new();
    let before = parse_yaml(source, &mut problems);
    let after = parse_yaml(&Source::new(source.path(), text), &mut problems);
    match (before, after) {
        (Some(before), Some(after)) if !problems.has_errors() => says_same(&before, &after, &plain),
        _ => false,
    }
}

fn says_same(a: &Node, b: &Node, plain: &dyn Fn(&str) -> String) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Text(a), Kind::Text(b)) => plain(a) == plain(b),
        (Kind::List(a), Kind::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| says_same(a, b, plain)),
        (Kind::Map(a), Kind::Map(b)) => {
            let is_pair = |((a_key, a), (b_key, b)): (&(crate::base::Key, Node), &(crate::base::Key, Node))| {
                plain(&a_key.text) == plain(&b_key.text) && says_same(a, b, plain)
            };
            a.len() == b.len() && a.iter().zip(b).all(is_pair)
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(path: &str, text: &str) -> Option<Mended> {
        mend(&Source::new(path, text), &Levels::default())
    }

    #[test]
    fn comments_layout_and_line_breaks_stay() {
        let text = "# note  \r\nmessages:\t\r\n  - role: user   # who\r\n    content: |\r\n      Cafe\u{301} \u{200b}x  \r\n\r\n      end\r\n";
        let mended = mended("next.yaml", text).expect("mended");
        assert_eq!(
            mended.text,
            "# note\r\nmessages:\r\n  - role: user   # who\r\n    content: |\r\n      Caf\u{e9} x\r\n\r\n      end\r\n"
        );
        assert_eq!(mended.fixes, [("invisible-character", 1), ("non-nfc", 1), ("trailing-space", 3)]);
    }

    #[test]
    fn a_clean_text_and_a_broken_one_are_left_alone() {
        assert_eq!(mended("next.yaml", "messages: []\n"), None);
        assert_eq!(mended("next.yaml", "messages: [  \n"), None);
        assert_eq!(mended("next.yaml", ""), None);
    }

    #[test]
    fn an_escaped_space_and_a_filler_stay() {
        assert_eq!(mended("next.yaml", "a: \"x\\ \n  y\"\n"), None);
        assert_eq!(mended("a.txt", "\u{3164}"), None);
    }

    #[test]
    fn what_would_merge_two_keys_is_not_done() {
        // Both keys would become the same.
        assert_eq!(mended("next.yaml", "ab: 1\na\u{200b}b: 2\n"), None);
    }

    #[test]
    fn a_rule_that_is_off_corrects_nothing() {
        let source = Source::new("karat.yaml", "trailing-space: off\n");
        let node = parse_yaml(&source, &mut Problems::new()).expect("yaml");
        let levels = Levels::read(&node, &source, &mut Problems::new());
        assert_eq!(mend(&Source::new("a.txt", "x  \n"), &levels), None);
        let mended = mend(&Source::new("a.txt", "e\u{301}  \n"), &levels).expect("mended");
        assert_eq!(mended.text, "\u{e9}  \n");
    }

    #[test]
    fn correcting_twice_changes_nothing_more() {
        for text in ["a \n b\t\n", "x\u{200b}\u{202e}y e\u{301} \n", " \n \n", "a \u{200b}"] {
            if let Some(first) = mended("a.txt", text) {
                assert_eq!(mended("a.txt", &first.text), None, "{text:?}");
            }
        }
    }
}

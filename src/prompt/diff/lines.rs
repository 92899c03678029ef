//! The difference of two texts, line by line.

use std::fmt::{self, Write as _};
use std::ops::Range;

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffOp, group_diff_ops};

/// Lines around a change that are shown with it.
const CONTEXT: usize = 2;

/// What turns `old` into `new`, by Myers' algorithm (1986).
///
/// The one place that calls it, and not by way of `Algorithm`, which brings six algorithms along for each type that is
/// compared.
pub(super) fn changes(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut found = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut found, old, 0..old.len(), new, 0..new.len());
    found.into_inner().into_inner().into_ops()
}

/// The change from `before` to `after`, which are texts of the file `name`, as a unified diff that `patch -p1` applies;
/// empty if they are equal.
pub fn unified_diff(before: &str, after: &str, name: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let hunks: String = group_diff_ops(changes(&old, &new), CONTEXT)
        .iter()
        .map(|ops| Hunk { ops, old: &old, new: &new }.to_string())
        .collect();
    if hunks.is_empty() { hunks } else { format!("--- a/{name}\n+++ b/{name}\n{hunks}") }
}

/// Changes that stand close together, with the lines around them.
struct Hunk<'a> {
    ops: &'a [DiffOp],
    old: &'a [&'a str],
    new: &'a [&'a str],
}

impl fmt::Display for Hunk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([first, ..], [.., last]) = (self.ops, self.ops) else { return Ok(()) };
        let old = place(first.old_range().start..last.old_range().end);
        let new = place(first.new_range().start..last.new_range().end);
        writeln!(f, "@@ -{old} +{new} @@")?;
        for op in self.ops {
            if let DiffOp::Equal { .. } = op {
                marked(f, ' ', self.old, op.old_range())?;
            } else {
                marked(f, '-', self.old, op.old_range())?;
                marked(f, '+', self.new, op.new_range())?;
            }
        }
        Ok(())
    }
}

/// Where a hunk stands: its first line, from 1, and the number of its lines if that is not 1. One without lines stands
/// after the line before it.
fn place(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

fn marked(f: &mut fmt::Formatter<'_>, mark: char, lines: &[&str], range: Range<usize>) -> fmt::Result {
    for line in lines.get(range).unwrap_or_default() {
        f.write_char(mark)?;
        f.write_str(line)?;
        if !line.ends_with('\n') {
            f.write_str("\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_changed_line_is_shown_with_two_lines_around_it() {
        let diff = unified_diff("1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\nx\n5\n6\n7\n", "n.yaml");
        assert_eq!(diff, "--- a/n.yaml\n+++ b/n.yaml\n@@ -2,5 +2,5 @@\n 2\n 3\n-4\n+x\n 5\n 6\n");
    }

    #[test]
    fn changes_far_apart_are_two_hunks() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let diff = unified_diff(&before, &before.replace("3\n4\n", "4\n").replace("19\n", "19\nnew\n"), "n");
        // `diff -U2` of GNU diffutils prints the same.
        let wanted = "@@ -1,5 +1,4 @@\n 1\n 2\n-3\n 4\n 5\n@@ -18,3 +17,4 @@\n 18\n 19\n+new\n 20\n";
        assert_eq!(diff, format!("--- a/n\n+++ b/n\n{wanted}"));
    }

    #[test]
    fn a_missing_line_break_at_the_end_is_told() {
        let hint = "\\ No newline at end of file\n";
        assert_eq!(unified_diff("a", "a\n", "n"), format!("--- a/n\n+++ b/n\n@@ -1 +1 @@\n-a\n{hint}+a\n"));
        assert_eq!(unified_diff("", "a\n", "n"), "--- a/n\n+++ b/n\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(unified_diff("a\n", "", "n"), "--- a/n\n+++ b/n\n@@ -1 +0,0 @@\n-a\n");
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified_diff("a\nb", "a\nb", "n"), "");
        assert_eq!(unified_diff("", "", "n"), "");
    }

    /// Applies a unified diff to the text that it was made for.
    fn patched(before: &str, diff: &str) -> String {
        let old: Vec<&str> = before.split_inclusive('\n').collect();
        let (mut out, mut next, mut mark) = (Vec::<&str>::new(), 0, ' ');
        for line in diff.split_inclusive('\n').skip(2) {
            if let Some(place) = line.strip_prefix("@@ -") {
                let place = place.split(' ').next().unwrap();
                let (start, count) = place.split_once(',').unwrap_or((place, "1"));
                let start = start.parse::<usize>().unwrap() - usize::from(count != "0");
                out.extend(&old[next..start]);
                next = start;
                continue;
            }
            if line.starts_with('\\') {
                // Of a line that is removed it says nothing about the text that comes out.
                if let Some(last) = out.pop_if(|_| mark != '-') {
                    out.push(last.trim_end_matches('\n'));
                }
                continue;
            }
            mark = line.chars().next().unwrap();
            out.extend((mark != '-').then(|| &line[1..]));
            next += usize::from(mark != '+');
        }
        out.extend(&old[next..]);
        out.concat()
    }

    fn text() -> impl Strategy<Value = String> {
        let line = prop::sample::select(vec!["a\n", "b\n", "c\r\n", "\n", "  d\n"]);
        (prop::collection::vec(line, 0..30), any::<bool>()).prop_map(|(lines, is_ended)| {
            let text = lines.concat();
            if is_ended { text } else { format!("{text}end") }
        })
    }

    proptest! {
        #[test]
        fn the_diff_turns_one_text_into_the_other(before in text(), after in text()) {
            let diff = unified_diff(&before, &after, "n");
            prop_assert_eq!(patched(&before, &diff), after);
        }
    }
}

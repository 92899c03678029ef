//! The difference of two texts as lines, without those that are far from any change.

use super::super::super::doc::{Edit, EditLine};
use crate::prompt::{Mark, Piece};

/// Lines that stayed and are shown around those that changed.
const CONTEXT: usize = 2;

/// The pieces as lines, without those that are far from any change.
pub(super) fn edit_lines(pieces: &[Piece]) -> Vec<EditLine> {
    let lines = split_lines(pieces);
    let changed: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.iter().any(|(edit, _)| *edit != Edit::Kept))
        .map(|(index, _)| index)
        .collect();
    let mut shown = Vec::new();
    let mut skipped = 0;
    let mut near = changed.iter().copied().peekable();
    for (index, line) in lines.into_iter().enumerate() {
        while near.next_if(|at| at + CONTEXT < index).is_some() {}
        if near.peek().is_some_and(|at| *at <= index + CONTEXT) {
            if skipped > 0 {
                shown.push(EditLine::Skipped(std::mem::take(&mut skipped)));
            }
            shown.push(EditLine::Text(line));
        } else {
            skipped += 1;
        }
    }
    if skipped > 0 {
        shown.push(EditLine::Skipped(skipped));
    }
    shown
}

/// Pieces cut at line breaks. A line break that is gone or new by itself is shown as `↵`.
fn split_lines(pieces: &[Piece]) -> Vec<Vec<(Edit, String)>> {
    let mut lines = vec![Vec::new()];
    for piece in pieces {
        let edit = match piece.mark {
            Mark::Same => Edit::Kept,
            Mark::Removed => Edit::Removed,
            Mark::Added => Edit::Added,
        };
        for part in piece.text.split_inclusive('\n') {
            let text = part.strip_suffix('\n');
            let shown = match (text, edit) {
                (Some(""), Edit::Removed | Edit::Added) => "↵",
                (text, _) => text.unwrap_or(part),
            };
            if let Some(line) = lines.last_mut().filter(|_| !shown.is_empty()) {
                line.push((edit, shown.to_owned()));
            }
            if text.is_some() {
                lines.push(Vec::new());
            }
        }
    }
    if lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::super::super::edits::edited;
    use super::*;
    use crate::prompt::word_diff;

    fn shown(before: &str, after: &str) -> Vec<String> {
        edit_lines(&word_diff(before, after)).iter().map(|line| edited(line, false)).collect()
    }

    #[test]
    fn lines_far_from_a_change_are_counted() {
        let text = |word: &str| {
            (0..12).map(|n| if n == 6 { format!("{word}\n") } else { format!("{n}\n") }).collect::<String>()
        };
        let wanted = ["⋮ 4 lines as before", "4", "5", "[-old-]{+new+}", "7", "8", "⋮ 3 lines as before"];
        assert_eq!(shown(&text("old"), &text("new")), wanted);
    }

    #[test]
    fn changes_near_each_other_share_their_surroundings() {
        assert_eq!(shown("a\nb\nc\nd\n", "x\nb\nc\ny\n"), ["[-a-]{+x+}", "b", "c", "[-d-]{+y+}"]);
    }

    #[test]
    fn line_breaks_that_come_or_go_are_seen() {
        assert_eq!(shown("a\n\nb", "a\nb"), ["a", "[-↵-]", "b"]);
        assert_eq!(shown("a", "a\n"), ["a{+↵+}"]);
        assert_eq!(shown("one", "one\ntwo\nthree"), ["one{+↵+}", "{+two+}", "{+three+}"]);
    }
}

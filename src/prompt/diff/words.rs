//! The difference of two texts, word by word.

use similar::DiffOp;
use unicode_segmentation::UnicodeSegmentation;

use serde::Serialize;

use super::lines::changes;

/// Comparisons that one difference may take at most; what goes beyond is told as replaced whole. Keeps two large texts
/// that have nothing in common from taking minutes.
const MAX_COMPARISONS: u64 = 100_000_000;

/// What became of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// In both texts.
    Same,
    /// In the first text only.
    Removed,
    /// In the second text only.
    Added,
}

/// A piece of two texts that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Where it is.
    pub mark: Mark,
    /// The text, line breaks included.
    pub text: String,
}

/// The difference of two texts in words: pieces in order. Those that are not `Added` make up `before`, those that are
/// not `Removed` make up `after`. No two neighbours have the same mark; what is removed comes before what is added.
pub fn word_diff(before: &str, after: &str) -> Vec<Piece> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let mut budget = MAX_COMPARISONS;
    let mut draft = Draft::default();
    // Lines first: most of a long text is the same, and words are then compared only where lines differ.
    for hunk in hunks(&old, &new, &mut budget) {
        match hunk {
            Hunk::Same(lines) => draft.same(&lines.concat()),
            Hunk::Replaced(old, new) => {
                let (old, new) = (old.concat(), new.concat());
                let (old, new): (Vec<&str>, Vec<&str>) = (words(&old), words(&new));
                for hunk in hunks(&old, &new, &mut budget) {
                    match hunk {
                        Hunk::Same(words) => draft.same(&words.concat()),
                        Hunk::Replaced(old, new) => draft.replaced(&old.concat(), &new.concat()),
                    }
                }
            }
        }
    }
    draft.finish()
}

/// Words, spaces and signs by Unicode's word boundaries: letters keep their accents, line breaks stand alone.
fn words(text: &str) -> Vec<&str> {
    text.split_word_bounds().collect()
}

enum Hunk<'a, 't> {
    Same(&'a [&'t str]),
    Replaced(&'a [&'t str], &'a [&'t str]),
}

/// What two sequences share and what differs, in order.
fn hunks<'a, 't>(old: &'a [&'t str], new: &'a [&'t str], budget: &mut u64) -> Vec<Hunk<'a, 't>> {
    let start = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (prefix, old) = old.split_at(start);
    let (_, new) = new.split_at(start);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, suffix) = old.split_at(old.len() - end);
    let (new, _) = new.split_at(new.len() - end);
    let mut found = vec![Hunk::Same(prefix)];
    let cost = u64::try_from(old.len().saturating_mul(new.len())).unwrap_or(u64::MAX);
    match budget.checked_sub(cost) {
        Some(left) => {
            *budget = left;
            let ops = changes(old, new);
            found.extend(ops.iter().map(|op| hunk(op, old, new)));
        }
        None => found.push(Hunk::Replaced(old, new)),
    }
    found.push(Hunk::Same(suffix));
    found
}

fn hunk<'a, 't>(op: &DiffOp, old: &'a [&'t str], new: &'a [&'t str]) -> Hunk<'a, 't> {
    let before = old.get(op.old_range()).unwrap_or_default();
    match op {
        DiffOp::Equal { .. } => Hunk::Same(before),
        DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
            Hunk::Replaced(before, new.get(op.new_range()).unwrap_or_default())
        }
    }
}

/// Pieces being joined: what is the same, then what was replaced after it.
#[derive(Default)]
struct Draft {
    steps: Vec<Step>,
}

#[derive(Default)]
struct Step {
    same: String,
    removed: String,
    added: String,
}

impl Draft {
    fn same(&mut self, text: &str) {
        match self.steps.last_mut() {
            Some(step) if step.removed.is_empty() && step.added.is_empty() => step.same.push_str(text),
            _ => self.steps.push(Step { same: text.to_owned(), ..Step::default() }),
        }
    }

    fn replaced(&mut self, removed: &str, added: &str) {
        if self.steps.is_empty() {
            self.steps.push(Step::default());
        }
        if let Some(step) = self.steps.last_mut() {
            step.removed.push_str(removed);
            step.added.push_str(added);
        }
    }

    fn finish(self) -> Vec<Piece> {
        let mut steps: Vec<Step> = Vec::new();
        for step in self.steps {
            steps.push(step);
            while let [.., last, step] = steps.as_mut_slice()
                && last.swallows(step)
            {
                for (side, more) in [(&mut last.removed, &step.removed), (&mut last.added, &step.added)] {
                    side.push_str(&step.same);
                    side.push_str(more);
                }
                steps.pop();
            }
        }
        let pieces = steps
            .into_iter()
            .flat_map(|step| [(Mark::Same, step.same), (Mark::Removed, step.removed), (Mark::Added, step.added)]);
        pieces.filter(|(_, text)| !text.is_empty()).map(|(mark, text)| Piece { mark, text }).collect()
    }
}

impl Step {
    /// Length of the longer side of the change.
    fn size(&self) -> usize {
        self.removed.len().max(self.added.len())
    }

    fn is_replacement(&self) -> bool {
        !self.removed.is_empty() && !self.added.is_empty()
    }

    /// Whether this change and the next read better as one: what stayed between them is short beside both, such as a
    /// comma between two sentences that were rewritten.
    fn swallows(&self, next: &Step) -> bool {
        let between =
            if self.is_replacement() && next.is_replacement() { next.same.len() } else { 3 * next.same.len() };
        between <= self.size() && between <= next.size()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(before: &str, after: &str) -> String {
        let piece = |piece: Piece| match piece.mark {
            Mark::Same => piece.text,
            Mark::Removed => format!("[-{}-]", piece.text),
            Mark::Added => format!("{{+{}+}}", piece.text),
        };
        word_diff(before, after).into_iter().map(piece).collect()
    }

    fn side(pieces: &[Piece], without: Mark) -> String {
        pieces.iter().filter(|piece| piece.mark != without).map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn single_words_are_marked() {
        assert_eq!(shown("answer as JSON", "answer as YAML"), "answer as [-JSON-]{+YAML+}");
        assert_eq!(shown("one two", "one new two"), "one {+new +}two");
        assert_eq!(shown("one old two", "one two"), "one [-old -]two");
        assert_eq!(shown("", "new"), "{+new+}");
        assert_eq!(shown("old", ""), "[-old-]");
    }

    #[test]
    fn words_that_change_together_are_one_change() {
        assert_eq!(
            shown("be very brief, please", "be quite short, please"),
            "be [-very brief-]{+quite short+}, please"
        );
        assert_eq!(shown("a\nb\n", "x\ny\n"), "[-a\nb-]{+x\ny+}\n");
    }

    #[test]
    fn a_word_in_common_does_not_cut_a_rewritten_sentence_to_pieces() {
        let shown = shown("Find flaws in the code that you are given.", "Name every weakness of the files below.");
        assert_eq!(shown, "[-Find flaws in the code that you are given-]{+Name every weakness of the files below+}.");
    }

    #[test]
    fn words_put_in_here_and_there_stay_apart() {
        assert_eq!(
            shown("review the code now", "please review the old code now"),
            "{+please +}review the{+ old+} code now"
        );
    }

    #[test]
    fn letters_keep_their_accents_and_emoji_stay_whole() {
        assert_eq!(shown("cafe\u{301} noir", "cafe noir"), "[-cafe\u{301}-]{+cafe+} noir");
        assert_eq!(shown("👩\u{200d}👧 ok", "👧 ok"), "[-👩\u{200d}👧-]{+👧+} ok");
    }

    #[test]
    fn equal_texts_have_no_change() {
        assert_eq!(word_diff("", ""), []);
        assert_eq!(word_diff("a\nb", "a\nb"), [Piece { mark: Mark::Same, text: "a\nb".to_owned() }]);
    }

    #[test]
    fn two_large_texts_without_anything_in_common_are_told_as_replaced() {
        let before: String = (0..30_000).map(|n| format!("a{n} ")).collect();
        let after: String = (0..30_000).map(|n| format!("b{n} ")).collect();
        let pieces = word_diff(&format!("same\n{before}\nend"), &format!("same\n{after}\nend"));
        let marks: Vec<Mark> = pieces.iter().map(|piece| piece.mark).collect();
        assert_eq!(marks, [Mark::Same, Mark::Removed, Mark::Added, Mark::Same]);
        assert_eq!(
            (side(&pieces, Mark::Added), side(&pieces, Mark::Removed)),
            (format!("same\n{before}\nend"), format!("same\n{after}\nend"))
        );
    }

    /// Texts of few words, so that they have much in common.
    fn text() -> impl Strategy<Value = String> {
        let word = prop::sample::select(vec![
            "a", "b", "the", " ", "  ", "\n", "\r\n", "{{ x }}", "é", "e\u{301}", "漢字", ".", "",
        ]);
        prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn the_pieces_make_up_both_texts(before in text(), after in text()) {
            let pieces = word_diff(&before, &after);
            prop_assert_eq!(side(&pieces, Mark::Added), before);
            prop_assert_eq!(side(&pieces, Mark::Removed), after);
        }

        #[test]
        fn neighbours_differ_in_their_mark(before in text(), after in "\\PC{0,60}") {
            let pieces = word_diff(&before, &after);
            prop_assert!(pieces.windows(2).all(|pair| pair[0].mark != pair[1].mark), "{pieces:?}");
            prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty()));
            prop_assert_eq!(side(&pieces, Mark::Removed), after);
        }

        #[test]
        fn a_text_does_not_differ_from_itself(text in text()) {
            prop_assert!(word_diff(&text, &text).iter().all(|piece| piece.mark == Mark::Same));
        }
    }
}

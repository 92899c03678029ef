//! Reads verdicts that stand on lines of their own, behind a label: the last resort.

/// What stands behind the label on the last line that has it, without quotes and emphasis: `**Verdict:** pass` is `pass`.
pub(super) fn last(text: &str, label: &str) -> Option<String> {
    text.lines().rev().find_map(|line| behind(line, label))
}

fn behind(line: &str, label: &str) -> Option<String> {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '#' | '>' | '-' | '"' | '`' | '\u{200b}');
    let line = line.trim_start_matches(is_mark);
    let head = line.get(..label.len())?;
    if !head.eq_ignore_ascii_case(label) {
        return None;
    }
    let rest = line.get(label.len()..)?.trim_start_matches(is_mark);
    let rest = rest.strip_prefix([':', '='])?;
    let said = rest.trim_matches(|c: char| is_mark(c) || matches!(c, '\'' | ',' | '.'));
    (!said.is_empty()).then(|| said.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_labelled_line_counts() {
        assert_eq!(last("Verdict: fail\nso…\n**Verdict:** pass.\n", "verdict").as_deref(), Some("pass"));
        assert_eq!(last("> \"VERDICT\" = `no`", "verdict").as_deref(), Some("no"));
        assert_eq!(last("Score: 4 (2024)", "score").as_deref(), Some("4 (2024)"));
        for none in ["the verdict: pass", "verdict pass", "verdicts: pass", "verdict:", "", "é"] {
            assert_eq!(last(none, "verdict"), None, "{none}");
        }
    }
}

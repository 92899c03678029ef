//! Smaller inputs: what to try next to find the smallest that still breaks.

use serde_json::Value;

use crate::record::Vars;

/// Smaller variants of some variables, the boldest first: a text without its halves, quarters and eighths, then simpler
/// characters. Empty when nothing is smaller.
pub fn smaller(vars: &Vars) -> Vec<Vars> {
    let mut found: Vec<Vars> = Vec::new();
    let mut texts: Vec<(&String, &str)> = vars
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.chars().count()));
    for (name, text) in texts {
        let chars: Vec<char> = text.chars().collect();
        for parts in [1, 2, 4, 8] {
            if chars.len() < parts {
                break;
            }
            let size = chars.len().div_ceil(parts);
            for start in (0..chars.len()).step_by(size) {
                let end = (start + size).min(chars.len());
                let kept = chars.iter().take(start).chain(chars.iter().skip(end));
                push(&mut found, vars, name, kept.collect());
            }
        }
        let plain: String = chars.iter().map(|c| if c.is_alphanumeric() && !c.is_ascii() { 'a' } else { *c }).collect();
        if plain != text {
            push(&mut found, vars, name, plain);
        }
    }
    found
}

fn push(found: &mut Vec<Vars>, vars: &Vars, name: &str, text: String) {
    let mut changed = vars.clone();
    changed.insert(name.to_owned(), Value::String(text));
    if !found.contains(&changed) {
        found.push(changed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Takes the first smaller input that still breaks, until none does; counts the tries.
    fn shrunk(vars: Vars, breaks: impl Fn(&Vars) -> bool) -> (Vars, usize) {
        let (mut vars, mut tries) = (vars, 0);
        'again: loop {
            for next in smaller(&vars) {
                tries += 1;
                if breaks(&next) {
                    vars = next;
                    continue 'again;
                }
            }
            return (vars, tries);
        }
    }

    fn vars(text: &str) -> Vars {
        let Value::Object(vars) = json!({"question": text, "limit": 3}) else { panic!("a mapping") };
        vars
    }

    proptest! {
        #[test]
        fn what_breaks_is_found_alone(before in "[a-z ]{0,400}", after in "[a-z ]{0,400}") {
            let whole = vars(&format!("{before}#{after}"));
            let (least, tries) = shrunk(whole, |vars| vars["question"].as_str().is_some_and(|text| text.contains('#')));
            prop_assert_eq!(&least, &vars("#"));
            prop_assert!(tries < 200, "{tries} tries");
        }

        #[test]
        fn every_candidate_is_smaller_or_simpler(text in "\\PC{1,60}") {
            for next in smaller(&vars(&text)) {
                let next = next["question"].as_str().expect("text");
                prop_assert!(next.chars().count() < text.chars().count() || next != text);
            }
        }
    }

    #[test]
    fn nothing_is_smaller_than_nothing() {
        assert!(smaller(&vars("")).is_empty());
    }
}

//! `matrix:` makes each case into one case per combination of the given values.

use serde_json::Value;

use crate::base::{Diagnostic, Digest, Node, Problems, Source, Span, canonical_json};

/// Most combinations of one matrix: a typing slip must not become a million paid calls.
const MAX_COMBINATIONS: usize = 10_000;

/// Longest value that an id shows in full, in characters.
const SHOWN_CHARS: usize = 40;

/// One combination: its values and what it adds to the id of a case.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Combination {
    /// Variable and value, in the order of the file.
    pub(super) vars: Vec<(String, Value)>,
    /// Such as `[language=python,tone=a]`.
    pub(super) suffix: String,
}

/// A matrix: no combinations when the suite has none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Matrix {
    /// Variables with the place of their key.
    pub(super) variables: Vec<(String, Span)>,
    /// The product, the last variable varying fastest.
    pub(super) combinations: Vec<Combination>,
}

impl Matrix {
    /// Reads a `matrix:` mapping of variables to lists of values; everything wrong with it goes to `problems`.
    pub(super) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Matrix {
        let Some(entries) = node.as_map() else {
            let message = format!("`matrix` must be a mapping of variables to lists, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
            return Matrix::default();
        };
        let mut axes = Vec::new();
        for (key, values) in entries {
            if let Some(values) = read_axis(&key.text, values, source, problems) {
                axes.push((key.text.clone(), values));
            }
        }
        let size = axes.iter().try_fold(1_usize, |size, (_, values)| size.checked_mul(values.len()));
        if size.is_none_or(|size| size > MAX_COMBINATIONS) {
            let message = format!("this matrix has more than {MAX_COMBINATIONS} combinations");
            problems.push(Diagnostic::error("matrix-too-large", message).at(source.place(node.span)));
            return Matrix::default();
        }
        let variables = entries.iter().map(|(key, _)| (key.text.clone(), key.span)).collect();
        Matrix { variables, combinations: product(&axes) }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.combinations.is_empty()
    }
}

fn read_axis(name: &str, node: &Node, source: &Source, problems: &mut Problems) -> Option<Vec<Value>> {
    let wrong = |message: String, span: Span| {
        Diagnostic::error("invalid-matrix", message)
            .at(source.place(span))
            .help(format!("write the values as a list, such as `{name}: [python, go]`"))
    };
    let Some(items) = node.as_list() else {
        problems.push(wrong(format!("`{name}` must be a list of values, this is {}", node.describe()), node.span));
        return None;
    };
    if items.is_empty() {
        problems.push(wrong(format!("`{name}` has no values, so there are no cases"), node.span));
        return None;
    }
    let mut values: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let value = item.to_json();
        if values.contains(&value) {
            problems.push(wrong(format!("`{name}` has this value twice"), item.span));
            return None;
        }
        values.push(value);
    }
    Some(values)
}

fn product(axes: &[(String, Vec<Value>)]) -> Vec<Combination> {
    if axes.is_empty() {
        return Vec::new();
    }
    let mut combinations: Vec<Vec<(String, Value)>> = vec![Vec::new()];
    for (name, values) in axes {
        combinations = combinations
            .iter()
            .flat_map(|so_far| {
                values.iter().map(|value| {
                    let mut longer = so_far.clone();
                    longer.push((name.clone(), value.clone()));
                    longer
                })
            })
            .collect();
    }
    combinations
        .into_iter()
        .map(|vars| {
            let parts: Vec<String> = vars.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
            Combination { suffix: format!("[{}]", parts.join(",")), vars }
        })
        .collect()
}

/// A value as ids show it: as written when short and plain, else its start and a few digits of its digest.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => canonical_json(value),
    };
    let plain = !text.is_empty()
        && text.chars().count() <= SHOWN_CHARS
        && text.trim() == text
        && !text.chars().any(|c| c.is_control() || matches!(c, ',' | '[' | ']' | '='));
    if plain {
        return text;
    }
    let head: String = text.chars().filter(|c| c.is_alphanumeric() || *c == '-').take(12).collect();
    let digest: String = Digest::of_json(value).to_string().chars().take(6).collect();
    format!("{head}#{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn read(text: &str) -> (Matrix, Problems) {
        let source = Source::new("s.yaml", text);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let matrix = Matrix::read(&node, &source, &mut problems);
        (matrix, problems)
    }

    #[test]
    fn the_product_has_every_combination_once_in_order() {
        let (matrix, problems) = read("{language: [python, go], tone: [a, b], n: [1]}");
        assert!(problems.is_empty(), "{}", problems.render(false));
        let suffixes: Vec<&str> = matrix.combinations.iter().map(|c| c.suffix.as_str()).collect();
        let wanted = [
            "[language=python,tone=a,n=1]",
            "[language=python,tone=b,n=1]",
            "[language=go,tone=a,n=1]",
            "[language=go,tone=b,n=1]",
        ];
        assert_eq!(suffixes, wanted);
        assert_eq!(matrix.combinations[2].vars[0], ("language".to_owned(), Value::from("go")));
    }

    #[test]
    fn long_or_odd_values_keep_ids_short_and_distinct() {
        let (matrix, _) = read(
            "{t: ['a,b', 'a=b', \"a\\nb\", '', [1, 2], xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]}",
        );
        let mut suffixes: Vec<String> = matrix.combinations.iter().map(|c| c.suffix.clone()).collect();
        assert!(suffixes.iter().all(|s| s.contains('#') && s.len() < 40), "{suffixes:?}");
        suffixes.sort();
        suffixes.dedup();
        assert_eq!(suffixes.len(), 6);
    }

    #[test]
    fn a_matrix_without_meaning_is_refused() {
        let table = [
            ("[a]", "must be a mapping"),
            ("{a: b}", "must be a list"),
            ("{a: []}", "has no values"),
            ("{a: [x, x]}", "twice"),
        ];
        for (text, wanted) in table {
            let (matrix, problems) = read(text);
            let shown = problems.render(false);
            assert!(problems.error_count() == 1 && shown.contains(wanted), "{text}:\n{shown}");
            assert!(matrix.is_empty());
        }
        let axis = format!("[{}]", (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(","));
        assert!(read(&format!("{{a: {axis}, b: {axis}}}")).1.render(false).contains("matrix-too-large"));
    }
}

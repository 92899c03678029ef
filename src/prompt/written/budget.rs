//! `truncate:` — variables that are cut to a number of tokens, and what was cut.
//!
//! ```yaml
//! truncate:
//!   context: 2000                                      # at most 2,000 tokens, the marker included
//!   history: {tokens: 500, marker: "\n[older messages left out]"}
//! ```
//!
//! A text that is longer is cut after the last token that fits, and the marker, `\n[truncated]` unless written, follows.
//! The rules of the variable (`max_chars`, `max_tokens`, `pattern`…) are checked before, on the value as given. What was
//! cut is told with the rendered prompt, never silent.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, Source, closest};
use crate::price::TokenCounter;

use super::var_problem::VarProblem;
use super::variable::{VarType, Variable};

/// What follows a text that was cut, unless the prompt says otherwise.
pub(in crate::prompt) const MARKER: &str = "\n[truncated]";

/// Longest marker.
const MAX_MARKER_CHARS: usize = 200;

/// A budget of one variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Most tokens, the marker included.
    pub tokens: u64,
    /// What follows a text that was cut.
    pub marker: String,
    pub(in crate::prompt) place: Place,
}

/// A variable that was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truncated {
    /// The variable.
    pub variable: String,
    /// Its tokens as given.
    pub tokens_before: u64,
    /// Its tokens as sent, the marker included.
    pub tokens_after: u64,
    /// Whether they were counted with the model's own vocabulary.
    pub exact: bool,
}

impl std::fmt::Display for Truncated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let about = if self.exact { "" } else { "about " };
        let Truncated { variable, tokens_before, tokens_after, .. } = self;
        write!(f, "`{variable}` was truncated from {about}{tokens_before} to {tokens_after} tokens")
    }
}

/// Budgets by variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::prompt) struct Truncation(pub(in crate::prompt) IndexMap<String, Budget>);

impl Truncation {
    /// Reads a `truncate:` mapping.
    pub(in crate::prompt) fn read(node: &Node, source: &Source, problems: &mut Problems) -> Truncation {
        let mut budgets = IndexMap::new();
        let Some(entries) = node.as_map() else {
            let message = format!("`truncate` must be a mapping of variables to tokens, this is {}", node.describe());
            let help = "such as `truncate: {context: 2000}`";
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)).help(help));
            return Truncation::default();
        };
        for (key, value) in entries {
            let place = source.place(key.span);
            if let Some((tokens, marker)) = read_budget(value, source, problems) {
                budgets.insert(key.text.clone(), Budget { tokens, marker, place });
            }
        }
        Truncation(budgets)
    }

    /// These budgets with those of `other` over them, variable by variable.
    pub(in crate::prompt) fn overlaid(&self, other: &Truncation) -> Truncation {
        let both = self.0.iter().chain(&other.0);
        Truncation(both.map(|(name, budget)| (name.clone(), budget.clone())).collect())
    }

    pub(in crate::prompt) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reports budgets of variables that are not there or are no text.
    pub(in crate::prompt) fn check(&self, variables: &IndexMap<String, Variable>, problems: &mut Problems) {
        for (name, budget) in &self.0 {
            let Some(variable) = variables.get(name) else {
                let message = format!("`truncate` names `{name}`, which is not a variable of this prompt");
                let near = closest(name, variables.keys().map(String::as_str));
                let problem = Diagnostic::error("unknown-variable", message).at(budget.place.clone());
                problems.push(problem.did_you_mean(near));
                continue;
            };
            if !matches!(variable.kind, VarType::Any | VarType::String) {
                let message = format!("only text can be truncated, `{name}` is a {}", variable.kind.word());
                let problem = Diagnostic::error("variable-rules", message).at(budget.place.clone());
                problems.push(problem.help("insert a list with a `{% for %}` over its first items: `items[:10]`"));
            }
        }
    }

    /// The value as it is sent, and what was cut; `None` when it is sent as it is.
    pub(in crate::prompt) fn cut(
        &self,
        name: &str,
        value: &Value,
        counter: impl FnOnce() -> TokenCounter,
    ) -> Option<(Value, Truncated)> {
        let budget = self.0.get(name)?;
        let text = value.as_str()?;
        // No token is longer than the text: a short one needs no vocabulary.
        if u64::try_from(text.len()).is_ok_and(|bytes| bytes.saturating_mul(3) < budget.tokens) {
            return None;
        }
        let counter = counter();
        let before = counter.count(text);
        if before.tokens <= budget.tokens {
            return None;
        }
        let sent = budget.apply(text, counter);
        let after = counter.count(&sent);
        let cut = Truncated {
            variable: name.to_owned(),
            tokens_before: before.tokens,
            tokens_after: after.tokens,
            exact: before.exact && after.exact,
        };
        Some((Value::String(sent), cut))
    }

    /// A value that has a budget and is no text: it could not be cut, and must not be sent whole in silence.
    pub(in crate::prompt) fn check_value(&self, name: &str, value: &Value) -> Option<VarProblem> {
        let budget = self.0.get(name).filter(|_| !value.is_string() && !value.is_null())?;
        let message = format!("`{name}` must be text, because it is cut to {} tokens", budget.tokens);
        let help = "join a list to one text, or remove the variable from `truncate` in the prompt".to_owned();
        Some(VarProblem { help: Some(help), ..VarProblem::new(name, "variable-type", message) })
    }

    /// Part of the prompt's digest.
    pub(in crate::prompt) fn identity(&self) -> Value {
        let entry = |(name, budget): (&String, &Budget)| {
            (name.clone(), json!({"tokens": budget.tokens, "marker": budget.marker}))
        };
        Value::Object(self.0.iter().map(entry).collect::<Map<_, _>>())
    }
}

impl Budget {
    /// The beginning of `text` and the marker, together within the budget; without the marker where it alone is too
    /// long.
    fn apply(&self, text: &str, counter: TokenCounter) -> String {
        let mut room = self.tokens.saturating_sub(counter.count(&self.marker).tokens);
        while room > 0 {
            let sent = format!("{}{}", counter.beginning(text, room).trim_end(), self.marker);
            let tokens = counter.count(&sent).tokens;
            if tokens <= self.tokens {
                return sent;
            }
            // Joined, the two may be split otherwise and count more.
            room = room.saturating_sub(tokens - self.tokens);
        }
        counter.beginning(text, self.tokens).to_owned()
    }
}

fn read_budget(node: &Node, source: &Source, problems: &mut Problems) -> Option<(u64, String)> {
    if let Kind::Map(_) = node.kind {
        let mut fields = Fields::of(node, "truncation", source, problems)?;
        if fields.node("tokens").is_none() {
            fields.missing("tokens", problems);
        }
        let tokens = fields.whole("tokens", 1..=100_000_000, problems).and_then(|tokens| u64::try_from(tokens).ok());
        let marker = fields.text("marker", problems).unwrap_or(MARKER).to_owned();
        if marker.chars().count() > MAX_MARKER_CHARS {
            fields.invalid("marker", format!("`marker` is longer than {MAX_MARKER_CHARS} characters"), problems);
        }
        fields.finish(problems);
        return Some((tokens?, marker));
    }
    if let Kind::Int(_) = node.kind
        && let Some(tokens) = node.to_json().as_u64().filter(|tokens| (1..=100_000_000).contains(tokens))
    {
        return Some((tokens, MARKER.to_owned()));
    }
    let message = format!("a budget is a number of tokens from 1 to 100000000, this is {}", node.describe());
    let help = "such as `context: 2000` or `context: {tokens: 2000, marker: \"[…]\"}`";
    problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)).help(help));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ModelRef, parse_yaml};

    fn read(yaml: &str) -> (Truncation, Problems) {
        let source = Source::new("p.yaml", yaml);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        (Truncation::read(&node, &source, &mut problems), problems)
    }

    fn counter() -> TokenCounter {
        TokenCounter::of(Some(&ModelRef::parse("openai/gpt-5").expect("model")))
    }

    #[test]
    fn a_text_is_cut_to_its_budget_with_the_marker() {
        let (truncation, problems) =
            read("{a: 10, b: {tokens: 4, marker: ''}, c: {tokens: 2, marker: ' a long marker'}}");
        assert!(problems.is_empty(), "{}", problems.render(false));
        let text = json!("one two three four five six seven eight nine ten eleven twelve");
        let (sent, cut) = truncation.cut("a", &text, counter).expect("cut");
        // The marker is five tokens; words are one each.
        assert_eq!(sent, json!("one two three four five\n[truncated]"));
        assert_eq!((cut.tokens_before, cut.exact), (12, true));
        assert_eq!(cut.to_string(), format!("`a` was truncated from 12 to {} tokens", cut.tokens_after));
        assert!((9..=10).contains(&cut.tokens_after));
        assert_eq!(truncation.cut("b", &text, counter).expect("cut").0, json!("one two three four"));
        assert_eq!(truncation.cut("c", &text, counter).expect("cut").0, json!("one two"), "no room for the marker");
        assert_eq!(truncation.cut("a", &json!("one two"), counter), None);
        assert_eq!(truncation.cut("z", &text, counter), None);
        assert_eq!(truncation.cut("a", &json!([1]), counter), None);
    }

    #[test]
    fn bad_budgets_are_all_reported() {
        let (_, problems) = read("{a: 0, b: many, c: {token: 4}, d: {tokens: -1}, e: 1.5}");
        let text = problems.render(false);
        assert_eq!(problems.error_count(), 5, "{text}");
        assert!(text.contains("did you mean `tokens`?") && text.contains("p.yaml:1:5"), "{text}");
        assert!(read("[a]").1.render(false).contains("must be a mapping"));
    }
}

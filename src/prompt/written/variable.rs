//! Variables of a prompt: what is declared about them, and whether a value keeps to it.

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, Source, Span, closest};
use crate::price::TokenCounter;

use super::var_problem::VarProblem;

/// Characters of a value that a message shows.
const SHOWN_CHARS: usize = 60;

/// What kind of value a variable takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VarType {
    /// Any value; what an undeclared variable takes.
    Any,
    /// Text.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// A mapping.
    Object,
}

impl VarType {
    /// Word and type, in one table.
    pub const ALL: &[(&str, VarType)] = &[
        ("any", VarType::Any),
        ("string", VarType::String),
        ("number", VarType::Number),
        ("boolean", VarType::Boolean),
        ("list", VarType::List),
        ("object", VarType::Object),
    ];

    /// The word users write.
    pub fn word(self) -> &'static str {
        VarType::ALL.iter().find(|(_, kind)| *kind == self).map_or("any", |(word, _)| word)
    }

    /// The word with its article.
    fn phrase(self) -> String {
        let word = self.word();
        format!("{} {word}", if word.starts_with(['a', 'o']) { "an" } else { "a" })
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            VarType::Any => true,
            VarType::String => value.is_string(),
            VarType::Number => value.is_number(),
            VarType::Boolean => value.is_boolean(),
            VarType::List => value.is_array(),
            VarType::Object => value.is_object(),
        }
    }
}

/// A variable of a prompt.
#[derive(Debug, Clone)]
pub struct Variable {
    /// What it is for.
    pub about: Option<String>,
    /// What it takes.
    pub kind: VarType,
    /// Whether it must be given. Unless written, a variable is required when it has no default.
    pub required: bool,
    /// Its value when it is not given.
    pub default: Option<Value>,
    /// The only values it may have; empty means any.
    pub one_of: Vec<Value>,
    /// Fewest characters of a text.
    pub min_chars: Option<usize>,
    /// Most characters of a text.
    pub max_chars: Option<usize>,
    /// Most tokens of a text, as the model counts that the prompt is rendered for.
    pub max_tokens: Option<u64>,
    /// A regular expression found somewhere in the text; `^…$` makes it cover all of it.
    pub pattern: Option<Regex>,
    /// Whether its values come from the application, never from its users. Rules against injection pass over it; what is
    /// sent does not depend on it, so it is not part of the prompt's digest.
    pub trusted: bool,
    /// Where it is declared, or first used when it is not declared.
    pub place: Place,
}

impl Variable {
    /// A variable of which nothing is declared: required, of any type.
    pub(in crate::prompt) fn undeclared(place: Place) -> Variable {
        Variable {
            about: None,
            kind: VarType::Any,
            required: true,
            default: None,
            one_of: Vec::new(),
            min_chars: None,
            max_chars: None,
            max_tokens: None,
            pattern: None,
            trusted: false,
            place,
        }
    }

    /// Reads the value of one entry of `variables:`; `key` is where its name stands.
    ///
    /// Nothing (`code:`) declares a required variable of any type, a word (`code: string`) its type alone.
    pub(in crate::prompt) fn read(
        name: &str,
        key: Span,
        node: &Node,
        source: &Source,
        problems: &mut Problems,
    ) -> Variable {
        let mut variable = Variable::undeclared(source.place(key));
        match &node.kind {
            Kind::Null => {}
            Kind::Text(word) => match VarType::ALL.iter().find(|(known, _)| known == word) {
                Some((_, kind)) => variable.kind = *kind,
                None => {
                    let words: Vec<&str> = VarType::ALL.iter().map(|(word, _)| *word).collect();
                    let problem = Diagnostic::error("unknown-value", format!("`{word}` is not a type of variables"))
                        .at(source.place(node.span))
                        .did_you_mean(closest(word, words.iter().copied()))
                        .help(format!("one of {}", words.join(", ")));
                    problems.push(problem);
                }
            },
            _ => {
                if let Some(fields) = Fields::of(node, "variable", source, problems) {
                    variable.read_fields(name, fields, problems);
                }
            }
        }
        variable
    }

    fn read_fields(&mut self, name: &str, mut fields: Fields<'_>, problems: &mut Problems) {
        self.about = fields.text("about", problems).map(str::to_owned);
        let kind = fields.choice("type", VarType::ALL, problems);
        let required = fields.flag("required", problems);
        self.trusted = fields.flag("trusted", problems).unwrap_or(false);
        self.default = fields.node("default").map(Node::to_json);
        if let Some(items) = fields.list("one_of") {
            self.one_of = items.iter().map(Node::to_json).collect();
            if items.is_empty() {
                fields.invalid("one_of", "`one_of` is empty: no value could be given", problems);
            }
        }
        self.min_chars = count(&mut fields, "min_chars", problems);
        self.max_chars = count(&mut fields, "max_chars", problems);
        self.max_tokens =
            fields.whole("max_tokens", 1..=100_000_000, problems).and_then(|count| u64::try_from(count).ok());
        if let Some(pattern) = fields.text("pattern", problems) {
            match Regex::new(pattern) {
                Ok(regex) => self.pattern = Some(regex),
                Err(error) => {
                    let text = error.to_string();
                    let why = text.lines().last().unwrap_or("").trim().trim_start_matches("error: ");
                    fields.invalid("pattern", format!("`pattern` is not a regular expression: {why}"), problems);
                }
            }
        }
        let is_text_rule =
            self.min_chars.is_some() || self.max_chars.is_some() || self.max_tokens.is_some() || self.pattern.is_some();
        self.kind = kind.unwrap_or(if is_text_rule { VarType::String } else { VarType::Any });
        self.required = required.unwrap_or(self.default.is_none());
        self.check_rules(name, is_text_rule, &fields, problems);
        fields.finish(problems);
    }

    /// Rules that contradict each other, and a default that breaks them.
    fn check_rules(&self, name: &str, is_text_rule: bool, fields: &Fields<'_>, problems: &mut Problems) {
        let source = fields.source();
        let mut report = |code, key: &str, message: String, help: &str| {
            let problem = Diagnostic::error(code, message).at(source.place(fields.value_span(key))).help(help);
            problems.push(problem);
        };
        if is_text_rule && self.kind != VarType::String {
            let rules = "`min_chars`, `max_chars`, `max_tokens` and `pattern` are for text";
            let message = format!("{rules}, `{name}` is {}", self.kind.phrase());
            report("variable-rules", "type", message, "remove them, or write `type: string`");
        }
        if let (Some(min), Some(max)) = (self.min_chars, self.max_chars)
            && min > max
        {
            let message = format!("`min_chars` is {min}, more than `max_chars`, which is {max}");
            report("variable-rules", "min_chars", message, "no value could be given");
        }
        if self.required && self.default.is_some() {
            let message = format!("`{name}` is required and has a default, which would never be used");
            report("variable-rules", "required", message, "remove `required: true` or `default`");
        }
        for value in self.one_of.iter().filter(|value| !self.kind.takes(value)) {
            let message =
                format!("{} in `one_of` is {}, `{name}` is {}", shown(value), describe(value), self.kind.phrase());
            report("variable-rules", "one_of", message, "no such value could be given");
        }
        if let Some(default) = &self.default {
            for problem in self.check(name, default) {
                let message = format!("the default breaks the variable's own rules: {}", problem.message);
                report("variable-default", "default", message, "change the default or the rule");
            }
        }
    }

    /// Everything that is wrong with `value`, except that it is missing.
    pub(in crate::prompt) fn check(&self, name: &str, value: &Value) -> Vec<VarProblem> {
        let mut found = Vec::new();
        let mut add = |code, message: String, help: Option<String>, near: Option<String>| {
            found.push(VarProblem { help, near, ..VarProblem::new(name, code, message) });
        };
        if !self.kind.takes(value) {
            let message =
                format!("`{name}` must be {}, this is {}: {}", self.kind.phrase(), describe(value), shown(value));
            let help = match (value, self.kind) {
                (Value::Null, _) if !self.required => Some("leave the variable out to get its default".to_owned()),
                (Value::String(_), _) => Some(format!("write a {}, without quotes", self.kind.word())),
                (_, VarType::String) => Some("put the value in quotes".to_owned()),
                _ => None,
            };
            add("variable-type", message, help, None);
            return found;
        }
        if !self.one_of.is_empty() && !self.one_of.contains(value) {
            let allowed: Vec<String> = self.one_of.iter().map(shown).collect();
            let help = format!("one of {}", allowed.join(", "));
            let words = self.one_of.iter().filter_map(Value::as_str);
            let near = value.as_str().and_then(|text| closest(text, words)).map(str::to_owned);
            add("variable-not-allowed", format!("`{name}` may not be {}", shown(value)), Some(help), near);
        }
        let Some(text) = value.as_str() else { return found };
        if self.min_chars.is_some() || self.max_chars.is_some() {
            let chars = text.chars().count();
            if let Some(min) = self.min_chars.filter(|min| chars < *min) {
                add(
                    "variable-length",
                    format!("`{name}` has {}, fewer than the {min} it needs", characters(chars)),
                    None,
                    None,
                );
            }
            if let Some(max) = self.max_chars.filter(|max| chars > *max) {
                let help = "shorten the value, or raise `max_chars` in the prompt".to_owned();
                add(
                    "variable-length",
                    format!("`{name}` has {}, more than the {max} allowed", characters(chars)),
                    Some(help),
                    None,
                );
            }
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
            let message = format!("`{name}` does not match `{pattern}`: {}", shown(value));
            add("variable-pattern", message, None, None);
        }
        found
    }

    /// What is wrong with the number of its tokens; the other rules are [`Variable::check`].
    pub(in crate::prompt) fn check_tokens(
        &self,
        name: &str,
        value: &Value,
        counter: TokenCounter,
    ) -> Option<VarProblem> {
        let (most, text) = (self.max_tokens?, value.as_str()?);
        let counted = counter.count(text);
        if counted.tokens <= most {
            return None;
        }
        let about = if counted.exact { "" } else { "about " };
        let message = format!("`{name}` has {about}{} tokens, more than the {most} allowed", counted.tokens);
        let help = "shorten the value, or raise `max_tokens` of the variable in the prompt".to_owned();
        Some(VarProblem { help: Some(help), ..VarProblem::new(name, "variable-tokens", message) })
    }

    /// What of it can change a rendered prompt or refuse a value; part of the prompt's digest.
    pub(in crate::prompt) fn identity(&self) -> Value {
        let mut map = Map::new();
        map.insert("type".to_owned(), json!(self.kind.word()));
        map.insert("required".to_owned(), json!(self.required));
        let optional = [
            ("default", self.default.clone()),
            ("one_of", (!self.one_of.is_empty()).then(|| json!(self.one_of))),
            ("min_chars", self.min_chars.map(|count| json!(count))),
            ("max_chars", self.max_chars.map(|count| json!(count))),
            ("max_tokens", self.max_tokens.map(|count| json!(count))),
            ("pattern", self.pattern.as_ref().map(|pattern| json!(pattern.as_str()))),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                map.insert(key.to_owned(), value);
            }
        }
        Value::Object(map)
    }
}

fn characters(count: usize) -> String {
    format!("{count} {}", if count == 1 { "character" } else { "characters" })
}

fn count(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<usize> {
    fields.whole(name, 0..=100_000_000, problems).and_then(|count| usize::try_from(count).ok())
}

/// A value for a message: as JSON, cut when long.
fn shown(value: &Value) -> String {
    // Only the beginning of a large value is written out.
    let text = match value {
        Value::String(text) => Value::String(text.chars().take(SHOWN_CHARS + 1).collect()).to_string(),
        other => other.to_string(),
    };
    if text.chars().count() <= SHOWN_CHARS + 2 {
        return format!("`{text}`");
    }
    format!("`{}…`", text.chars().take(SHOWN_CHARS).collect::<String>())
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::parse_yaml;

    fn read(yaml: &str) -> (Variable, Problems) {
        let source = Source::new("p.yaml", yaml);
        let mut problems = Problems::new();
        let node = parse_yaml(&source, &mut problems).expect("yaml");
        let (key, value) = &node.as_map().expect("map")[0];
        let variable = Variable::read(&key.text, key.span, value, &source, &mut problems);
        (variable, problems)
    }

    fn codes(variable: &Variable, value: &Value) -> Vec<&'static str> {
        variable.check("v", value).into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn types_take_their_own_values_only() {
        let values = [json!("a"), json!(1), json!(true), json!([1]), json!({"a": 1})];
        let kinds = ["string", "number", "boolean", "list", "object"];
        for (k, kind) in kinds.iter().enumerate() {
            let (variable, problems) = read(&format!("v: {kind}\n"));
            assert!(problems.is_empty());
            for (v, value) in values.iter().enumerate() {
                assert_eq!(codes(&variable, value).is_empty(), k == v, "{kind} {value}");
            }
            assert_eq!(codes(&variable, &Value::Null), ["variable-type"]);
        }
        assert!(codes(&read("v:\n").0, &Value::Null).is_empty());
    }

    #[test]
    fn every_rule_is_checked_and_all_are_told() {
        let (variable, problems) = read("v: {min_chars: 2, max_chars: 3, pattern: '^[a-zü]+$', one_of: [ab, abc]}\n");
        assert!(problems.is_empty(), "{}", problems.render(false));
        assert_eq!(variable.kind, VarType::String);
        assert!(codes(&variable, &json!("ab")).is_empty());
        assert_eq!(codes(&variable, &json!("ü")), ["variable-not-allowed", "variable-length"]);
        assert_eq!(codes(&variable, &json!("ABCD")), ["variable-not-allowed", "variable-length", "variable-pattern"]);
        let found = variable.check("v", &json!("abd")).remove(0);
        assert!(found.near.as_deref().is_some_and(|near| near.starts_with("ab")), "{found:?}");
    }

    #[test]
    fn a_default_makes_a_variable_optional() {
        assert!(!read("v: {default: x}\n").0.required);
        assert!(read("v: {type: string}\n").0.required);
        assert!(!read("v: {type: string, required: false}\n").0.required);
    }

    #[test]
    fn trust_is_declared_and_changes_no_digest() {
        let (plain, trusted) = (read("v: {type: string}\n").0, read("v: {type: string, trusted: true}\n").0);
        assert!(!plain.trusted && trusted.trusted);
        assert_eq!(plain.identity(), trusted.identity());
        assert!(read("v: {trusted: yes}\n").1.render(false).contains("write `true`"));
    }

    #[test]
    fn contradictions_are_reported_at_their_place() {
        let table = [
            ("v: {type: number, max_chars: 3}\n", "variable-rules", "p.yaml:1:11"),
            ("v: {min_chars: 4, max_chars: 3}\n", "variable-rules", "p.yaml:1:16"),
            ("v: {required: true, default: x}\n", "variable-rules", "p.yaml:1:15"),
            ("v: {type: number, one_of: [1, x]}\n", "variable-rules", "p.yaml:1:27"),
            ("v: {type: number, default: x}\n", "variable-default", "p.yaml:1:28"),
            ("v: {one_of: [a, b], default: c}\n", "variable-default", "p.yaml:1:30"),
            ("v: {pattern: '(a'}\n", "invalid-value", "p.yaml:1:14"),
            ("v: {typ: string}\n", "unknown-key", "p.yaml:1:5"),
            ("v: strnig\n", "unknown-value", "p.yaml:1:4"),
            ("v: 5\n", "wrong-type", "p.yaml:1:4"),
        ];
        for (yaml, code, place) in table {
            let text = read(yaml).1.render(false);
            assert!(text.contains(&format!("[{code}]")) && text.contains(place), "{yaml}{text}");
        }
    }

    #[test]
    fn long_values_are_cut_in_messages() {
        let (variable, _) = read("v: {type: number}\n");
        let message = variable.check("v", &json!("x".repeat(5_000))).remove(0).message;
        assert!(message.len() < 200 && message.contains('…'), "{message}");
    }
}

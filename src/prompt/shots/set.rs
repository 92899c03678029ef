//! The examples of a prompt, compared with its variables and templates, ready to be chosen from.

use std::collections::HashMap;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::super::written::variable::{VarType, Variable};
use super::bm25::Bm25;
use super::index::WordIndex;
use super::insert::{Insert, LIST_VARIABLE, list_value};
use super::pick::PickedExample;
use super::read::{Example, ExampleFile, Row};
use super::settings::{Settings, With};
use super::tfidf::TfIdf;
use crate::base::{Diagnostic, Digest, DigestBuilder, Place, Problems, closest};
use crate::record::Vars;

/// The examples of a prompt.
#[derive(Debug)]
pub(in crate::prompt) struct Shots {
    pub(super) settings: Settings,
    pub(super) examples: Vec<Example>,
    pub(in crate::prompt) insert: Insert,
    /// Variables that are compared, in their order.
    on: Vec<String>,
    file: ExampleFile,
    /// Built when a case is first compared: listing prompts must not pay for it.
    words: OnceLock<WordIndex>,
    /// By example: what chance gives it; made when it is first asked for.
    draw: OnceLock<Vec<Digest>>,
}

/// What examples have to fit.
pub(in crate::prompt) struct Fit<'a> {
    pub(in crate::prompt) variables: &'a IndexMap<String, Variable>,
    /// Whether the templates take the examples themselves.
    pub(in crate::prompt) takes_list: bool,
    /// Number of the last message of the user, and the variables its templates use.
    pub(in crate::prompt) asked: Option<(usize, Vec<String>)>,
}

impl Shots {
    /// Checks the examples against the prompt. What is wrong goes to `problems`, with the line and column of the file.
    pub(in crate::prompt) fn settle(file: ExampleFile, fit: &Fit<'_>, problems: &mut Problems) -> Option<Shots> {
        let before = problems.error_count();
        if let Some(variable) = fit.variables.get(LIST_VARIABLE) {
            let message = "`examples` cannot be declared here: it holds the examples that are picked";
            let problem = Diagnostic::error("examples-variable", message).at(variable.place.clone());
            problems.push(problem.help("rename the variable, or remove the `examples` key of the prompt"));
        }
        let insert = settle_insert(&file, fit, problems);
        let on = settle_on(&file, fit, insert, problems);
        let mut examples = Vec::with_capacity(file.rows.len());
        for row in &file.rows {
            examples.extend(settle_row(row, &file, fit, insert, problems));
        }
        if file.settings.pick > examples.len() && !file.is_partial && problems.error_count() == before {
            let count = examples.len();
            let message = format!("`pick` is {}, there are {count} examples", file.settings.pick);
            problems.push(Diagnostic::warning("few-examples", message).at(file.settings.place.clone()));
        }
        warn_twins(&examples, &file, problems);
        let settings = file.settings.clone();
        let insert = insert.filter(|_| problems.error_count() == before && !file.is_partial)?;
        Some(Shots { settings, examples, insert, on, file, words: OnceLock::new(), draw: OnceLock::new() })
    }

    pub(in crate::prompt) fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The line of an example, or the value below `path` in it.
    pub(in crate::prompt) fn place(&self, example: &Example, path: &[&str]) -> Place {
        self.file.place(example.line, path)
    }

    /// What of the settings and the examples can change a request.
    pub(in crate::prompt) fn identity(&self) -> Value {
        let one = |example: &Example| {
            let id = example.is_named.then_some(&example.id);
            json!({"id": id, "vars": example.vars, "output": example.output})
        };
        let examples: Vec<Value> = self.examples.iter().map(one).collect();
        json!({"settings": self.settings.identity(), "examples": examples})
    }

    /// The settings and the examples, for other tools: `from` as it is written, then what holds unless written.
    pub(in crate::prompt) fn to_json(&self) -> Value {
        let one = |example: &Example| json!({"id": example.id, "vars": example.vars, "output": example.output});
        let mut json = Map::new();
        json.insert("from".to_owned(), json!(self.file.from));
        if let Value::Object(settings) = self.settings.identity() {
            json.extend(settings);
        }
        json.insert("list".to_owned(), self.examples.iter().map(one).collect());
        Value::Object(json)
    }

    /// Whether embeddings are compared when the project has a model for them.
    pub(in crate::prompt) fn may_embed(&self) -> bool {
        self.settings.by.compares() && matches!(self.settings.with, None | Some(With::Embedding))
    }

    /// Whether the prompt asks for embeddings by name.
    pub(in crate::prompt) fn must_embed(&self) -> bool {
        self.settings.by.compares() && self.settings.with == Some(With::Embedding)
    }

    /// Where `with` or the examples are written.
    pub(in crate::prompt) fn written(&self) -> &Place {
        &self.settings.place
    }

    /// The index of words.
    pub(super) fn words(&self) -> &WordIndex {
        self.words.get_or_init(|| {
            let texts = self.texts();
            let texts = texts.iter().map(String::as_str);
            match self.settings.with {
                Some(With::TfIdf) => WordIndex::TfIdf(TfIdf::new(texts)),
                Some(With::Bm25 | With::Embedding) | None => WordIndex::Bm25(Bm25::new(texts)),
            }
        })
    }

    /// What chance gives each example: a hash of seed and content. It is the same on every machine, and an example that is
    /// added to the file leaves the order of the others as it is.
    pub(super) fn draw(&self) -> &[Digest] {
        self.draw.get_or_init(|| {
            let one = |example: &Example| {
                let content = json!({"vars": example.vars, "output": example.output});
                DigestBuilder::new("draw").part(&self.settings.seed.to_be_bytes()).json(&content).finish()
            };
            self.examples.iter().map(one).collect()
        })
    }

    /// The texts of the examples that are compared, in their order.
    pub(in crate::prompt) fn texts(&self) -> Vec<String> {
        self.examples.iter().map(|example| self.text_of(&example.vars)).collect()
    }

    /// The text of a case, or of an example, that is compared: its compared variables, one after the other.
    pub(in crate::prompt) fn text_of(&self, vars: &Vars) -> String {
        let texts = self.on.iter().filter_map(|name| vars.get(name)).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// What the templates get in `examples`.
    pub(in crate::prompt) fn list_value(&self, picked: &[PickedExample]) -> Value {
        list_value(picked.iter().filter_map(|picked| self.examples.get(picked.index)))
    }
}

/// Into the conversation, unless the templates take them.
fn settle_insert(file: &ExampleFile, fit: &Fit<'_>, problems: &mut Problems) -> Option<Insert> {
    if fit.takes_list {
        return Some(Insert::List);
    }
    if let Some((before, _)) = fit.asked {
        return Some(Insert::Pairs { before });
    }
    let message = "examples go before the last `user` message, and this prompt has none";
    let help = "add one, or write `{% for example in examples %}…{% endfor %}` where they belong";
    problems.push(Diagnostic::error("examples-without-user", message).at(file.settings.place.clone()).help(help));
    None
}

/// The variables that are compared: those that are named, or else all that hold text, or else all. Where examples are
/// messages of the user, those of the user's message: an example has no others.
fn settle_on(file: &ExampleFile, fit: &Fit<'_>, insert: Option<Insert>, problems: &mut Problems) -> Vec<String> {
    if !file.settings.by.compares() {
        return Vec::new();
    }
    let names = || fit.variables.keys().map(String::as_str);
    if let Some(on) = &file.settings.on {
        for (name, place) in on.iter().filter(|(name, _)| !fit.variables.contains_key(name)) {
            let known: Vec<&str> = names().collect();
            let message = format!("`{name}` is not a variable of this prompt");
            problems.push(
                Diagnostic::error("unknown-variable", message)
                    .at(place.clone())
                    .did_you_mean(closest(name, names()))
                    .help(format!("its variables: {}", known.join(", "))),
            );
        }
        return on.iter().map(|(name, _)| name.clone()).collect();
    }
    let holds_text = |variable: &Variable| matches!(variable.kind, VarType::String | VarType::Any);
    let used = match (insert, &fit.asked) {
        (Some(Insert::Pairs { .. }), Some((_, used))) => Some(used),
        _ => None,
    };
    let asked = || fit.variables.iter().filter(|(name, _)| used.is_none_or(|used| used.contains(name)));
    let texts: Vec<String> =
        asked().filter(|(_, variable)| holds_text(variable)).map(|(name, _)| name.clone()).collect();
    let all: Vec<String> = if texts.is_empty() { asked().map(|(name, _)| name.clone()).collect() } else { texts };
    if all.is_empty() {
        let message = "this prompt has no variables, so no example is more similar than another";
        let problem = Diagnostic::error("examples-setting", message).at(file.settings.place.clone());
        problems.push(problem.help("write `by: first` or `by: random`"));
    }
    all
}

/// An example with its variables: named ones, or the only one for `input`; defaults filled in where it is asked for.
fn settle_row(
    row: &Row,
    file: &ExampleFile,
    fit: &Fit<'_>,
    insert: Option<Insert>,
    problems: &mut Problems,
) -> Option<Example> {
    let before = problems.error_count();
    let mut example = row.example.clone();
    if let Some(input) = &row.input {
        let Some(name) = input_variable(fit) else {
            let message =
                format!("`input` is for prompts that ask with one variable, this one has {}", fit.variables.len());
            let problem = Diagnostic::error("example-input", message).at(file.place(example.line, &["input"]));
            problems.push(problem.help("write `\"vars\": {…}`"));
            return None;
        };
        example.vars.insert(name.to_owned(), input.clone());
    }
    check_given(&example, file, fit, problems);
    if let (Some(Insert::Pairs { .. }), Some((_, used))) = (insert, &fit.asked) {
        for name in used {
            let Some(variable) = fit.variables.get(name).filter(|_| !example.vars.contains_key(name)) else { continue };
            match &variable.default {
                // The example is what the prompt would be sent with.
                Some(default) => {
                    example.vars.insert(name.clone(), default.clone());
                }
                None if variable.required => {
                    let message = format!("`{name}` is missing, the user's message needs it");
                    let problem = Diagnostic::error("missing-variable", message);
                    problems.push(problem.at(file.place(example.line, &["vars"])));
                }
                None => {}
            }
        }
    }
    (problems.error_count() == before).then_some(example)
}

/// The variable that `input` stands for: the only one, or else the only one without a default that the user's message
/// uses. What only the system message needs is none of an example's business.
fn input_variable<'f>(fit: &'f Fit<'_>) -> Option<&'f str> {
    let single = |names: Vec<&'f str>| if let [only] = names.as_slice() { Some(*only) } else { None };
    let used = fit.asked.as_ref().map(|(_, used)| used.as_slice()).unwrap_or_default();
    let is_needed = |name: &&String| fit.variables.get(*name).is_some_and(|variable| variable.required);
    single(fit.variables.keys().map(String::as_str).collect())
        .or_else(|| single(used.iter().filter(is_needed).map(String::as_str).collect()))
}

/// Variables that the prompt does not have, or that break its rules.
fn check_given(example: &Example, file: &ExampleFile, fit: &Fit<'_>, problems: &mut Problems) {
    for (name, value) in &example.vars {
        let place = || {
            let place = file.place(example.line, &["vars", name]);
            if place.col > 1 { place } else { file.place(example.line, &["input"]) }
        };
        let Some(variable) = fit.variables.get(name) else {
            let free = fit.variables.keys().map(String::as_str).filter(|known| !example.vars.contains_key(*known));
            let known: Vec<&str> = fit.variables.keys().map(String::as_str).collect();
            problems.push(
                Diagnostic::error("unknown-variable", format!("`{name}` is not a variable of this prompt"))
                    .at(place())
                    .did_you_mean(closest(name, free))
                    .help(format!("its variables: {}", known.join(", "))),
            );
            continue;
        };
        for problem in variable.check(name, value) {
            let diagnostic = Diagnostic::error(problem.code, problem.message).at(place());
            let diagnostic = diagnostic.did_you_mean(problem.near.as_deref());
            problems.push(match problem.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
        }
    }
}

/// The same question twice: once is enough, and two answers contradict each other.
fn warn_twins(examples: &[Example], file: &ExampleFile, problems: &mut Problems) {
    let mut seen: HashMap<String, &Example> = HashMap::new();
    for example in examples {
        let Some(first) = seen.insert(crate::base::canonical_json(&json!(example.vars)), example) else { continue };
        let message = if first.output == example.output {
            format!("example `{}` is the same as `{}`", example.id, first.id)
        } else {
            format!("example `{}` asks the same as `{}` and has another answer", example.id, first.id)
        };
        problems.push(
            Diagnostic::warning("duplicate-example", message)
                .at(file.line(example.line))
                .related(file.line(first.line), "the other one"),
        );
    }
}

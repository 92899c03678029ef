//! What a version file (or a prompt written inside a suite) says, read and checked key by key.

use std::collections::HashSet;
use std::path::Path;

use indexmap::IndexMap;

use super::super::language::section::Style;
use super::super::language::text::TemplateText;
use super::super::shots::{ExampleFile, read_examples};
use super::super::templates::texts_of;
use super::budget::Truncation;
use super::media::MediaSource;
use super::output::read_output;
use super::params::{Overrides, read_params};
use super::spoken::{as_result, check_answers, read_calls};
use super::tooling::Tooling;
use super::variable::Variable;
use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, Source, closest};
use crate::record::{CacheTtl, OutputFormat, Params, Role};

/// Names that templates give a meaning of their own.
const RESERVED: &[&str] = &[
    "and", "break", "continue", "else", "false", "False", "for", "if", "in", "is", "loop", "none", "None", "not",
    "null", "or", "self", "true", "True",
];

/// Roles a prompt can speak in.
const ROLES: &[(&str, Role)] = Role::ALL;

/// The file being read, and where the paths it names start.
pub(in crate::prompt) struct Reading<'a> {
    pub(in crate::prompt) source: &'a Source,
    pub(in crate::prompt) folder: &'a Path,
    pub(in crate::prompt) root: &'a Path,
}

/// A message as written.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct MessageText {
    pub(in crate::prompt) role: Role,
    pub(in crate::prompt) parts: Vec<PartText>,
    /// Asks the provider to cache the prompt up to the end of this message.
    pub(in crate::prompt) cache: Option<CacheTtl>,
}

/// One part of a message as written.
#[derive(Debug, Clone)]
pub(in crate::prompt) enum PartText {
    Text(TemplateText),
    Image(MediaSource),
    File {
        name: String,
        media: MediaSource,
    },
    /// A call of a tool; `arguments` is a template of JSON text.
    ToolCall {
        id: String,
        name: String,
        arguments: TemplateText,
    },
    ToolResult {
        id: String,
        is_error: bool,
        text: TemplateText,
    },
}

/// A prompt as written, before its templates are compiled.
#[derive(Debug, Clone, Default)]
pub(in crate::prompt) struct Definition {
    pub(in crate::prompt) about: Option<String>,
    pub(in crate::prompt) messages: Vec<MessageText>,
    /// Whether some message could not be read; what it uses is then unknown.
    pub(in crate::prompt) is_partial: bool,
    /// `None` when there is no `variables:` block.
    pub(in crate::prompt) variables: Option<IndexMap<String, Variable>>,
    /// Whether there is an `examples:` block; [`Definition::examples`] is `None` too when it is broken.
    pub(in crate::prompt) has_examples: bool,
    pub(in crate::prompt) examples: Option<ExampleFile>,
    pub(in crate::prompt) params: Params,
    pub(in crate::prompt) style: Option<Style>,
    pub(in crate::prompt) truncate: Truncation,
    pub(in crate::prompt) overrides: Overrides,
    pub(in crate::prompt) output: OutputFormat,
    pub(in crate::prompt) tooling: Tooling,
    /// Text that much of the answer is expected to equal.
    pub(in crate::prompt) prediction: Option<TemplateText>,
}

impl Definition {
    /// A prompt that is one user message.
    pub(in crate::prompt) fn of_template(text: TemplateText) -> Definition {
        Definition { messages: vec![user_message(text)], ..Definition::default() }
    }

    /// All its templates: of the messages in order, then that of the prediction.
    pub(in crate::prompt) fn texts(&self) -> impl Iterator<Item = &TemplateText> {
        self.messages.iter().flat_map(texts_of).chain(&self.prediction)
    }

    /// Reads a mapping; `what` names it in messages.
    pub(in crate::prompt) fn read(
        node: &Node,
        what: &'static str,
        reading: &Reading<'_>,
        problems: &mut Problems,
    ) -> Option<Definition> {
        let mut fields = Fields::of(node, what, reading.source, problems)?;
        let about = fields.text("about", problems).map(str::to_owned);
        let before = problems.error_count();
        let messages = read_messages(&mut fields, reading, problems);
        let is_partial = problems.error_count() > before;
        let variables = fields.raw("variables").map(|node| read_variables(node, reading, problems));
        let examples = fields.node("examples");
        let has_examples = examples.is_some();
        let examples = examples.and_then(|node| read_examples(node, reading, problems));
        let params = fields.node("params").map(|node| read_params(node, reading.source, problems));
        // There is nothing below that they could take away.
        let params = params.unwrap_or_default().settled();
        let style = fields.choice("style", Style::ALL, problems);
        let truncate =
            fields.node("truncate").map(|node| Truncation::read(node, reading.source, problems)).unwrap_or_default();
        let overrides =
            fields.node("models").map(|node| Overrides::read(node, reading.source, problems)).unwrap_or_default();
        let output = fields.node("output").map(|node| read_output(node, reading, problems)).unwrap_or_default();
        let tooling = Tooling::read(&mut fields, reading, problems);
        let prediction = fields.node("prediction").and_then(|node| read_text(node, reading, problems));
        fields.finish(problems);
        Some(Definition {
            tooling,
            prediction,
            about,
            messages,
            is_partial,
            variables,
            has_examples,
            examples,
            params,
            style,
            truncate,
            overrides,
            output,
        })
    }
}

fn user_message(text: TemplateText) -> MessageText {
    MessageText { role: Role::User, parts: vec![PartText::Text(text)], cache: None }
}

/// `messages:` or `template:`, exactly one of them.
fn read_messages(fields: &mut Fields<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Vec<MessageText> {
    let messages = fields.node("messages");
    let template = fields.node("template");
    match (messages, template) {
        (Some(_), Some(_)) => {
            let message = "a prompt has either `messages` or `template`, this one has both";
            let span = fields.key_span("template").unwrap_or(fields.span());
            problems.push(
                Diagnostic::error("messages-and-template", message)
                    .at(reading.source.place(span))
                    .help("write the template as a message: `{role: user, content: …}`"),
            );
            Vec::new()
        }
        (None, None) => {
            fields.missing("messages", problems);
            Vec::new()
        }
        (None, Some(node)) => read_text(node, reading, problems).map(user_message).into_iter().collect(),
        (Some(node), None) => {
            let Some(items) = node.as_list() else {
                fields.invalid("messages", format!("`messages` must be a list, this is {}", node.describe()), problems);
                return Vec::new();
            };
            if items.is_empty() {
                let problem = Diagnostic::error("empty-messages", "`messages` is empty: there is nothing to send");
                problems.push(problem.at(reading.source.place(node.span)).help("add `- {role: user, content: …}`"));
            }
            let before = problems.error_count();
            let place = |item: &Node| reading.source.place(item.span);
            let read = items.iter().filter_map(|item| Some((read_message(item, reading, problems)?, place(item))));
            let messages: Vec<(MessageText, Place)> = read.collect();
            if problems.error_count() == before {
                check_answers(&messages, problems);
            }
            messages.into_iter().map(|(message, _)| message).collect()
        }
    }
}

fn read_message(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<MessageText> {
    let mut fields = Fields::of(node, "message", reading.source, problems)?;
    if fields.node("role").is_none() {
        fields.missing("role", problems);
    }
    let role = fields.choice("role", ROLES, problems);
    let calls = read_calls(&mut fields, role, reading, problems);
    let speaks_of_calls = fields.key_span("tool_calls").is_some();
    let parts = match fields.node("content") {
        None if speaks_of_calls => Vec::new(),
        None => {
            fields.missing("content", problems);
            Vec::new()
        }
        Some(Node { kind: Kind::List(items), span }) => {
            if items.is_empty() {
                problems.push(empty_message().at(reading.source.place(*span)));
            }
            items.iter().filter_map(|item| read_part(item, reading, problems)).collect()
        }
        Some(node) => read_text(node, reading, problems).map(PartText::Text).into_iter().collect(),
    };
    let parts = if role == Some(Role::Tool) {
        let id = fields.required_text("id", problems);
        let is_error = fields.flag("is_error", problems).unwrap_or(false);
        as_result(id, is_error, parts, reading.source.place(node.span), problems)
    } else {
        parts.into_iter().chain(calls).collect()
    };
    let cache = fields.choice("cache", CacheTtl::ALL, problems);
    fields.finish(problems);
    Some(MessageText { role: role?, parts, cache })
}

fn empty_message() -> Diagnostic {
    Diagnostic::error("empty-message", "this message is empty").help("write its text, or remove the message")
}

fn read_text(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<TemplateText> {
    let place = reading.source.place(node.span);
    let Some(text) = node.as_text() else {
        let message = format!("a message must be text or a list of parts, this is {}", node.describe());
        let diagnostic = Diagnostic::error("wrong-type", message).at(place);
        let is_mapping = matches!(node.kind, Kind::Map(_));
        problems.push(if is_mapping {
            diagnostic.help("put quotes around text that begins with `{`")
        } else {
            diagnostic
        });
        return None;
    };
    if text.trim().is_empty() {
        problems.push(empty_message().at(place));
        return None;
    }
    Some(TemplateText::of_scalar(text, reading.source, node.span))
}

fn read_part(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<PartText> {
    if node.as_text().is_some() {
        return read_text(node, reading, problems).map(PartText::Text);
    }
    let mut fields = Fields::of(node, "part of a message", reading.source, problems)?;
    let (text, image, file) = (fields.node("text"), fields.node("image"), fields.node("file"));
    fields.finish(problems);
    match (text, image, file) {
        (Some(text), None, None) => read_text(text, reading, problems).map(PartText::Text),
        (None, Some(image), None) => MediaSource::read(image, true, reading, problems).map(PartText::Image),
        (None, None, Some(file)) => {
            let name = file.as_text().and_then(|path| path.rsplit('/').next()).filter(|name| !name.contains('{'));
            let name = name.unwrap_or("document").to_owned();
            MediaSource::read(file, false, reading, problems).map(|media| PartText::File { name, media })
        }
        _ => {
            let message = "a part of a message has exactly one of `text`, `image` and `file`";
            problems.push(Diagnostic::error("message-part", message).at(reading.source.place(node.span)));
            None
        }
    }
}

fn read_variables(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> IndexMap<String, Variable> {
    let source = reading.source;
    let mut variables = IndexMap::new();
    let entries = match &node.kind {
        Kind::Null => return variables,
        Kind::Map(entries) => entries,
        _ => {
            let message = format!("`variables` must be a mapping of names, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
            return variables;
        }
    };
    for (key, value) in entries {
        if let Err(why) = variable_name(&key.text) {
            let message = format!("`{}` cannot be the name of a variable: {why}", key.text);
            problems.push(Diagnostic::error("variable-name", message).at(source.place(key.span)));
        }
        let variable = Variable::read(&key.text, key.span, value, source, problems);
        variables.insert(key.text.clone(), variable);
    }
    variables
}

/// Whether templates can name a variable so.
pub(in crate::prompt) fn variable_name(name: &str) -> Result<(), &'static str> {
    if RESERVED.contains(&name) {
        return Err("templates give this word a meaning of their own");
    }
    if name.starts_with("__tera_") {
        return Err("names that start with `__tera_` belong to the template engine");
    }
    let is_identifier = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_identifier { Ok(()) } else { Err("use letters, digits and `_`, not starting with a digit") }
}

/// Where names used in templates and names declared do not agree.
pub(in crate::prompt) fn compare_names(
    variables: &IndexMap<String, Variable>,
    names: &[super::super::language::compile::FreeName],
    is_partial: bool,
    problems: &mut Problems,
) {
    let mut meant: HashSet<&str> = HashSet::new();
    for (index, used) in names.iter().filter(|used| !variables.contains_key(&used.name)).enumerate() {
        // Comparing every name with every other takes long, and what comes after the limit is only counted.
        let near = closest(&used.name, variables.keys().map(String::as_str).filter(|_| index < Problems::LIMIT));
        meant.extend(near);
        let diagnostic =
            Diagnostic::error("undeclared-variable", format!("`{}` is not declared in `variables`", used.name))
                .at(used.place.clone())
                .did_you_mean(near)
                .help(format!("declare it: `variables: {{{}: {{type: string}}}}`", used.name));
        problems.push(match &used.through {
            Some(include) => diagnostic.related(include.clone(), "included here"),
            None => diagnostic,
        });
    }
    let used: HashSet<&str> = names.iter().map(|used| used.name.as_str()).collect();
    for (name, variable) in variables.iter().filter(|_| !is_partial) {
        // A misspelt use stands for it.
        if !meant.contains(name.as_str()) && !used.contains(name.as_str()) {
            let message = format!("`{name}` is declared and never used");
            problems.push(
                Diagnostic::warning("unused-variable", message)
                    .at(variable.place.clone())
                    .help("use it in a message, or remove it"),
            );
        }
    }
}

//! An application that is reached over HTTP.

use crate::base::{Fields, Node, Problems, Source};
use crate::config::layer::Reading;

use super::extract::{Extract, ResponseRules, StreamRules, path};
use super::request::{RequestTemplate, SESSION};

/// A provider of type `http`.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpApp {
    /// `request`: what is sent for each question.
    pub request: RequestTemplate,
    /// `response`: what is read from a reply; without it the whole body is the text.
    pub response: Option<ResponseRules>,
    /// `stream`: how replies stream, when they do.
    pub stream: Option<StreamRules>,
    /// `session`: what comes before.
    pub session: Option<SessionRules>,
}

/// How long a session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// One session for the run; it is renewed when the application answers 401.
    Run,
    /// A session of its own for every call, and for every attempt of one.
    Case,
}

/// `session`: a step before the questions, such as a login.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRules {
    /// `request`: what is sent; without it there is only `session.id`.
    pub request: Option<RequestTemplate>,
    /// `extract`: values for the slots of the questions, by name. They are secrets.
    pub extract: Vec<(String, SessionValue)>,
    /// `every`: how long it lasts; `run` unless given.
    pub every: Every,
}

/// Where a session's value is in the reply.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionValue {
    /// At a path of the body.
    At(Extract),
    /// In a header: `{header: x-token}`.
    Header(String),
    /// In a cookie that is set: `{cookie: sid}`.
    Cookie(String),
}

impl SessionRules {
    pub(super) fn read(
        node: &Node,
        reading: Reading<'_>,
        variables: &mut Vec<String>,
        problems: &mut Problems,
    ) -> Option<SessionRules> {
        let mut fields = Fields::of(node, "`session` mapping", reading.source, problems)?;
        let what = "session request";
        let request = fields
            .node("request")
            .and_then(|node| RequestTemplate::read(node, what, SESSION, reading, variables, problems));
        let has_request = fields.node("request").is_some();
        let extract = fields.node("extract").map(|node| values(node, reading.source, problems)).unwrap_or_default();
        if !has_request && !extract.is_empty() {
            fields.invalid("extract", "there is no `request` whose reply this could be read from", problems);
        }
        let choices = &[("run", Every::Run), ("case", Every::Case)];
        let every = fields.choice("every", choices, problems).unwrap_or(Every::Run);
        fields.finish(problems);
        Some(SessionRules { request, extract, every })
    }

    /// Whether the slots of a question may name `session.{name}`.
    pub(super) fn gives(&self, name: &str) -> bool {
        name == "id" || self.extract.iter().any(|(known, _)| known == name)
    }
}

fn values(node: &Node, source: &Source, problems: &mut Problems) -> Vec<(String, SessionValue)> {
    let Some(entries) = node.as_map() else {
        let message = format!("`extract` must be a mapping of names, this is {}", node.describe());
        problems.push(crate::base::Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Vec::new();
    };
    let mut values = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let is_name = !key.text.is_empty() && key.text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if !is_name || key.text == "id" {
            let message = format!("`{}` cannot be the name of a session's value", key.text);
            problems.push(
                crate::base::Diagnostic::error("invalid-name", message)
                    .at(source.place(key.span))
                    .help("use letters, digits, `_` and `-`; `id` is karat's own"),
            );
            continue;
        }
        values.extend(session_value(value, source, problems).map(|found| (key.text.clone(), found)));
    }
    values
}

fn session_value(node: &Node, source: &Source, problems: &mut Problems) -> Option<SessionValue> {
    if node.as_text().is_some() {
        // Read as a field, so that a bad path is told as everywhere.
        let key = crate::base::Key { text: "path".to_owned(), span: node.span };
        let wrapped = Node { kind: crate::base::Kind::Map(vec![(key, node.clone())]), span: node.span };
        let mut fields = Fields::of(&wrapped, "session value", source, problems)?;
        return path(&mut fields, "path", problems).map(SessionValue::At);
    }
    let mut fields = Fields::of(node, "session value", source, problems)?;
    let header = fields.text("header", problems).map(|name| SessionValue::Header(name.to_ascii_lowercase()));
    let cookie = fields.text("cookie", problems).map(|name| SessionValue::Cookie(name.to_owned()));
    if header.is_some() == cookie.is_some() {
        let message = "write a JSONPath, `{header: NAME}` or `{cookie: NAME}`";
        problems.push(crate::base::Diagnostic::error("invalid-value", message).at(source.place(node.span)));
        return None;
    }
    fields.finish(problems);
    header.or(cookie)
}

//! A request to a user's application, with slots.

use crate::base::{Diagnostic, Fields, Kind, Node, Piece, Place, Problems, Slot, Slots};
use crate::config::layer::Reading;
use crate::config::provider::check_url;
use crate::config::raw_provider::SECRET_HEADERS;

use super::template::{Template, TemplateReader, has_control};

/// Methods that karat sends.
const METHODS: &[(&str, &str)] =
    &[("GET", "GET"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")];

/// What may stand in the slots of a request that carries a question.
pub(super) const QUESTION: &[&str] = &["input", "messages", "system", "model", "params", "vars", "session"];

/// What may stand in the slots of a session's request.
pub(super) const SESSION: &[&str] = &["session"];

/// A request with slots.
#[derive(Clone, PartialEq)]
pub struct RequestTemplate {
    /// `method`; `POST` unless given.
    pub method: &'static str,
    /// `url`: absolute with a literal host, or a path that begins with `/` and is joined to the provider's `base_url`.
    pub url: Slots,
    /// `headers`.
    pub headers: Vec<(String, Slots)>,
    /// `body`.
    pub body: Body,
    /// Where the request stands.
    pub place: Place,
}

/// Texts stay out: they may hold secrets.
impl std::fmt::Debug for RequestTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestTemplate").field("method", &self.method).finish_non_exhaustive()
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON: values become data in it.
    Json(Template),
    /// Text: values are put in as they are, or with `| json` as JSON.
    Text(Slots),
}

impl RequestTemplate {
    pub(super) fn read(
        node: &Node,
        what: &'static str,
        roots: &'static [&'static str],
        reading: Reading<'_>,
        variables: &mut Vec<String>,
        problems: &mut Problems,
    ) -> Option<RequestTemplate> {
        let source = reading.source;
        let mut fields = Fields::of(node, what, source, problems)?;
        let mut reader = TemplateReader { reading, roots, variables: Vec::new(), hidden: false };
        let method = fields.choice("method", METHODS, problems).unwrap_or("POST");
        let url = read_url(&mut fields, &mut reader, problems);
        let headers = fields.node("headers").map(|node| read_headers(node, &mut reader, problems)).unwrap_or_default();
        let body = match fields.node("body") {
            None => Body::None,
            Some(node) if matches!(node.kind, Kind::Text(_)) => {
                reader.slots(node, problems).map_or(Body::None, Body::Text)
            }
            Some(node) => Body::Json(reader.template(node, problems)),
        };
        if method == "GET" && body != Body::None {
            fields.invalid("body", "a GET request has no body; use `method: POST`, or put values into `url`", problems);
        }
        fields.finish(problems);
        variables.extend(reader.variables);
        Some(RequestTemplate { method, url: url?, headers, body, place: source.place(node.span) })
    }

    /// Every slot of the request.
    pub(super) fn slots(&self) -> Vec<&Slot> {
        let headers = self.headers.iter().flat_map(|(_, value)| value.slots());
        let body = match &self.body {
            Body::None => Vec::new(),
            Body::Json(template) => template.slots(),
            Body::Text(slots) => slots.slots().collect(),
        };
        self.url.slots().chain(headers).chain(body).collect()
    }

    /// Whether the URL is a path below the provider's `base_url`.
    pub fn is_relative(&self) -> bool {
        self.lead().starts_with('/')
    }

    /// The URL up to its first slot, query or fragment, for messages; a path when it is relative.
    pub fn address(&self) -> String {
        let lead = self.lead();
        lead.split(['?', '#']).next().unwrap_or(lead).trim_end_matches('/').to_owned()
    }

    fn lead(&self) -> &str {
        if let Some(Piece::Text(text)) = self.url.pieces().first() { text } else { "" }
    }
}

fn read_url(fields: &mut Fields<'_>, reader: &mut TemplateReader<'_>, problems: &mut Problems) -> Option<Slots> {
    let Some(node) = fields.node("url") else {
        fields.missing("url", problems);
        return None;
    };
    fields.text("url", problems)?;
    let before = reader.variables.len();
    let slots = reader.slots(node, problems)?;
    // Variables of the address itself are no secrets, and would be blotted out in every message; a query may hold a key.
    let text = node.as_text().unwrap_or("");
    let query = text.find('?').unwrap_or(text.len());
    let secret = crate::config::interpolate::names_in(text.get(query..).unwrap_or(""));
    reader.variables.truncate(before);
    reader.variables.extend(secret);
    match url_problem(&slots) {
        None => Some(slots),
        Some(message) => {
            // Without the excerpt: the URL may hold a password.
            let place = Place::of_file(reader.reading.source.path()).at(node.span);
            problems.push(Diagnostic::error("invalid-url", format!("`url`: {message}")).at(place));
            None
        }
    }
}

/// What is wrong with a URL, if anything: scheme and host must be written out, so that no value can redirect a request.
fn url_problem(slots: &Slots) -> Option<String> {
    let Some(Piece::Text(lead)) = slots.pieces().first() else {
        return Some("scheme and host cannot be filled in; write them out, or use `${env.NAME}`".to_owned());
    };
    if has_control(slots) || lead.trim() != lead {
        return Some("an address has no line breaks, control characters or spaces around it".to_owned());
    }
    if lead.starts_with('/') && !lead.starts_with("//") {
        return None;
    }
    let Some((scheme, rest)) = lead.split_once("://") else {
        return Some("write an address such as `http://127.0.0.1:8080/chat`, or a path below `base_url`".to_owned());
    };
    let Some(end) = rest.find(['/', '?', '#']).or(slots.slots().next().is_none().then_some(rest.len())) else {
        return Some("the host cannot be filled in; a `/` must stand before the first slot".to_owned());
    };
    let host = rest.get(..end).unwrap_or(rest);
    check_url(&format!("{scheme}://{host}")).err()
}

fn read_headers(node: &Node, reader: &mut TemplateReader<'_>, problems: &mut Problems) -> Vec<(String, Slots)> {
    let source = reader.reading.source;
    let Some(entries) = node.as_map() else {
        let message = format!("`headers` must be a mapping, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
        return Vec::new();
    };
    let mut headers = Vec::with_capacity(entries.len());
    // Keys are pasted here, and a line may hold several headers.
    reader.hidden = true;
    for (key, value) in entries {
        let hidden = reader.place(value.span);
        let Some(text) = value.as_text() else {
            let message = format!("header `{}` must be text, this is {}", key.text, value.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(hidden).help("put it in quotes"));
            continue;
        };
        let named = !key.text.is_empty() && key.text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        let filled = text.contains("${env.") || text.contains("{{");
        let Some(slots) = reader.slots(value, problems) else { continue };
        if !named {
            let message = format!("`{}` is not a header name", key.text);
            problems.push(Diagnostic::error("invalid-header", message).at(reader.place(key.span)));
        } else if SECRET_HEADERS.contains(&key.text.to_lowercase().as_str()) && !filled {
            let help = format!("fill it from the environment: `{}: \"Bearer ${{env.MY_TOKEN}}\"`", key.text);
            problems.push(
                Diagnostic::error("literal-key", format!("header `{}` holds a key as it is", key.text))
                    .at(hidden)
                    .help(help),
            );
        } else if has_control(&slots) {
            let message = format!("header `{}` has a line break or control character", key.text);
            problems.push(Diagnostic::error("invalid-header", message).at(hidden));
        } else {
            headers.push((key.text.clone(), slots));
        }
    }
    reader.hidden = false;
    headers
}

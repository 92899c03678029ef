//! From a template to a request: values are data where they stand, whatever they contain.

use serde_json::{Map, Value};

use super::super::super::app::{Scope, text_of};
use crate::base::{Filter, Slot, Slots};
use crate::config::{Body, RequestTemplate, SessionRules, Template};
use crate::net::{HttpRequest, Method};

/// Fills the slots of one request.
pub(super) struct Filler<'a> {
    /// The question; a session's own request has none.
    pub(super) scope: Option<Scope<'a>>,
    pub(super) session: Option<&'a SessionRules>,
    /// Stands before every mark of a session's value.
    pub(super) nonce: &'a str,
}

/// How a value is written where its slot stands. The letter goes into the mark of a session's value, which is written
/// when there is a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Percent-encoded, in a URL.
    Percent,
    /// As it is, on one line, in a header.
    Header,
    /// Escaped, inside of a JSON text.
    Inside,
    /// As JSON, in a text.
    Json,
    /// As it is, in a text.
    Plain,
}

impl Manner {
    pub(super) const ALL: &[(char, Manner)] = &[
        ('p', Manner::Percent),
        ('h', Manner::Header),
        ('i', Manner::Inside),
        ('q', Manner::Json),
        ('t', Manner::Plain),
    ];

    fn letter(self) -> char {
        Manner::ALL.iter().find(|(_, manner)| *manner == self).map_or('t', |(letter, _)| *letter)
    }

    /// A text in this manner.
    pub(super) fn write(self, text: &str) -> Result<String, String> {
        match self {
            Manner::Percent if text == "." || text == ".." => Err(format!("`{text}` would lead to another path")),
            Manner::Percent => Ok(percent(text)),
            Manner::Header if text.bytes().all(|byte| (b' '..=b'~').contains(&byte) || byte == b'\t') => {
                Ok(text.to_owned())
            }
            Manner::Header => Err("a header carries printable ASCII on one line only".to_owned()),
            Manner::Inside => {
                let quoted = Value::String(text.to_owned()).to_string();
                Ok(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned())
            }
            Manner::Json => Ok(Value::String(text.to_owned()).to_string()),
            Manner::Plain => Ok(text.to_owned()),
        }
    }
}

/// Everything but unreserved characters (RFC 3986) is encoded, slashes too: a value is one piece of a path or query.
fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Filler<'_> {
    /// The request; `Err` names the slot that could not be filled.
    pub(super) fn request(&self, template: &RequestTemplate, base_url: &str) -> Result<HttpRequest, String> {
        let url = self.text(&template.url, Manner::Percent, "url")?;
        let url = if template.is_relative() { super::super::body::join_url(base_url, &url) } else { url };
        let mut headers = Vec::with_capacity(template.headers.len() + 1);
        for (name, value) in &template.headers {
            headers.push((name.to_ascii_lowercase(), self.text(value, Manner::Header, name)?));
        }
        let (body, kind) = match &template.body {
            Body::None => (Vec::new(), None),
            Body::Json(template) => (self.json(template)?.to_string().into_bytes(), Some("application/json")),
            Body::Text(slots) => {
                let text = self.text(slots, Manner::Plain, "body")?;
                let json = text.trim_start().starts_with(['{', '[']);
                (text.into_bytes(), Some(if json { "application/json" } else { "text/plain; charset=utf-8" }))
            }
        };
        if let Some(kind) = kind.filter(|_| !headers.iter().any(|(name, _)| name == "content-type")) {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        let method = Method::ALL.iter().find(|(word, _)| *word == template.method).map_or(Method::Post, |(_, it)| *it);
        Ok(HttpRequest { method, url, headers, auth: None, body })
    }

    fn text(&self, slots: &Slots, manner: Manner, place: &str) -> Result<String, String> {
        slots.fill(|slot| {
            let manner = if slot.filter == Filter::Json && manner == Manner::Plain { Manner::Json } else { manner };
            self.written(slot, manner).map_err(|why| format!("`{{{{ {} }}}}` in `{place}`: {why}", slot.shown()))
        })
    }

    fn written(&self, slot: &Slot, manner: Manner) -> Result<String, String> {
        if slot.root() == "session" {
            return self.mark(slot, manner);
        }
        let value = self.value(slot)?;
        match (manner, slot.filter) {
            (Manner::Json, _) => Ok(value.to_string()),
            (_, Filter::Json) => manner.write(&value.to_string()),
            (_, Filter::None | Filter::Text) => manner.write(&text_of(&value)),
        }
    }

    fn json(&self, template: &Template) -> Result<Value, String> {
        Ok(match template {
            Template::Value(value) => value.clone(),
            Template::List(items) => {
                Value::Array(items.iter().map(|item| self.json(item)).collect::<Result<Vec<_>, _>>()?)
            }
            Template::Map(entries) => {
                let mut map = Map::with_capacity(entries.len());
                for (key, value) in entries {
                    map.insert(key.clone(), self.json(value)?);
                }
                Value::Object(map)
            }
            Template::Text(slots) => match slots.only_slot() {
                Some(slot) if slot.root() != "session" && slot.filter == Filter::None => {
                    self.value(slot).map_err(|why| format!("`{{{{ {} }}}}` in `body`: {why}", slot.shown()))?
                }
                // serde_json escapes what stands in the text; only a session's value is still to come.
                _ => Value::String(self.inside(slots)?),
            },
        })
    }

    fn inside(&self, slots: &Slots) -> Result<String, String> {
        slots.fill(|slot| {
            let written = match slot.root() {
                "session" => self.mark(slot, Manner::Inside),
                _ if slot.filter == Filter::Json => self.value(slot).map(|value| value.to_string()),
                _ => self.value(slot).map(|value| text_of(&value)),
            };
            written.map_err(|why| format!("`{{{{ {} }}}}` in `body`: {why}", slot.shown()))
        })
    }

    fn value(&self, slot: &Slot) -> Result<Value, String> {
        let scope = self.scope.as_ref().ok_or("there is no question yet")?;
        scope.value(&slot.path)
    }

    /// The mark of a session's value: letters and digits only, which every manner leaves as they are.
    fn mark(&self, slot: &Slot, manner: Manner) -> Result<String, String> {
        let name = slot.path.get(1).map_or("", String::as_str);
        let extracted = self.session.iter().flat_map(|session| &session.extract).map(|(name, _)| name.as_str());
        let index = std::iter::once("id").chain(extracted).position(|known| known == name);
        let index = index.ok_or_else(|| format!("the session has no `{name}`"))?;
        Ok(format!("{}{}{index}z", self.nonce, manner.letter()))
    }
}

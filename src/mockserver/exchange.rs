//! Requests and replies of the server as plain data.

use std::time::Duration;

/// A request that came in.
#[derive(Debug, Clone, Default)]
pub(super) struct Incoming {
    /// Such as `POST`.
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    /// Without the question mark.
    pub(super) query: String,
    /// With lowercase names.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Incoming {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query, as it is written.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// A piece of a reply's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Bytes, after a pause.
    Bytes(Vec<u8>, Duration),
    /// Nothing more comes, and the connection stays open.
    Hang,
    /// The connection breaks.
    Break,
}

/// A reply that goes out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Outgoing {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<Piece>,
}

impl Outgoing {
    /// A JSON body.
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Outgoing {
        let bytes = body.to_string().into_bytes();
        Outgoing { status, headers: vec![content_type("application/json")], body: vec![Piece::now(bytes)] }
    }

    /// Server-sent events.
    pub(super) fn events(events: impl IntoIterator<Item = Event>, gap: Duration) -> Outgoing {
        let mut body: Vec<Piece> = events.into_iter().map(|event| Piece::Bytes(event.bytes(), gap)).collect();
        if let Some(Piece::Bytes(_, pause)) = body.first_mut() {
            *pause = Duration::ZERO;
        }
        Outgoing { status: 200, headers: vec![content_type("text/event-stream")], body }
    }

    pub(super) fn with_header(mut self, name: &str, value: impl Into<String>) -> Outgoing {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// All bytes of the body; for tests.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> Vec<u8> {
        let bytes = |piece: &Piece| if let Piece::Bytes(bytes, _) = piece { bytes.clone() } else { Vec::new() };
        self.body.iter().flat_map(bytes).collect()
    }
}

fn content_type(kind: &str) -> (String, String) {
    ("content-type".to_owned(), kind.to_owned())
}

impl Piece {
    pub(super) fn now(bytes: Vec<u8>) -> Piece {
        Piece::Bytes(bytes, Duration::ZERO)
    }
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its name, where the API names its events.
    pub(super) name: Option<String>,
    pub(super) data: String,
}

impl Event {
    pub(super) fn of(data: &serde_json::Value) -> Event {
        Event { name: None, data: data.to_string() }
    }

    /// An event that is named as its `type`.
    pub(super) fn typed(data: &serde_json::Value) -> Event {
        let name = data.get("type").and_then(serde_json::Value::as_str).map(str::to_owned);
        Event { name, data: data.to_string() }
    }

    fn bytes(&self) -> Vec<u8> {
        let name = self.name.as_ref().map(|name| format!("event: {name}\n")).unwrap_or_default();
        format!("{name}data: {}\n\n", self.data).into_bytes()
    }
}

/// A text in the pieces in which it is streamed: words with the white space before them.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, letter) in text.char_indices() {
        if letter.is_whitespace() && in_word {
            pieces.push(text.get(start..at).unwrap_or_default());
            start = at;
        }
        in_word = !letter.is_whitespace();
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_text() {
        for text in ["", "one", " two  words\n", "é ü", "\n\n"] {
            assert_eq!(words(text).concat(), text);
        }
        assert_eq!(words("a bc\nd"), ["a", " bc", "\nd"]);
    }
}

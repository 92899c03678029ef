//! What goes over the wire and what comes back, as plain data.

use std::time::Duration;

use thiserror::Error;

use super::headers::Headers;
use crate::base::Secret;

/// HTTP methods that karat sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Read the head only.
    Head,
    /// Send.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

impl Method {
    /// Word and method, in one table.
    pub const ALL: &[(&str, Method)] = &[
        ("GET", Method::Get),
        ("HEAD", Method::Head),
        ("POST", Method::Post),
        ("PUT", Method::Put),
        ("PATCH", Method::Patch),
        ("DELETE", Method::Delete),
    ];

    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        Method::ALL.iter().find(|(_, method)| *method == self).map_or("GET", |(word, _)| word)
    }

    /// Whether a redirect of it may be followed: nothing is sent twice by that.
    pub(super) fn is_read(self) -> bool {
        matches!(self, Method::Get | Method::Head)
    }
}

/// A key and the header that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// Name of the header, such as `authorization`.
    pub header: String,
    /// What stands before the key in it, such as `Bearer `; may be empty.
    pub prefix: &'static str,
    /// The key.
    pub secret: Secret,
}

/// One request. The key is apart from the other headers, so that printing a request never shows it.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// What to do.
    pub method: Method,
    /// Where, `http:` or `https:`; without secrets.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The key, if one is needed.
    pub auth: Option<Auth>,
    /// Bytes to send.
    pub body: Vec<u8>,
}

/// One reply, read whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpReply {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// The first header of this lowercase name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

/// How long each step of a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timeouts {
    /// To reach the server, TLS included.
    pub connect: Duration,
    /// From the start to the head of the reply.
    pub first_byte: Duration,
    /// Between two chunks of a streamed body, comments and keep-alives included.
    pub idle: Duration,
    /// From the start to the last byte.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(600),
        }
    }
}

/// Which step took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeoutStage {
    /// Reaching the server: nothing was sent.
    Connect,
    /// Waiting for the head of the reply: the request was sent.
    FirstByte,
    /// Waiting for the next bytes of a streamed reply.
    Idle,
    /// Reading the reply to its end.
    Total,
}

/// Why there is no reply. The texts carry no URL and no header.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetError {
    /// The server cannot be reached: refused, DNS, TLS. Nothing was sent.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// A step took too long.
    #[error("{}", timeout_text(*.0))]
    Timeout(TimeoutStage),
    /// The connection broke while the request was under way.
    #[error("the connection broke: {0}")]
    Reset(String),
    /// The connection broke after the reply had begun.
    #[error("the connection broke in the middle of the answer: {0}")]
    CutOff(String),
    /// The reply is larger than the cap.
    #[error("the reply is larger than {0} bytes")]
    TooLarge(usize),
    /// The request cannot be made: bad URL or header, no TLS.
    #[error("{0}")]
    Other(String),
}

fn timeout_text(stage: TimeoutStage) -> &'static str {
    match stage {
        TimeoutStage::Connect => "the server could not be reached in time",
        TimeoutStage::FirstByte => "the server did not begin to answer in time",
        TimeoutStage::Idle => "nothing more of the answer came in time",
        TimeoutStage::Total => "the answer was not complete in time",
    }
}

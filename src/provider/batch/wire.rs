//! How an API speaks of batches: pure functions, as in [`Wire`](super::super::spec::Wire).

use std::fmt;

use serde_json::Value;

use super::super::spec::{Endpoint, Failure};
use super::line::BatchLine;
use crate::base::{RunId, Timestamp};
use crate::net::{HttpReply, HttpRequest, Method};
use crate::record::ErrorKind;

/// What one batch may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Requests.
    pub items: usize,
    /// Bytes as sent.
    pub bytes: usize,
}

/// Which chunk of which run: what its batch, its file and its requests are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchTag {
    /// The run.
    pub run: RunId,
    /// The chunk's number.
    pub chunk: u32,
}

impl BatchTag {
    /// The custom id of a request: at most 64 letters, digits and dashes, and of no other chunk.
    pub fn custom_id(&self, position: u32) -> String {
        format!("{}{position}", self.prefix())
    }

    /// The position of a custom id of this chunk.
    pub fn position(&self, custom_id: &str) -> Option<u32> {
        custom_id.strip_prefix(&self.prefix())?.parse().ok()
    }

    /// Name of its file, where there is one.
    pub fn file_name(&self) -> String {
        format!("karat-{}-{}.jsonl", self.run, self.chunk)
    }

    fn prefix(&self) -> String {
        format!("{}-{}-", self.run, self.chunk)
    }
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is under way.
    Running,
    /// It has ended, with results for some or all of its requests.
    Ended,
    /// Its time ran out; some of its requests may have results.
    Expired,
    /// It was cancelled; some of its requests may have results.
    Cancelled,
    /// It was refused as a whole.
    Failed,
}

/// A batch as its provider shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSeen {
    /// The provider's id.
    pub id: String,
    /// How far it is.
    pub stage: Stage,
    /// The provider's own word for it.
    pub word: String,
    /// When it was made, by the provider's clock.
    pub created: Option<Timestamp>,
    /// Requests in it; `None` when the provider does not say yet.
    pub items: Option<u64>,
    /// Run and chunk, where batches carry them.
    pub tag: Option<(String, String)>,
    /// Ids of the files with its results, where it has files.
    pub files: Vec<String>,
    /// Why it was refused.
    pub problem: Option<String>,
}

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The last one's id when there are further pages.
    pub next: Option<String>,
}

/// An uploaded file as its provider shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSeen {
    /// The provider's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// How an API with files speaks of them.
pub trait FileWire: Send + Sync + fmt::Debug {
    /// Uploads the file of a chunk.
    fn upload(&self, tag: &BatchTag, lines: &[String], endpoint: Endpoint<'_>) -> HttpRequest;

    /// The file that was uploaded.
    ///
    /// # Errors
    /// [`Failure`] when the reply is not that of an upload.
    fn uploaded(&self, reply: &HttpReply) -> Result<FileSeen, Failure>;

    /// Lists the files of batches, from the one after `after` on.
    fn list(&self, after: Option<&str>, endpoint: Endpoint<'_>) -> HttpRequest;

    /// One page of them.
    ///
    /// # Errors
    /// [`Failure`] when the reply is no list.
    fn listed(&self, reply: &HttpReply) -> Result<Page<FileSeen>, Failure>;
}

/// How an API speaks of batches. Replies given to it have a good status; errors are those of the API's other calls.
pub trait BatchWire: Send + Sync + fmt::Debug {
    /// What one batch may hold.
    fn limits(&self) -> BatchLimits;

    /// A request as a line of a chunk.
    fn line(&self, custom_id: &str, request: &HttpRequest) -> String;

    /// Its words for files, when the lines of a chunk are uploaded before a batch is made of them.
    fn files(&self) -> Option<&dyn FileWire>;

    /// Makes a batch: of an uploaded file, or of the lines themselves.
    fn create(
        &self,
        tag: &BatchTag,
        file: Option<&str>,
        lines: &[String],
        like: &HttpRequest,
        endpoint: Endpoint<'_>,
    ) -> HttpRequest;

    /// The batch that a reply shows.
    ///
    /// # Errors
    /// [`Failure`] when it shows none.
    fn seen(&self, reply: &HttpReply) -> Result<BatchSeen, Failure>;

    /// Lists batches, from the one after `after` on.
    fn list(&self, after: Option<&str>, endpoint: Endpoint<'_>) -> HttpRequest;

    /// One page of them.
    ///
    /// # Errors
    /// [`Failure`] when the reply is no list.
    fn listed(&self, reply: &HttpReply) -> Result<Page<BatchSeen>, Failure>;

    /// Asks for a batch.
    fn poll(&self, id: &str, endpoint: Endpoint<'_>) -> HttpRequest;

    /// Cancels a batch; what is under way in it may still be answered.
    fn cancel(&self, id: &str, endpoint: Endpoint<'_>) -> HttpRequest;

    /// The requests that get its results, which are lines.
    fn results(&self, batch: &BatchSeen, endpoint: Endpoint<'_>) -> Vec<HttpRequest>;

    /// One line of the results; `None` when it is none.
    fn result(&self, line: &str) -> Option<BatchLine>;

    /// Whether a batch of this id can be one of `tag`, judged by what lists show: true where that shows nothing else.
    fn may_be(&self, batch: &BatchSeen, tag: &BatchTag) -> bool;

    /// Whether lists show for certain which batch is whose.
    fn is_tagged(&self) -> bool;
}

/// A request without key and further headers.
pub(super) fn plain(method: Method, url: String) -> HttpRequest {
    HttpRequest { method, url, headers: Vec::new(), auth: None, body: Vec::new() }
}

/// The same with a JSON body.
pub(super) fn posted(url: String, body: &Value) -> HttpRequest {
    HttpRequest {
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
        ..plain(Method::Post, url)
    }
}

/// The base URL without its trailing slash.
pub(super) fn base<'a>(endpoint: Endpoint<'a>) -> &'a str {
    endpoint.base_url.trim_end_matches('/')
}

/// An id that becomes part of a URL: anything else than an id would lead the key elsewhere.
pub(super) fn id_of(value: &Value, field: &str) -> Result<String, Failure> {
    let id = value.get(field).and_then(Value::as_str).unwrap_or_default();
    let is_id = !id.is_empty() && id.len() <= 256 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    if is_id { Ok(id.to_owned()) } else { Err(unreadable(&format!("without a usable `{field}`"))) }
}

/// The reply as JSON.
pub(super) fn json_of(reply: &HttpReply) -> Result<Value, Failure> {
    serde_json::from_slice(&reply.body).map_err(|_| unreadable("with a body that is not JSON"))
}

/// The entries of a list, and the id to go on after.
pub(super) fn page<T>(reply: &HttpReply, read: impl Fn(&Value) -> Result<T, Failure>) -> Result<Page<T>, Failure> {
    let body = json_of(reply)?;
    let data = body.get("data").and_then(Value::as_array).ok_or_else(|| unreadable("without `data`"))?;
    let more = body.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    let next = data.last().filter(|_| more).map(|last| id_of(last, "id")).transpose()?;
    Ok(Page { items: data.iter().map(read).collect::<Result<_, _>>()?, next })
}

pub(super) fn unreadable(how: &str) -> Failure {
    Failure::new(ErrorKind::Malformed, format!("the provider answered about a batch {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn custom_ids_fit_every_api_and_lead_back_to_their_chunk() {
        let tag = BatchTag { run: RunId::parse("20261121-143000-k3fw").expect("id"), chunk: 4_000_000_000 };
        let id = tag.custom_id(u32::MAX);
        assert!(id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{id}");
        assert_eq!(tag.position(&id), Some(u32::MAX));
        let other = BatchTag { chunk: 1, ..tag.clone() };
        assert_eq!((other.position(&id), other.position("x"), tag.position(&other.custom_id(3))), (None, None, None));
    }

    #[test]
    fn ids_that_would_change_a_path_are_refused() {
        assert_eq!(id_of(&json!({"id": "batch_a-1"}), "id").as_deref(), Ok("batch_a-1"));
        for bad in ["", "a/b", "..", "a?b", "é"] {
            assert!(id_of(&json!({"id": bad}), "id").is_err(), "{bad}");
        }
        assert!(id_of(&json!({"id": 3}), "id").is_err() && id_of(&json!({}), "id").is_err());
    }
}

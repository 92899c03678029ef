//! Speaks to one provider about batches: sends, asks, finds again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::super::attempt::{HttpBackend, dress, net_failure};
use super::super::caller::Caller;
use super::super::clean::clean_error;
use super::super::retry::{backoff, heed_headers};
use super::super::route::{Backend, Route, auth_of, stopped};
use super::super::spec::{Endpoint, Failure, Retry};
use super::line::{BatchLine, http_of};
use super::wire::{BatchLimits, BatchSeen, BatchTag, BatchWire, Page, Stage, plain};
use crate::base::{SafeName, Timestamp};
use crate::net::{HttpReply, HttpRequest, Method, Transport};
use crate::record::{BatchChunk, BatchFate, BatchReply, CallError, ErrorKind};

/// How much earlier than planned a batch may seem to have been made: clocks differ.
const SKEW_MS: i64 = 600_000;

/// How much later than planned a batch may have been made: a busy server is asked again for a while.
const LATER_MS: i64 = 3_600_000;

/// Lists are read back to so long before a chunk was planned.
const LIST_MS: i64 = 86_400_000;

/// Pages of a list that are read at most.
const PAGES: usize = 200;

/// Why a step did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    /// It was not done.
    #[error("{0}")]
    Undone(CallError),
    /// It may have been done: nobody can tell before looking.
    #[error("{0}")]
    Unsure(CallError),
}

impl BatchError {
    /// What went wrong.
    pub fn error(&self) -> &CallError {
        match self {
            BatchError::Undone(error) | BatchError::Unsure(error) => error,
        }
    }
}

/// What a look for a batch whose id was lost gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// This is it.
    Found(BatchSeen),
    /// It may be one of those that have not ended.
    Perhaps,
    /// It is not there.
    Nowhere,
}

/// The batches of one provider.
pub struct BatchClient<'c> {
    caller: &'c Caller,
    route: &'c Route,
    http: &'c HttpBackend,
    wire: &'c dyn BatchWire,
    transport: Arc<dyn Transport>,
}

impl Caller {
    /// The batches of a provider; `None` when it has none, or is not called over the network. Results are large: they
    /// come over `transport`, which must not cut them.
    pub fn batch_client(&self, provider: &SafeName, transport: Arc<dyn Transport>) -> Option<BatchClient<'_>> {
        let route = self.routes.get(provider)?;
        let Backend::Http(http) = &route.backend else { return None };
        let wire = http.wire.batches()?;
        Some(BatchClient { caller: self, route, http, wire, transport })
    }

    /// Whether a provider is called over the network, and whether it then has batches.
    pub fn batch_ability(&self, provider: &SafeName) -> (bool, bool) {
        let route = self.routes.get(provider);
        let Some(Backend::Http(http)) = route.map(|route| &route.backend) else { return (false, false) };
        (true, http.wire.batches().is_some())
    }
}

impl BatchClient<'_> {
    /// What one batch may hold.
    pub fn limits(&self) -> BatchLimits {
        self.wire.limits()
    }

    /// Whether the lines of a chunk are uploaded before a batch is made of them.
    pub fn has_files(&self) -> bool {
        self.wire.files().is_some()
    }

    /// A request as a line of a chunk.
    pub fn line(&self, custom_id: &str, request: &HttpRequest) -> String {
        self.wire.line(custom_id, request)
    }

    /// Uploads the lines of a chunk; the file's id.
    ///
    /// # Errors
    /// [`BatchError::Undone`]: an upload that nobody knows of costs nothing.
    pub async fn upload(
        &self,
        tag: &BatchTag,
        lines: &[String],
        stop: &CancellationToken,
    ) -> Result<String, BatchError> {
        let Some(files) = self.wire.files() else { return Err(self.undone(no_files())) };
        let reply = self.send(files.upload(tag, lines, self.endpoint()), true, stop).await?;
        files.uploaded(&reply).map(|file| file.id).map_err(|failure| self.undone(failure))
    }

    /// The file of a chunk that was uploaded before, if it is there and whole.
    ///
    /// # Errors
    /// [`BatchError::Undone`].
    pub async fn find_file(
        &self,
        tag: &BatchTag,
        bytes: u64,
        stop: &CancellationToken,
    ) -> Result<Option<String>, BatchError> {
        let Some(files) = self.wire.files() else { return Ok(None) };
        let name = tag.file_name();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let reply = self.send(files.list(after.as_deref(), self.endpoint()), true, stop).await?;
            let page = files.listed(&reply).map_err(|failure| self.undone(failure))?;
            let found = page.items.into_iter().find(|file| file.name == name && file.bytes == bytes);
            if let Some(file) = found {
                return Ok(Some(file.id));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(None)
    }

    /// Makes a batch of an uploaded file, or of the lines themselves. `like` is the request of one of them. It is never
    /// repeated when the first attempt may have been heard.
    ///
    /// # Errors
    /// [`BatchError`].
    pub async fn create(
        &self,
        tag: &BatchTag,
        file: Option<&str>,
        lines: &[String],
        like: &HttpRequest,
        stop: &CancellationToken,
    ) -> Result<BatchSeen, BatchError> {
        let reply = self.send(self.wire.create(tag, file, lines, like, self.endpoint()), false, stop).await?;
        // It was made; what is said about it cannot be read.
        self.wire.seen(&reply).map_err(|failure| BatchError::Unsure(self.cleaned(failure.error)))
    }

    /// The same for a chunk of an earlier process, whose file is there.
    ///
    /// # Errors
    /// [`BatchError`].
    pub async fn create_of_file(
        &self,
        tag: &BatchTag,
        chunk: &BatchChunk,
        stop: &CancellationToken,
    ) -> Result<BatchSeen, BatchError> {
        let like = plain(Method::Post, chunk.url.clone());
        self.create(tag, chunk.file.as_deref(), &[], &like, stop).await
    }

    /// Looks for the batch of a chunk whose id was lost; those of `known` are others.
    ///
    /// # Errors
    /// [`BatchError::Undone`].
    pub async fn find(
        &self,
        tag: &BatchTag,
        chunk: &BatchChunk,
        known: &HashSet<String>,
        stop: &CancellationToken,
    ) -> Result<Sought, BatchError> {
        let mut after: Option<String> = None;
        let mut sought = Sought::Nowhere;
        for _ in 0..PAGES {
            let reply = self.send(self.wire.list(after.as_deref(), self.endpoint()), true, stop).await?;
            let page: Page<BatchSeen> = self.wire.listed(&reply).map_err(|failure| self.undone(failure))?;
            let oldest = page.items.last().and_then(|batch| batch.created);
            for batch in page.items {
                if known.contains(&batch.id) || !self.wire.may_be(&batch, tag) {
                    continue;
                }
                if self.wire.is_tagged() {
                    return Ok(Sought::Found(batch));
                }
                match self.compare(batch, tag, chunk, stop).await? {
                    Sought::Found(batch) => return Ok(Sought::Found(batch)),
                    Sought::Perhaps => sought = Sought::Perhaps,
                    Sought::Nowhere => {}
                }
            }
            after = page.next;
            if after.is_none() || oldest.is_some_and(|oldest| oldest.0 < chunk.planned.0 - LIST_MS) {
                break;
            }
        }
        Ok(sought)
    }

    /// Whether a batch without a tag is that of a chunk.
    async fn compare(
        &self,
        batch: BatchSeen,
        tag: &BatchTag,
        chunk: &BatchChunk,
        stop: &CancellationToken,
    ) -> Result<Sought, BatchError> {
        let in_time = batch.created.is_none_or(|made| is_about(made, chunk.planned));
        let in_size = batch.items.is_none_or(|items| items == u64::from(chunk.items));
        if !in_time || !in_size {
            return Ok(Sought::Nowhere);
        }
        if batch.stage == Stage::Running {
            return Ok(Sought::Perhaps);
        }
        let lines = self.results(&batch, stop).await?;
        let is_ours = lines.iter().any(|line| tag.position(&line.custom_id).is_some());
        Ok(if is_ours { Sought::Found(batch) } else { Sought::Nowhere })
    }

    /// How a batch stands.
    ///
    /// # Errors
    /// [`BatchError::Undone`].
    pub async fn poll(&self, id: &str, stop: &CancellationToken) -> Result<BatchSeen, BatchError> {
        let reply = self.send(self.wire.poll(id, self.endpoint()), true, stop).await?;
        self.wire.seen(&reply).map_err(|failure| self.undone(failure))
    }

    /// Cancels a batch. What of it was answered before stays so.
    ///
    /// # Errors
    /// [`BatchError::Undone`].
    pub async fn cancel(&self, id: &str, stop: &CancellationToken) -> Result<(), BatchError> {
        self.send(self.wire.cancel(id, self.endpoint()), true, stop).await.map(|_| ())
    }

    /// The results of a batch that has ended, in any order, as far as they can be read.
    ///
    /// # Errors
    /// [`BatchError::Undone`].
    pub async fn results(&self, batch: &BatchSeen, stop: &CancellationToken) -> Result<Vec<BatchLine>, BatchError> {
        let mut lines = Vec::new();
        for request in self.wire.results(batch, self.endpoint()) {
            let reply = self.send(request, true, stop).await?;
            let text = String::from_utf8_lossy(&reply.body);
            lines.extend(text.lines().filter_map(|line| self.wire.result(line)));
        }
        Ok(lines)
    }

    /// What a reply means for its request.
    pub fn fate(&self, reply: &BatchReply) -> BatchFate {
        match self.http.wire.decode(&http_of(reply)) {
            Ok(_) => BatchFate::Answered,
            Err(failure) if failure.retry == Retry::Never => BatchFate::Refused,
            Err(_) => BatchFate::Failed,
        }
    }

    /// A reply with known secrets cut out, as it may be kept.
    pub fn cleaned_reply(&self, mut reply: BatchReply) -> BatchReply {
        let redactor = &self.caller.redactor;
        reply.body = redactor.clean(&reply.body).into_owned();
        reply.request_id = reply.request_id.map(|id| redactor.clean(&id).into_owned());
        reply
    }

    fn endpoint(&self) -> Endpoint<'_> {
        Endpoint { stream: false, ..self.route.settings.endpoint(&*self.http.wire, self.http.official) }
    }

    /// Sends a request until it has a good reply. One that must not be done twice is repeated only when the server said
    /// that it did nothing, or was never reached.
    async fn send(
        &self,
        mut request: HttpRequest,
        harmless: bool,
        stop: &CancellationToken,
    ) -> Result<HttpReply, BatchError> {
        let settings = &self.route.settings;
        dress(&mut request, &settings.headers);
        request.auth = settings.key.as_ref().map(auth_of);
        let timeouts = settings.timeouts.resolve(true);
        let mut attempts = 0_u32;
        loop {
            attempts += 1;
            let sent = tokio::select! {
                biased;
                sent = self.transport.send(&request, &timeouts) => sent,
                () = stop.cancelled() => {
                    return Err(if harmless { BatchError::Undone(stopped()) } else { BatchError::Unsure(stopped()) });
                }
            };
            let failure = match sent {
                Ok(reply) if (200..300).contains(&reply.status) => return Ok(reply),
                Ok(reply) => self.refusal(&reply),
                Err(error) => net_failure(&error, settings.base_url(), &timeouts),
            };
            let did_nothing = failure.unreachable || failure.error.status.is_some_and(|status| status < 500);
            if !harmless && !did_nothing {
                return Err(BatchError::Unsure(self.cleaned(failure.error)));
            }
            let retry = &settings.retry;
            let own = backoff(retry.base_ms, retry.cap_ms, attempts, rand::random::<f64>());
            let wait = failure.wait.unwrap_or(own);
            let too_long = wait > Duration::from_millis(retry.server_wait_ms);
            // A server that is not there is told soon; one that is busy is asked for as long as a single call would.
            let most = if failure.unreachable { retry.startup_attempts } else { retry.max_attempts };
            if failure.retry == Retry::Never || too_long || attempts >= most {
                return Err(self.undone(failure));
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return Err(BatchError::Undone(stopped())),
            }
        }
    }

    fn refusal(&self, reply: &HttpReply) -> Failure {
        let mut failure = match self.http.wire.decode(reply) {
            Err(failure) => failure,
            Ok(_) => Failure::new(ErrorKind::Malformed, format!("the provider answered with HTTP {}", reply.status)),
        };
        failure.error.status = Some(reply.status);
        heed_headers(&mut failure, reply, self.caller.clock.now());
        failure
    }

    fn undone(&self, failure: Failure) -> BatchError {
        BatchError::Undone(self.cleaned(failure.error))
    }

    fn cleaned(&self, mut error: CallError) -> CallError {
        clean_error(&self.caller.redactor, &mut error);
        error
    }
}

fn is_about(made: Timestamp, planned: Timestamp) -> bool {
    (planned.0 - SKEW_MS..=planned.0 + LATER_MS).contains(&made.0)
}

fn no_files() -> Failure {
    Failure::new(ErrorKind::Refused, "internal error: this provider's batches have no files")
}

//! Replies whose body is still coming.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout, timeout_at};

use super::{HttpReply, NetError, TimeoutStage};

/// How long the rest of a body may take that nobody wants any more, so that its connection can serve again.
const DRAIN: Duration = Duration::from_secs(1);

/// The bytes of a body, chunk by chunk. Dropping it ends the request.
pub trait Body: Send {
    /// The next chunk; `None` at the end. Dropping the future loses nothing.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, NetError>>;
}

/// A reply whose head is there and whose body is still coming.
pub struct OpenReply {
    /// Status and headers; the body is empty.
    pub head: HttpReply,
    body: Box<dyn Body>,
    /// When the body must have ended.
    end: Option<Instant>,
}

impl fmt::Debug for OpenReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenReply").field("head", &self.head).field("end", &self.end).finish_non_exhaustive()
    }
}

impl OpenReply {
    /// A reply with a body that must end before `end`.
    pub fn new(head: HttpReply, body: Box<dyn Body>, end: Option<Instant>) -> OpenReply {
        OpenReply { head, body, end }
    }

    /// A reply that is there already.
    pub fn whole(mut reply: HttpReply) -> OpenReply {
        let body = std::mem::take(&mut reply.body);
        OpenReply { head: reply, body: Box::new(Ready(Some(body))), end: None }
    }

    /// The body must have ended before `end`, if it need not earlier.
    pub fn end_by(&mut self, end: Instant) {
        self.end = Some(self.end.map_or(end, |known| known.min(end)));
    }

    /// The next chunk; `None` at the end. Waits no longer than `idle` for it.
    ///
    /// # Errors
    /// [`NetError`] when the body breaks off, is too large, or takes too long.
    pub async fn chunk(&mut self, idle: Duration) -> Result<Option<Vec<u8>>, NetError> {
        let limit = Instant::now() + idle;
        let (limit, stage) = match self.end {
            Some(end) if end < limit => (end, TimeoutStage::Total),
            _ => (limit, TimeoutStage::Idle),
        };
        match timeout_at(limit, self.body.next()).await {
            Ok(chunk) => chunk,
            Err(_) => Err(NetError::Timeout(stage)),
        }
    }

    /// The whole reply, once its body has come.
    ///
    /// # Errors
    /// As [`chunk`](Self::chunk).
    pub async fn rest(mut self, idle: Duration) -> Result<HttpReply, NetError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk(idle).await? {
            body.extend_from_slice(&chunk);
        }
        Ok(HttpReply { body, ..self.head })
    }

    /// Lets go of a body that has said all: what is left is read in passing, so that the connection can be used again.
    pub fn release(self) {
        let OpenReply { mut body, .. } = self;
        loop {
            match body.next().now_or_never() {
                Some(Ok(Some(_))) => {}
                Some(Ok(None) | Err(_)) => return,
                None => break,
            }
        }
        let drain = async move { while let Ok(Some(_)) = body.next().await {} };
        // Outside a runtime there is nobody to read on, and nothing to read from either.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(timeout(DRAIN, drain));
        }
    }
}

/// A body that is there already.
struct Ready(Option<Vec<u8>>);

impl Body for Ready {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, NetError>> {
        let chunk = self.0.take().filter(|bytes| !bytes.is_empty());
        Box::pin(std::future::ready(Ok(chunk)))
    }
}

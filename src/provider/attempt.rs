//! One attempt: the request goes out, with proof of who asks, and its reply is read, whole or as a stream.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::authority::{Access, Authority};
use super::question::Question;
use super::reading::Reading;
use super::retry::heed_headers;
use super::settings::ProviderSettings;
use super::spec::{Encoded, Endpoint, Failure, Follow, Retry, Wire};
use super::stream::{Framing, StreamWire, with_head};
use crate::base::{Clock, format_duration};
use crate::net::{HttpReply, HttpRequest, Method, NetError, OpenReply, TimeoutStage, Timeouts, Transport, same_origin};
use crate::record::{ChatReply, ErrorKind};

/// How often a request for the state of an exchange is repeated when it fails: unlike the first request it costs
/// nothing.
const POLL_TRIES: u32 = 4;

/// First wait before such a repetition; it doubles.
const POLL_WAIT: Duration = Duration::from_millis(500);

/// Waits before the looks at what was streamed.
const LOOK_WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(500)];

/// The longest time that one such look may take.
const LOOK_LIMIT: Duration = Duration::from_secs(5);

/// How the provider itself is reached.
#[derive(Debug)]
pub(super) struct HttpBackend {
    pub(super) wire: Speech,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) official: bool,
    pub(super) authority: Option<Arc<dyn Authority>>,
}

/// A wire, wherever it comes from.
#[derive(Debug)]
pub(super) enum Speech {
    /// That of a kind.
    Kind(&'static dyn Wire),
    /// One made of a provider's settings.
    Own(Arc<dyn Wire>),
}

impl Deref for Speech {
    type Target = dyn Wire;

    fn deref(&self) -> &(dyn Wire + 'static) {
        match self {
            Speech::Kind(wire) => *wire,
            Speech::Own(wire) => &**wire,
        }
    }
}

/// A request ready to be sent, again and again.
pub(super) struct Parcel {
    pub(super) encoded: Encoded,
    pub(super) timeouts: Timeouts,
    /// How long a stream may be silent before the answer has begun.
    pub(super) first_idle: Duration,
}

/// One attempt under way.
pub(super) struct Attempt<'a> {
    pub(super) http: &'a HttpBackend,
    pub(super) settings: &'a ProviderSettings,
    pub(super) clock: &'a dyn Clock,
    pub(super) parcel: &'a Parcel,
    /// Time until the call must have ended.
    pub(super) left: Duration,
    /// Learns limits from the head of every reply.
    pub(super) learn: &'a (dyn Fn(&HttpReply) + Sync),
}

/// What came back.
enum Arrived {
    /// A reply, read whole.
    Whole(HttpReply),
    /// A stream, put together, and its head.
    Streamed(Box<ChatReply>),
}

impl Attempt<'_> {
    /// Sends the request, and those that follow it, and gives what the last reply means.
    pub(super) async fn make<Q: Question>(self, question: &Q) -> Result<Q::Reply, Failure> {
        let wire = &*self.http.wire;
        let streaming = self.settings.stream.then(|| question.streaming(wire)).flatten();
        let timeouts = self.timeouts(streaming.is_some());
        let end = Instant::now() + timeouts.total;
        let mut arrived = self.exchange(&self.parcel.encoded.http, streaming, &timeouts).await?;
        let mut step = 0;
        let mut begun = None;
        while let Arrived::Whole(reply) = &arrived
            && let Some(follow) = question.follow(wire, reply, self.endpoint(), step)
        {
            let next = Box::pin(self.follow(follow, streaming, &timeouts, end)).await?;
            if let Arrived::Whole(reply) = std::mem::replace(&mut arrived, next) {
                begun = Some(reply);
            }
            step += 1;
        }
        match arrived {
            Arrived::Whole(reply) => question.decode(wire, &reply).map_err(|failure| {
                // What an exchange of several requests has begun is billed, whatever its last one says.
                let failure = Failure { timed_out: failure.timed_out || step > 0, ..failure };
                self.heeded(failure, &reply)
            }),
            Arrived::Streamed(mut reply) => {
                let look = begun.and_then(|begun| question.after_stream(wire, &begun, self.endpoint()));
                if let Some(look) = look {
                    self.complete(&mut reply, look, &timeouts).await;
                }
                Q::of_stream(reply)
                    .ok_or_else(|| Failure::new(ErrorKind::Refused, "internal error: this reply cannot be a stream"))
            }
        }
    }

    /// Adds what a stream did not tell. The answer is there: what goes wrong here changes nothing about it.
    async fn complete(&self, reply: &mut ChatReply, mut look: HttpRequest, timeouts: &Timeouts) {
        let asked = Instant::now();
        self.open_to(&mut look);
        let limit = Timeouts { total: LOOK_LIMIT.min(timeouts.total), ..*timeouts };
        for wait in LOOK_WAITS {
            sleep(wait).await;
            // What was streamed may be counted only a moment later.
            if let Ok(Arrived::Whole(told)) = self.exchange(&look, None, &limit).await
                && let Ok(told) = self.http.wire.decode(&told)
            {
                reply.usage = reply.usage.or(told.usage);
                reply.reported_cost = reply.reported_cost.or(told.reported_cost);
                reply.model = reply.model.take().or(told.model);
                reply.request_id = told.request_id.or(reply.request_id.take());
                break;
            }
        }
        reply.off_clock.after = asked.elapsed();
    }

    /// Gives a further request of an exchange its key. The address may come from a reply: the key goes nowhere but where
    /// it went before.
    fn open_to(&self, request: &mut HttpRequest) {
        let first = &self.parcel.encoded.http;
        if same_origin(&first.url, &request.url) {
            request.auth.clone_from(&first.auth);
            dress(request, &self.settings.headers);
        }
    }

    fn endpoint(&self) -> Endpoint<'_> {
        self.settings.endpoint(&*self.http.wire, self.http.official)
    }

    /// A stream has no limit of its own: it may take as long as the call has left.
    fn timeouts(&self, streams: bool) -> Timeouts {
        let usual = self.parcel.timeouts;
        let total = if streams { self.settings.timeouts.stream_total(self.left.max(usual.total)) } else { usual.total };
        Timeouts { total, ..usual }
    }

    fn heeded(&self, mut failure: Failure, reply: &HttpReply) -> Failure {
        heed_headers(&mut failure, reply, self.clock.now());
        failure
    }

    /// The next request of an exchange that takes several.
    async fn follow(
        &self,
        follow: Follow,
        streaming: Option<&dyn StreamWire>,
        timeouts: &Timeouts,
        end: Instant,
    ) -> Result<Arrived, Failure> {
        let Follow { http: mut request, after } = follow;
        self.open_to(&mut request);
        let mut wait = after;
        for attempt in 1.. {
            let limit = end.saturating_duration_since(Instant::now());
            if wait >= limit {
                return Err(self.net_failure(&NetError::Timeout(TimeoutStage::Total), timeouts));
            }
            sleep(wait).await;
            let left = Timeouts { total: limit.saturating_sub(wait), ..*timeouts };
            let result = self.exchange(&request, streaming, &left).await;
            let again = attempt < POLL_TRIES
                && matches!(request.method, Method::Get | Method::Head)
                && match &result {
                    Ok(Arrived::Whole(reply)) => matches!(reply.status, 408 | 429 | 500..=599),
                    Ok(Arrived::Streamed(_)) => false,
                    Err(failure) => failure.retry != Retry::Never && !failure.timed_out,
                };
            if !again {
                // What the first request has begun is done, and billed, whether its result is found or not.
                return result.map_err(|failure| Failure { timed_out: true, ..failure });
            }
            wait = POLL_WAIT.saturating_mul(1 << (attempt - 1));
        }
        Err(self.net_failure(&NetError::Timeout(TimeoutStage::Total), timeouts))
    }

    /// One request and its reply, with proof of who asks where a key is not enough; refused once, it is made anew.
    async fn exchange(
        &self,
        request: &HttpRequest,
        streaming: Option<&dyn StreamWire>,
        timeouts: &Timeouts,
    ) -> Result<Arrived, Failure> {
        match &self.http.authority {
            Some(authority) => Box::pin(self.prove(&**authority, request, streaming, timeouts)).await,
            None => self.send(request, streaming, timeouts).await,
        }
    }

    /// One request with proof of who asks, made anew when it is refused.
    async fn prove(
        &self,
        authority: &dyn Authority,
        request: &HttpRequest,
        streaming: Option<&dyn StreamWire>,
        timeouts: &Timeouts,
    ) -> Result<Arrived, Failure> {
        let mut signed = request.clone();
        authority.authorize(&mut signed, self.access()).await?;
        let arrived = self.send(&signed, streaming, timeouts).await?;
        if !matches!(&arrived, Arrived::Whole(reply) if authority.refused(reply)) {
            return Ok(arrived);
        }
        let mut signed = request.clone();
        authority.authorize(&mut signed, self.access()).await?;
        self.send(&signed, streaming, timeouts).await
    }

    fn access(&self) -> Access<'_> {
        Access { settings: self.settings, transport: &*self.http.transport, now: self.clock.now() }
    }

    async fn send(
        &self,
        request: &HttpRequest,
        streaming: Option<&dyn StreamWire>,
        timeouts: &Timeouts,
    ) -> Result<Arrived, Failure> {
        if let Some(streaming) = streaming {
            return Box::pin(self.send_for_stream(request, streaming, timeouts)).await;
        }
        let reply = self.http.transport.send(request, timeouts).await;
        let reply = reply.inspect(|reply| (self.learn)(reply));
        reply.map(Arrived::Whole).map_err(|error| self.net_failure(&error, timeouts))
    }

    async fn send_for_stream(
        &self,
        request: &HttpRequest,
        streaming: &dyn StreamWire,
        timeouts: &Timeouts,
    ) -> Result<Arrived, Failure> {
        let sent = Instant::now();
        let transport = &self.http.transport;
        let mut open = transport.open(request, timeouts).await.map_err(|error| self.net_failure(&error, timeouts))?;
        (self.learn)(&open.head);
        if is_whole(&open.head, streaming.framing()) {
            // No stream, so the limit of whole replies holds.
            let usual = &self.parcel.timeouts;
            open.end_by(sent + usual.total);
            let rest = open.rest(usual.total).await;
            return rest.map(Arrived::Whole).map_err(|error| self.net_failure(&error, usual));
        }
        self.read(open, streaming, sent, timeouts).await
    }

    /// Reads a stream to its end.
    async fn read(
        &self,
        mut open: OpenReply,
        streaming: &dyn StreamWire,
        sent: Instant,
        timeouts: &Timeouts,
    ) -> Result<Arrived, Failure> {
        let mut reading = Reading::new(streaming, sent.elapsed());
        let outcome = loop {
            let idle = if reading.has_begun() { timeouts.idle } else { self.parcel.first_idle };
            match open.chunk(idle).await {
                Ok(Some(bytes)) => match reading.take(&bytes, sent.elapsed()) {
                    Ok(true) => break reading.finish(),
                    Ok(false) => {}
                    Err(failure) => break Err(reading.interrupted(failure)),
                },
                Ok(None) => match reading.not_a_stream() {
                    Some(body) => return Ok(Arrived::Whole(HttpReply { body, ..open.head })),
                    None => break reading.end_of_body(sent.elapsed()),
                },
                Err(error) => {
                    let timeouts = Timeouts { idle, ..*timeouts };
                    let failure = Failure { timed_out: true, ..self.net_failure(&error, &timeouts) };
                    break Err(reading.interrupted(failure));
                }
            }
        };
        let head = std::mem::take(&mut open.head);
        open.release();
        match with_head(outcome, &head) {
            Ok(reply) => Ok(Arrived::Streamed(Box::new(reply))),
            Err(failure) => Err(self.heeded(failure, &head)),
        }
    }

    fn net_failure(&self, error: &NetError, timeouts: &Timeouts) -> Failure {
        net_failure(error, self.settings.base_url(), timeouts)
    }
}

/// Puts the user's headers on a request; they replace those of the wire.
pub(super) fn dress(request: &mut HttpRequest, headers: &[(String, String)]) {
    for (name, value) in headers {
        request.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        request.headers.push((name.clone(), value.clone()));
    }
}

/// Whether a reply to a request for a stream is none: an error, a reply in one piece, somebody's web page.
fn is_whole(head: &HttpReply, framing: Framing) -> bool {
    if !(200..300).contains(&head.status) {
        return true;
    }
    let kind = head.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "text/html" | "application/xhtml+xml" => true,
        "application/json" | "text/json" | "application/problem+json" => true,
        // Only what is text can be taken for frames of text.
        "application/vnd.amazon.eventstream" => framing != Framing::AwsEvents,
        _ => false,
    }
}

/// The failure of a request that got no reply, or no whole one.
pub(super) fn net_failure(error: &NetError, base_url: &str, timeouts: &Timeouts) -> Failure {
    let at = |limit: Duration| format!("{error} ({}) from `{base_url}`", format_duration(limit));
    let (kind, message) = match error {
        NetError::Timeout(TimeoutStage::Connect) => (ErrorKind::Network, at(timeouts.connect)),
        NetError::Timeout(TimeoutStage::FirstByte) => (ErrorKind::Timeout, at(timeouts.first_byte)),
        NetError::Timeout(TimeoutStage::Idle) => (ErrorKind::Timeout, at(timeouts.idle)),
        NetError::Timeout(TimeoutStage::Total) => (ErrorKind::Timeout, at(timeouts.total)),
        NetError::Connect(_) => {
            (ErrorKind::Network, format!("{error} at `{base_url}`; is the server running and the base URL right?"))
        }
        NetError::Reset(_) | NetError::CutOff(_) => (ErrorKind::Network, format!("{error} at `{base_url}`")),
        NetError::TooLarge(_) => (ErrorKind::Malformed, error.to_string()),
        NetError::Other(_) => (ErrorKind::Refused, error.to_string()),
    };
    let mut failure = Failure::new(kind, message);
    failure.unreachable = matches!(error, NetError::Connect(_) | NetError::Timeout(TimeoutStage::Connect));
    failure.total_timeout = matches!(error, NetError::Timeout(TimeoutStage::Total));
    failure.timed_out = match error {
        NetError::Timeout(stage) => *stage != TimeoutStage::Connect,
        // The answer was begun, and is billed.
        NetError::CutOff(_) | NetError::TooLarge(_) => true,
        NetError::Connect(_) | NetError::Reset(_) | NetError::Other(_) => false,
    };
    if matches!(error, NetError::TooLarge(_)) {
        // It would be as large, and as dear, the next time.
        failure.retry = Retry::Never;
    }
    failure
}

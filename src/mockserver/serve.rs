//! The server: an address, what is answered, and what was counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::api::openai;
use super::exchange::{Incoming, Outgoing, Piece};
use super::fault::{Dice, Fault};
use super::host::is_loopback_host;
use super::http::{self, Outcome};
use super::options::{Answers, ServerOptions};
use super::proxy;
use super::reply::{Stamp, written};
use super::target::{Api, Asked, Shape, shape, target};
use crate::provider::{Library, Match, Played, Recorded, Script};

/// How often recordings are written while the server runs.
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// What a server did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Requests that came.
    pub requests: u64,
    /// Answered by the recording of the very request.
    pub exact: u64,
    /// Answered by a recording with the same model and messages.
    pub messages: u64,
    /// Answered by a rule.
    pub rules: u64,
    /// Passed on.
    pub proxied: u64,
    /// Passed on, and the reply kept.
    pub recorded: u64,
    /// Failed on purpose.
    pub faults: u64,
    /// Not known.
    pub unknown: u64,
}

/// Why a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It answered as many requests as it was to.
    Served,
    /// It was stopped.
    Stopped,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    requests: AtomicU64,
    exact: AtomicU64,
    messages: AtomicU64,
    rules: AtomicU64,
    pub(super) proxied: AtomicU64,
    pub(super) recorded: AtomicU64,
    faults: AtomicU64,
    unknown: AtomicU64,
    /// Replies that are passed on just now.
    pub(super) under_way: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A server with an address.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
}

impl Server {
    /// Takes an address; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(host: &str, port: u16, options: ServerOptions) -> std::io::Result<Server> {
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        let app = Arc::new(App::new(options));
        Ok(Server { listener, address, app })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop`, or until it has answered as many requests as it was to. What was recorded is written as it
    /// comes, and at the end.
    ///
    /// # Errors
    /// A sentence, when a cassette cannot be written.
    pub async fn run(self, stop: CancellationToken) -> Result<(Ended, Tally), String> {
        let Server { listener, app, .. } = self;
        let inner = stop.child_token();
        let served = Arc::clone(&app);
        let serving = http::serve(listener, Arc::clone(&app), inner.clone());
        tokio::pin!(serving);
        let mut written = Ok(());
        let ended = loop {
            tokio::select! {
                () = serving.as_mut() => break Ended::Stopped,
                () = served.enough.cancelled(), if !inner.is_cancelled() => inner.cancel(),
                () = tokio::time::sleep(WRITE_EVERY) => {
                    written = write(&app).await;
                    if written.is_err() {
                        inner.cancel();
                    }
                }
            }
        };
        // What is under way is paid for: it is still recorded.
        let patience = tokio::time::Instant::now() + app.drain();
        while app.counts.under_way.load(Ordering::Relaxed) > 0 && tokio::time::Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let last = write(&app).await;
        written.and(last)?;
        let ended = if app.enough.is_cancelled() && !stop.is_cancelled() { Ended::Served } else { ended };
        Ok((ended, app.tally()))
    }
}

/// Writes recordings away from the threads that answer.
async fn write(app: &Arc<App>) -> Result<(), String> {
    let Answers::Proxied(upstream) = &app.options.answers else { return Ok(()) };
    if upstream.recorder.is_none() {
        return Ok(());
    }
    let app = Arc::clone(app);
    let writing = tokio::task::spawn_blocking(move || match &app.options.answers {
        Answers::Proxied(upstream) => upstream
            .recorder
            .as_ref()
            .map_or(Ok(()), |recorder| recorder.write().map(drop).map_err(|error| error.to_string())),
        Answers::Recorded { .. } => Ok(()),
    });
    writing.await.unwrap_or_else(|error| Err(error.to_string()))
}

/// What answers.
pub(super) struct App {
    pub(super) options: ServerOptions,
    dice: Dice,
    pub(super) counts: Counts,
    /// Cancelled once enough requests were answered.
    enough: CancellationToken,
}

impl App {
    fn new(options: ServerOptions) -> App {
        let dice = Dice::new(options.faults.clone(), options.fault_rate, options.seed);
        App { options, dice, counts: Counts::default(), enough: CancellationToken::new() }
    }

    /// How long requests under way may take to end once the server stops; faults that hang would never end.
    pub(super) fn drain(&self) -> Duration {
        match &self.options.answers {
            Answers::Proxied(_) => Duration::from_secs(10),
            Answers::Recorded { .. } => Duration::from_secs(2),
        }
    }

    fn tally(&self) -> Tally {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = &self.counts;
        Tally {
            requests: of(&counts.requests),
            exact: of(&counts.exact),
            messages: of(&counts.messages),
            rules: of(&counts.rules),
            proxied: of(&counts.proxied),
            recorded: of(&counts.recorded),
            faults: of(&counts.faults),
            unknown: of(&counts.unknown),
        }
    }

    /// The reply to a body that is too large.
    pub(super) fn too_large(&self, incoming: &Incoming, most: usize) -> Outgoing {
        let message = format!("the body has more than {most} bytes");
        Outgoing::json(413, &shape(incoming).error(413, &message))
    }

    /// What becomes of a request.
    pub(super) async fn answer(self: &Arc<App>, incoming: Incoming) -> Outcome {
        let host = incoming.header("host").unwrap_or_default();
        if !self.options.any_host && !is_loopback_host(host) {
            let message =
                "this server answers this machine only: ask it at 127.0.0.1 or localhost, or start it with --host";
            return Outcome::Reply(Outgoing::json(403, &shape(&incoming).error(403, message)));
        }
        let number = self.counts.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let outcome = self.reply(&incoming, number).await;
        if self.options.max_requests.is_some_and(|most| number >= most) {
            self.enough.cancel();
        }
        outcome
    }

    async fn reply(self: &Arc<App>, incoming: &Incoming, number: u64) -> Outcome {
        let fault = self.dice.draw(&incoming.path, &incoming.body);
        if fault.is_some() {
            count(&self.counts.faults);
        }
        if !self.options.latency.is_zero() {
            tokio::time::sleep(self.options.latency).await;
        }
        let api = target(incoming);
        let shape = api.as_ref().map_or_else(|| shape(incoming), Api::shape);
        // These need no answer, so that none is used up or paid for.
        match fault {
            Some(Fault::Status(status)) => return Outcome::Reply(self.failed(shape, status)),
            Some(Fault::Reset) => return Outcome::Break,
            Some(Fault::Hang) => std::future::pending().await,
            Some(_) | None => {}
        }
        let whole = match &self.options.answers {
            Answers::Proxied(upstream) => {
                return proxy::forward(self, upstream, incoming, api.as_ref(), shape).await;
            }
            Answers::Recorded { library, script } => match &api {
                None => self.nowhere(incoming, shape),
                Some(Api::Embeddings) => self.vectors(library, incoming),
                Some(Api::Models(shape)) => {
                    let names: std::collections::BTreeSet<&str> =
                        library.models().into_iter().map(|model| model.model.as_str()).collect();
                    Outgoing::json(200, &shape.models(&names.into_iter().collect::<Vec<_>>()))
                }
                Some(api) => match self.chat(api, library, script.as_ref(), incoming, number).await {
                    Ok(outgoing) => outgoing,
                    Err(fault) => return self.played(fault, shape).await,
                },
            },
        };
        match fault {
            Some(fault) => fault.spoil(whole).map_or(Outcome::Break, Outcome::Reply),
            None => Outcome::Reply(whole),
        }
    }

    /// The fault that a rule asks for.
    async fn played(&self, fault: Fault, shape: Shape) -> Outcome {
        count(&self.counts.faults);
        match fault {
            Fault::Status(status) => Outcome::Reply(self.failed(shape, status)),
            Fault::Hang => std::future::pending().await,
            other => {
                let empty = Outgoing { status: 200, headers: Vec::new(), body: vec![Piece::now(Vec::new())] };
                other.spoil(empty).map_or(Outcome::Break, Outcome::Reply)
            }
        }
    }

    fn failed(&self, shape: Shape, status: u16) -> Outgoing {
        let outgoing = Outgoing::json(status, &shape.error(status, "karat mock plays this fault"));
        match self.options.retry_after {
            Some(seconds) if matches!(status, 429 | 503 | 529) => {
                outgoing.with_header("retry-after", seconds.to_string())
            }
            _ => outgoing,
        }
    }

    /// The reply of a rule or a recording, or the fault that a rule asks for.
    async fn chat(
        &self,
        api: &Api,
        library: &Library,
        script: Option<&Script>,
        incoming: &Incoming,
        number: u64,
    ) -> Result<Outgoing, Fault> {
        let asked = match api.read(&incoming.body) {
            Ok(asked) => asked,
            Err(why) => return Ok(Outgoing::json(400, &api.shape().error(400, &why))),
        };
        let recorded = library.find(&asked.request);
        let case = recorded.as_ref().map_or("", |found| found.case.as_str());
        let id = format!("karat{number}");
        let created = self.options.clock.now().0.div_euclid(1_000);
        let stamp = Stamp { id: &id, created, gap: self.options.gap };
        if let Some(script) = script {
            match script.play(case, &asked.request).await {
                Some(Played::Reply(reply)) => {
                    count(&self.counts.rules);
                    return Ok(written(api, &asked, &reply, stamp).with_header("x-karat-matched", "rule"));
                }
                Some(Played::Fault(failure)) => return Err(Fault::of_failure(&failure)),
                None => {}
            }
        }
        let Some(Recorded { case, reply, matched, .. }) = recorded else {
            return Ok(self.unknown(api, library, &asked));
        };
        count(if matched == Match::Exact { &self.counts.exact } else { &self.counts.messages });
        let outgoing = written(api, &asked, &reply, stamp).with_header("x-karat-matched", matched.word());
        let shown: String = case.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').collect();
        Ok(outgoing.with_header("x-karat-case", shown))
    }

    fn unknown(&self, api: &Api, library: &Library, asked: &Asked) -> Outgoing {
        count(&self.counts.unknown);
        let nearest = library.nearest(&asked.request).unwrap_or_else(|| "nothing is recorded at all".to_owned());
        let message = format!(
            "no recorded reply for this request to `{}`; {nearest}; record it with `karat eval --record` or `karat mock --proxy URL --record FILE`",
            asked.request.model
        );
        Outgoing::json(404, &api.shape().error(404, &message))
    }

    fn nowhere(&self, incoming: &Incoming, shape: Shape) -> Outgoing {
        count(&self.counts.unknown);
        let message = format!(
            "`{} {}` is not served; there are POST /v1/chat/completions, /v1/responses, /v1/embeddings, /v1/messages, /v1beta/models/MODEL:generateContent and :streamGenerateContent, and GET /v1/models",
            incoming.method, incoming.path
        );
        Outgoing::json(404, &shape.error(404, &message))
    }

    fn vectors(&self, library: &Library, incoming: &Incoming) -> Outgoing {
        let asked = match openai::read_embeddings(&incoming.body) {
            Ok(asked) => asked,
            Err(why) => return Outgoing::json(400, &openai::error(400, &why)),
        };
        match library.vectors(&asked.model, &asked.texts) {
            Ok(vectors) => {
                count(&self.counts.exact);
                Outgoing::json(200, &openai::write_embeddings(&asked, &vectors)).with_header("x-karat-matched", "exact")
            }
            Err(text) => {
                count(&self.counts.unknown);
                let shown: String = text.chars().take(80).collect();
                let message = format!(
                    "no recorded vector of `{}` for `{shown}`; record it with `karat eval --record`",
                    asked.model
                );
                Outgoing::json(404, &openai::error(404, &message))
            }
        }
    }
}

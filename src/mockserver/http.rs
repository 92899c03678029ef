//! The HTTP server: connections in, plain data to the inside. The only file that speaks to hyper.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming as Received};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::exchange::{Incoming, Outgoing, Piece};
use super::serve::App;

/// Largest body of a request: images and files are in it.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(30);

/// How long a connection that is to break has to send what came before.
const FLUSH: Duration = Duration::from_millis(30);

/// The body of a reply on its way out.
type Body = UnsyncBoxBody<Bytes, io::Error>;

/// What becomes of a request.
pub(super) enum Outcome {
    /// A reply that is there.
    Reply(Outgoing),
    /// A reply whose body is still coming.
    Live {
        /// Its head; the body is empty.
        head: Outgoing,
        /// Its body; an error breaks the connection.
        body: mpsc::Receiver<Result<Vec<u8>, String>>,
    },
    /// The connection closes.
    Break,
}

/// Why a connection ends without a reply.
#[derive(Debug, thiserror::Error)]
#[error("the connection is to break")]
struct Broken;

/// Answers until `stop`; then lets requests under way end.
pub(super) async fn serve(listener: TcpListener, app: Arc<App>, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => {
                    connections.spawn(connection(socket, Arc::clone(&app), stop.clone()));
                }
                // Out of files, say: wait for some to be closed.
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    timeout(app.drain(), async { while connections.join_next().await.is_some() {} }).await.ok();
}

async fn connection(socket: TcpStream, app: Arc<App>, stop: CancellationToken) {
    socket.set_nodelay(true).ok();
    let drain = app.drain();
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { answer(request, &app).await }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
    let connection = builder.serve_connection(TokioIo::new(socket), service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => drop(ended),
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            timeout(drain, connection).await.ok();
        }
    }
}

async fn answer(request: Request<Received>, app: &Arc<App>) -> Result<Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut incoming = Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: Vec::new(),
    };
    match Limited::new(body, MOST_BYTES).collect().await {
        Ok(whole) => incoming.body = whole.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(respond(app.too_large(&incoming, MOST_BYTES)));
        }
        Err(_) => return Err(Broken),
    }
    match app.answer(incoming).await {
        Outcome::Reply(outgoing) => Ok(respond(outgoing)),
        Outcome::Live { head, body } => Ok(response(&head, live(body))),
        Outcome::Break => Err(Broken),
    }
}

fn respond(mut outgoing: Outgoing) -> Response<Body> {
    let pieces = std::mem::take(&mut outgoing.body);
    let body = match pieces.as_slice() {
        [Piece::Bytes(bytes, pause)] if pause.is_zero() => whole(bytes.clone()),
        [] => whole(Vec::new()),
        _ => pieced(pieces.into()),
    };
    response(&outgoing, body)
}

fn whole(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never: Infallible| match never {}).boxed_unsync()
}

fn response(head: &Outgoing, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(head.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &head.headers {
        let name = hyper::header::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, hyper::header::HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn pieced(pieces: VecDeque<Piece>) -> Body {
    let frames = stream::unfold(pieces, |mut pieces| async move {
        let frame = match pieces.pop_front()? {
            Piece::Bytes(bytes, pause) => {
                if !pause.is_zero() {
                    sleep(pause).await;
                }
                Ok(Frame::data(Bytes::from(bytes)))
            }
            Piece::Hang => std::future::pending().await,
            Piece::Break => {
                // What came before must have been sent.
                sleep(FLUSH).await;
                Err(io::Error::other("the connection is to break"))
            }
        };
        Some((frame, pieces))
    });
    StreamBody::new(frames).boxed_unsync()
}

fn live(body: mpsc::Receiver<Result<Vec<u8>, String>>) -> Body {
    let frames = stream::unfold(body, |mut body| async move {
        let chunk = body.recv().await?;
        Some((chunk.map(|bytes| Frame::data(Bytes::from(bytes))).map_err(io::Error::other), body))
    });
    StreamBody::new(frames).boxed_unsync()
}

//! A server on bare sockets that fails in every way a server can: in the middle of a head, a body, a stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a request.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// None: a good answer.
    None,
    /// This status with these headers and an error body of this type.
    Status(u16, Vec<(&'static str, String)>, &'static str),
    /// The connection is reset before a byte of the reply.
    ResetBeforeHead,
    /// The head and half of the body, then a reset.
    ResetInBody,
    /// Half of the answer, then a clean end: half a JSON text, or a stream without its last events.
    Truncated,
    /// A complete 200 that is not JSON.
    Malformed,
    /// A complete 200 with a web page.
    Html,
    /// Nothing ever comes.
    HangBeforeHead,
    /// The head and half of the body, then nothing.
    HangInBody,
    /// A body of 100 MB.
    Huge,
    /// The body drips, byte by byte, forever.
    Loris,
    /// Half of a stream, then an error in it; a plain reply is an error inside a 200.
    ErrorInside,
}

/// A request as the server sees it.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Text of the last user message.
    pub(crate) user: String,
    /// How often this text came before.
    pub(crate) attempt: usize,
    /// Whether a stream is wanted.
    pub(crate) stream: bool,
}

type Script = dyn Fn(&Asked) -> Fault + Send + Sync;

/// A running server; it goes with the test process.
pub(crate) struct Faulty {
    pub(crate) url: String,
    seen: Arc<Mutex<HashMap<String, usize>>>,
}

impl Faulty {
    /// A server that does with each request what `script` says.
    pub(crate) fn start(script: impl Fn(&Asked) -> Fault + Send + Sync + 'static) -> Faulty {
        let script: Arc<Script> = Arc::new(script);
        let seen: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        listener.set_nonblocking(true).expect("nonblocking");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let counts = Arc::clone(&seen);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("listener");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&counts)));
                }
            });
        });
        Faulty { url, seen }
    }

    /// Number of requests so far.
    pub(crate) fn calls(&self) -> usize {
        self.seen.lock().expect("seen").values().sum()
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>, seen: Arc<Mutex<HashMap<String, usize>>>) {
    let Some((path, body)) = read_request(&mut stream).await else { return };
    let content = body["messages"].as_array().and_then(|list| list.last()).map(|last| last["content"].clone());
    let user = content.and_then(|content| content.as_str().map(str::to_owned)).unwrap_or_default();
    let attempt = {
        let mut seen = seen.lock().expect("seen");
        let count = seen.entry(user.clone()).or_insert(0);
        *count += 1;
        *count - 1
    };
    let asked = Asked { user, attempt, stream: body["stream"] == true };
    let fault = script(&asked);
    let whole = if path.ends_with("/messages") { anthropic(&asked) } else { openai(&asked) };
    // The caller may have gone.
    let _told = act(&mut stream, &asked, fault, whole).await;
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok())?;
        if let Some(body) = bytes.get(end + 4..end + 4 + length) {
            let path = head.split_whitespace().nth(1)?.to_owned();
            return Some((path, serde_json::from_slice(body).ok()?));
        }
    }
}

async fn act(stream: &mut TcpStream, asked: &Asked, fault: Fault, whole: Vec<String>) -> std::io::Result<()> {
    let kind = if asked.stream { "text/event-stream" } else { "application/json" };
    let open = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n");
    let text = whole.concat();
    // A stream is cut between its events, so that one of them has certainly come.
    let half = if asked.stream { whole[..2].concat() } else { text[..text.len() / 2].to_owned() };
    let chunked = |part: &str| format!("{open}transfer-encoding: chunked\r\n\r\n{:x}\r\n{part}\r\n", part.len());
    match fault {
        Fault::None => stream.write_all(format!("{}0\r\n\r\n", chunked(&text)).as_bytes()).await?,
        Fault::Status(status, headers, kind) => {
            let body =
                json!({"type": "error", "error": {"message": "not now", "type": kind, "code": null}}).to_string();
            let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let head =
                format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}");
            stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        }
        Fault::ResetBeforeHead => stream.set_zero_linger()?,
        Fault::ResetInBody => {
            stream.write_all(chunked(&half).as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger()?;
        }
        Fault::Truncated => stream.write_all(format!("{}0\r\n\r\n", chunked(&half)).as_bytes()).await?,
        Fault::Malformed => {
            let part =
                if asked.stream { format!("{half}data: {{\"choices\": [nonsense\n\n") } else { "nonsense".to_owned() };
            stream.write_all(format!("{}0\r\n\r\n", chunked(&part)).as_bytes()).await?;
        }
        Fault::Html => {
            let page = "<html><body>Welcome to the hotel</body></html>";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n";
            stream.write_all(format!("{head}content-length: {}\r\n\r\n{page}", page.len()).as_bytes()).await?;
        }
        Fault::HangBeforeHead => std::future::pending().await,
        Fault::HangInBody => {
            stream.write_all(chunked(&half).as_bytes()).await?;
            std::future::pending::<()>().await;
        }
        Fault::Huge => {
            stream.write_all(format!("{open}\r\n{half}").as_bytes()).await?;
            let megabyte = if asked.stream { ": padding\n\n".repeat(100_000) } else { " ".repeat(1_000_000) };
            for _ in 0..100 {
                stream.write_all(megabyte.as_bytes()).await?;
            }
        }
        Fault::Loris => {
            stream.write_all(format!("{open}\r\n{half}").as_bytes()).await?;
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                stream.write_all(if asked.stream { b":\n\n" } else { b" " }).await?;
            }
        }
        Fault::ErrorInside => {
            let error =
                json!({"type": "error", "error": {"message": "down", "type": "overloaded_error", "code": null}});
            let part = if asked.stream { format!("{half}event: error\ndata: {error}\n\n") } else { error.to_string() };
            stream.write_all(format!("{}0\r\n\r\n", chunked(&part)).as_bytes()).await?;
        }
    }
    stream.shutdown().await
}

/// A good answer, in pieces: one for a plain reply, the events of a stream.
fn openai(asked: &Asked) -> Vec<String> {
    let usage = json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13});
    if !asked.stream {
        let choice =
            json!({"index": 0, "message": {"role": "assistant", "content": asked.user}, "finish_reason": "stop"});
        return vec![json!({"id": "c", "model": "m", "choices": [choice], "usage": usage}).to_string()];
    }
    let chunk = |choices: Value, usage: Value| {
        format!("data: {}\n\n", json!({"id": "c", "model": "m", "choices": choices, "usage": usage}))
    };
    let delta = |delta: Value, finish: Value| json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
    vec![
        chunk(delta(json!({"role": "assistant", "content": ""}), Value::Null), Value::Null),
        chunk(delta(json!({"content": asked.user}), Value::Null), Value::Null),
        chunk(delta(json!({}), json!("stop")), Value::Null),
        chunk(json!([]), usage),
        "data: [DONE]\n\n".to_owned(),
    ]
}

fn anthropic(asked: &Asked) -> Vec<String> {
    let message = |content: Value, stop: Value| {
        json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": content,
            "stop_reason": stop, "stop_sequence": null, "usage": {"input_tokens": 9, "output_tokens": 4}})
    };
    if !asked.stream {
        return vec![message(json!([{"type": "text", "text": asked.user}]), json!("end_turn")).to_string()];
    }
    let event = |event: Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().expect("type"));
    let text = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": asked.user}});
    vec![
        event(json!({"type": "message_start", "message": message(json!([]), Value::Null)})),
        event(text),
        event(json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}})),
        event(json!({"type": "message_stop"})),
    ]
}

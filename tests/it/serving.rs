//! A running `karat mock`, and a client of plain HTTP for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::project::Project;

/// A server in a project; it ends with this value.
pub(crate) struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    /// `karat mock` with these arguments, on a free port.
    pub(crate) fn start(project: &Project, args: &str) -> Serving {
        let mut command = project.karat(&format!("mock --port 0 {args}"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut first = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut first).expect("a first line");
        if first.is_empty() {
            let mut told = String::new();
            child.stderr.take().expect("stderr").read_to_string(&mut told).expect("stderr");
            panic!("karat mock {args}: {told}");
        }
        Serving { child, url: first.trim().to_owned() }
    }

    /// Its address, without a path.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Sends a signal, waits for the end, and gives exit code and stderr.
    pub(crate) fn end(mut self, signal: Option<&str>) -> (Option<i32>, String) {
        if let Some(signal) = signal {
            self.signal(signal);
        }
        let mut told = String::new();
        self.child.stderr.take().expect("stderr").read_to_string(&mut told).expect("stderr");
        (self.child.wait().expect("ends").code(), told)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Sends a request with these further headers.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let address = self.url.trim_start_matches("http://");
        let host = if headers.iter().any(|(name, _)| *name == "host") {
            String::new()
        } else {
            format!("host: {address}\r\n")
        };
        let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}connection: close\r\ncontent-length: {}\r\n{more}\r\n",
            body.len()
        );
        let mut socket = TcpStream::connect(address).expect("connects");
        socket.set_read_timeout(Some(Duration::from_secs(2))).expect("timeout");
        socket.write_all(format!("{head}{body}").as_bytes()).expect("sends");
        let mut bytes = Vec::new();
        let timed_out = socket.read_to_end(&mut bytes).is_err();
        Answer::of(&String::from_utf8_lossy(&bytes), timed_out)
    }

    /// Posts JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[], &body.to_string())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 when nothing came.
    pub(crate) status: u16,
    head: String,
    /// The body; chunks are put together.
    pub(crate) body: String,
    /// Whether the body came to its end.
    pub(crate) whole: bool,
    /// Whether the server stayed silent.
    pub(crate) timed_out: bool,
}

impl Answer {
    fn of(text: &str, timed_out: bool) -> Answer {
        let (head, rest) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let head = head.to_ascii_lowercase();
        let (body, whole) = if head.contains("transfer-encoding: chunked") {
            joined(rest)
        } else {
            let length = field(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            (rest.to_owned(), !head.is_empty() && rest.len() == length)
        };
        Answer { status, head, body, whole, timed_out }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Chunks put together, and whether the last one came.
fn joined(mut rest: &str) -> (String, bool) {
    let mut body = String::new();
    loop {
        let Some((size, tail)) = rest.split_once("\r\n") else { return (body, false) };
        let Ok(size) = usize::from_str_radix(size, 16) else { return (body, false) };
        if size == 0 {
            return (body, true);
        }
        body.push_str(tail.get(..size).unwrap_or(tail));
        rest = tail.get(size + 2..).unwrap_or_default();
    }
}

//! A program that stays: one line in, one line out.

use serde_json::{Map, Value};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};

use super::super::app::beginning;
use super::super::spec::Failure;
use super::answer::{broken, malformed, told};
use super::lines::{Line, MOST_BYTES, next_line};
use super::process::{Launch, Process};
use crate::config::{ProcessApp, ProcessKind};
use crate::record::{ErrorKind, Warning};

/// A worker. Whoever asks it owns it: one that is not given back is killed.
#[derive(Debug)]
pub(super) struct Worker {
    process: Process,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    questions: u64,
}

/// Lines that are no answers, such as a program's own messages.
#[derive(Debug, Default)]
struct Noise {
    lines: u64,
    bytes: usize,
    first: String,
}

impl Worker {
    /// Starts a worker; one for a file says whether the file could be loaded.
    pub(super) async fn start(app: &ProcessApp, env: &[(String, String)]) -> Result<Worker, Failure> {
        let (process, stdin, stdout) = Process::start(&Launch::of(app), env)?;
        let mut worker = Worker { process, stdin, stdout: BufReader::new(stdout), questions: 0 };
        if app.kind != ProcessKind::Command {
            let mut noise = Noise::default();
            let is_hello = |line: &Map<String, Value>| line.contains_key("karat");
            let hello = worker.read_until(is_hello, &mut noise).await?;
            if let Some(why) = hello.get("failed").and_then(Value::as_str) {
                // Every call would fail the same way.
                return Err(Failure::new(ErrorKind::NotFound, format!("the application cannot be loaded: {why}")));
            }
        }
        Ok(worker)
    }

    /// Whether it can be asked.
    pub(super) fn is_alive(&mut self) -> bool {
        !self.process.has_ended()
    }

    /// The id of the next question.
    pub(super) fn next_id(&mut self) -> u64 {
        self.questions += 1;
        self.questions
    }

    /// Asks; `line` is the question with the id that [`Worker::next_id`] gave.
    pub(super) async fn ask(&mut self, id: u64, line: &str) -> Result<(Map<String, Value>, Option<Warning>), Failure> {
        let mut noise = Noise::default();
        let wanted = Value::from(id);
        // Both at once: a program may write before it has read all.
        let Worker { process, stdin, stdout, .. } = self;
        let is_answer = |line: &Map<String, Value>| line.get("id") == Some(&wanted);
        let write = async {
            stdin.write_all(line.as_bytes()).await?;
            stdin.flush().await
        };
        let (answer, written) = tokio::join!(read_until(process, stdout, is_answer, &mut noise), write);
        // A program that ended tells more by its last words than by the broken pipe.
        let answer = answer?;
        written.map_err(|error| broken(format!("the program does not read its questions: {error}")))?;
        Ok((answer, noise.warning()))
    }

    async fn read_until(
        &mut self,
        wanted: impl Fn(&Map<String, Value>) -> bool,
        noise: &mut Noise,
    ) -> Result<Map<String, Value>, Failure> {
        read_until(&mut self.process, &mut self.stdout, wanted, noise).await
    }

    /// Ends it; the end of what it wrote to stderr.
    pub(super) fn end(mut self) -> String {
        self.process.kill();
        self.process.words()
    }
}

/// Reads lines up to the one that is wanted.
async fn read_until(
    process: &mut Process,
    stdout: &mut BufReader<ChildStdout>,
    wanted: impl Fn(&Map<String, Value>) -> bool,
    noise: &mut Noise,
) -> Result<Map<String, Value>, Failure> {
    loop {
        let mut line = Vec::new();
        match next_line(stdout, &mut line, MOST_BYTES).await {
            Ok(Line::Read) => {}
            Ok(Line::TooLong) => {
                process.kill();
                return Err(malformed(format!("a line of the program is longer than {MOST_BYTES} bytes")));
            }
            Ok(Line::End) | Err(_) => return Err(ended(process, noise).await),
        }
        if let Ok(Value::Object(found)) = serde_json::from_slice::<Value>(&line)
            && wanted(&found)
        {
            return Ok(found);
        }
        noise.add(&line);
        if noise.bytes > MOST_BYTES {
            process.kill();
            let shown = beginning(&noise.first);
            return Err(malformed(format!("the program writes without end, and no answer; its first line is {shown}")));
        }
    }
}

async fn ended(process: &mut Process, noise: &Noise) -> Failure {
    let status = process.ended().await.map_or_else(|error| error.to_string(), |status| status.to_string());
    let stderr = process.last_words().await;
    let seen = if noise.lines == 0 { String::new() } else { format!("; it wrote {}", beginning(&noise.first)) };
    broken(format!("the program ended ({status}) without an answer{seen}{}", told(&stderr)))
}

impl Noise {
    fn add(&mut self, line: &[u8]) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        self.lines += 1;
        self.bytes = self.bytes.saturating_add(line.len());
        if self.lines == 1 {
            self.first = String::from_utf8_lossy(line).chars().take(1_000).collect();
        }
    }

    fn warning(&self) -> Option<Warning> {
        let reason = match self.lines {
            0 => return None,
            1 => format!("a line was no answer: {}", beginning(&self.first)),
            lines => format!("{lines} lines were no answers, the first: {}", beginning(&self.first)),
        };
        Some(Warning { param: "stdout".to_owned(), action: "ignored".to_owned(), reason })
    }
}

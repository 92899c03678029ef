//! Asks programs: one for each call, or workers that stay.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::super::app::{App, beginning};
use super::super::spec::Failure;
use super::answer::{broken, malformed, question, reply, timed_out, told};
use super::lines::{MOST_BYTES, read_all};
use super::process::{Launch, Process};
use super::worker::Worker;
use crate::config::{AppConfig, ProcessApp, ProcessMode, ProcessReply};
use crate::record::{ChatReply, ChatRequest};

/// A user's program in a run. There are as many workers as calls under way at once, which the provider's limit bounds.
#[derive(Debug)]
pub(in crate::provider) struct Exec {
    app: Arc<App>,
    process: ProcessApp,
    idle: Mutex<Vec<Worker>>,
}

impl Exec {
    /// The program of an application; `None` for one that is reached over HTTP. Nothing is started.
    pub(in crate::provider) fn new(app: &Arc<App>) -> Option<Exec> {
        let AppConfig::Process(process) = &app.config else { return None };
        let process = (**process).clone();
        Some(Exec { app: Arc::clone(app), process, idle: Mutex::default() })
    }

    /// The answer to one question, within `limit`. Dropping this kills the program that was asked.
    pub(in crate::provider) async fn answer(
        &self,
        request: &ChatRequest,
        limit: Duration,
    ) -> Result<ChatReply, Failure> {
        match self.process.mode {
            ProcessMode::Once => self.once(request, limit).await,
            ProcessMode::Worker => self.worker(request, limit).await,
        }
    }

    async fn worker(&self, request: &ChatRequest, limit: Duration) -> Result<ChatReply, Failure> {
        let end = tokio::time::Instant::now() + limit;
        let mut worker = match self.idle() {
            Some(worker) => worker,
            None => match timeout(limit, Worker::start(&self.process, &self.app.env)).await {
                Ok(started) => started?,
                Err(_) => return Err(timed_out(limit, "")),
            },
        };
        let id = worker.next_id();
        let line = question(id, request);
        let Ok(asked) = tokio::time::timeout_at(end, worker.ask(id, &line)).await else {
            return Err(timed_out(limit, &worker.end()));
        };
        let (answer, noise) = asked?;
        self.lock().push(worker);
        let mut read = reply(&answer)?;
        read.warnings.extend(noise);
        Ok(read)
    }

    /// A worker that waits for a question. One that ended meanwhile is no finding about the next question.
    fn idle(&self) -> Option<Worker> {
        loop {
            let mut worker = self.lock().pop()?;
            if worker.is_alive() {
                return Some(worker);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn once(&self, request: &ChatRequest, limit: Duration) -> Result<ChatReply, Failure> {
        let (mut process, mut stdin, mut stdout) = Process::start(&Launch::of(&self.process), &self.app.env)?;
        let line = question(1, request);
        let mut out = Vec::new();
        let talk = async {
            let write = async move {
                // A program may answer without reading the question; a broken pipe is no failure.
                drop(stdin.write_all(line.as_bytes()).await);
                drop(stdin);
                Ok(())
            };
            let read = async {
                let whole = read_all(&mut stdout, &mut out, MOST_BYTES).await;
                if matches!(whole, Ok(false)) {
                    return Err(malformed(format!("the program writes more than {MOST_BYTES} bytes")));
                }
                whole.map(drop).map_err(|error| broken(format!("the program's output cannot be read: {error}")))
            };
            // What the program leaves behind is killed with its end, and would else keep the pipe open.
            let end = async {
                let status = process.ended().await;
                status.map_err(|error| broken(format!("the program's end cannot be told: {error}")))
            };
            let ((), (), status) = tokio::try_join!(write, read, end)?;
            Ok::<_, Failure>(status)
        };
        let talked = tokio::select! {
            biased;
            talked = talk => Some(talked),
            () = tokio::time::sleep(limit) => None,
        };
        let Some(status) = talked else {
            process.kill();
            return Err(timed_out(limit, &process.words()));
        };
        let status = status?;
        let stderr = process.last_words().await;
        self.read(&out, status, &stderr)
    }

    fn read(&self, out: &[u8], status: std::process::ExitStatus, stderr: &str) -> Result<ChatReply, Failure> {
        let text = String::from_utf8_lossy(out);
        if self.process.reply == ProcessReply::Text {
            if !status.success() {
                return Err(broken(format!("the program ended with {status}{}", told(stderr))));
            }
            let text = text.strip_suffix('\n').unwrap_or(&text);
            return Ok(ChatReply::of_text(text.strip_suffix('\r').unwrap_or(text)));
        }
        // An error that the program reports itself says more than its exit code.
        let answer = match serde_json::from_str::<Value>(text.trim()) {
            Ok(Value::Object(answer)) => Some(answer),
            _ => text.trim().lines().next_back().and_then(|last| match serde_json::from_str(last) {
                Ok(Value::Object(answer)) => Some(answer),
                _ => None,
            }),
        };
        match answer {
            Some(answer) if status.success() || answer.contains_key("error") => reply(&answer),
            _ if !status.success() => Err(broken(format!("the program ended with {status}{}", told(stderr)))),
            _ if text.trim().is_empty() => {
                Err(malformed(format!("the program wrote nothing to stdout{}", told(stderr))))
            }
            _ => Err(malformed(format!(
                "the program's output is not a JSON object: {}; write `reply: text` to take it as the answer",
                beginning(text.trim())
            ))),
        }
    }
}

//! Programs that judge outputs: a question as one line, an answer as one line or as all that they write.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::super::app::{beginning, one_line};
use super::lines::{Line, next_line, read_all};
use super::process::{Launch, Process};
use crate::base::format_duration;
use crate::record::{CheckProgram, PythonCode};

/// Runs a function in Python as a worker.
const BOOTSTRAP: &str = include_str!("check.py");

/// Most bytes of one answer.
const MOST_BYTES: usize = 1024 * 1024;

/// Characters of the end of stderr that are told.
const TOLD: usize = 240;

/// A program that judges, in a run. There are never more processes of it than `slots` at once.
#[derive(Debug)]
pub(in crate::provider) struct Judge {
    program: Arc<CheckProgram>,
    launch: Launch,
    env: Vec<(String, String)>,
    slots: Semaphore,
    idle: Mutex<Vec<Worker>>,
    /// Why it cannot be started or loaded: every further try would fail the same way.
    unfit: OnceLock<String>,
}

/// Why there is no answer.
enum Fault {
    /// The process is gone: another one may answer.
    Ended(String),
    /// It said something else, or nothing in time.
    Wrong(String),
    /// No process will ever answer.
    Unfit(String),
}

/// What was said to a question.
enum Said {
    /// An answer with the question's id: whoever gives it can be asked again.
    Stays(Result<Value, String>),
    /// All that the program wrote up to its end.
    Ended(Value),
}

impl Judge {
    /// A program with its environment. Nothing is started.
    pub(in crate::provider) fn new(program: Arc<CheckProgram>, env: Vec<(String, String)>, slots: usize) -> Judge {
        let mut launch = Launch::of_command(&program.command, &program.folder);
        if program.python.is_some() {
            launch.arguments.extend(["-u", "-c", BOOTSTRAP].map(str::to_owned));
            launch.interprets = true;
        }
        Judge {
            program,
            launch,
            env,
            slots: Semaphore::new(slots.max(1)),
            idle: Mutex::default(),
            unfit: OnceLock::new(),
        }
    }

    /// The answer to a question. Dropping this kills the process that was asked.
    pub(in crate::provider) async fn ask(&self, question: &Map<String, Value>) -> Result<Value, String> {
        let Ok(_slot) = self.slots.acquire().await else { return Err("internal error: nobody starts programs".into()) };
        let answered = match self.ask_once(question).await {
            // Whatever ended it may not be there a second time.
            Err(Fault::Ended(_)) => self.ask_once(question).await,
            answered => answered,
        };
        answered.map_err(|fault| self.told(fault))
    }

    fn told(&self, fault: Fault) -> String {
        match fault {
            Fault::Ended(why) => format!("{why}; it was started twice for this"),
            Fault::Wrong(why) => why,
            Fault::Unfit(why) => self.unfit.get_or_init(|| why).clone(),
        }
    }

    async fn ask_once(&self, question: &Map<String, Value>) -> Result<Value, Fault> {
        if let Some(why) = self.unfit.get() {
            return Err(Fault::Unfit(why.clone()));
        }
        let limit = self.program.timeout;
        // A limit beyond the clock is none.
        let end = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        let mut worker = match self.idle() {
            Some(worker) => worker,
            None => Worker::start(&self.launch, &self.env)?,
        };
        let asked = timeout_at(end, worker.judge(&self.program, question)).await;
        match asked {
            Err(_) => {
                worker.process.kill();
                let hint = match &worker.heard {
                    None => "; an answer is one line on stdout, which must be flushed".to_owned(),
                    Some(heard) => {
                        format!("; it wrote {heard} without the question's `id`, and did not end when its input did")
                    }
                };
                let time = format_duration(limit);
                Err(Fault::Wrong(format!("it took longer than {time} and was stopped{hint}{}", worker.words())))
            }
            Ok(Ok(Said::Stays(answer))) => {
                self.lock().push(worker);
                answer.map_err(Fault::Wrong)
            }
            Ok(Ok(Said::Ended(answer))) => Ok(answer),
            Ok(Err(fault)) => Err(fault),
        }
    }

    /// A process that waits for a question. One that ended meanwhile is no finding about the next question.
    fn idle(&self) -> Option<Worker> {
        loop {
            let mut worker = self.lock().pop()?;
            if !worker.process.has_ended() {
                return Some(worker);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A process. Whoever asks it owns it: one that is not given back is killed.
#[derive(Debug)]
struct Worker {
    process: Process,
    /// `None` once its end was told.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    questions: u64,
    /// The beginning of what it wrote to the question under way.
    heard: Option<String>,
}

impl Worker {
    fn start(launch: &Launch, env: &[(String, String)]) -> Result<Worker, Fault> {
        let (process, stdin, stdout) =
            Process::start(launch, env).map_err(|failure| Fault::Unfit(failure.error.message))?;
        Ok(Worker { process, stdin: Some(stdin), stdout: BufReader::new(stdout), questions: 0, heard: None })
    }

    async fn judge(&mut self, program: &CheckProgram, question: &Map<String, Value>) -> Result<Said, Fault> {
        if let Some(code) = program.python.as_ref().filter(|_| self.questions == 0) {
            self.load(code).await?;
        }
        self.questions += 1;
        self.heard = None;
        let id = Value::from(self.questions);
        let mut asked = question.clone();
        asked.insert("id".to_owned(), id.clone());
        let line = format!("{}\n", Value::Object(asked));
        let first = self.exchange(&line, program.once).await?;
        let repeated = |answer: &Value| answer.get("id").cloned();
        match serde_json::from_slice::<Value>(&first) {
            Ok(answer) if repeated(&answer).as_ref() == Some(&id) && !program.once => {
                Ok(Said::Stays(if program.python.is_some() { unwrapped(answer) } else { Ok(answer) }))
            }
            Ok(answer) if repeated(&answer).is_some_and(|other| other != id) => {
                let shown = beginning(&String::from_utf8_lossy(&first));
                Err(Fault::Wrong(format!("it answers another question than {id}: {shown}")))
            }
            _ => self.rest(first).await.map(Said::Ended),
        }
    }

    /// Hands the code over, and hears whether it could be loaded.
    async fn load(&mut self, code: &PythonCode) -> Result<(), Fault> {
        let line = format!("{}\n", json!({"file": code.file, "code": code.code, "function": code.function}));
        let hello = self.exchange(&line, false).await?;
        match serde_json::from_slice::<Value>(&hello) {
            Ok(hello) if hello.get("karat").is_some() => match hello.get("failed").and_then(Value::as_str) {
                Some(why) => Err(Fault::Unfit(format!("it cannot be loaded: {why}"))),
                None => Ok(()),
            },
            _ => {
                let shown = beginning(&String::from_utf8_lossy(&hello));
                Err(Fault::Unfit(format!("the interpreter of `command` is none of Python 3: it says {shown}")))
            }
        }
    }

    /// Writes a line and reads the next one that is not empty. Both at once: a program may write before it has read all.
    async fn exchange(&mut self, line: &str, is_last: bool) -> Result<Vec<u8>, Fault> {
        let Worker { process, stdin, stdout, heard, .. } = self;
        let write = async {
            let Some(pipe) = stdin.as_mut() else { return };
            // A program may answer without reading the question; one that is gone tells so by its end.
            if pipe.write_all(line.as_bytes()).await.is_ok() {
                pipe.flush().await.ok();
            }
            if is_last {
                *stdin = None;
            }
        };
        let read = async {
            loop {
                let mut line = Vec::new();
                match next_line(stdout, &mut line, MOST_BYTES).await {
                    Ok(Line::Read) if line.iter().all(u8::is_ascii_whitespace) => {}
                    Ok(Line::Read) => {
                        *heard = Some(beginning(&String::from_utf8_lossy(&line)));
                        return Ok(line);
                    }
                    Ok(Line::TooLong) => {
                        process.kill();
                        return Err(Fault::Wrong(format!("it writes more than {MOST_BYTES} bytes")));
                    }
                    Ok(Line::End) | Err(_) => return Err(gone(process).await),
                }
            }
        };
        // A process that is gone reads nothing more: its end is enough.
        tokio::pin!(write);
        tokio::pin!(read);
        tokio::select! {
            read = &mut read => read,
            () = &mut write => read.await,
        }
    }

    /// The answer of a program that does not repeat the id: it is trusted when it ends well and has said nothing else.
    /// More lines of a process that stays could be taken for answers to later questions.
    async fn rest(&mut self, first: Vec<u8>) -> Result<Value, Fault> {
        self.stdin = None;
        let mut text = first;
        text.push(b'\n');
        let whole = read_all(&mut self.stdout, &mut text, MOST_BYTES).await;
        if !matches!(whole, Ok(true)) {
            self.process.kill();
            return Err(Fault::Wrong(format!("it writes more than {MOST_BYTES} bytes")));
        }
        let status = self.process.ended().await;
        let text = String::from_utf8_lossy(&text);
        let shown = beginning(text.trim());
        match status {
            Ok(status) if status.success() => serde_json::from_str(text.trim()).map_err(|_| {
                let hint = "messages belong on stderr";
                Fault::Wrong(format!("what it wrote is not one answer in JSON: {shown}; {hint}"))
            }),
            Ok(status) => {
                let words = self.process.last_words().await;
                Err(Fault::Ended(format!("it ended with {status} after {shown}{}", stderr(&words))))
            }
            Err(error) => Err(Fault::Wrong(format!("its end cannot be told: {error}"))),
        }
    }

    fn words(&self) -> String {
        stderr(&self.process.words())
    }
}

/// The process has ended without an answer.
async fn gone(process: &mut Process) -> Fault {
    let status = process.ended().await.map_or_else(|error| error.to_string(), |status| status.to_string());
    let words = process.last_words().await;
    Fault::Ended(format!("it ended ({status}) without an answer{}", stderr(&words)))
}

/// The answer of the bootstrap: what the function returned, or its own word on why there is nothing.
fn unwrapped(mut answer: Value) -> Result<Value, String> {
    match answer.get_mut("answer") {
        Some(inner) => Ok(inner.take()),
        None => Err(answer.get("error").and_then(Value::as_str).unwrap_or("it gave no answer").to_owned()),
    }
}

/// The end of what a program wrote to stderr, for a message.
fn stderr(words: &str) -> String {
    let line = one_line(words);
    let total = line.chars().count();
    if total == 0 {
        return String::new();
    }
    let end: String = line.chars().skip(total.saturating_sub(TOLD)).collect();
    let cut = if total > TOLD { "…" } else { "" };
    format!("; stderr ends: {cut}{end}")
}

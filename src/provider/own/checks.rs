//! Programs and addresses that judge outputs, for as long as a run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::super::cassette::CassetteError;
use super::super::exec::Judge;
use super::super::side_shelf::{SideShelf, beginning};
use super::hook;
use crate::base::{Clock, Digest, DigestBuilder, ModelRef, Redactor, Secret};
use crate::net::Transport;
use crate::record::{CheckHook, CheckProgram};

/// What own checks get.
pub struct OwnCheckOptions {
    /// Variables that every program gets, with their values.
    pub common: Vec<(String, String)>,
    /// Variables that checks name, with their values: secrets, kept out of all answers, unless they are common.
    pub named: HashMap<String, Secret>,
    /// What carries questions to addresses; `None` in a replay, where nothing leaves this machine.
    pub transport: Option<Arc<dyn Transport>>,
    /// The folder of the cassettes, which a replay answers from.
    pub cassettes: PathBuf,
    /// Paths in messages are relative to this folder.
    pub root: PathBuf,
    /// Whether answers of addresses are kept for replays.
    pub records: bool,
    /// Tells when a server may be asked again.
    pub clock: Arc<dyn Clock>,
    /// Processes of one program at once.
    pub processes: usize,
}

/// Programs and addresses that judge outputs. Dropping it ends all processes.
pub struct OwnChecks {
    options: OwnCheckOptions,
    redactor: Redactor,
    judges: Mutex<HashMap<Digest, Arc<Judge>>>,
    answers: SideShelf<Value>,
}

impl OwnChecks {
    /// Nothing is started.
    pub fn new(options: OwnCheckOptions) -> OwnChecks {
        // What everybody gets is no secret, even where a check names it.
        let is_common = |name: &String| options.common.iter().any(|(common, _)| common == name);
        let secrets = options.named.iter().filter(|(name, _)| !is_common(name)).map(|(_, secret)| secret);
        let redactor = Redactor::new(secrets);
        let answers = SideShelf::new(&options.cassettes, &options.root, "webhook/answers.jsonl", "answer");
        OwnChecks { options, redactor, judges: Mutex::default(), answers }
    }

    /// The answer of a program. Its processes stay for further questions; dropping the future kills the one that was
    /// asked.
    ///
    /// # Errors
    /// What it did instead of answering, without secrets.
    pub async fn run(&self, program: &Arc<CheckProgram>, question: Value) -> Result<Value, String> {
        let judge = self.judge(program);
        self.cleaned(judge.ask(&object(question)).await)
    }

    /// The answer of an address: a recorded one in a replay.
    ///
    /// # Errors
    /// Why there is none, without secrets.
    pub async fn post(&self, hook: &CheckHook, question: &Value) -> Result<Value, String> {
        let asked = identity(hook, question);
        let about = question.get("output").and_then(Value::as_str).unwrap_or_default();
        let Some(transport) = &self.options.transport else {
            let kept = match &asked {
                Some((whom, digest)) => self.answers.look(whom, *digest)?,
                None => None,
            };
            let missing = || self.answers.missing(&format!("`{}` of `{}`", beginning(about), hook.url));
            return kept.ok_or_else(|| format!("a replay asks no addresses, and there is {}", missing()));
        };
        let value_of = |name: &str| self.options.named.get(name).cloned();
        let said = hook::post(hook, question, value_of, &**transport, &*self.options.clock).await;
        let answer = self.cleaned(said);
        if let (true, Ok(answer), Some((whom, digest))) = (self.options.records, &answer, asked) {
            self.answers.record(&whom, digest, about, answer.clone());
        }
        answer
    }

    /// Writes what was recorded.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn finish(&self, redactor: &Redactor) -> Result<(), CassetteError> {
        self.answers.finish(redactor).map(drop)
    }

    fn judge(&self, program: &Arc<CheckProgram>) -> Arc<Judge> {
        let mut judges = self.judges.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let named = program
                .env
                .iter()
                .filter_map(|name| Some((name.clone(), self.options.named.get(name)?.expose().to_owned())));
            let common = self.options.common.iter().cloned();
            Arc::new(Judge::new(Arc::clone(program), common.chain(named).collect(), self.options.processes))
        };
        Arc::clone(judges.entry(program.key).or_insert_with(start))
    }

    /// What was said, without the secrets that whoever said it was given.
    fn cleaned(&self, said: Result<Value, String>) -> Result<Value, String> {
        match said {
            Ok(mut answer) => {
                self.clean(&mut answer);
                Ok(answer)
            }
            Err(why) => Err(self.redactor.clean(&why).into_owned()),
        }
    }

    fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.redactor.clean(text).into_owned(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.clean(item)),
            Value::Object(entries) => {
                *entries = std::mem::take(entries)
                    .into_iter()
                    .map(|(key, mut value)| {
                        self.clean(&mut value);
                        (self.redactor.clean(&key).into_owned(), value)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whom an address is among recorded answers, and the digest of what it is asked: without what differs each time.
fn identity(hook: &CheckHook, question: &Value) -> Option<(ModelRef, Digest)> {
    let mut asked = question.clone();
    if let Some(context) = asked.get_mut("context").and_then(Value::as_object_mut) {
        context.retain(|key, _| key != "latency_ms" && key != "cost_usd");
    }
    let mut headers: Vec<(&str, &str)> =
        hook.headers.iter().map(|(name, value)| (name.as_str(), value.written())).collect();
    headers.sort_unstable();
    let digest = DigestBuilder::new("webhook question").json(&json!(headers)).json(&asked).finish();
    Some((ModelRef::parse(&format!("webhook/{}", hook.url)).ok()?, digest))
}

fn object(question: Value) -> Map<String, Value> {
    match question {
        Value::Object(question) => question,
        other => Map::from_iter([("output".to_owned(), other)]),
    }
}

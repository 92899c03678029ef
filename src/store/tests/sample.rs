//! Records for tests, and a shortcut to write them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use serde_json::json;

use crate::base::{CaseId, Digest, Millis, ModelRef, Ratio, Redactor, RunId, SafeName, Timestamp, Usd};
use crate::record::{
    CallError, CallRecord, CallSource, Case, ChatReply, ChatRequest, ErrorKind, GitFacts, Message, Outcome,
    OutputFormat, Params, Role, RunHeader, RunKind, RunStatus, Score, ScoreState, SuiteRecord, ToolChoice, TrialKey,
    TrialRecord, Usage, VariantRecord, Warning,
};
use crate::store::{Access, Store, Writer, WriterEvent};

pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }
    pub(super) fn db(&self) -> PathBuf {
        self.0.path().join(".karat/karat.db")
    }
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
    pub(super) fn store(&self) -> Store {
        Store::open(&self.db(), Access::Write).unwrap()
    }
    /// A store with an empty run `name`.
    pub(super) fn with_run(&self, name: &str) -> (Store, RunId) {
        let store = self.store();
        let run = begin(&store, name);
        (store, run)
    }
}

pub(super) fn run_id(name: &str) -> RunId {
    RunId::parse(name).unwrap()
}

pub(super) fn name(text: &str) -> SafeName {
    SafeName::parse(text).unwrap()
}

pub(super) fn begin(store: &Store, name: &str) -> RunId {
    let header = header(name, 1_000);
    store.begin_run(&header, &suites(), &variants()).unwrap();
    header.id
}

pub(super) fn header(name: &str, started: i64) -> RunHeader {
    RunHeader {
        id: run_id(name),
        kind: RunKind::Eval,
        status: RunStatus::Running,
        karat_version: "0.1.0".to_owned(),
        seed: u64::MAX,
        git: Some(GitFacts { commit: "abc".to_owned(), branch: None, dirty: true }),
        started: Timestamp(started),
        ended: None,
        planned: 12,
        options: json!({"suites": ["é"]}),
        calls: "live".to_owned(),
    }
}

pub(super) fn suites() -> Vec<SuiteRecord> {
    let suite = |word: &str| SuiteRecord {
        name: name(word),
        path: format!("evals/{word}.yaml"),
        digest: Digest::of_bytes(word.as_bytes()),
        cases: 6,
        repeat: 4,
        goal: json!({"pass_rate": ">= 0.9"}),
        verdict: None,
    };
    vec![suite("zeta"), suite("alpha")]
}

pub(super) fn variants() -> Vec<VariantRecord> {
    let variant = |word: &str| VariantRecord {
        digest: Digest::of_bytes(word.as_bytes()),
        prompt: "p@1.0.0".to_owned(),
        prompt_digest: Digest::of_bytes(b"p"),
        model: ModelRef::parse(&format!("openai/{word}")).unwrap(),
        params: json!({"temperature": 0.5}),
    };
    vec![variant("gpt-b"), variant("gpt-a")]
}

pub(super) fn case(id: &str) -> Case {
    let mut vars = serde_json::Map::new();
    vars.insert("z".to_owned(), json!("code of é"));
    vars.insert("a".to_owned(), json!([1, 2.5, null]));
    Case {
        id: CaseId::parse(id).unwrap(),
        digest: Digest::of_bytes(id.as_bytes()),
        vars,
        expected: Some(json!({"severity": "high"})),
        context: vec!["passage".to_owned()],
        tags: vec!["security".to_owned()],
        group: Some("sql".to_owned()),
        weight: 2.0,
    }
}

pub(super) fn reply(text: &str) -> ChatReply {
    ChatReply {
        usage: Some(Usage { reasoning: Some(5), cache_read: Some(0), ..Usage::plain(120, 30) }),
        model: Some("gpt-b-2026".to_owned()),
        warnings: vec![Warning { param: "seed".to_owned(), action: "dropped".to_owned(), reason: "no".to_owned() }],
        ..ChatReply::of_text(text)
    }
}

pub(super) fn call(key: &str, started: i64) -> CallRecord {
    CallRecord {
        written: None,
        cache_key: Digest::of_bytes(key.as_bytes()),
        model: ModelRef::parse("openai/gpt-b").unwrap(),
        request: ChatRequest {
            model: "gpt-b".to_owned(),
            messages: vec![Message::text(Role::User, format!("ask {key}"))],
            params: Params::default(),
            output: OutputFormat::Text,
            tools: Vec::new(),
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        },
        reply: Ok(reply(&format!("reply to {key} 🎉"))),
        source: CallSource::Live,
        latency_ms: Millis(812),
        attempts: 2,
        waited_ms: Millis(40),
        started: Timestamp(started),
        cost: Some(Usd::from_picos(1_500)),
        possible_double_charge: true,
        semantic: None,
        hedges: 0,
        answered_by: None,
        route: None,
    }
}

pub(super) fn failed_call(key: &str, started: i64) -> CallRecord {
    let error = CallError {
        kind: ErrorKind::RateLimited,
        message: "too many requests".to_owned(),
        status: Some(429),
        request_id: Some("req_1".to_owned()),
    };
    CallRecord { reply: Err(error), cost: None, ..call(key, started) }
}

pub(super) fn scores() -> Vec<Score> {
    let score = |name: &str, state| Score {
        name: name.to_owned(),
        check: "contains".to_owned(),
        version: 3,
        weight: 1.5,
        state,
        reason: format!("saw {name} ✓"),
        details: None,
    };
    vec![
        score("one", ScoreState::Scored { value: Ratio::new(0.25).unwrap(), passed: false }),
        score("two", ScoreState::Ungraded),
        score("three", ScoreState::NotApplicable),
    ]
}

/// Trial number `ordinal` of suite `zeta`, with a live call.
pub(super) fn trial(ordinal: u64) -> TrialRecord {
    let case = case(&format!("case {ordinal}"));
    let variant = variants()[0].digest;
    TrialRecord {
        key: TrialKey::new(&name("zeta"), &variant, &case, 0),
        ordinal,
        suite: name("zeta"),
        variant,
        case: Arc::new(case),
        repeat: 0,
        outcome: Outcome::Pass,
        score: Some(Ratio::new(0.75).unwrap()),
        scores: scores(),
        note: None,
        call: Some(call(&format!("key {ordinal}"), 5_000 + i64::try_from(ordinal).unwrap())),
        judging: Vec::new(),
        wall_ms: Millis(900),
    }
}

/// The same trial with two calls of judges, the first for 40 picodollars, the second for 2.
pub(super) fn judged(ordinal: u64) -> TrialRecord {
    let judging = vec![call(&format!("judge {ordinal}"), 40), call(&format!("again {ordinal}"), 2)];
    let mut judged = TrialRecord { judging, ..trial(ordinal) };
    judged.scores[1].details = Some(serde_json::json!({"votes": [1, "ä"]}));
    judged
}

/// The same trial after its call failed.
pub(super) fn errored(ordinal: u64) -> TrialRecord {
    TrialRecord {
        outcome: Outcome::Error,
        score: None,
        scores: Vec::new(),
        note: Some("rate limited".to_owned()),
        call: Some(failed_call(&format!("key {ordinal}"), 4_000)),
        ..trial(ordinal)
    }
}

pub(super) fn skipped(ordinal: u64) -> TrialRecord {
    TrialRecord {
        outcome: Outcome::Skipped,
        score: None,
        scores: Vec::new(),
        note: Some("skipped by the suite".to_owned()),
        call: None,
        ..trial(ordinal)
    }
}

/// A writer and what it says.
pub(super) fn writer(store: &Store, run: &RunId, redactor: Redactor) -> (Writer, Receiver<WriterEvent>) {
    let (sender, receiver) = channel();
    let on_event = move |event| sender.send(event).unwrap_or_default();
    (store.writer(run, redactor, on_event).unwrap(), receiver)
}

/// Writes the trials and waits until they are durable.
pub(super) fn write(store: &Store, run: &RunId, trials: impl IntoIterator<Item = TrialRecord>) {
    let (writer, _events) = writer(store, run, Redactor::default());
    for trial in trials {
        writer.send_blocking(Box::new(trial)).unwrap();
    }
    writer.close().unwrap();
}

/// The result of a query on the file itself, past the store.
pub(super) fn raw(path: &Path, query: &str) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
}

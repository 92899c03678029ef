//! One tiny call to each model, all at once.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::advice::advice;
use crate::base::{Millis, ModelRef, Tokens, Usd};
use crate::provider::{Ask, Caller, Spend};
use crate::record::{
    CallError, CallRecord, ChatRequest, EmbeddingModel, EmbeddingParams, ErrorKind, Finish, Message, OutputFormat,
    Params, Role, ToolChoice,
};

/// What is asked.
const QUESTION: &str = "Reply with the word OK.";

/// Tokens that an answer may have, and those of a model that thinks before it answers.
const FEW: u32 = 16;
const THOUGHTFUL: u32 = 1_000;

/// How a model is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PingKind {
    /// A question.
    Chat,
    /// A text whose vector is wanted.
    Embedding,
    /// Two documents that are to be ranked.
    Rerank,
    /// A text that is to be judged.
    Moderation,
}

/// A model to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Who.
    pub model: ModelRef,
    /// How.
    pub kind: PingKind,
    /// Variable of its provider's key, if one is known.
    pub key: Option<String>,
    /// Whether it thinks before it answers.
    pub thinks: bool,
    /// What is asked of an embedding model besides the text.
    pub params: EmbeddingParams,
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PingState {
    /// It answered.
    Pass,
    /// It did not.
    Fail,
    /// It cannot be called as it is set up.
    NotCallable,
}

impl PingState {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            PingState::Pass => "pass",
            PingState::Fail => "fail",
            PingState::NotCallable => "not callable",
        }
    }
}

/// What is known of a model after its call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ping {
    /// Who was asked.
    pub model: ModelRef,
    /// How.
    pub kind: PingKind,
    /// What came of it.
    pub state: PingState,
    /// Whether the server was reached; `null` when that is not known.
    pub reachable: Option<bool>,
    /// Whether the key was taken; `null` when that is not known.
    pub authorized: Option<bool>,
    /// From sending to the last byte.
    pub latency_ms: Option<Millis>,
    /// To the first visible text of a stream.
    pub first_token_ms: Option<Millis>,
    /// Tokens in.
    pub input_tokens: Option<Tokens>,
    /// Tokens out, thinking included.
    pub output_tokens: Option<Tokens>,
    /// What it cost; `null` is unknown.
    pub cost_usd: Option<Usd>,
    /// The model that answered, as the provider names it.
    pub answered_by: Option<String>,
    /// Class of the failure.
    pub error: Option<ErrorKind>,
    /// What happened, or what is worth to know of the answer.
    pub message: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Ping {
    fn of(target: &Target, state: PingState) -> Ping {
        Ping {
            model: target.model.clone(),
            kind: target.kind,
            state,
            reachable: None,
            authorized: None,
            latency_ms: None,
            first_token_ms: None,
            input_tokens: None,
            output_tokens: None,
            cost_usd: None,
            answered_by: None,
            error: None,
            message: None,
            fix: None,
        }
    }

    /// Whether this failure says nothing about the model itself: nobody was reached, or nobody answered in time.
    pub fn says_nothing(&self) -> bool {
        matches!(self.error, Some(ErrorKind::Network | ErrorKind::Timeout | ErrorKind::CircuitOpen))
    }
}

/// The question to a model.
pub fn chat_request(target: &Target) -> ChatRequest {
    let most = if target.thinks { THOUGHTFUL } else { FEW };
    ChatRequest {
        vars: None,
        messages: vec![Message::text(Role::User, QUESTION)],
        model: target.model.model.clone(),
        output: OutputFormat::Text,
        parallel_tools: None,
        params: Params { max_tokens: Some(most), ..Params::default() },
        prediction: None,
        tool_choice: ToolChoice::Auto,
        tools: Vec::new(),
    }
}

/// Calls all targets at once, each for at most `timeout`; one result per target, in their order.
pub async fn ping_all(caller: &Caller, targets: &[Target], timeout: Duration, stop: &CancellationToken) -> Vec<Ping> {
    join_all(targets.iter().map(|target| ping(caller, target, timeout, stop))).await
}

async fn ping(caller: &Caller, target: &Target, timeout: Duration, stop: &CancellationToken) -> Ping {
    let callable = match target.kind {
        PingKind::Chat => caller.can_chat(&target.model),
        PingKind::Embedding => caller.can_embed(&embedding_model(target)),
        PingKind::Rerank => caller.can_rerank(&target.model),
        PingKind::Moderation => caller.can_moderate(&target.model),
    };
    if let Err(problem) = callable {
        let mut ping = Ping::of(target, PingState::NotCallable);
        ping.message = Some(problem.message.clone());
        ping.fix = problem.help.clone();
        return ping;
    }
    let own = stop.child_token();
    let called = async {
        match target.kind {
            PingKind::Chat => chat(caller, target, &own).await,
            PingKind::Embedding | PingKind::Rerank | PingKind::Moderation => aside(caller, target, &own).await,
        }
    };
    match tokio::time::timeout(timeout, called).await {
        Ok(ping) => ping,
        Err(_) => {
            let message = format!("no answer within {}", crate::base::format_duration(timeout));
            let error = CallError { kind: ErrorKind::Timeout, message, status: None, request_id: None };
            failed(target, &error)
        }
    }
}

async fn chat(caller: &Caller, target: &Target, stop: &CancellationToken) -> Ping {
    let ask = Ask {
        model: &target.model,
        request: chat_request(target),
        repeat: 0,
        label: "smoke/providers",
        turn: 0,
        alike: false,
        aside: None,
    };
    let record: CallRecord = *caller.call(ask, stop).await;
    let spent = record.spent();
    let reply = match record.reply {
        Ok(reply) => reply,
        Err(error) => return failed(target, &error),
    };
    let usage = reply.usage;
    let cut = (reply.text.trim().is_empty() && matches!(reply.finish, Finish::Length | Finish::ContextFull))
        .then(|| "it answered, but thought to the limit without a word".to_owned());
    Ping {
        reachable: Some(true),
        authorized: Some(true),
        latency_ms: Some(record.latency_ms),
        first_token_ms: reply.stream.and_then(|times| times.first_token_ms),
        input_tokens: usage.and_then(|usage| usage.total_input()),
        output_tokens: usage.and_then(|usage| usage.total_output()),
        cost_usd: spent,
        answered_by: reply.model,
        message: cut,
        ..Ping::of(target, PingState::Pass)
    }
}

fn embedding_model(target: &Target) -> EmbeddingModel {
    EmbeddingModel { model: target.model.clone(), params: target.params }
}

/// Everything that is no chat.
async fn aside(caller: &Caller, target: &Target, stop: &CancellationToken) -> Ping {
    let mut spend = Spend::default();
    let began = Instant::now();
    let texts = ["OK".to_owned(), "No".to_owned()];
    let told = match target.kind {
        PingKind::Rerank => {
            let ranked = caller.rerank(&target.model, "OK", &texts, None, &mut spend, stop).await;
            ranked.map(|ranked| format!("{} documents ranked", ranked.scores.len()))
        }
        PingKind::Moderation => {
            let judged = caller.moderate(&target.model, &texts, &mut spend, stop).await;
            judged.map(|judged| format!("{} texts judged", judged.len()))
        }
        PingKind::Chat | PingKind::Embedding => {
            let vectors = caller.embed(&embedding_model(target), &texts, &mut spend, stop).await;
            vectors.map(|vectors| format!("vectors of {} numbers", vectors.first().map_or(0, Vec::len)))
        }
    };
    match told {
        Ok(message) => Ping {
            reachable: Some(true),
            authorized: Some(true),
            latency_ms: Some(Millis::of(began.elapsed())),
            cost_usd: (spend.unknown_calls == 0).then_some(spend.known),
            message: Some(message),
            ..Ping::of(target, PingState::Pass)
        },
        Err(error) => failed(target, &error),
    }
}

fn failed(target: &Target, error: &CallError) -> Ping {
    let (reachable, authorized) = match error.kind {
        ErrorKind::Network | ErrorKind::CircuitOpen => (Some(false), None),
        ErrorKind::Timeout
        | ErrorKind::Cancelled
        | ErrorKind::Refused
        | ErrorKind::NotRecorded
        | ErrorKind::Pending => (None, None),
        ErrorKind::Auth => (Some(true), Some(false)),
        // An error of the server or one that is not of its API may come before any look at the key.
        ErrorKind::NotFound | ErrorKind::Overloaded | ErrorKind::Server | ErrorKind::Malformed => (Some(true), None),
        ErrorKind::RateLimited
        | ErrorKind::QuotaExhausted
        | ErrorKind::BadRequest
        | ErrorKind::ContextLength
        | ErrorKind::Filtered => (Some(true), Some(true)),
    };
    Ping {
        reachable,
        authorized,
        error: Some(error.kind),
        message: Some(error.message.clone()),
        fix: Some(advice(error.kind, &target.model, target.key.as_deref())),
        ..Ping::of(target, PingState::Fail)
    }
}

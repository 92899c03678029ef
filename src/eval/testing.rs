//! Values for the tests of this room.

use crate::base::{Digest, Millis, ModelRef, Timestamp, Usd};
use crate::record::{
    CallError, CallRecord, CallSource, ChatReply, ChatRequest, ErrorKind, OutputFormat, Params, ToolChoice,
};

/// An error of this kind.
pub(super) fn error_of(kind: ErrorKind) -> CallError {
    CallError { kind, message: format!("it failed: {}", kind.word()), status: None, request_id: None }
}

/// A live call that ended so.
pub(super) fn call_with(reply: Result<ChatReply, CallError>) -> CallRecord {
    CallRecord {
        written: None,
        cache_key: Digest::of_bytes(b"key"),
        model: ModelRef::parse("openai/gpt-5.4-mini").expect("model"),
        request: ChatRequest {
            model: "gpt-5.4-mini".to_owned(),
            messages: Vec::new(),
            params: Params::default(),
            output: OutputFormat::Text,
            tools: Vec::new(),
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        },
        reply,
        source: CallSource::Live,
        latency_ms: Millis(7),
        attempts: 1,
        waited_ms: Millis(0),
        started: Timestamp(0),
        cost: Some(Usd::ZERO),
        possible_double_charge: false,
        semantic: None,
        hedges: 0,
        answered_by: None,
        route: None,
    }
}

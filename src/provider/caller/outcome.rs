//! Answers and records that need no call.

use std::time::Duration;

use super::super::route::{Answer, stopped};
use super::Ask;
use crate::base::{Digest, Millis, Timestamp};
use crate::record::{CachedReply, CallError, CallRecord, CallSource, ErrorKind};

pub(super) fn answer_of(kept: CachedReply) -> Answer {
    Answer { reply: Ok(Box::new(kept.reply)), latency: kept.latency_ms.to_duration(), cost: kept.cost, ..nothing() }
}

pub(super) fn nothing() -> Answer {
    Answer {
        reply: Err(stopped()),
        latency: Duration::ZERO,
        attempts: 0,
        waited: Duration::ZERO,
        possible_double_charge: false,
        hedges: 0,
        partial: None,
        cost: None,
    }
}

pub(super) fn refused(message: String) -> CallError {
    CallError { kind: ErrorKind::Refused, message, status: None, request_id: None }
}

pub(super) fn failed(
    ask: &Ask<'_>,
    key: Digest,
    source: CallSource,
    error: CallError,
    started: Timestamp,
) -> Box<CallRecord> {
    Box::new(CallRecord {
        written: None,
        cache_key: key,
        model: ask.model.clone(),
        request: ask.request.clone(),
        reply: Err(error),
        source,
        latency_ms: Millis(0),
        attempts: 0,
        waited_ms: Millis(0),
        started,
        cost: None,
        possible_double_charge: false,
        semantic: None,
        hedges: 0,
        answered_by: None,
        route: None,
    })
}

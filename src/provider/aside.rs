//! What the doors besides chat share: the call itself, groups that fit one request, money.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::clean::clean_error;
use super::question::Question;
use super::route::{Answer, Backend, Errand, Route};
use super::side_wire::BatchLimit;
use super::spec::Wire;
use crate::base::{Diagnostic, Digest, Millis, ModelRef, Timestamp, Usd};
use crate::record::{CallError, ChatReply, ErrorKind, Usage};

/// Money spent besides chat: what is known, and the calls of which it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spend {
    /// Known money.
    pub known: Usd,
    /// Calls whose cost is unknown.
    pub unknown_calls: u64,
}

impl Spend {
    /// Adds what was spent elsewhere.
    pub fn plus(&mut self, more: Spend) {
        self.known = self.known.saturating_add(more.known);
        self.unknown_calls = self.unknown_calls.saturating_add(more.unknown_calls);
    }

    pub(super) fn add(&mut self, spent: Option<Usd>) {
        match spent {
            Some(spent) => self.known = self.known.saturating_add(spent),
            None => self.unknown_calls += 1,
        }
    }
}

impl Caller {
    /// Whether a model can be chatted with: its provider is known, has its key, and has chat models. Nothing is called.
    ///
    /// # Errors
    /// A diagnostic without a place; the caller of this knows where the model was named.
    pub fn can_chat(&self, model: &ModelRef) -> Result<(), Box<Diagnostic>> {
        self.knows(model)?;
        if let Some(route) = self.route_of(model) {
            return route.models.iter().try_for_each(|member| self.can_chat(member));
        }
        let wire = self.routes.get(&model.provider).and_then(|route| route.settings.spec.wire);
        if wire.is_none_or(Wire::chats) {
            return Ok(());
        }
        let message = format!("provider `{}` has no chat models", model.provider);
        let help = "its models stand under `embedding:` or `rerank:` in karat.yaml";
        Err(Box::new(Diagnostic::error("no-chat", message).help(help)))
    }

    /// Whether a model can be called, and its provider has what `offers` looks for.
    ///
    /// # Errors
    /// A diagnostic without a place, with the code `no-<what>`.
    pub(super) fn offers(
        &self,
        model: &ModelRef,
        code: &'static str,
        what: &str,
        help: &str,
        offers: impl Fn(&dyn Wire) -> bool,
    ) -> Result<(), Box<Diagnostic>> {
        self.knows(model)?;
        let has_it = self.routes.get(&model.provider).is_some_and(|route| route.settings.spec.wire.is_some_and(offers));
        if has_it {
            return Ok(());
        }
        let message = format!("provider `{}` has no {what}", model.provider);
        Err(Box::new(Diagnostic::error(code, message).help(help)))
    }

    pub(super) fn way_to(&self, model: &ModelRef) -> Result<&Route, CallError> {
        self.routes.get(&model.provider).ok_or_else(|| refused(format!("`{}` is not a provider", model.provider)))
    }

    /// One call with its retries. What it cost is still to be told.
    pub(super) async fn ask_aside<Q: Question>(
        &self,
        model: &ModelRef,
        request: &Q,
        what: &'static str,
        stop: &CancellationToken,
    ) -> Answer<Q::Reply> {
        let nothing = |error| Answer {
            hedges: 0,
            partial: None,
            reply: Err(error),
            latency: Duration::ZERO,
            attempts: 0,
            waited: Duration::ZERO,
            possible_double_charge: false,
            cost: None,
        };
        let route = match self.way_to(model) {
            Ok(route) => route,
            Err(error) => return nothing(error),
        };
        if !matches!(route.backend, Backend::Http(_)) {
            return nothing(refused(format!("provider `{}` has no {what}", model.provider)));
        }
        if let Some(error) = self.known_failure(model) {
            return nothing(error);
        }
        let identity = Digest::of_bytes(what.as_bytes());
        let mut answer = route.answer(Errand { request, label: what, identity: &identity, stop, hasty: false }).await;
        if let Err(error) = &mut answer.reply {
            clean_error(&self.redactor, error);
            if let Some(found) = route.found_secrets() {
                clean_error(&found, error);
            }
            answer.latency = Duration::ZERO;
        }
        tracing::debug!(
            model = %model,
            attempts = answer.attempts,
            latency_ms = Millis::of(answer.latency).0,
            error = answer.reply.as_ref().err().map(|error| error.message.as_str()),
            "{what}"
        );
        answer
    }

    /// What so much usage costs at the price table's rates.
    pub(super) fn price_usage(
        &self,
        model: &ModelRef,
        usage: Option<Usage>,
        reported_cost: Option<Usd>,
        started: Timestamp,
    ) -> Option<Usd> {
        self.price(model, Some(&ChatReply { usage, reported_cost, ..ChatReply::of_text("") }), started)
    }
}

/// Items in groups that fit one request, `bytes` of each counted.
pub(super) fn batches<T>(items: &[T], limit: BatchLimit, bytes: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let (mut start, mut sum) = (0, 0_usize);
    for (at, item) in items.iter().enumerate() {
        let size = bytes(item);
        if at > start && (at - start >= limit.texts || sum.saturating_add(size) > limit.bytes) {
            batches.extend(items.get(start..at));
            (start, sum) = (at, 0);
        }
        sum = sum.saturating_add(size);
    }
    batches.extend(items.get(start..).filter(|rest| !rest.is_empty()));
    batches
}

pub(super) fn refused(message: String) -> CallError {
    CallError { kind: ErrorKind::Refused, message, status: None, request_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_grouped_by_number_and_size_and_none_is_lost() {
        let limit = BatchLimit { texts: 256, bytes: 400_000 };
        let sizes =
            |lengths: &[usize]| batches(lengths, limit, |length| *length).iter().map(|b| b.len()).collect::<Vec<_>>();
        assert!(sizes(&[]).is_empty());
        assert_eq!(sizes(&[1; 600]), [256, 256, 88]);
        assert_eq!(sizes(&[300_000, 100_000, 1, 500_000, 1]), [2, 1, 1, 1]);
    }
}

//! Decides when further calls make no sense: a wrong key, an unknown model, an unreachable provider.

use crate::base::SafeName;
use crate::record::{CallError, CallRecord, ErrorKind};
use foldhash::{HashSet, HashSetExt};

/// What to do with a trial whose call has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It has an outcome: keep it, and whatever was held before.
    Keep,
    /// The provider may be down: hold it until another call answers.
    Hold,
    /// It was cancelled: it has no outcome.
    Discard,
    /// Its answer has not come yet: it has no outcome, and the others go on.
    Later,
    /// No further call can succeed: end the run; trials held or like this one have no outcome.
    Stop(CallError),
}

/// Watches calls end. A failure that a working provider would not give is held back until some call succeeds; when as
/// many fail in a row as are under way at once, the provider is taken to be down.
#[derive(Debug)]
pub(super) struct Health {
    reached: HashSet<SafeName>,
    failing: usize,
    patience: usize,
}

impl Health {
    /// `concurrency` calls may fail in a row before the run ends.
    pub(super) fn new(concurrency: usize) -> Health {
        Health { reached: HashSet::new(), failing: 0, patience: concurrency.max(1) }
    }

    /// Takes note of a call that has ended.
    pub(super) fn observe(&mut self, call: &CallRecord) -> Judgement {
        let Err(error) = &call.reply else {
            return self.answered(call);
        };
        match error.kind {
            ErrorKind::Cancelled => Judgement::Discard,
            ErrorKind::Pending => Judgement::Later,
            ErrorKind::Auth | ErrorKind::NotFound | ErrorKind::QuotaExhausted => Judgement::Stop(error.clone()),
            ErrorKind::Network if !self.reached.contains(&call.model.provider) => Judgement::Stop(error.clone()),
            ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Overloaded
            | ErrorKind::Server
            | ErrorKind::RateLimited
            | ErrorKind::CircuitOpen
            | ErrorKind::Malformed => {
                self.failing += 1;
                if self.failing >= self.patience { Judgement::Stop(self.give_up(error)) } else { Judgement::Hold }
            }
            ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::Filtered => self.answered(call),
            ErrorKind::NotRecorded | ErrorKind::Refused => Judgement::Keep,
        }
    }

    fn answered(&mut self, call: &CallRecord) -> Judgement {
        self.failing = 0;
        self.reached.insert(call.model.provider.clone());
        Judgement::Keep
    }

    fn give_up(&self, last: &CallError) -> CallError {
        let message = format!("{} calls in a row failed, the last one so: {}", self.failing, last.message);
        CallError { message, ..last.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::testing::{call_with, error_of};
    use crate::record::ChatReply;

    fn failed(kind: ErrorKind) -> CallRecord {
        call_with(Err(error_of(kind)))
    }

    fn ok() -> CallRecord {
        call_with(Ok(ChatReply::of_text("hi")))
    }

    #[test]
    fn a_wrong_key_stops_the_run_at_once() {
        let mut health = Health::new(50);
        assert!(matches!(health.observe(&failed(ErrorKind::Auth)), Judgement::Stop(_)));
    }

    #[test]
    fn a_provider_that_was_never_reached_stops_the_run_and_one_that_was_is_given_time() {
        let mut health = Health::new(3);
        assert!(matches!(health.observe(&failed(ErrorKind::Network)), Judgement::Stop(_)));
        assert_eq!(health.observe(&ok()), Judgement::Keep);
        assert_eq!(health.observe(&failed(ErrorKind::Network)), Judgement::Hold);
        assert_eq!(health.observe(&failed(ErrorKind::Server)), Judgement::Hold);
        assert_eq!(health.observe(&ok()), Judgement::Keep);
        assert_eq!(health.observe(&failed(ErrorKind::Timeout)), Judgement::Hold);
        assert_eq!(health.observe(&failed(ErrorKind::Timeout)), Judgement::Hold);
        let Judgement::Stop(error) = health.observe(&failed(ErrorKind::Timeout)) else { panic!("must stop") };
        assert!(error.message.starts_with("3 calls in a row failed"), "{}", error.message);
    }

    #[test]
    fn a_refused_request_is_an_outcome_and_shows_that_the_provider_lives() {
        let mut health = Health::new(2);
        assert_eq!(health.observe(&failed(ErrorKind::BadRequest)), Judgement::Keep);
        assert_eq!(health.observe(&failed(ErrorKind::Network)), Judgement::Hold);
        assert_eq!(health.observe(&failed(ErrorKind::Cancelled)), Judgement::Discard);
    }
}

//! How a provider is met for the first time, and again after it has asked for a pause: not by all calls at once.
//!
//! A limit that nobody knows of is hit by the calls that are under way when the first of them is refused. So the calls of
//! an opening leave one after the other, slowly at first and then ever faster, because small limits are the usual ones:
//! what is under way while a refusal travels stays a share of what was let through before. It ends with the first reply
//! for calls that come then, after some good replies for those that wait, and it is short: a healthy server must not be
//! made to wait.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longest opening: half of a latency that is thought short.
const LONGEST: Duration = Duration::from_millis(30);
/// An opening takes at most this divided by the number of calls at once: with many of them a run is short, and the
/// opening must not be felt.
const SHARED: Duration = Duration::from_millis(1250);
/// Calls after which the second half of the doublings has hardly begun: the larger, the more even is the opening.
const EVEN: f64 = 10.0;
/// How much longer each further opening is.
const LONGER: u32 = 4;

/// Openings after the first: whoever refuses at random must not be met anew for ever.
const MOST_AGAIN: u32 = 4;

/// Good replies after which nobody waits for a turn any more: more than the smallest usual limit lets through at once.
const ENOUGH: u32 = 11;

/// The rhythm of openings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    /// How long all calls take to leave, the first time.
    length: Duration,
    /// How many calls there are.
    calls: f64,
}

impl Rhythm {
    /// For so many calls at once.
    pub(super) fn new(at_once: u32) -> Rhythm {
        let at_once = at_once.max(1);
        Rhythm { length: LONGEST.min(SHARED / at_once), calls: f64::from(at_once) }
    }

    /// When a call leaves that so many went before, as a share of the opening.
    fn turn(&self, before: u32) -> f64 {
        (f64::from(before) / EVEN).ln_1p() / (self.calls / EVEN).ln_1p()
    }
}

/// One opening.
#[derive(Debug, Default)]
pub(super) struct Opening {
    begun: Option<Instant>,
    left: u32,
    over: bool,
    /// Good replies since it began.
    good: u32,
    /// Wakes those that wait for a turn.
    open: CancellationToken,
    /// How many there were before.
    before: u32,
    /// The pause before it: against that, nobody feels how long it takes.
    pause: Duration,
}

impl Opening {
    /// A call wants to leave: until when it waits, unless it is woken before.
    pub(super) fn take(&mut self, rhythm: Rhythm, now: Instant) -> Option<(Instant, CancellationToken)> {
        if self.over {
            return None;
        }
        let longer = rhythm.length * LONGER.pow(self.before.min(MOST_AGAIN));
        let length = rhythm.length.max(longer.min(self.pause / 2));
        let turn = *self.begun.get_or_insert(now) + length.mul_f64(rhythm.turn(self.left));
        self.left += 1;
        (turn > now).then(|| (turn, self.open.clone()))
    }

    /// The provider asked for a pause: who waits for a turn has none any more, and after the pause the calls leave one
    /// after the other again, more slowly.
    pub(super) fn again(&mut self, pause: Duration) {
        if self.begun.is_some() && self.repeats() {
            let before = self.before + 1;
            *self = Opening { before, over: before > MOST_AGAIN, pause, ..Opening::default() };
        }
    }

    /// Whether calls that a pause holds back leave one after the other.
    pub(super) fn repeats(&self) -> bool {
        self.before <= MOST_AGAIN
    }

    /// A call that left at `sent` came back, refused for its rate or not. Those of before the opening say nothing.
    pub(super) fn heard(&mut self, sent: Instant, refused: bool) {
        if self.begun.is_none_or(|begun| sent < begun) {
            return;
        }
        self.over = true;
        if refused {
            // The turns that were given stand.
            self.open = CancellationToken::new();
            self.good = 0;
        } else if self.good < ENOUGH {
            self.good += 1;
            if self.good == ENOUGH {
                self.open.cancel();
            }
        }
    }
}

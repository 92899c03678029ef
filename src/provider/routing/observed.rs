//! What is known of the models of routes: earlier runs, and this one so far.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{History, ModelHistory};
use crate::base::{ModelRef, Usd};
use crate::record::{CallRecord, CallSource};

/// Latencies of this run that are remembered per model.
const REMEMBERED: usize = 200;
/// Latencies of this run that count more than all earlier runs.
const ENOUGH: usize = 5;

/// What is known of the models of routes.
#[derive(Default)]
pub(in super::super) struct Observed {
    history: Option<Arc<dyn History>>,
    models: Mutex<HashMap<ModelRef, Seen>>,
}

impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed").finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Seen {
    earlier: Option<ModelHistory>,
    /// A ring of the latest latencies, in milliseconds.
    latencies: Vec<f64>,
    next: usize,
    calls: u64,
    failed: u64,
    /// What the replies of this run cost, in picodollars, and how many have a known cost.
    cost: i128,
    priced: u64,
}

/// What the choice among models rests on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Standing {
    /// Median latency in milliseconds.
    pub(super) p50_ms: Option<f64>,
    /// Share of calls that are answered, by Laplace's rule: never 0 or 1, a half when nothing is known.
    pub(super) success: f64,
    /// Mean known cost of a reply.
    pub(super) mean_cost: Option<Usd>,
}

impl Observed {
    pub(in super::super) fn new(history: Option<Arc<dyn History>>) -> Observed {
        Observed { history, models: Mutex::default() }
    }

    /// What is known of a model now.
    pub(super) fn standing(&self, model: &ModelRef) -> Standing {
        let mut models = self.lock();
        let seen = self.seen(&mut models, model);
        let earlier = seen.earlier.unwrap_or_default();
        let (calls, failed) = (earlier.calls + seen.calls, earlier.failed + seen.failed);
        let own = (seen.latencies.len() >= ENOUGH).then(|| median(&seen.latencies)).flatten();
        Standing {
            p50_ms: own.or(earlier.p50_latency_ms).or_else(|| median(&seen.latencies)),
            success: (real(calls.saturating_sub(failed)) + 1.0) / (real(calls) + 2.0),
            mean_cost: seen.mean_cost(),
        }
    }

    /// Takes note of a call to a model. Only live ones say something about it.
    pub(super) fn note(&self, model: &ModelRef, call: &CallRecord) {
        if call.source != CallSource::Live {
            return;
        }
        let mut models = self.lock();
        let seen = self.seen(&mut models, model);
        seen.calls += 1;
        seen.failed += u64::from(call.reply.is_err());
        if call.reply.is_ok() {
            seen.cost += call.cost.map_or(0, |cost| i128::from(cost.picos()));
            seen.priced += u64::from(call.cost.is_some());
            let latency = real(call.latency_ms.0);
            let next = seen.next;
            match seen.latencies.get_mut(next) {
                Some(oldest) => *oldest = latency,
                None => seen.latencies.push(latency),
            }
            seen.next = (next + 1) % REMEMBERED;
        }
    }

    fn seen<'m>(&self, models: &'m mut HashMap<ModelRef, Seen>, model: &ModelRef) -> &'m mut Seen {
        models.entry(model.clone()).or_insert_with(|| {
            let earlier = self.history.as_ref().and_then(|history| history.of(model));
            Seen { earlier, ..Seen::default() }
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ModelRef, Seen>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Over the replies of earlier runs and of this one.
    fn mean_cost(&self) -> Option<Usd> {
        let earlier = self.earlier.and_then(|it| it.mean_cost.map(|mean| (mean, it.calls.saturating_sub(it.failed))));
        let (mean, replies) = earlier.unwrap_or((Usd::ZERO, 0));
        let sum = i128::from(mean.picos()) * i128::from(replies) + self.cost;
        let mean = sum.checked_div(i128::from(replies + self.priced))?;
        i64::try_from(mean).ok().map(Usd::from_picos)
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[expect(clippy::cast_precision_loss, reason = "counts and milliseconds are far below 2^53")]
fn real(number: u64) -> f64 {
    number as f64
}

//! Named routes: a reference `route/<name>` stands for several models, one of which answers.

mod call;
#[cfg(test)]
mod call_test;
mod observed;
mod pick;

use crate::base::{ModelRef, Place, SafeName, Usd};
use crate::price::Capability;
use crate::record::{ErrorKind, Strategy};

pub use call::ABLE as ROUTE_NEEDS;
pub(super) use observed::Observed;

/// The provider name that route references have; no provider may be called so.
pub const ROUTE: &str = "route";

/// One route as the user set it up.
#[derive(Debug, Clone)]
pub struct RouteSettings {
    /// Its name: `route/<name>`.
    pub name: SafeName,
    /// How it chooses.
    pub strategy: Strategy,
    /// The models, in the order written; never empty, never a route.
    pub models: Vec<ModelRef>,
    /// After which failures the next model is asked; `None` means after everything that a retry could have helped.
    pub on: Option<Vec<ErrorKind>>,
    /// What a model must be able to do, besides what each request shows.
    pub needs: Vec<Capability>,
    /// How `adaptive` weighs.
    pub weights: Weights,
    /// Whether the next model goes on from what a broken stream had brought.
    pub continue_partial: bool,
    /// Where it stands in `karat.yaml`, for messages.
    pub place: Option<Place>,
}

/// What `adaptive` weighs; shares of one, not necessarily in sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Share of calls that were answered.
    pub success: f64,
    /// How cheap, compared with the cheapest: by what earlier replies cost where that is known of all models, else by
    /// price.
    pub cost: f64,
    /// How fast, compared with the fastest.
    pub latency: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { success: 0.5, cost: 0.3, latency: 0.2 }
    }
}

impl RouteSettings {
    /// A fallback over these models.
    pub fn new(name: SafeName, strategy: Strategy, models: Vec<ModelRef>) -> RouteSettings {
        RouteSettings {
            name,
            strategy,
            models,
            on: None,
            needs: Vec::new(),
            weights: Weights::default(),
            continue_partial: false,
            place: None,
        }
    }

    /// Whether the next model is asked after this failure.
    fn goes_on(&self, kind: ErrorKind) -> bool {
        match (&self.on, kind) {
            // A recording of another model is an answer as well; and a stop is a stop.
            (_, ErrorKind::NotRecorded) => true,
            (_, ErrorKind::Cancelled) => false,
            (None, kind) => HELPABLE.contains(&kind),
            // The breaker stands for the failures that opened it.
            (Some(on), ErrorKind::CircuitOpen) => {
                let opening = [ErrorKind::Server, ErrorKind::Overloaded, ErrorKind::Timeout, ErrorKind::Network];
                opening.iter().any(|kind| on.contains(kind)) || on.contains(&kind)
            }
            (Some(on), kind) => on.contains(&kind),
        }
    }
}

/// What a retry may help, and another model as well.
const HELPABLE: &[ErrorKind] = &[
    ErrorKind::RateLimited,
    ErrorKind::Overloaded,
    ErrorKind::Server,
    ErrorKind::Timeout,
    ErrorKind::Network,
    ErrorKind::Malformed,
    ErrorKind::CircuitOpen,
];

/// What earlier runs say about a model.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ModelHistory {
    /// Live calls, failed ones included.
    pub calls: u64,
    /// Those that failed for a reason of the provider's.
    pub failed: u64,
    /// Median latency of the replies, in milliseconds.
    pub p50_latency_ms: Option<f64>,
    /// Mean known cost of a reply.
    pub mean_cost: Option<Usd>,
}

/// What earlier runs say about models.
pub trait History: Send + Sync {
    /// Of one model; `None` when nothing is known. May block for a moment; asked once per model and run.
    fn of(&self, model: &ModelRef) -> Option<ModelHistory>;
}

//! Grades what has an answer: the usual engine, answered from what the batches brought.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::flow::{Flow, Halt};
use crate::base::Usd;
use crate::cli::cmd::eval::compare::{compare_variants, has_comparisons};
use crate::cli::cmd::eval::drive::{PLANNED_AHEAD, Stage, make_plan, money_bounds, run_trials};
use crate::cli::cmd::eval::money::{self, DailyLimit, shared_limit};
use crate::cli::cmd::eval::options::BatchRest;
use crate::eval::{Bounds, Limit};
use crate::record::{RunStatus, TrialKey};

impl Flow<'_, '_> {
    /// One pass over all trials without an outcome. Those whose answer has not come stay without one.
    pub(super) async fn grade(&mut self) -> Result<(), Halt> {
        let run = self.run;
        let before = self.graded.clone();
        let already = run.finished.count() + u64::try_from(before.len())?;
        let (planned, plan) = mpsc::channel(PLANNED_AHEAD);
        let handle = Handle::current();
        self.scope.spawn(move || make_plan(run, &planned, &handle, |key| before.contains(key)));
        let limits = self.limits_of_single_calls()?;
        let daily = shared_limit(&limits, &run.header.id, &run.store, run.session)?;
        let bounds = Bounds {
            concurrency: usize::try_from(run.loaded.config.concurrency.value)?,
            money: money_bounds(run, limits, daily.as_ref(), &self.means.caller, self.wish.rest == BatchRest::Live),
            batch: true,
        };
        let graded: Arc<Mutex<HashSet<TrialKey>>> = Arc::default();
        let told = Arc::clone(&graded);
        let saved = move |trials: &[Box<crate::record::TrialRecord>]| {
            told.lock().unwrap_or_else(PoisonError::into_inner).extend(trials.iter().map(|trial| trial.key));
        };
        let stage = Stage { total: run.loaded.trials(), already, watch: None };
        let heard = run_trials(run, plan, self.means.clone(), bounds, self.stop.clone(), stage, saved).await;
        daily.iter().for_each(DailyLimit::release);
        let heard = heard?;
        self.graded.extend(graded.lock().unwrap_or_else(PoisonError::into_inner).iter().copied());
        if let Some(error) = heard.fatal {
            return Err(Halt::Fatal(error));
        }
        self.flown.halted = Some(heard.status).filter(|status| *status != RunStatus::Complete);
        Ok(())
    }

    /// Compares the variants when every trial has an outcome, where checks want that.
    pub(super) async fn compare(&mut self) -> Result<(), Halt> {
        let done = self.run.finished.count() + u64::try_from(self.graded.len())?;
        if done < self.run.loaded.trials() || !has_comparisons(self.run) {
            return Ok(());
        }
        // Stopped while the last trials were under way: all have an outcome, and the run is not through its plan.
        if self.flown.halted.is_some() {
            self.flown.uncompared = self.flown.halted;
            return Ok(());
        }
        let heard = compare_variants(self.run, self.scope, self.means.clone(), self.stop.clone()).await?;
        self.flown.uncompared = Some(heard.status).filter(|status| *status != RunStatus::Complete);
        heard.fatal.map_or(Ok(()), |error| Err(Halt::Fatal(error)))
    }

    /// Limits on money of calls that are made one by one, those of checks among them; what comes from batches is paid for
    /// already.
    fn limits_of_single_calls(&self) -> Result<Vec<Limit>, Halt> {
        let run = self.run;
        let asks = run.loaded.suites.iter().any(|surveyed| !surveyed.survey.asked.is_empty());
        if self.wish.rest != BatchRest::Live && !asks {
            return Ok(Vec::new());
        }
        let spent = run.store.run_row(&run.header.id)?.spent.known;
        let reserved = self.open()?.iter().fold(Usd::ZERO, |sum, chunk| sum.saturating_add(chunk.reserved));
        let mut limits = money::limits(run.loaded, spent, &run.store, run.session)?;
        limits.iter_mut().for_each(|limit| limit.spent = limit.spent.saturating_add(reserved));
        Ok(limits)
    }
}

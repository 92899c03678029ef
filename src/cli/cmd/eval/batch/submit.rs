//! Sends what has no answer yet, in chunks, as far as money goes.

use std::collections::HashSet;
use std::sync::Arc;

use super::flow::{Flow, Halt};
use crate::base::{Digest, ModelRef, Usd};
use crate::cli::UsageError;
use crate::cli::cmd::eval::money;
use crate::eval::{PlannedTrial, request_of, trials};
use crate::net::HttpRequest;
use crate::provider::{BatchClient, BatchError, BatchRequest, Spend};
use crate::record::{BatchChunk, BatchState, ErrorKind};
use crate::store::BatchLimit;

/// Bytes of one chunk: the providers take more, but a chunk is held in memory while it is sent.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// What a line has around the request that it carries, about.
const LINE_BYTES: usize = 256;

/// Requests to one model that have not been sent yet.
struct Parcel {
    model: ModelRef,
    keys: Vec<Digest>,
    requests: Vec<HttpRequest>,
    bytes: usize,
    reserved: Usd,
}

/// Money that may still be spent.
struct Purse {
    /// The least that any limit leaves, and the limit's name; `None` without limits.
    left: Option<(Usd, &'static str)>,
    daily: Option<BatchLimit>,
}

impl Flow<'_, '_> {
    /// Sends all requests of the plan that need to be sent, each once.
    pub(super) async fn submit(&mut self) -> Result<(), Halt> {
        self.flown.short = None;
        // Also what this process has sent since: a request that is under way must not be sent again.
        self.answers.reload()?;
        let mut purse = self.purse()?;
        let run = self.run;
        let estimator = run.loaded.estimator(run.session);
        let mut seen = HashSet::new();
        let mut parcels: Vec<Parcel> = Vec::new();
        for trial in trials(&run.loaded.suites, &run.loaded.selection) {
            let trial = trial.map_err(UsageError)?;
            if self.stop.drain.is_cancelled() {
                return Err(Halt::Stopped);
            }
            if trial.skip.is_some() || run.finished.has(&trial.key) || self.graded.contains(&trial.key) {
                continue;
            }
            let Some((key, http)) = self.wanted(&trial, &mut seen).await else { continue };
            let most = estimator.worst_case(&trial).unwrap_or_default();
            if let Some((left, name)) = &mut purse.left {
                if most > *left {
                    self.flown.short =
                        Some(format!("{name} leaves {left}, and the next request may cost {most} in a batch"));
                    break;
                }
                *left = Usd::from_picos(left.picos() - most.picos());
            }
            let model = &trial.variant.model;
            let at = match parcels.iter().position(|parcel| parcel.model == *model) {
                Some(at) => at,
                None => {
                    parcels.push(Parcel::new(model.clone()));
                    parcels.len() - 1
                }
            };
            let Some(parcel) = parcels.get_mut(at) else { continue };
            let full = self.is_full(parcel, &http)?;
            if full {
                let whole = std::mem::replace(parcel, Parcel::new(model.clone()));
                self.send(whole, purse.daily).await?;
            }
            let Some(parcel) = parcels.get_mut(at) else { continue };
            parcel.add(key, http, most);
        }
        for parcel in parcels {
            if !parcel.keys.is_empty() {
                self.send(parcel, purse.daily).await?;
            }
        }
        Ok(())
    }

    /// What must be sent for a trial; `None` when nothing must, or it is among the requests that are sent already.
    async fn wanted(&self, trial: &PlannedTrial, seen: &mut HashSet<Digest>) -> Option<(Digest, HttpRequest)> {
        let request = request_of(trial, &self.means, &mut Spend::default(), &self.stop.abort).await?;
        match self.means.caller.batch_request(&trial.variant.model, &request, trial.repeat) {
            BatchRequest::Wanted { key, http } if self.answers.is_wanted(&key) && seen.insert(key) => Some((key, http)),
            BatchRequest::Wanted { .. } | BatchRequest::Nothing => None,
        }
    }

    fn is_full(&self, parcel: &Parcel, next: &HttpRequest) -> Result<bool, Halt> {
        let limits = self.client(&self.means.caller, &parcel.model.provider)?.limits();
        let chunk = usize::try_from(self.run.loaded.config.batch.chunk.value)?;
        let bytes = parcel.bytes + next.body.len() + LINE_BYTES;
        Ok(parcel.keys.len() >= limits.items.min(chunk)
            || (!parcel.keys.is_empty() && bytes > limits.bytes.min(MOST_BYTES)))
    }

    /// What the limits leave, chunks under way taken off.
    fn purse(&self) -> Result<Purse, Halt> {
        let run = self.run;
        let spent = run.store.run_row(&run.header.id)?.spent.known;
        let limits = money::limits(run.loaded, spent, &run.store, run.session)?;
        let reserved = self.open()?.iter().fold(Usd::ZERO, |sum, chunk| sum.saturating_add(chunk.reserved));
        let left = limits.iter().map(|limit| {
            let taken = limit.spent.saturating_add(reserved);
            (Usd::from_picos(limit.most.picos().saturating_sub(taken.picos()).max(0)), limit.name)
        });
        let daily = limits.iter().find(|limit| limit.name == money::DAILY_LIMIT);
        let since = run.session.clock.now().start_of_utc_day();
        Ok(Purse {
            left: left.min_by_key(|(left, _)| *left),
            daily: daily.map(|limit| BatchLimit { since, most: limit.most }),
        })
    }

    /// Sends one chunk, step by step; each is written down before the next.
    async fn send(&mut self, parcel: Parcel, daily: Option<BatchLimit>) -> Result<(), Halt> {
        let caller = Arc::clone(&self.means.caller);
        let client = self.client(&caller, &parcel.model.provider)?;
        let run = self.run;
        let number = run.store.next_batch(&run.header.id)?;
        let tag = self.tag(number);
        let lines: Vec<String> = (0_u32..)
            .zip(&parcel.requests)
            .map(|(position, request)| client.line(&tag.custom_id(position), request))
            .collect();
        let Some(like) = parcel.requests.into_iter().next() else { return Ok(()) };
        let mut chunk = BatchChunk {
            number,
            provider: parcel.model.provider.clone(),
            model: parcel.model.model.clone(),
            state: BatchState::Planned,
            url: like.url.clone(),
            items: u32::try_from(parcel.keys.len())?,
            bytes: u64::try_from(lines.iter().map(|line| line.len() + 1).sum::<usize>())?,
            reserved: parcel.reserved,
            file: None,
            remote: None,
            word: None,
            planned: run.session.clock.now(),
        };
        if !run.store.plan_batch(&run.header.id, &chunk, &parcel.keys, daily)? {
            let why = format!("{} has no room for a batch that may cost {}", money::DAILY_LIMIT, chunk.reserved);
            self.flown.short = Some(why);
            return Ok(());
        }
        self.hand_over(&client, &mut chunk, &lines, &like).await
    }

    async fn hand_over(
        &mut self,
        client: &BatchClient<'_>,
        chunk: &mut BatchChunk,
        lines: &[String],
        like: &HttpRequest,
    ) -> Result<(), Halt> {
        let tag = self.tag(chunk.number);
        let stop = self.stop.drain.clone();
        if client.has_files() {
            match client.upload(&tag, lines, &stop).await {
                Ok(file) => {
                    chunk.file = Some(file);
                    self.moved(chunk, BatchState::Uploaded)?;
                }
                Err(error) => {
                    self.moved(chunk, BatchState::Lost)?;
                    return Err(Halt::of(&error));
                }
            }
        }
        match client.create(&tag, chunk.file.as_deref(), lines, like, &stop).await {
            Ok(batch) => self.created(chunk, batch),
            Err(BatchError::Unsure(error)) if error.kind == ErrorKind::Cancelled => Err(Halt::Stopped),
            // The next round looks for it.
            Err(BatchError::Unsure(error)) => {
                tracing::warn!(chunk = chunk.number, %error, "it is not known whether the batch was made");
                Ok(())
            }
            Err(error @ BatchError::Undone(_)) => {
                self.moved(chunk, BatchState::Lost)?;
                Err(Halt::of(&error))
            }
        }
    }
}

impl Parcel {
    fn new(model: ModelRef) -> Parcel {
        Parcel { model, keys: Vec::new(), requests: Vec::new(), bytes: 0, reserved: Usd::ZERO }
    }

    fn add(&mut self, key: Digest, request: HttpRequest, most: Usd) {
        self.bytes += request.body.len() + LINE_BYTES;
        self.keys.push(key);
        self.requests.push(request);
        self.reserved = self.reserved.saturating_add(most);
    }
}

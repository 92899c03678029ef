//! What the providers know: chunks whose id was lost, those that are under way, those that have ended.

use std::collections::HashMap;

use tokio::time::Instant;

use super::flow::{Flow, Halt, Unsettled};
use crate::provider::{BatchClient, BatchError, BatchLine, BatchSeen, Said, Sought, Stage};
use crate::record::{BatchChunk, BatchFate, BatchState, CallError, ErrorKind};
use crate::store::BatchResult;

impl Flow<'_, '_> {
    /// Finds out what became of chunks that were on their way when somebody stopped looking.
    pub(super) async fn resolve(&mut self) -> Result<Unsettled, Halt> {
        let mut unsettled = Unsettled::Nothing;
        for mut chunk in self.open()? {
            if chunk.state == BatchState::Created {
                continue;
            }
            let found = self.resolve_one(&mut chunk).await?;
            if found == Unsettled::Gone || (found == Unsettled::Soon && unsettled == Unsettled::Nothing) {
                unsettled = found;
            }
        }
        Ok(unsettled)
    }

    async fn resolve_one(&mut self, chunk: &mut BatchChunk) -> Result<Unsettled, Halt> {
        let caller = std::sync::Arc::clone(&self.means.caller);
        let client = self.client(&caller, &chunk.provider)?;
        let tag = self.tag(chunk.number);
        let stop = self.stop.drain.clone();
        if client.has_files() && chunk.state == BatchState::Planned {
            // No batch can be made of a file whose id nobody knew.
            chunk.file = client.find_file(&tag, chunk.bytes, &stop).await.map_err(|error| Halt::of(&error))?;
            let state = if chunk.file.is_some() { BatchState::Uploaded } else { BatchState::Lost };
            self.moved(chunk, state)?;
            if state == BatchState::Lost {
                return Ok(Unsettled::Gone);
            }
        }
        let known = self.run.store.known_batches()?;
        match client.find(&tag, chunk, &known, &stop).await.map_err(|error| Halt::of(&error))? {
            Sought::Found(batch) => {
                self.created(chunk, batch)?;
                Ok(Unsettled::Nothing)
            }
            Sought::Perhaps => {
                self.looked.remove(&chunk.number);
                Ok(Unsettled::Nothing)
            }
            Sought::Nowhere => self.not_found(chunk, &client).await,
        }
    }

    /// A chunk that is not there: it is given up, or sent, when that is certain.
    async fn not_found(&mut self, chunk: &mut BatchChunk, client: &BatchClient<'_>) -> Result<Unsettled, Halt> {
        let first = *self.looked.entry(chunk.number).or_insert_with(Instant::now);
        if first.elapsed() < self.settled_after() {
            return Ok(Unsettled::Soon);
        }
        self.looked.remove(&chunk.number);
        if chunk.state != BatchState::Uploaded || self.wish.cancel {
            self.moved(chunk, BatchState::Lost)?;
            return Ok(Unsettled::Gone);
        }
        match client.create_of_file(&self.tag(chunk.number), chunk, &self.stop.drain).await {
            Ok(batch) => {
                self.created(chunk, batch)?;
                Ok(Unsettled::Nothing)
            }
            Err(BatchError::Unsure(error)) => {
                tracing::warn!(chunk = chunk.number, %error, "it is not known whether the batch was made");
                Ok(Unsettled::Soon)
            }
            Err(error @ BatchError::Undone(_)) => {
                // The file may be gone: the requests are sent again another time.
                if error.error().kind != ErrorKind::Cancelled {
                    self.moved(chunk, BatchState::Lost)?;
                }
                Err(Halt::of(&error))
            }
        }
    }

    /// The provider has a chunk.
    pub(super) fn created(&mut self, chunk: &mut BatchChunk, batch: BatchSeen) -> Result<(), Halt> {
        self.looked.remove(&chunk.number);
        (chunk.remote, chunk.word) = (Some(batch.id), Some(batch.word));
        self.moved(chunk, BatchState::Created)
    }

    /// Cancels everything that is under way.
    pub(super) async fn cancel(&mut self) -> Result<(), Halt> {
        for chunk in self.open()? {
            let Some(id) = &chunk.remote else { continue };
            let caller = std::sync::Arc::clone(&self.means.caller);
            let client = self.client(&caller, &chunk.provider)?;
            match client.cancel(id, &self.stop.drain).await {
                Ok(()) => {}
                Err(error) if error.error().kind == ErrorKind::Cancelled || error.error().kind.is_fatal() => {
                    return Err(Halt::of(&error));
                }
                // It has ended meanwhile, or cannot be reached; the next look tells.
                Err(error) => {
                    let text = format!("warning: chunk {} is not cancelled: {error}", chunk.number);
                    self.run.session.ui.problem(&text);
                }
            }
        }
        Ok(())
    }

    /// Asks how the batches stand and keeps the results of those that have ended; whether there were any.
    pub(super) async fn collect(&mut self) -> Result<bool, Halt> {
        let mut collected = false;
        for mut chunk in self.open()? {
            let Some(id) = chunk.remote.clone() else { continue };
            let caller = std::sync::Arc::clone(&self.means.caller);
            let client = self.client(&caller, &chunk.provider)?;
            match self.look(&client, &id, &mut chunk).await {
                Ok(ended) => collected |= ended,
                Err(Halt::Fatal(error)) if self.goes_on_after(&error) => {
                    tracing::warn!(chunk = chunk.number, %error, "the provider does not say how a batch stands");
                }
                Err(halt) => return Err(halt),
            }
        }
        Ok(collected)
    }

    /// Whether an error of one look is worth another one.
    fn goes_on_after(&self, error: &CallError) -> bool {
        let passes = matches!(
            error.kind,
            ErrorKind::RateLimited
                | ErrorKind::Overloaded
                | ErrorKind::Server
                | ErrorKind::Timeout
                | ErrorKind::Network
                | ErrorKind::Malformed
        );
        passes && self.wish.patience != super::flow::Patience::None
    }

    async fn look(&mut self, client: &BatchClient<'_>, id: &str, chunk: &mut BatchChunk) -> Result<bool, Halt> {
        let stop = self.stop.drain.clone();
        let batch = client.poll(id, &stop).await.map_err(|error| Halt::of(&error))?;
        let rest = match batch.stage {
            Stage::Running => {
                if chunk.word.as_deref() != Some(batch.word.as_str()) {
                    chunk.word = Some(batch.word);
                    self.moved(chunk, BatchState::Created)?;
                }
                return Ok(false);
            }
            Stage::Failed => {
                chunk.word = Some(batch.word);
                self.moved(chunk, BatchState::Failed)?;
                let why = batch.problem.unwrap_or_else(|| "it does not say why".to_owned());
                let message = format!(
                    "`{}` refuses the batch {id} of {} requests as a whole: {why}",
                    chunk.provider, chunk.items
                );
                return Err(Halt::Fatal(CallError {
                    kind: ErrorKind::BadRequest,
                    message,
                    status: None,
                    request_id: None,
                }));
            }
            Stage::Ended => BatchFate::Missing,
            Stage::Expired => BatchFate::Expired,
            Stage::Cancelled => BatchFate::Cancelled,
        };
        let lines = client.results(&batch, &stop).await.map_err(|error| Halt::of(&error))?;
        let results = self.results_of(client, chunk, lines);
        chunk.word = Some(batch.word);
        self.run.store.collect_batch(&self.run.header.id, chunk, &results, rest)?;
        Ok(true)
    }

    /// The results by position. Lines of other chunks are left out. Of several lines about one request an answer beats
    /// everything else, and the first line beats the others.
    fn results_of(&self, client: &BatchClient<'_>, chunk: &BatchChunk, lines: Vec<BatchLine>) -> Vec<BatchResult> {
        let tag = self.tag(chunk.number);
        let mut results: HashMap<u32, BatchResult> = HashMap::with_capacity(lines.len());
        for line in lines {
            let Some(position) = tag.position(&line.custom_id).filter(|position| *position < chunk.items) else {
                continue;
            };
            let new = match line.said {
                Said::Nothing(fate) => (position, fate, None),
                Said::Reply(reply) => (position, client.fate(&reply), Some(client.cleaned_reply(reply))),
            };
            let better = new.1 == BatchFate::Answered;
            let kept = results.get(&position).map(|known| known.1);
            if kept.is_none() || (better && kept != Some(BatchFate::Answered)) {
                results.insert(position, new);
            }
        }
        results.into_values().collect()
    }
}

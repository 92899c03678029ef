//! The door to rerankers: cassette when replaying, then the provider, many documents in one request.

use tokio_util::sync::CancellationToken;

use super::aside::{Spend, batches, refused};
use super::caller::Caller;
use super::settings::CallMode;
use super::side_question::RerankRequest;
use crate::base::{Diagnostic, Digest, DigestBuilder, ModelRef, Usd};
use crate::record::{CallError, Ranked, RerankReply, Usage};

impl Caller {
    /// Whether documents can be ranked by a model: its provider is known, has its key, and ranks. Nothing is called.
    ///
    /// # Errors
    /// A diagnostic without a place; the caller of this knows where the model was named.
    pub fn can_rerank(&self, model: &ModelRef) -> Result<(), Box<Diagnostic>> {
        let help = "name a model of a provider that ranks, such as `cohere/rerank-v3.5`";
        self.offers(model, "no-rerank", "reranking", help, |wire| wire.rerank().is_some())
    }

    /// The documents by how well they answer the query, best first; `top_n` of them, or all.
    ///
    /// Order: cassette when replaying, else the provider with its limits and retries. `spend` counts what was spent, also
    /// when it fails half way.
    ///
    /// # Errors
    /// [`CallError`]: of the call that failed, [`ErrorKind::NotRecorded`](crate::record::ErrorKind) when replaying, or
    /// [`ErrorKind::Refused`](crate::record::ErrorKind) when query or documents are empty.
    pub async fn rerank(
        &self,
        model: &ModelRef,
        query: &str,
        documents: &[String],
        top_n: Option<usize>,
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<RerankReply, CallError> {
        let whole =
            RerankRequest { model: model.model.clone(), query: query.to_owned(), documents: documents.to_vec(), top_n };
        whole.check()?;
        let question = identity(&whole);
        if self.mode == CallMode::Replay {
            return self.rankings.find(model, question, query);
        }
        let wire = self.way_to(model)?.settings.spec.wire.and_then(|wire| wire.rerank());
        let limit = wire.ok_or_else(|| refused(format!("provider `{}` has no reranking", model.provider)))?.limit();
        let groups = batches(documents, limit, String::len);
        // Of several requests, each would bring its own best ones.
        let asked = top_n.filter(|_| groups.len() == 1);
        let mut merged = RerankReply::default();
        let mut first = 0;
        for group in groups {
            let request = RerankRequest { documents: group.to_vec(), top_n: asked, ..whole.clone() };
            let reply = self.rerank_group(model, &request, spend, stop).await?;
            let shifted = reply.scores.into_iter().map(|ranked| Ranked { index: ranked.index + first, ..ranked });
            merged.scores.extend(shifted);
            merged.usage = if first == 0 { reply.usage } else { both(merged.usage, reply.usage) };
            first += group.len();
        }
        sort(&mut merged.scores);
        merged.scores.truncate(top_n.unwrap_or(usize::MAX));
        if self.mode == CallMode::Record {
            self.rankings.record(model, question, query, merged.clone());
        }
        Ok(merged)
    }

    async fn rerank_group(
        &self,
        model: &ModelRef,
        request: &RerankRequest,
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<RerankReply, CallError> {
        let started = self.clock.now();
        let answer = self.ask_aside(model, request, "reranking", stop).await;
        spend.add(match &answer.reply {
            Ok(reply) => self.price_usage(model, reply.usage, None, started),
            Err(_) => Some(Usd::ZERO),
        });
        answer.reply
    }
}

/// Best first; equal scores in the order of the question.
pub(super) fn sort(scores: &mut [Ranked]) {
    scores.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.index.cmp(&b.index)));
}

fn identity(request: &RerankRequest) -> Digest {
    let top_n = request.top_n.map_or_else(String::new, |top_n| top_n.to_string());
    let builder = DigestBuilder::new("rerank").part(top_n.as_bytes()).part(request.query.as_bytes());
    request.documents.iter().fold(builder, |builder, document| builder.part(document.as_bytes())).finish()
}

/// What two requests used together; unknown when either is.
fn both(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    let (one, other) = (one?, other?);
    let sum = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
    Some(Usage {
        input: sum(one.input, other.input),
        output: sum(one.output, other.output),
        search_units: sum(one.search_units, other.search_units),
        ambiguous: one.ambiguous || other.ambiguous,
        ..Usage::default()
    })
}

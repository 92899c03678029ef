//! The door to moderation models: cassette when replaying, then the provider, many texts in one request.

use tokio_util::sync::CancellationToken;

use super::aside::{Spend, batches, refused};
use super::caller::Caller;
use super::settings::CallMode;
use super::side_question::{ModerationRequest, check_texts};
use crate::base::{Diagnostic, Digest, ModelRef, Usd};
use crate::record::{CallError, ModerationReply};

impl Caller {
    /// Whether texts can be judged by a model: its provider is known, has its key, and moderates. Nothing is called.
    ///
    /// # Errors
    /// A diagnostic without a place; the caller of this knows where the model was named.
    pub fn can_moderate(&self, model: &ModelRef) -> Result<(), Box<Diagnostic>> {
        let help = "name a model of a provider that moderates, such as `openai/omni-moderation-latest`";
        self.offers(model, "no-moderation", "moderation", help, |wire| wire.moderation().is_some())
    }

    /// Whether a model moderates for nothing.
    pub fn moderates_free(&self, model: &ModelRef) -> bool {
        self.routes.get(&model.provider).is_some_and(|route| route.settings.moderates_free())
    }

    /// The verdicts on some texts, in their order.
    ///
    /// Order: cassette when replaying, else the provider with its limits and retries. `spend` counts what was spent, also
    /// when it fails half way.
    ///
    /// # Errors
    /// [`CallError`]: of the call that failed, [`ErrorKind::NotRecorded`](crate::record::ErrorKind) when replaying, or
    /// [`ErrorKind::Refused`](crate::record::ErrorKind) when a text is empty.
    pub async fn moderate(
        &self,
        model: &ModelRef,
        texts: &[String],
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<Vec<ModerationReply>, CallError> {
        check_texts("a text to judge", texts)?;
        if self.mode == CallMode::Replay {
            return texts.iter().map(|text| self.verdicts.find(model, digest(text), text)).collect();
        }
        let route = self.way_to(model)?;
        let wire = route.settings.spec.wire.and_then(|wire| wire.moderation());
        let wire = wire.ok_or_else(|| refused(format!("provider `{}` has no moderation", model.provider)))?;
        let is_free = route.settings.moderates_free();
        let mut verdicts = Vec::with_capacity(texts.len());
        for group in batches(texts, wire.limit(), String::len) {
            let started = self.clock.now();
            let request = ModerationRequest { model: model.model.clone(), texts: group.to_vec() };
            let answer = self.ask_aside(model, &request, "moderation", stop).await;
            spend.add(match &answer.reply {
                Ok(_) if !is_free => self.price_usage(model, None, None, started),
                Ok(_) | Err(_) => Some(Usd::ZERO),
            });
            verdicts.extend(answer.reply?);
        }
        if self.mode == CallMode::Record {
            for (text, verdict) in texts.iter().zip(&verdicts) {
                self.verdicts.record(model, digest(text), text, verdict.clone());
            }
        }
        Ok(verdicts)
    }
}

fn digest(text: &str) -> Digest {
    Digest::of_bytes(text.as_bytes())
}

//! From settings to what a caller is made of, what it allows, and what it tells.

use std::sync::Arc;

use super::{Caller, refused};
use crate::base::{SafeName, Secret};
use crate::record::{CallError, ChatRequest};

/// The value of a header whose name says that it is a secret.
pub(super) fn secret_header((name, value): &(String, String)) -> Option<Secret> {
    let name = name.to_ascii_lowercase();
    let secret = ["auth", "key", "token", "secret", "cookie"].iter().any(|word| name.contains(word));
    secret.then(|| Secret::new(value.trim_start_matches("Bearer ")))
}

impl Caller {
    /// Hands what the user should hear while calls are made to `hear`: circuit breakers that open and close.
    pub fn on_notice(&self, hear: impl Fn(String) + Send + Sync + 'static) {
        self.notices.listen(Arc::new(hear));
    }

    /// How often the circuit breaker of each provider has opened, those left out that never did.
    pub fn breaker_openings(&self) -> Vec<(SafeName, u32)> {
        let openings = self.routes.iter().map(|(name, route)| (name.clone(), route.breaker.openings()));
        openings.filter(|(_, openings)| *openings > 0).collect()
    }

    /// Sets the limit on requests without one, and refuses those that ask for more.
    pub(in crate::provider) fn limit_tokens(&self, request: &mut ChatRequest) -> Result<(), CallError> {
        let Some(cap) = self.max_tokens_per_request else { return Ok(()) };
        const FIELDS: &[&str] = &["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let extra = FIELDS.iter().filter_map(|field| request.params.extra.get(*field)?.as_u64()).max();
        let asked = request.params.max_tokens.map(u64::from).max(extra);
        match asked {
            Some(asked) if asked > u64::from(cap) => Err(refused(format!(
                "the request asks for up to {asked} output tokens, one request may ask for {cap} at most; the limit comes \
                 from MAX_TOKENS_PER_REQUEST in the environment or `max_tokens_per_request` in karat.yaml"
            ))),
            Some(_) => Ok(()),
            None => {
                request.params.max_tokens = Some(cap);
                Ok(())
            }
        }
    }
}

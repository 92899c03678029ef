//! What to do about a model that does not answer.

use crate::base::ModelRef;
use crate::record::ErrorKind;

/// What to fix, by the class of the failure.
pub(super) fn advice(kind: ErrorKind, model: &ModelRef, key: Option<&str>) -> String {
    let provider = &model.provider;
    match kind {
        ErrorKind::Auth => match key {
            Some(variable) => format!("put a key of `{provider}` that may use this model into {variable}"),
            None => format!("give `{provider}` a `key_env` in karat.yaml, and a key in that variable"),
        },
        ErrorKind::NotFound => {
            format!("check the name `{}` and the `base_url` of `{provider}`", model.model)
        }
        ErrorKind::RateLimited => format!("try again later, or set `limits` for `{provider}` in karat.yaml"),
        ErrorKind::QuotaExhausted => format!("add credit to the account of `{provider}`, or raise its quota"),
        ErrorKind::Overloaded | ErrorKind::Server => format!("`{provider}` has trouble of its own: try again later"),
        ErrorKind::Timeout => "try again, or with a longer `--timeout`".to_owned(),
        ErrorKind::Network | ErrorKind::CircuitOpen => {
            format!("check the network, a proxy (HTTPS_PROXY), and the `base_url` of `{provider}`")
        }
        ErrorKind::Malformed => format!("check that the `base_url` and `type` of `{provider}` are those of its API"),
        ErrorKind::BadRequest | ErrorKind::ContextLength | ErrorKind::Filtered => {
            "see the message: the provider answers, but not to this request".to_owned()
        }
        ErrorKind::NotRecorded | ErrorKind::Cancelled | ErrorKind::Refused | ErrorKind::Pending => {
            "see the message".to_owned()
        }
    }
}

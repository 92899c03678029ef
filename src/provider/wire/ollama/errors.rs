//! Error replies of Ollama: `{"error": "text"}`, with the status or in the middle of a stream.

use super::super::super::spec::{Failure, Retry};
use super::super::error_body::ErrorBody;
use super::super::failure;
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that an error status stands for.
pub(super) fn of_status(reply: &HttpReply) -> Failure {
    of_error(reply, reply.status, &ErrorBody::of_reply(reply))
}

/// The failure of an error inside a reply.
pub(super) fn of_error(reply: &HttpReply, status: u16, error: &ErrorBody) -> Failure {
    let mut failure = failure::of_error(reply, status, error, special);
    if status == 404 && error.message.contains("not found") {
        let model = missing_model(&error.message);
        let command = model.map_or_else(|| "ollama pull".to_owned(), |model| format!("ollama pull {model}"));
        failure.error.message = format!("{}; get the model with `{command}`", failure.error.message);
    }
    if error.message.contains("requires more system memory") {
        failure.retry = Retry::Never;
    }
    failure
}

fn special(status: u16, error: &ErrorBody) -> Option<ErrorKind> {
    let message = error.message.to_lowercase();
    match status {
        400 | 500 if message.contains("exceeds the context length") || message.contains("exceeds maximum context") => {
            Some(ErrorKind::ContextLength)
        }
        503 => Some(ErrorKind::Overloaded),
        _ => None,
    }
}

/// The model's name in `model 'x' not found`, when it is fit for a command.
fn missing_model(message: &str) -> Option<&str> {
    let rest = message.get(message.find("model ")? + "model ".len()..)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'))?;
    let name = rest.get(1..)?.split(quote).next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
    (!name.is_empty() && !name.starts_with('-') && name.chars().all(is_plain)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, message: &str) -> Failure {
        let body = serde_json::json!({"error": message}).to_string().into_bytes();
        of_status(&HttpReply { status, body, ..HttpReply::default() })
    }

    #[test]
    fn a_model_that_is_not_there_comes_with_the_command_that_gets_it() {
        let shown = |message: &str| failure(404, message).error.message;
        assert!(shown("model 'qwen3:0.6b' not found").ends_with("get the model with `ollama pull qwen3:0.6b`"));
        assert!(shown("model \"x\" not found, try pulling it first").ends_with("`ollama pull x`"));
        for hostile in ["model 'x; rm -rf' not found", "model '--help' not found", "model not found"] {
            assert!(shown(hostile).ends_with("`ollama pull`"), "{hostile}");
        }
        assert_eq!(failure(404, "model 'x' not found").error.kind, ErrorKind::NotFound);
        assert!(!shown("404 page").contains("ollama pull"));
    }

    #[test]
    fn every_error_has_its_class() {
        for (status, message, kind, retry) in [
            (400, "registry.ollama.ai/library/x does not support tools", ErrorKind::BadRequest, Retry::Never),
            (400, "the input length exceeds the context length", ErrorKind::ContextLength, Retry::Never),
            (401, "unauthorized", ErrorKind::Auth, Retry::Never),
            (429, "too many requests", ErrorKind::RateLimited, Retry::Soon),
            (
                500,
                "model requires more system memory (9.1 GiB) than is available (2.0 GiB)",
                ErrorKind::Server,
                Retry::Never,
            ),
            (500, "llama runner process has terminated", ErrorKind::Server, Retry::Soon),
            (
                503,
                "server busy, please try again.  maximum pending requests exceeded",
                ErrorKind::Overloaded,
                Retry::Slowly,
            ),
        ] {
            let failure = failure(status, message);
            assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{status} {message}");
        }
    }
}

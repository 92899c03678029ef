//! Errors of Bedrock: the type stands in a header, in the body, or in the name of a frame (reference §5).

use serde_json::Value;

use super::super::super::spec::{Failure, Retry};
use super::super::body::{clean, request_id, text_at};
use super::super::error_body::{ErrorBody, describe, kind_of_status, status_is_retryable};
use crate::net::HttpReply;
use crate::record::ErrorKind;

/// The failure that an error reply stands for.
pub(super) fn of_reply(reply: &HttpReply) -> Failure {
    let error = ErrorBody::of_reply(reply);
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or(Value::Null);
    let stated = reply.header("x-amzn-errortype").map(str::to_owned);
    let name = stated.or_else(|| text_at(&body, "__type")).unwrap_or_default();
    // `Message` is how some of its services write it.
    let message = text_at(&body, "Message").map(|text| clean(&text)).filter(|_| error.message.is_empty());
    let error = ErrorBody { message: message.unwrap_or_else(|| error.message.clone()), ..error };
    let mut failure = classify(&plain_name(&name), reply.status, &error);
    failure.error.status = Some(reply.status);
    failure.error.request_id = request_id(reply);
    failure
}

/// The failure that an exception within a stream stands for.
pub(super) fn of_frame(name: &str, data: &str) -> Failure {
    let body = serde_json::from_str::<Value>(data).unwrap_or(Value::Null);
    let said = if body.is_object() { ErrorBody::of_json(&body).message } else { clean(data) };
    classify(&plain_name(name), 200, &ErrorBody { message: said, ..ErrorBody::default() })
}

/// `com.amazon#ThrottlingException:http://…` is `throttlingexception`.
fn plain_name(name: &str) -> String {
    let name = name.split(':').next().unwrap_or(name);
    name.rsplit(['#', '.']).next().unwrap_or(name).trim().to_ascii_lowercase()
}

fn classify(name: &str, status: u16, error: &ErrorBody) -> Failure {
    let (kind, retry) = kind_of(name, status, error);
    let shown = if status == 200 { 500 } else { status };
    let mut failure = Failure::new(kind, error.sentence(describe(kind), shown));
    if error.message.is_empty() && !name.is_empty() {
        failure.error.message = format!("{} ({name})", describe(kind));
    }
    failure.retry = retry;
    failure
}

fn kind_of(name: &str, status: u16, error: &ErrorBody) -> (ErrorKind, Retry) {
    let message = error.message.to_lowercase();
    let soon = |kind| (kind, Retry::Soon);
    let never = |kind| (kind, Retry::Never);
    match name {
        "throttlingexception" | "toomanyrequestsexception" if message.contains("per day") => {
            never(ErrorKind::QuotaExhausted)
        }
        "throttlingexception" | "toomanyrequestsexception" => soon(ErrorKind::RateLimited),
        "modelnotreadyexception" | "serviceunavailableexception" => (ErrorKind::Overloaded, Retry::Slowly),
        "servicequotaexceededexception" => never(ErrorKind::QuotaExhausted),
        "modeltimeoutexception" => soon(ErrorKind::Timeout),
        "modelerrorexception" | "modelstreamerrorexception" | "internalserverexception" | "internalfailure" => {
            soon(ErrorKind::Server)
        }
        "accessdeniedexception"
        | "unrecognizedclientexception"
        | "invalidsignatureexception"
        | "signaturedoesnotmatch"
        | "expiredtokenexception"
        | "missingauthenticationtokenexception"
        | "incompletesignatureexception" => never(ErrorKind::Auth),
        "resourcenotfoundexception" => never(ErrorKind::NotFound),
        "validationexception" if message.contains("too long") || error.speaks_of_context_length() => {
            never(ErrorKind::ContextLength)
        }
        "validationexception" if message.contains("model identifier is invalid") => never(ErrorKind::NotFound),
        "validationexception" => never(ErrorKind::BadRequest),
        // An unknown exception within a stream says nothing about the request.
        _ if status == 200 => soon(ErrorKind::Server),
        _ => {
            let kind = kind_of_status(status);
            match kind {
                ErrorKind::BadRequest if error.speaks_of_context_length() => never(ErrorKind::ContextLength),
                _ if !status_is_retryable(status) => never(kind),
                ErrorKind::Overloaded => (kind, Retry::Slowly),
                _ => soon(kind),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_exception_has_its_class_by_header_body_or_frame() {
        let cases = [
            (
                400,
                "ValidationException",
                "Input is too long for requested model.",
                ErrorKind::ContextLength,
                Retry::Never,
            ),
            (400, "ValidationException", "malformed input request", ErrorKind::BadRequest, Retry::Never),
            (
                400,
                "ValidationException",
                "The provided model identifier is invalid.",
                ErrorKind::NotFound,
                Retry::Never,
            ),
            (400, "ServiceQuotaExceededException", "x", ErrorKind::QuotaExhausted, Retry::Never),
            (403, "AccessDeniedException", "x", ErrorKind::Auth, Retry::Never),
            (403, "InvalidSignatureException", "x", ErrorKind::Auth, Retry::Never),
            (404, "ResourceNotFoundException", "x", ErrorKind::NotFound, Retry::Never),
            (408, "ModelTimeoutException", "x", ErrorKind::Timeout, Retry::Soon),
            (424, "ModelErrorException", "x", ErrorKind::Server, Retry::Soon),
            (424, "ModelStreamErrorException", "x", ErrorKind::Server, Retry::Soon),
            (429, "ThrottlingException", "Too many requests", ErrorKind::RateLimited, Retry::Soon),
            (429, "ThrottlingException", "Too many tokens per day", ErrorKind::QuotaExhausted, Retry::Never),
            (429, "ModelNotReadyException", "x", ErrorKind::Overloaded, Retry::Slowly),
            (500, "InternalServerException", "x", ErrorKind::Server, Retry::Soon),
            (503, "ServiceUnavailableException", "x", ErrorKind::Overloaded, Retry::Slowly),
        ];
        for (status, name, message, kind, retry) in cases {
            let spelled = format!("{name}:http://internal.amazon.com/coral/com.amazon.bedrock/");
            let by_header = HttpReply {
                status,
                headers: [("x-amzn-errortype", spelled)].into_iter().collect(),
                body: json!({"message": message}).to_string().into_bytes(),
            };
            let body = json!({"__type": format!("com.amazon.coral.service#{name}"), "Message": message});
            let by_body = HttpReply { status, body: body.to_string().into_bytes(), ..HttpReply::default() };
            for reply in [by_header, by_body] {
                let failure = of_reply(&reply);
                assert_eq!((failure.error.kind, failure.retry), (kind, retry), "{status} {name}");
                assert!(failure.error.message.ends_with(message), "{}", failure.error.message);
                assert_eq!(failure.error.status, Some(status));
            }
            let first = name.chars().next().map(|c| c.to_ascii_lowercase()).expect("name");
            let in_frame = of_frame(&format!("{first}{}", &name[1..]), &json!({"message": message}).to_string());
            assert_eq!((in_frame.error.kind, in_frame.retry), (kind, retry), "{name}");
        }
    }

    #[test]
    fn without_a_name_the_status_decides() {
        let failure = |status| of_reply(&HttpReply { status, body: b"<html>".to_vec(), ..HttpReply::default() });
        assert_eq!(failure(502).error.kind, ErrorKind::Server);
        assert_eq!(failure(403).error.kind, ErrorKind::Auth);
        assert_eq!(of_frame("brandNewException", "").error.message, "the provider failed (brandnewexception)");
    }
}

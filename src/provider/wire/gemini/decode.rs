//! The reply of `:generateContent` (reference §4.2).

use serde_json::Value;

use super::super::super::spec::Failure;
use super::super::body::{json_object, malformed, request_id};
use super::errors;
use super::gather::Gathering;
use crate::net::HttpReply;
use crate::record::ChatReply;

pub(in super::super) fn decode(reply: &HttpReply) -> Result<ChatReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_reply(reply));
    }
    // An error of a streamed request may come as a list of one.
    if let Ok(list @ Value::Array(_)) = serde_json::from_slice::<Value>(&reply.body)
        && errors::is_error(&list)
    {
        return Err(errors::of_value(reply, &list));
    }
    let body = Value::Object(json_object(reply)?);
    if errors::is_error(&body) {
        return Err(errors::of_value(reply, &body));
    }
    let mut gathering = Gathering::default();
    gathering.take(&body);
    if !gathering.is_a_reply() {
        return Err(malformed(reply, "the provider answered without `candidates`"));
    }
    Ok(gathering.reply(request_id(reply)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ErrorKind;

    fn kind(body: &str) -> Option<ErrorKind> {
        let reply = HttpReply { status: 200, body: body.into(), ..HttpReply::default() };
        decode(&reply).err().map(|failure| failure.error.kind)
    }

    #[test]
    fn what_is_no_reply_is_malformed_and_errors_in_a_200_keep_their_class() {
        assert_eq!(kind("{\"candidates\":[]}"), Some(ErrorKind::Malformed));
        assert_eq!(kind("{\"usageMetadata\":{\"promptTokenCount\":3}}"), Some(ErrorKind::Malformed));
        assert_eq!(kind("[1]"), Some(ErrorKind::Malformed));
        assert_eq!(kind("{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}"), Some(ErrorKind::Overloaded));
        assert_eq!(
            kind("[{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}]"),
            Some(ErrorKind::RateLimited)
        );
        assert_eq!(kind("{\"candidates\":[{\"finishReason\":\"SAFETY\"}]}"), None);
    }
}

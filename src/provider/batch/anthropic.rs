//! Message batches of Anthropic (reference §3.7): the requests travel in the call that makes the batch.

use serde_json::{Value, json};

use super::super::spec::{Endpoint, Failure};
use super::line::{BatchLine, Said};
use super::wire::{
    BatchLimits, BatchSeen, BatchTag, BatchWire, FileWire, Page, Stage, base, id_of, json_of, page, plain, unreadable,
};
use crate::base::Timestamp;
use crate::net::{HttpReply, HttpRequest, Method};
use crate::record::{BatchFate, BatchReply};

/// Entries of one page of a list.
const PAGE: usize = 100;

/// The message batches of Anthropic.
#[derive(Debug)]
pub(in crate::provider) struct AnthropicBatches;

impl BatchWire for AnthropicBatches {
    fn limits(&self) -> BatchLimits {
        BatchLimits { items: 100_000, bytes: 256_000_000 }
    }

    fn line(&self, custom_id: &str, request: &HttpRequest) -> String {
        let body = String::from_utf8_lossy(&request.body);
        let mut params = serde_json::from_str::<Value>(&body).unwrap_or_default();
        if let Some(fields) = params.as_object_mut() {
            fields.shift_remove("stream");
        }
        json!({"custom_id": custom_id, "params": params}).to_string()
    }

    fn files(&self) -> Option<&dyn FileWire> {
        None
    }

    fn create(
        &self,
        _tag: &BatchTag,
        _file: Option<&str>,
        lines: &[String],
        like: &HttpRequest,
        endpoint: Endpoint<'_>,
    ) -> HttpRequest {
        let mut request = plain(Method::Post, batches(endpoint));
        // Version and beta headers as a single call has them.
        request.headers.clone_from(&like.headers);
        request.body = format!("{{\"requests\":[{}]}}", lines.join(",")).into_bytes();
        request
    }

    fn seen(&self, reply: &HttpReply) -> Result<BatchSeen, Failure> {
        seen(&json_of(reply)?)
    }

    fn list(&self, after: Option<&str>, endpoint: Endpoint<'_>) -> HttpRequest {
        let after = after.map(|id| format!("&after_id={id}")).unwrap_or_default();
        versioned(Method::Get, format!("{}?limit={PAGE}{after}", batches(endpoint)))
    }

    fn listed(&self, reply: &HttpReply) -> Result<Page<BatchSeen>, Failure> {
        page(reply, seen)
    }

    fn poll(&self, id: &str, endpoint: Endpoint<'_>) -> HttpRequest {
        versioned(Method::Get, format!("{}/{id}", batches(endpoint)))
    }

    fn cancel(&self, id: &str, endpoint: Endpoint<'_>) -> HttpRequest {
        versioned(Method::Post, format!("{}/{id}/cancel", batches(endpoint)))
    }

    fn results(&self, batch: &BatchSeen, endpoint: Endpoint<'_>) -> Vec<HttpRequest> {
        // Not the `results_url` that the batch states: the key goes to the configured server only.
        vec![versioned(Method::Get, format!("{}/{}/results", batches(endpoint), batch.id))]
    }

    fn result(&self, line: &str) -> Option<BatchLine> {
        let line: Value = serde_json::from_str(line).ok()?;
        let custom_id = line.get("custom_id")?.as_str()?.to_owned();
        let result = line.get("result")?;
        let reply = |status, body: &Value| {
            let request_id = body.get("request_id").and_then(Value::as_str).map(str::to_owned);
            Said::Reply(BatchReply { status, body: body.to_string(), request_id })
        };
        let said = match result.get("type")?.as_str()? {
            "succeeded" => reply(200, result.get("message")?),
            "errored" => {
                let error = result.get("error")?;
                reply(status_of(error), error)
            }
            "canceled" => Said::Nothing(BatchFate::Cancelled),
            "expired" => Said::Nothing(BatchFate::Expired),
            _ => return None,
        };
        Some(BatchLine { custom_id, said })
    }

    fn may_be(&self, _batch: &BatchSeen, _tag: &BatchTag) -> bool {
        true
    }

    fn is_tagged(&self) -> bool {
        false
    }
}

fn batches(endpoint: Endpoint<'_>) -> String {
    format!("{}/v1/messages/batches", base(endpoint))
}

fn versioned(method: Method, url: String) -> HttpRequest {
    let version = ("anthropic-version".to_owned(), "2023-06-01".to_owned());
    HttpRequest { headers: vec![version], ..plain(method, url) }
}

/// The status that a single call would have had with this error.
fn status_of(error: &Value) -> u16 {
    let kind = error.pointer("/error/type").or_else(|| error.get("type")).and_then(Value::as_str).unwrap_or_default();
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

fn seen(value: &Value) -> Result<BatchSeen, Failure> {
    let word = value.get("processing_status").and_then(Value::as_str);
    let word = word.ok_or_else(|| unreadable("without a `processing_status`"))?;
    let count = |name: &str| value.get("request_counts").and_then(|all| all.get(name)).and_then(Value::as_u64);
    let counts = ["processing", "succeeded", "errored", "canceled", "expired"].map(count);
    let items = counts.into_iter().flatten().reduce(u64::saturating_add);
    let created = value.get("created_at").and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Ok(BatchSeen {
        id: id_of(value, "id")?,
        // What became of each request stands with its result: all ends are alike.
        stage: if word == "ended" { Stage::Ended } else { Stage::Running },
        word: word.to_owned(),
        created: created.map(|moment| Timestamp(moment.as_millisecond())),
        items,
        tag: None,
        files: Vec::new(),
        problem: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RunId;

    #[test]
    fn a_batch_is_made_of_its_lines_with_the_headers_of_a_single_call() {
        let mut like = plain(Method::Post, "http://h/v1/messages".to_owned());
        like.headers = vec![("anthropic-version".to_owned(), "2026-10-21".to_owned())];
        like.body = br#"{"model":"m","max_tokens":5,"messages":[],"stream":false}"#.to_vec();
        let lines = [AnthropicBatches.line("r-1-0", &like), AnthropicBatches.line("r-1-1", &like)];
        let tag = BatchTag { run: RunId::parse("r").expect("id"), chunk: 1 };
        let request = AnthropicBatches.create(&tag, None, &lines, &like, Endpoint::new("http://h/", false));
        assert_eq!((request.url.as_str(), &request.headers), ("http://h/v1/messages/batches", &like.headers));
        let params = json!({"model": "m", "max_tokens": 5, "messages": []});
        let wanted =
            json!({"requests": [{"custom_id": "r-1-0", "params": params}, {"custom_id": "r-1-1", "params": params}]});
        assert_eq!(serde_json::from_slice::<Value>(&request.body).expect("json"), wanted);
    }

    #[test]
    fn results_come_from_the_configured_server_whatever_the_batch_says() {
        let batch = seen(
            &json!({"id": "msgbatch_1", "processing_status": "ended", "created_at": "2026-11-21T14:30:00Z",
            "results_url": "https://evil.example/results", "request_counts": {"processing": 0, "succeeded": 2, "errored": 1, "canceled": 0, "expired": 1}}),
        );
        let batch = batch.expect("batch");
        assert_eq!(
            (batch.stage, batch.items, batch.created),
            (Stage::Ended, Some(4), Some(Timestamp(1_795_271_400_000)))
        );
        let urls: Vec<String> =
            AnthropicBatches.results(&batch, Endpoint::new("http://h", false)).into_iter().map(|r| r.url).collect();
        assert_eq!(urls, ["http://h/v1/messages/batches/msgbatch_1/results"]);
        assert_eq!(seen(&json!({"id": "a", "processing_status": "canceling"})).expect("batch").stage, Stage::Running);
    }

    #[test]
    fn each_type_of_result_is_told_apart() {
        let said = |result: Value| {
            AnthropicBatches.result(&json!({"custom_id": "a", "result": result}).to_string()).map(|line| line.said)
        };
        let Some(Said::Reply(good)) = said(json!({"type": "succeeded", "message": {"id": "m"}})) else {
            panic!("reply")
        };
        assert_eq!((good.status, good.body.as_str()), (200, r#"{"id":"m"}"#));
        let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "x"}, "request_id": "q"});
        let Some(Said::Reply(bad)) = said(json!({"type": "errored", "error": error})) else { panic!("reply") };
        assert_eq!((bad.status, bad.request_id.as_deref()), (529, Some("q")));
        assert_eq!(said(json!({"type": "canceled"})), Some(Said::Nothing(BatchFate::Cancelled)));
        assert_eq!(said(json!({"type": "expired"})), Some(Said::Nothing(BatchFate::Expired)));
        assert_eq!(said(json!({"type": "new"})), None);
    }
}

//! Batches of OpenAI and of servers that speak as it does (reference §2.6): a file of lines, then a batch made of it.

use serde_json::{Map, Value, json};

use super::super::spec::{Endpoint, Failure};
use super::line::{BatchLine, Said};
use super::wire::{
    BatchLimits, BatchSeen, BatchTag, BatchWire, FileSeen, FileWire, Page, Stage, base, id_of, json_of, page, plain,
    posted, unreadable,
};
use crate::base::{Digest, Timestamp};
use crate::net::{HttpReply, HttpRequest, Method};
use crate::record::{BatchFate, BatchReply};

/// Entries of one page of a list; the most that the API gives.
const PAGE: usize = 100;

/// The batches of OpenAI.
#[derive(Debug)]
pub(in crate::provider) struct OpenAiBatches;

impl BatchWire for OpenAiBatches {
    fn limits(&self) -> BatchLimits {
        BatchLimits { items: 50_000, bytes: 200_000_000 }
    }

    fn line(&self, custom_id: &str, request: &HttpRequest) -> String {
        let mut body = serde_json::from_slice::<Map<String, Value>>(&request.body).unwrap_or_default();
        // Batches know no streams.
        body.shift_remove("stream");
        body.shift_remove("stream_options");
        json!({"custom_id": custom_id, "method": "POST", "url": path_of(&request.url), "body": body}).to_string()
    }

    fn files(&self) -> Option<&dyn FileWire> {
        Some(self)
    }

    fn create(
        &self,
        tag: &BatchTag,
        file: Option<&str>,
        _lines: &[String],
        like: &HttpRequest,
        endpoint: Endpoint<'_>,
    ) -> HttpRequest {
        let body = json!({
            "input_file_id": file.unwrap_or_default(),
            "endpoint": path_of(&like.url),
            "completion_window": "24h",
            "metadata": {"karat_run": tag.run.as_str(), "karat_chunk": tag.chunk.to_string()},
        });
        posted(format!("{}/batches", base(endpoint)), &body)
    }

    fn seen(&self, reply: &HttpReply) -> Result<BatchSeen, Failure> {
        seen(&json_of(reply)?)
    }

    fn list(&self, after: Option<&str>, endpoint: Endpoint<'_>) -> HttpRequest {
        plain(Method::Get, listing(endpoint, &format!("batches?limit={PAGE}"), after))
    }

    fn listed(&self, reply: &HttpReply) -> Result<Page<BatchSeen>, Failure> {
        page(reply, seen)
    }

    fn poll(&self, id: &str, endpoint: Endpoint<'_>) -> HttpRequest {
        plain(Method::Get, format!("{}/batches/{id}", base(endpoint)))
    }

    fn cancel(&self, id: &str, endpoint: Endpoint<'_>) -> HttpRequest {
        plain(Method::Post, format!("{}/batches/{id}/cancel", base(endpoint)))
    }

    fn results(&self, batch: &BatchSeen, endpoint: Endpoint<'_>) -> Vec<HttpRequest> {
        let content = |id: &String| plain(Method::Get, format!("{}/files/{id}/content", base(endpoint)));
        batch.files.iter().map(content).collect()
    }

    fn result(&self, line: &str) -> Option<BatchLine> {
        let line: Value = serde_json::from_str(line).ok()?;
        let custom_id = line.get("custom_id")?.as_str()?.to_owned();
        let response = line.get("response").filter(|response| response.is_object());
        let said = match (response, line.pointer("/error/code").and_then(Value::as_str)) {
            (Some(response), _) => Said::Reply(BatchReply {
                status: response.get("status_code")?.as_u64().and_then(|status| u16::try_from(status).ok())?,
                body: response.get("body").unwrap_or(&Value::Null).to_string(),
                request_id: response.get("request_id").and_then(Value::as_str).map(str::to_owned),
            }),
            (None, Some("batch_expired")) => Said::Nothing(BatchFate::Expired),
            (None, Some("batch_cancelled")) => Said::Nothing(BatchFate::Cancelled),
            (None, _) => Said::Reply(BatchReply {
                status: 500,
                body: json!({"error": line.get("error").unwrap_or(&Value::Null)}).to_string(),
                request_id: None,
            }),
        };
        Some(BatchLine { custom_id, said })
    }

    fn may_be(&self, batch: &BatchSeen, tag: &BatchTag) -> bool {
        batch.tag.as_ref().is_some_and(|(run, chunk)| run == tag.run.as_str() && *chunk == tag.chunk.to_string())
    }

    fn is_tagged(&self) -> bool {
        true
    }
}

impl FileWire for OpenAiBatches {
    fn upload(&self, tag: &BatchTag, lines: &[String], endpoint: Endpoint<'_>) -> HttpRequest {
        let content = [lines.join("\n"), String::new()].join("\n");
        // A boundary that the content cannot hold: it would have to hold its own digest.
        let boundary = format!("karat-{}", Digest::of_bytes(content.as_bytes()));
        let body = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{boundary}\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"{}\"\r\ncontent-type: application/jsonl\r\n\r\n\
             {content}\r\n--{boundary}--\r\n",
            tag.file_name()
        );
        HttpRequest {
            headers: vec![("content-type".to_owned(), format!("multipart/form-data; boundary={boundary}"))],
            body: body.into_bytes(),
            ..plain(Method::Post, format!("{}/files", base(endpoint)))
        }
    }

    fn uploaded(&self, reply: &HttpReply) -> Result<FileSeen, Failure> {
        file(&json_of(reply)?)
    }

    fn list(&self, after: Option<&str>, endpoint: Endpoint<'_>) -> HttpRequest {
        plain(Method::Get, listing(endpoint, &format!("files?purpose=batch&order=desc&limit={PAGE}"), after))
    }

    fn listed(&self, reply: &HttpReply) -> Result<Page<FileSeen>, Failure> {
        page(reply, file)
    }
}

fn listing(endpoint: Endpoint<'_>, what: &str, after: Option<&str>) -> String {
    let after = after.map(|id| format!("&after={id}")).unwrap_or_default();
    format!("{}/{what}{after}", base(endpoint))
}

fn file(value: &Value) -> Result<FileSeen, Failure> {
    Ok(FileSeen {
        id: id_of(value, "id")?,
        name: value.get("filename").and_then(Value::as_str).unwrap_or_default().to_owned(),
        bytes: value.get("bytes").and_then(Value::as_u64).unwrap_or_default(),
    })
}

fn seen(value: &Value) -> Result<BatchSeen, Failure> {
    let word = value.get("status").and_then(Value::as_str).ok_or_else(|| unreadable("without a `status`"))?;
    let stage = match word {
        "completed" => Stage::Ended,
        "expired" => Stage::Expired,
        "cancelled" => Stage::Cancelled,
        "failed" => Stage::Failed,
        // Also words that are not known yet: asking again does no harm.
        _ => Stage::Running,
    };
    let meta = |name: &str| value.get("metadata")?.get(name)?.as_str().map(str::to_owned);
    let file = |name: &str| value.get(name).filter(|id| !id.is_null()).map(|_| id_of(value, name));
    let problems = value.pointer("/errors/data").and_then(Value::as_array);
    let problem = problems.and_then(|all| all.first()).and_then(|first| first.get("message")?.as_str());
    Ok(BatchSeen {
        id: id_of(value, "id")?,
        stage,
        word: word.to_owned(),
        created: value.get("created_at").and_then(Value::as_i64).map(|seconds| Timestamp(seconds.saturating_mul(1000))),
        items: value.pointer("/request_counts/total").and_then(Value::as_u64).filter(|total| *total > 0),
        tag: meta("karat_run").zip(meta("karat_chunk")),
        files: ["output_file_id", "error_file_id"].into_iter().filter_map(file).collect::<Result<_, _>>()?,
        problem: problem.map(str::to_owned),
    })
}

/// The path of a request as lines name it: from the API's version on, whatever stands before it at a gateway.
fn path_of(url: &str) -> &str {
    let after_host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_host.find('/').and_then(|at| after_host.get(at..)).unwrap_or("/");
    path.rfind("/v1/").and_then(|at| path.get(at..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RunId;

    fn tag() -> BatchTag {
        BatchTag { run: RunId::parse("20261121-143000-k3fw").expect("id"), chunk: 2 }
    }

    #[test]
    fn a_line_names_the_path_and_asks_for_no_stream() {
        let body = br#"{"model":"m","stream":true,"messages":[],"stream_options":{"include_usage":true}}"#;
        for base in ["https://api.openai.com/v1", "http://gateway/openai/v1"] {
            let mut request = plain(Method::Post, format!("{base}/chat/completions"));
            request.body = body.to_vec();
            let line = OpenAiBatches.line("r-1-0", &request);
            assert_eq!(
                line,
                r#"{"custom_id":"r-1-0","method":"POST","url":"/v1/chat/completions","body":{"model":"m","messages":[]}}"#
            );
        }
        assert_eq!(path_of("http://host/api/paas/v4/chat/completions"), "/api/paas/v4/chat/completions");
    }

    #[test]
    fn an_upload_is_a_form_of_purpose_and_file() {
        let endpoint = Endpoint::new("http://h/v1/", false);
        let request = FileWire::upload(&OpenAiBatches, &tag(), &["{\"a\":1}".into(), "{\"b\":2}".into()], endpoint);
        assert_eq!((request.url.as_str(), request.method), ("http://h/v1/files", Method::Post));
        let kind = &request.headers.first().expect("header").1;
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").expect("boundary");
        assert!(boundary.len() <= 70, "RFC 2046 allows 70 characters, this has {}", boundary.len());
        let text = String::from_utf8(request.body).expect("text");
        let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4);
        assert!(parts[1].ends_with("name=\"purpose\"\r\n\r\nbatch\r\n"), "{text}");
        assert!(parts[2].contains("filename=\"karat-20261121-143000-k3fw-2.jsonl\""), "{text}");
        assert!(parts[2].ends_with("\r\n\r\n{\"a\":1}\n{\"b\":2}\n\r\n"), "{text}");
        assert_eq!(parts[3], "--\r\n");
    }

    #[test]
    fn every_status_has_its_stage_and_the_tag_is_read_back() {
        let cases = [
            ("validating", Stage::Running),
            ("in_progress", Stage::Running),
            ("finalizing", Stage::Running),
            ("cancelling", Stage::Running),
            ("brand_new", Stage::Running),
            ("completed", Stage::Ended),
            ("expired", Stage::Expired),
            ("cancelled", Stage::Cancelled),
            ("failed", Stage::Failed),
        ];
        for (word, stage) in cases {
            let batch = seen(&json!({"id": "b", "status": word})).expect(word);
            assert_eq!((batch.stage, batch.word.as_str()), (stage, word));
        }
        let whole = json!({"id": "b", "status": "completed", "created_at": 7, "request_counts": {"total": 3},
            "output_file_id": "file-o", "error_file_id": null, "metadata": {"karat_run": tag().run.as_str(), "karat_chunk": "2"}});
        let batch = seen(&whole).expect("batch");
        assert_eq!(
            (batch.created, batch.items, batch.files.clone()),
            (Some(Timestamp(7000)), Some(3), vec!["file-o".into()])
        );
        assert!(OpenAiBatches.may_be(&batch, &tag()) && !OpenAiBatches.may_be(&batch, &BatchTag { chunk: 1, ..tag() }));
        assert!(seen(&json!({"id": "../x", "status": "completed"})).is_err());
        assert!(seen(&json!({"id": "b", "status": "completed", "output_file_id": "a/b"})).is_err());
    }

    #[test]
    fn lines_of_results_are_replies_expiries_and_failures() {
        let line = |value: Value| OpenAiBatches.result(&value.to_string()).map(|line| line.said);
        let good = json!({"custom_id": "a", "response": {"status_code": 200, "request_id": "r", "body": {"x": 1}}, "error": null});
        let Some(Said::Reply(reply)) = line(good) else { panic!("reply") };
        assert_eq!((reply.status, reply.body.as_str(), reply.request_id.as_deref()), (200, r#"{"x":1}"#, Some("r")));
        let expired = json!({"custom_id": "a", "response": null, "error": {"code": "batch_expired", "message": "x"}});
        assert_eq!(line(expired), Some(Said::Nothing(BatchFate::Expired)));
        let broken = json!({"custom_id": "a", "response": null, "error": {"code": "odd", "message": "x"}});
        assert!(matches!(line(broken), Some(Said::Reply(reply)) if reply.status == 500));
        assert_eq!(OpenAiBatches.result("not json"), None);
        assert_eq!(line(json!({"response": {}})), None);
    }
}

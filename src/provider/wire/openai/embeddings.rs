//! `POST /embeddings` (reference §2.4): many texts in one request, vectors as numbers or as base64 of little-endian
//! single precision.

use serde_json::{Value, json};

use super::super::super::side_wire::{BatchLimit, EmbeddingAsk, EmbeddingWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{join_url, json_object, malformed, post_json, refused};
use super::super::embeddings::list::indexed;
use super::errors;
use super::usage::{reported_cost, usage_of};
use crate::net::HttpReply;
use crate::record::{CallError, EmbeddingReply, Usage};

/// The embeddings of OpenAI and compatible servers.
#[derive(Debug)]
pub(in crate::provider::wire) struct Embeddings;

impl EmbeddingWire for Embeddings {
    /// The API takes 2,048 texts and 300,000 tokens; a token is rarely less than two bytes.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 256, bytes: 400_000 }
    }

    fn encode(&self, ask: &EmbeddingAsk<'_>, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let mut body = body_of(ask)?;
        // A quarter of the bytes; not every compatible server knows it.
        body["encoding_format"] = json!(if endpoint.official { "base64" } else { "float" });
        Ok(post_json(join_url(endpoint.base_url, "embeddings"), &body))
    }

    fn decode(&self, reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
        decode(reply, ask)
    }
}

/// The body without its encoding.
pub(in crate::provider::wire) fn body_of(ask: &EmbeddingAsk<'_>) -> Result<Value, CallError> {
    if ask.params.input_type.is_some() {
        return Err(refused("OpenAI's embeddings know no `input_type`: all texts are placed alike"));
    }
    let mut body = json!({"model": ask.model, "input": ask.texts});
    if let Some(dimensions) = ask.params.dimensions {
        if ask.model == "text-embedding-ada-002" {
            return Err(refused("`text-embedding-ada-002` takes no `dimensions`; the models `text-embedding-3-*` do"));
        }
        body["dimensions"] = json!(dimensions);
    }
    Ok(body)
}

pub(in crate::provider::wire) fn decode(reply: &HttpReply, ask: &EmbeddingAsk<'_>) -> Result<EmbeddingReply, Failure> {
    if !(200..300).contains(&reply.status) {
        return Err(errors::of_status(reply));
    }
    let body = json_object(reply)?;
    if body.get("error").is_some_and(|error| !error.is_null()) {
        return Err(errors::of_body(reply, &Value::Object(body)));
    }
    let vectors = indexed(&body, ask.texts.len(), ask.params).map_err(|why| malformed(reply, why))?;
    let usage = body.get("usage").and_then(tokens);
    let reported_cost = body.get("usage").and_then(|usage| reported_cost(usage.into()));
    Ok(EmbeddingReply { vectors, usage, reported_cost })
}

/// There is no output: with none stated, the price of the answer would be unknown.
fn tokens(raw: &Value) -> Option<Usage> {
    let input = usage_of(raw).and_then(|usage| usage.total_input()).map(|tokens| tokens.0);
    let total = raw.get("total_tokens").and_then(Value::as_u64);
    input.or(total).map(|input| Usage::plain(input, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{EmbeddingParams, ErrorKind, InputType};

    fn ask<'a>(model: &'a str, texts: &'a [String]) -> EmbeddingAsk<'a> {
        EmbeddingAsk { model, texts, params: EmbeddingParams::NONE }
    }

    fn decoded(reply: &HttpReply, count: usize) -> Result<EmbeddingReply, Failure> {
        Embeddings.decode(reply, &ask("m", &vec!["t".to_owned(); count]))
    }

    fn reply(status: u16, body: &Value) -> HttpReply {
        HttpReply { status, body: body.to_string().into_bytes(), ..HttpReply::default() }
    }

    #[test]
    fn many_texts_go_in_one_request() {
        let texts = ["a".to_owned(), "ü".to_owned()];
        let sent = |base_url: &str, official| {
            let encoded = Embeddings.encode(&ask("m", &texts), Endpoint::new(base_url, official)).expect("encoded");
            (encoded.http.url, serde_json::from_slice::<Value>(&encoded.http.body).expect("json"))
        };
        let (url, body) = sent("http://x/v1/", false);
        assert_eq!(url, "http://x/v1/embeddings");
        assert_eq!(body, json!({"model": "m", "input": ["a", "ü"], "encoding_format": "float"}));
        assert_eq!(sent("https://api.openai.com/v1", true).1["encoding_format"], "base64");
    }

    #[test]
    fn vectors_come_as_numbers_or_base64_in_any_order() {
        // 1.0 and -2.5 as little-endian single precision: 00 00 80 3f, 00 00 20 c0.
        let body = json!({"object": "list", "model": "m", "usage": {"prompt_tokens": 7, "total_tokens": 7}, "data": [
            {"index": 1, "object": "embedding", "embedding": "AACAPwAAIMA="},
            {"index": 0, "object": "embedding", "embedding": [0.5, 1]}]});
        let found = decoded(&reply(200, &body), 2).expect("vectors");
        assert_eq!(found.vectors, [vec![0.5, 1.0], vec![1.0, -2.5]]);
        assert_eq!(found.usage, Some(Usage::plain(7, 0)));
        let total = json!({"usage": {"total_tokens": 3}, "data": [{"embedding": [1.0]}]});
        assert_eq!(decoded(&reply(200, &total), 1).expect("vectors").usage, Some(Usage::plain(3, 0)));
    }

    #[test]
    fn what_is_no_vector_per_text_is_malformed() {
        let cases = [
            json!({}),
            json!({"data": []}),
            json!({"data": [{"embedding": [1.0]}, {"embedding": [1.0, 2.0]}]}),
            json!({"data": [{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [2.0]}]}),
            json!({"data": [{"index": 0, "embedding": [1.0]}, {"index": 5, "embedding": [2.0]}]}),
            json!({"data": [{"embedding": [1.0]}, {"embedding": ["x"]}]}),
            json!({"data": [{"embedding": [1.0]}, {"embedding": "AAA="}]}),
            json!({"data": [{"embedding": [1.0]}, {"embedding": "??"}]}),
            json!({"data": [{"embedding": []}, {"embedding": []}]}),
            json!({"data": [{"embedding": [1e300]}, {"embedding": [1.0]}]}),
        ];
        for body in cases {
            let failure = decoded(&reply(200, &body), 2).expect_err("malformed");
            assert_eq!(failure.error.kind, ErrorKind::Malformed, "{body}");
        }
    }

    #[test]
    fn errors_are_those_of_the_api() {
        let body = json!({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}});
        assert_eq!(decoded(&reply(401, &body), 1).expect_err("key").error.kind, ErrorKind::Auth);
        let body = json!({"error": {"message": "no such model", "code": "model_not_found"}});
        assert_eq!(decoded(&reply(404, &body), 1).expect_err("model").error.kind, ErrorKind::NotFound);
    }

    #[test]
    fn parameters_that_the_model_does_not_take_are_refused() {
        let texts = ["a".to_owned()];
        let sent = |model: &str, params| {
            let ask = EmbeddingAsk { params, ..ask(model, &texts) };
            Embeddings.encode(&ask, Endpoint::new("http://x/v1", false)).map(|encoded| encoded.http.body)
        };
        let short = EmbeddingParams { dimensions: Some(256), input_type: None };
        let body = sent("text-embedding-3-large", short).expect("encoded");
        assert_eq!(serde_json::from_slice::<Value>(&body).expect("json")["dimensions"], 256);
        assert!(sent("text-embedding-ada-002", short).expect_err("refused").message.contains("dimensions"));
        let query = EmbeddingParams { dimensions: None, input_type: Some(InputType::Query) };
        assert!(sent("text-embedding-3-large", query).expect_err("refused").message.contains("input_type"));
    }
}

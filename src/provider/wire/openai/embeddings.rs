//! `POST /embeddings` (reference §2.4): many texts in one request, vectors as numbers or as base64 of little-endian
//! single precision.

use serde_json::{Map, Value, json};

use super::super::super::spec::{EmbeddingWire, Encoded, Endpoint, Failure};
use super::super::body::{join_url, json_object, malformed};
use super::errors;
use super::usage::{reported_cost, usage_of};
use crate::base::base64_decode;
use crate::net::{HttpReply, HttpRequest, Method};
use crate::record::{EmbeddingReply, Usage};

/// The embeddings of OpenAI and compatible servers.
#[derive(Debug)]
pub(in crate::provider::wire) struct Embeddings;

impl EmbeddingWire for Embeddings {
    fn encode(&self, model: &str, texts: &[String], endpoint: Endpoint<'_>) -> Encoded {
        // A quarter of the bytes; not every compatible server knows it.
        let format = if endpoint.official { "base64" } else { "float" };
        let body = json!({"model": model, "input": texts, "encoding_format": format});
        let http = HttpRequest {
            method: Method::Post,
            url: join_url(endpoint.base_url, "embeddings"),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            auth: None,
            body: body.to_string().into_bytes(),
        };
        Encoded { http, warnings: Vec::new() }
    }

    fn decode(&self, reply: &HttpReply, count: usize) -> Result<EmbeddingReply, Failure> {
        if !(200..300).contains(&reply.status) {
            return Err(errors::of_status(reply));
        }
        let body = json_object(reply)?;
        if body.get("error").is_some_and(|error| !error.is_null()) {
            return Err(errors::of_body(reply, &Value::Object(body)));
        }
        let vectors = vectors(&body, count).map_err(|why| malformed(reply, why))?;
        let usage = body.get("usage").and_then(tokens);
        let reported_cost = body.get("usage").and_then(reported_cost);
        Ok(EmbeddingReply { vectors, usage, reported_cost })
    }
}

/// The vectors by `index`: servers may answer in another order.
fn vectors(body: &Map<String, Value>, count: usize) -> Result<Vec<Vec<f32>>, String> {
    let data = body.get("data").and_then(Value::as_array).ok_or("the provider answered without `data`")?;
    if data.len() != count {
        return Err(format!("the provider answered with {} vectors for {count} texts", data.len()));
    }
    let mut vectors: Vec<Option<Vec<f32>>> = vec![None; count];
    for (at, item) in data.iter().enumerate() {
        let index = match item.get("index") {
            None => Some(at),
            Some(index) => index.as_u64().and_then(|index| usize::try_from(index).ok()),
        };
        let vector = item.get("embedding").and_then(vector).ok_or("an embedding is neither numbers nor base64")?;
        let slot = index.and_then(|index| vectors.get_mut(index)).filter(|slot| slot.is_none());
        *slot.ok_or("the provider numbered its vectors wrongly")? = Some(vector);
    }
    let vectors: Vec<Vec<f32>> = vectors.into_iter().flatten().collect();
    let length = vectors.first().map_or(0, Vec::len);
    if vectors.iter().any(|vector| vector.is_empty() || vector.len() != length) {
        return Err("the provider answered with vectors of different lengths".to_owned());
    }
    Ok(vectors)
}

fn vector(value: &Value) -> Option<Vec<f32>> {
    let numbers: Vec<f32> = match value {
        Value::Array(numbers) => numbers.iter().map(|number| number.as_f64().map(narrow)).collect::<Option<_>>()?,
        Value::String(text) => {
            let bytes = base64_decode(text)?;
            let chunks = bytes.chunks_exact(4);
            if !chunks.remainder().is_empty() {
                return None;
            }
            chunks.filter_map(|bytes| bytes.try_into().ok()).map(f32::from_le_bytes).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    numbers.iter().all(|number| number.is_finite()).then_some(numbers)
}

#[expect(clippy::cast_possible_truncation, reason = "single precision is what models give; infinite ones are refused")]
fn narrow(number: f64) -> f32 {
    number as f32
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
    use crate::record::ErrorKind;

    fn reply(status: u16, body: &Value) -> HttpReply {
        HttpReply { status, body: body.to_string().into_bytes(), ..HttpReply::default() }
    }

    #[test]
    fn many_texts_go_in_one_request() {
        let texts = ["a".to_owned(), "ü".to_owned()];
        let sent = |base_url: &str, official| {
            let encoded = Embeddings.encode("m", &texts, Endpoint::new(base_url, official));
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
        let decoded = Embeddings.decode(&reply(200, &body), 2).expect("vectors");
        assert_eq!(decoded.vectors, [vec![0.5, 1.0], vec![1.0, -2.5]]);
        assert_eq!(decoded.usage, Some(Usage::plain(7, 0)));
        let total = json!({"usage": {"total_tokens": 3}, "data": [{"embedding": [1.0]}]});
        assert_eq!(Embeddings.decode(&reply(200, &total), 1).expect("vectors").usage, Some(Usage::plain(3, 0)));
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
            let failure = Embeddings.decode(&reply(200, &body), 2).expect_err("malformed");
            assert_eq!(failure.error.kind, ErrorKind::Malformed, "{body}");
        }
    }

    #[test]
    fn errors_are_those_of_the_api() {
        let body = json!({"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}});
        assert_eq!(Embeddings.decode(&reply(401, &body), 1).expect_err("key").error.kind, ErrorKind::Auth);
        let body = json!({"error": {"message": "no such model", "code": "model_not_found"}});
        assert_eq!(Embeddings.decode(&reply(404, &body), 1).expect_err("model").error.kind, ErrorKind::NotFound);
    }
}

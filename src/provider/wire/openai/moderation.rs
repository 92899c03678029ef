//! `POST /moderations` (reference §2.5): many texts in one request, one verdict each.

use serde_json::{Map, Value, json};

use super::super::super::side_wire::{BatchLimit, ModerationWire};
use super::super::super::spec::{Encoded, Endpoint, Failure};
use super::super::body::{clean, join_url, json_object, malformed, post_json};
use super::errors;
use crate::net::HttpReply;
use crate::record::{CallError, ModerationCategory, ModerationReply};

/// The moderation of OpenAI and compatible servers.
#[derive(Debug)]
pub(super) struct Moderation;

impl ModerationWire for Moderation {
    /// The API states no number; its models read 32,768 tokens, and a list is judged text by text.
    fn limit(&self) -> BatchLimit {
        BatchLimit { texts: 32, bytes: 200_000 }
    }

    fn is_free(&self) -> bool {
        true
    }

    fn encode(&self, model: &str, texts: &[String], endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        Ok(post_json(join_url(endpoint.base_url, "moderations"), &json!({"model": model, "input": texts})))
    }

    fn decode(&self, reply: &HttpReply, count: usize) -> Result<Vec<ModerationReply>, Failure> {
        if !(200..300).contains(&reply.status) {
            return Err(errors::of_status(reply));
        }
        let body = json_object(reply)?;
        if body.get("error").is_some_and(|error| !error.is_null()) {
            return Err(errors::of_body(reply, &Value::Object(body)));
        }
        verdicts(&body, count).map_err(|why| malformed(reply, why))
    }
}

fn verdicts(body: &Map<String, Value>, count: usize) -> Result<Vec<ModerationReply>, String> {
    let results = body.get("results").and_then(Value::as_array).ok_or("the provider answered without `results`")?;
    if results.len() != count {
        return Err(format!("the provider answered with {} verdicts on {count} texts", results.len()));
    }
    results.iter().map(|result| verdict(result).ok_or_else(|| "a verdict lacks its categories".to_owned())).collect()
}

fn verdict(result: &Value) -> Option<ModerationReply> {
    let flags = result.get("categories")?.as_object()?;
    let scores = result.get("category_scores")?.as_object()?;
    let mut categories: Vec<ModerationCategory> = flags
        .iter()
        .map(|(name, flagged)| {
            // A category that a model does not know is null, with a score of zero.
            let score = scores.get(name)?.as_f64().filter(|score| (0.0..=1.0).contains(score))?;
            Some(ModerationCategory { name: clean(name), flagged: flagged.as_bool().unwrap_or(false), score })
        })
        .collect::<Option<_>>()?;
    categories.sort_by(|a, b| a.name.cmp(&b.name));
    Some(ModerationReply { flagged: result.get("flagged")?.as_bool()?, categories })
}

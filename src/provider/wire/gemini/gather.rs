//! A reply of Gemini, whole or in pieces: every piece has the shape of a whole reply (reference §4.2, §4.4).

use serde_json::Value;

use super::super::super::stream::Sign;
use super::super::body::{clean, text_at};
use crate::price::{Dialect, normalize};
use crate::record::{ChatReply, Finish, LogprobToken, OffClock, Part, ToolCall, Usage};

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    text: String,
    reasoning: String,
    tool_calls: Vec<ToolCall>,
    thoughts: Vec<Part>,
    logprobs: Vec<LogprobToken>,
    finish: Option<String>,
    blocked: Option<String>,
    usage: Option<Value>,
    model: Option<String>,
    id: Option<String>,
    has_candidate: bool,
}

impl Gathering {
    /// Takes a piece; says what it brought.
    pub(super) fn take(&mut self, piece: &Value) -> Sign {
        for (kept, name) in [(&mut self.model, "modelVersion"), (&mut self.id, "responseId")] {
            if let Some(text) = text_at(piece, name) {
                *kept = Some(clean(&text));
            }
        }
        // The newest counts are the whole counts.
        if let Some(usage) = piece.get("usageMetadata").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        if let Some(reason) = piece.get("promptFeedback").and_then(|feedback| text_at(feedback, "blockReason")) {
            self.blocked = Some(reason);
        }
        let Some(candidate) = piece.get("candidates").and_then(Value::as_array).and_then(|list| list.first()) else {
            return Sign::Nothing;
        };
        self.has_candidate = true;
        if let Some(reason) = text_at(candidate, "finishReason").filter(|word| word != "FINISH_REASON_UNSPECIFIED") {
            self.finish = Some(reason);
        }
        self.logprobs.extend(logprobs(candidate));
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
        let signs = parts.into_iter().flatten().map(|part| self.part(part)).collect::<Vec<_>>();
        let has = |sign| signs.contains(&sign);
        match () {
            () if has(Sign::Visible) => Sign::Visible,
            () if has(Sign::Reasoning) => Sign::Reasoning,
            () => Sign::Nothing,
        }
    }

    fn part(&mut self, part: &Value) -> Sign {
        let text = part.get("text").and_then(Value::as_str).unwrap_or("");
        let is_thought = part.get("thought") == Some(&Value::Bool(true));
        if part.get("thoughtSignature").is_some() {
            let shown = if is_thought { text } else { "" };
            self.thoughts.push(Part::Reasoning { opaque: Some(part.to_string()), text: shown.to_owned() });
        }
        if let Some(call) = part.get("functionCall") {
            // The API may leave the id out; its place in the reply is one as well.
            let id = text_at(call, "id").unwrap_or_else(|| format!("call_{}", self.tool_calls.len()));
            let arguments = call.get("args").map_or_else(|| "{}".to_owned(), Value::to_string);
            self.tool_calls.push(ToolCall { id, name: text_at(call, "name").unwrap_or_default(), arguments });
            return Sign::Visible;
        }
        if text.is_empty() {
            return Sign::Nothing;
        }
        if is_thought {
            self.reasoning.push_str(text);
            return Sign::Reasoning;
        }
        self.text.push_str(text);
        Sign::Visible
    }

    /// Whether anything of a reply was there: an answer, or the word that the prompt was blocked.
    pub(super) fn is_a_reply(&self) -> bool {
        self.has_candidate || self.blocked.is_some()
    }

    /// Whether the end of the reply was seen.
    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some() || self.blocked.is_some()
    }

    /// The reply.
    pub(super) fn reply(self, request_id: Option<String>) -> ChatReply {
        let finish_raw = self.finish.or(self.blocked.clone());
        let finish = match finish_raw.as_deref() {
            _ if self.blocked.is_some() && !self.has_candidate => Finish::ContentFilter,
            Some("STOP") if !self.tool_calls.is_empty() => Finish::ToolCalls,
            Some(reason) => finish_of(reason),
            None => Finish::Other,
        };
        let tier = self.usage.as_ref().and_then(tier_of);
        ChatReply {
            contexts: Vec::new(),
            text: self.text,
            tool_calls: self.tool_calls,
            finish,
            finish_raw,
            refusal: None,
            reasoning: (!self.reasoning.is_empty()).then_some(self.reasoning),
            thoughts: self.thoughts,
            logprobs: self.logprobs,
            usage: self.usage.as_ref().and_then(usage_of),
            reported_cost: None,
            model: self.model,
            request_id: request_id.or(self.id),
            service_tier: tier,
            fingerprint: None,
            warnings: Vec::new(),
            stream: None,
            off_clock: OffClock::default(),
        }
    }
}

fn usage_of(raw: &Value) -> Option<Usage> {
    Some(normalize(Dialect::Gemini, raw)).filter(|usage| usage.total_input().or(usage.total_output()).is_some())
}

/// The tier that served it; Vertex names it as a kind of traffic.
fn tier_of(usage: &Value) -> Option<String> {
    let stated =
        text_at(usage, "serviceTier").map(|tier| tier.trim_start_matches("SERVICE_TIER_").to_ascii_lowercase());
    stated.or_else(|| {
        let word = match text_at(usage, "trafficType")?.as_str() {
            "ON_DEMAND_PRIORITY" => "priority",
            "ON_DEMAND_FLEX" => "flex",
            "ON_DEMAND" => "standard",
            _ => return None,
        };
        Some(word.to_owned())
    })
}

fn finish_of(reason: &str) -> Finish {
    match reason {
        "STOP" => Finish::Stop,
        "MAX_TOKENS" => Finish::Length,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" | "MODEL_ARMOR" => {
            Finish::ContentFilter
        }
        "CONTINUATION" => Finish::Paused,
        "OTHER" | "UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS" | "MISSING_THOUGHT_SIGNATURE" => Finish::Error,
        _ if reason.starts_with("IMAGE_") => Finish::ContentFilter,
        _ if reason.starts_with("MALFORMED_") => Finish::Error,
        _ => Finish::Other,
    }
}

fn logprobs(candidate: &Value) -> Vec<LogprobToken> {
    let list = |path: &str| candidate.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let tops = list("/logprobsResult/topCandidates");
    let token =
        |value: &Value| Some((value.get("token")?.as_str()?.to_owned(), value.get("logProbability")?.as_f64()?));
    let chosen = list("/logprobsResult/chosenCandidates").iter().enumerate();
    chosen
        .filter_map(|(at, value)| {
            let (text, logprob) = token(value)?;
            let top = tops.get(at).and_then(|top| top.get("candidates")).and_then(Value::as_array);
            Some(LogprobToken { text, logprob, top: top.into_iter().flatten().filter_map(token).collect() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply(piece: &Value) -> ChatReply {
        let mut gathering = Gathering::default();
        gathering.take(piece);
        assert!(gathering.is_a_reply(), "{piece}");
        gathering.reply(None)
    }

    fn with(candidate: &Value) -> Value {
        json!({"candidates": [candidate], "modelVersion": "gemini-3-pro", "responseId": "r1"})
    }

    #[test]
    fn finish_reasons_map_and_keep_their_word() {
        let cases = [
            ("STOP", Finish::Stop),
            ("MAX_TOKENS", Finish::Length),
            ("SAFETY", Finish::ContentFilter),
            ("IMAGE_SAFETY", Finish::ContentFilter),
            ("MODEL_ARMOR", Finish::ContentFilter),
            ("CONTINUATION", Finish::Paused),
            ("MALFORMED_FUNCTION_CALL", Finish::Error),
            ("MISSING_THOUGHT_SIGNATURE", Finish::Error),
            ("BRAND_NEW", Finish::Other),
        ];
        for (raw, finish) in cases {
            // A candidate may come without any content.
            let found = reply(&with(&json!({"finishReason": raw})));
            assert_eq!((found.finish, found.finish_raw.as_deref(), found.text.as_str()), (finish, Some(raw), ""));
        }
    }

    #[test]
    fn calls_beat_a_finish_of_stop_and_get_an_id() {
        let parts = json!([
            {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "s"},
            {"functionCall": {"id": "own", "name": "g"}}]);
        let found = reply(&with(&json!({"content": {"parts": parts}, "finishReason": "STOP"})));
        let calls: Vec<_> =
            found.tool_calls.iter().map(|c| (c.id.as_str(), c.name.as_str(), c.arguments.as_str())).collect();
        assert_eq!(calls, [("call_0", "f", "{\"x\":1}"), ("own", "g", "{}")]);
        assert_eq!(found.finish, Finish::ToolCalls);
        let opaque = parts[0].to_string();
        assert_eq!(found.thoughts, [Part::Reasoning { opaque: Some(opaque), text: String::new() }]);
    }

    #[test]
    fn a_blocked_prompt_is_a_filtered_reply_with_its_tokens() {
        // Reference §14.3, row 17.
        let found = reply(&json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": {"promptTokenCount": 8, "totalTokenCount": 8}}));
        assert_eq!((found.finish, found.finish_raw.as_deref()), (Finish::ContentFilter, Some("PROHIBITED_CONTENT")));
        let usage = found.usage.expect("usage");
        assert_eq!((usage.input, usage.output), (Some(8), Some(0)));
    }

    #[test]
    fn published_usage_vectors_hold() {
        // Reference §14.3, rows 8, 9 and 10.
        let cases = [
            (
                json!({"promptTokenCount": 1000, "cachedContentTokenCount": 600, "candidatesTokenCount": 50,
                    "thoughtsTokenCount": 200, "totalTokenCount": 1250}),
                (Some(400), Some(600), Some(50), Some(200)),
            ),
            (
                json!({"promptTokenCount": 10, "candidatesTokenCount": 110, "thoughtsTokenCount": 100,
                    "totalTokenCount": 120}),
                (Some(10), None, Some(10), Some(100)),
            ),
            (
                json!({"promptTokenCount": 100, "toolUsePromptTokenCount": 50, "candidatesTokenCount": 20,
                    "totalTokenCount": 170}),
                (Some(150), None, Some(20), None),
            ),
        ];
        for (raw, wanted) in cases {
            let mut piece = with(&json!({"finishReason": "STOP"}));
            piece["usageMetadata"] = raw;
            let usage = reply(&piece).usage.expect("usage");
            assert_eq!((usage.input, usage.cache_read, usage.output, usage.reasoning), wanted);
        }
    }

    #[test]
    fn logprobs_are_read_with_their_alternatives() {
        let found = reply(&with(&json!({"finishReason": "STOP", "logprobsResult": {
            "chosenCandidates": [{"token": "a", "tokenId": 1, "logProbability": -0.5}],
            "topCandidates": [{"candidates": [
                {"token": "a", "logProbability": -0.5}, {"token": "b", "logProbability": -1.5}]}]}})));
        let top = vec![("a".to_owned(), -0.5), ("b".to_owned(), -1.5)];
        assert_eq!(found.logprobs, [LogprobToken { text: "a".into(), logprob: -0.5, top }]);
    }

    #[test]
    fn the_tier_is_named_by_either_field() {
        let tier = |usage: Value| tier_of(&usage);
        assert_eq!(tier(json!({"serviceTier": "flex"})).as_deref(), Some("flex"));
        assert_eq!(tier(json!({"trafficType": "ON_DEMAND_PRIORITY"})).as_deref(), Some("priority"));
        assert_eq!(tier(json!({"trafficType": "PROVISIONED_THROUGHPUT"})), None);
    }
}

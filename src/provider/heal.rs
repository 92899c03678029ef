//! One more attempt without a parameter that the provider does not take.

use serde_json::{Map, Value};

use super::spec::Encoded;
use crate::record::Warning;

/// Without these there is no question left.
const ESSENTIAL: &[&str] = &["model", "messages", "input", "prompt", "contents", "tools", "stream"];

/// Takes a parameter out of a request that is ready to be sent, and puts a warning down. `false` when it is not in the
/// body, or must stay.
pub(super) fn leave_out(encoded: &mut Encoded, param: &str) -> bool {
    if ESSENTIAL.contains(&param) {
        return false;
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&encoded.http.body) else { return false };
    if !remove(&mut body, param) {
        return false;
    }
    encoded.http.body = Value::Object(body).to_string().into_bytes();
    encoded.warnings.push(Warning {
        param: param.to_owned(),
        action: "dropped".to_owned(),
        reason: "the provider does not take it; `heal` is on".to_owned(),
    });
    true
}

fn remove(body: &mut Map<String, Value>, path: &str) -> bool {
    if body.remove(path).is_some() {
        return true;
    }
    let Some((front, rest)) = path.split_once('.') else { return false };
    body.get_mut(front).and_then(Value::as_object_mut).is_some_and(|inner| remove(inner, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{HttpRequest, Method};

    fn request() -> HttpRequest {
        HttpRequest { method: Method::Post, url: String::new(), headers: vec![], auth: None, body: vec![] }
    }

    #[test]
    fn what_is_named_goes_and_the_question_stays() {
        let body = r#"{"model":"m","temperature":0,"reasoning":{"effort":"low","summary":"auto"}}"#;
        let http = HttpRequest { body: body.as_bytes().to_vec(), ..request() };
        let mut encoded = Encoded { http, warnings: vec![] };
        assert!(leave_out(&mut encoded, "temperature") && leave_out(&mut encoded, "reasoning.summary"));
        assert!(!leave_out(&mut encoded, "temperature") && !leave_out(&mut encoded, "model"));
        assert_eq!(String::from_utf8_lossy(&encoded.http.body), r#"{"model":"m","reasoning":{"effort":"low"}}"#);
        assert_eq!(encoded.warnings.len(), 2);
    }
}

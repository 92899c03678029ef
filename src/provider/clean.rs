//! Keeps secrets out of replies: a server may echo a key, and scorers quote and cut what they read.

use std::borrow::Cow;

use crate::base::Redactor;
use crate::guard::find_secrets;
use crate::record::{CallError, ChatReply, Part};

/// Replaces known secrets in every text of a reply. Nothing is copied when there are none.
pub(super) fn clean_reply(redactor: &Redactor, reply: &mut ChatReply) {
    // Token by token a secret cannot be recognised: probabilities of a text that holds one are dropped.
    if clean(redactor, &mut reply.text) {
        reply.logprobs.clear();
    }
    let optional = [
        &mut reply.finish_raw,
        &mut reply.refusal,
        &mut reply.reasoning,
        &mut reply.model,
        &mut reply.request_id,
        &mut reply.service_tier,
        &mut reply.fingerprint,
    ];
    for text in optional.into_iter().flatten() {
        clean(redactor, text);
    }
    for call in &mut reply.tool_calls {
        for text in [&mut call.id, &mut call.name, &mut call.arguments] {
            clean(redactor, text);
        }
    }
    reply.contexts.iter_mut().for_each(|text| {
        clean(redactor, text);
    });
    for part in &mut reply.thoughts {
        if let Part::Reasoning { opaque, text } = part {
            [Some(text), opaque.as_mut()].into_iter().flatten().for_each(|text| {
                clean(redactor, text);
            });
        }
    }
    for warning in &mut reply.warnings {
        for text in [&mut warning.param, &mut warning.action, &mut warning.reason] {
            clean(redactor, text);
        }
    }
}

/// Replaces what looks like a key of anybody, in a reply that is kept for others to read.
pub(super) fn hide_found_in(reply: &mut ChatReply) {
    let calls = reply.tool_calls.iter_mut().map(|call| &mut call.arguments);
    let texts = [Some(&mut reply.text), reply.refusal.as_mut(), reply.reasoning.as_mut()].into_iter().flatten();
    // Every text is looked at, whatever the others hold.
    if texts.chain(calls).filter_map(|text| hide_found(text).then_some(())).count() > 0 {
        reply.logprobs.clear();
    }
    for part in &mut reply.thoughts {
        if let Part::Reasoning { text, .. } = part {
            hide_found(text);
        }
    }
}

/// Replaces what looks like a key of anybody; whether there was one.
pub(super) fn hide_found(text: &mut String) -> bool {
    let found = find_secrets(text);
    for finding in found.iter().rev() {
        text.replace_range(finding.start..finding.end, "(redacted)");
    }
    !found.is_empty()
}

/// Replaces known secrets in an error.
pub(super) fn clean_error(redactor: &Redactor, error: &mut CallError) {
    for text in [Some(&mut error.message), error.request_id.as_mut()].into_iter().flatten() {
        clean(redactor, text);
    }
}

/// Whether there was something to replace.
fn clean(redactor: &Redactor, text: &mut String) -> bool {
    let cleaned = match redactor.clean(text) {
        Cow::Owned(cleaned) => cleaned,
        Cow::Borrowed(_) => return false,
    };
    *text = cleaned;
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::record::{LogprobToken, ToolCall, Warning};

    #[test]
    fn no_form_of_a_key_is_left_in_any_text_of_a_reply() {
        let key = "sk-canary-4f9a1c77e2b8d06355aa";
        let base64 = "c2stY2FuYXJ5LTRmOWExYzc3ZTJiOGQwNjM1NWFh";
        let hex: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
        let redactor = Redactor::new([&Secret::new(key)]);
        for form in [key, base64, &hex] {
            // Where scorers cut their quotes.
            for before in 70..=90 {
                let text = || format!("{}{form} and so on", "é".repeat(before));
                let mut reply = ChatReply::of_text(text());
                let fields = [
                    &mut reply.finish_raw,
                    &mut reply.refusal,
                    &mut reply.reasoning,
                    &mut reply.model,
                    &mut reply.request_id,
                    &mut reply.service_tier,
                    &mut reply.fingerprint,
                ];
                fields.into_iter().for_each(|field| *field = Some(text()));
                reply.contexts = vec![text()];
                reply.tool_calls = vec![ToolCall { arguments: text(), id: text(), name: text() }];
                reply.warnings = vec![Warning { param: text(), action: text(), reason: text() }];
                let halves = form.split_at(5);
                let token = |text: &str| LogprobToken { text: text.into(), logprob: -0.1, top: vec![] };
                reply.logprobs = vec![token(halves.0), token(halves.1)];
                clean_reply(&redactor, &mut reply);
                let left = serde_json::to_string(&reply).expect("json");
                assert!(!left.contains(&form[5..]) && left.matches("(redacted)").count() == 15, "{left}");
            }
        }
    }

    #[test]
    fn a_reply_without_a_secret_stays_where_it_is() {
        let redactor = Redactor::new([&Secret::new("sk-canary")]);
        let mut reply = ChatReply::of_text("harmless");
        reply.logprobs = vec![LogprobToken { text: "harmless".into(), logprob: 0.0, top: vec![] }];
        let (before, place) = (reply.clone(), reply.text.as_ptr());
        clean_reply(&redactor, &mut reply);
        assert_eq!((&reply, reply.text.as_ptr()), (&before, place));
    }
}

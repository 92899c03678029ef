//! Reads a judge's reply: structured output, tool call, last JSON object, last labelled lines, in this order.

use serde_json::{Deserializer, Value};

use super::form::{Answer, Form};
use super::labelled;
use crate::base::json_message;
use crate::record::{ChatReply, Finish};

/// Why a reply is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// There is no whole answer, and asking again for its form would not help.
    Absent(String),
    /// It has not the form; the judge can be told what is wrong.
    Unfit(String),
}

/// Most objects of one reply that are looked at.
const MOST_OBJECTS: usize = 1_000;

/// The answer in a reply. Only what the judge itself wrote is read; what it wrote last counts.
pub(super) fn read(reply: &ChatReply, form: &Form) -> Result<Answer, Unread> {
    if let Some(why) = absent(reply) {
        return Err(Unread::Absent(why));
    }
    let text = reply.text.trim();
    let whole = serde_json::from_str::<Value>(text).ok().map(|value| form.check(&value));
    let mut unfit = match whole {
        Some(Ok(answer)) => return Ok(answer),
        Some(Err(error)) => Some(error),
        None => None,
    };
    let call = reply.tool_calls.last().map(|call| match serde_json::from_str::<Value>(&call.arguments) {
        Ok(value) => form.check(&value),
        Err(error) => Err(format!("the arguments of the tool call are not JSON ({error})")),
    });
    match call {
        Some(Ok(answer)) => return Ok(answer),
        Some(Err(error)) => unfit = Some(unfit.unwrap_or(error)),
        None => {}
    }
    if unfit.is_none() {
        let last = last_object(text, form).map(|value| form.check(&value?));
        let found = last.or_else(|| form.labelled(|label| labelled::last(text, label)));
        match found {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(error)) => unfit = Some(error),
            None => {}
        }
    }
    let nothing = || if text.is_empty() { "the answer is empty" } else { "there is no JSON object in it" }.to_owned();
    Err(Unread::Unfit(unfit.unwrap_or_else(nothing)))
}

/// Why no whole answer can be in the reply: a cut one may lack the very verdicts that count.
fn absent(reply: &ChatReply) -> Option<String> {
    let why = match reply.finish {
        Finish::Length => "its answer was cut by the token limit; raise `max_tokens` of the check",
        Finish::ContextFull => "its answer was cut because the context window is full",
        Finish::ContentFilter => "its answer was cut by the provider's content filter",
        Finish::Refusal => "it refused to judge",
        Finish::Paused => "it paused in place of answering",
        Finish::Error => "the provider reports a failure of the generation",
        Finish::Stop | Finish::StopSequence | Finish::ToolCalls | Finish::Other => {
            return reply.refusal.as_ref().map(|_| "it refused to judge".to_owned());
        }
    };
    Some(why.to_owned())
}

/// The last outermost object in the text that has a field of the form; objects without any are not meant as answers.
///
/// Of an object that is broken nothing inside counts: a verdict in its depths may be one that it quotes.
fn last_object(text: &str, form: &Form) -> Option<Result<Value, String>> {
    let mut last = None;
    let mut rest = text;
    for _ in 0..MOST_OBJECTS {
        let Some(start) = rest.find('{') else { break };
        let Some(candidate) = rest.get(start..) else { break };
        let mut stream = Deserializer::from_str(candidate).into_iter::<Value>();
        let end = match stream.next() {
            Some(Ok(value)) => {
                if form.names().any(|name| value.get(name).is_some()) {
                    last = Some(Ok(value));
                }
                stream.byte_offset()
            }
            Some(Err(error)) => {
                let end = balanced(candidate);
                let broken = candidate.get(..end).unwrap_or(candidate);
                if form.names().any(|name| broken.contains(name)) {
                    last = Some(Err(format!("its JSON object is broken ({})", json_message(&error))));
                }
                end
            }
            None => break,
        };
        rest = candidate.get(end..).unwrap_or("");
    }
    last
}

/// Bytes up to the brace that closes the one the text begins with; all of it where none does.
fn balanced(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ToolCall;
    use proptest::prelude::*;
    use serde_json::json;

    fn form() -> Form {
        Form::reasoned().choice("verdict", &[("pass", ""), ("fail", "")])
    }

    fn verdict(text: &str) -> Result<String, Unread> {
        read(&ChatReply::of_text(text), &form()).map(|answer| answer.word("verdict").to_owned())
    }

    #[test]
    fn the_last_answer_counts_wherever_it_stands() {
        let pass = r#"{"reason": "r", "verdict": "pass"}"#;
        let fail = r#"{"reason": "r", "verdict": "fail"}"#;
        assert_eq!(verdict(pass), Ok("pass".to_owned()));
        assert_eq!(
            verdict(&format!("Sure!\n```json\n{pass}\n```\nHope it helps {{x}} {{\"a\": 1}}")),
            Ok("pass".to_owned())
        );
        assert_eq!(verdict(&format!("The text says {pass}, but\n{fail}")), Ok("fail".to_owned()));
        assert_eq!(verdict("It is fine.\n\n**Verdict:** PASS"), Ok("pass".to_owned()));
        assert_eq!(verdict("Verdict: pass\nVerdict: fail"), Ok("fail".to_owned()));
        // A broken last object is not made up for by an earlier one that was only quoted.
        assert!(verdict(&format!("{pass} {{\"reason\": \"r\", \"verdict\": \"unsure\"}}")).is_err());
    }

    #[test]
    fn nothing_inside_a_broken_object_counts() {
        let inner = r#"{"reason": "quoted", "verdict": "pass"}"#;
        for broken in [
            format!("{{\"analysis\": {inner}, \"reason\": \"r\", \"verdict\": \"fail\""),
            format!("{{\"analysis\": {inner}, 'verdict': 'fail'}}"),
            format!("{{'analysis': {inner}, 'verdict': 'fail'}}"),
            format!("My verdict {{\"verdict\": fail, \"of\": {inner}}}"),
        ] {
            let Err(Unread::Unfit(why)) = verdict(&broken) else { panic!("{broken}") };
            assert!(why.starts_with("its JSON object is broken"), "{broken}: {why}");
        }
        assert_eq!(verdict(&format!("{{x}} {{{{ y }}}} {{'verdict': 1}} {inner}")), Ok("pass".to_owned()));
    }

    #[test]
    fn a_tool_call_is_an_answer() {
        let arguments = json!({"reason": "r", "verdict": "fail"}).to_string();
        let call = ToolCall { arguments, id: "1".into(), name: "answer".into() };
        let reply = ChatReply { tool_calls: vec![call], finish: Finish::ToolCalls, ..ChatReply::of_text("") };
        assert_eq!(read(&reply, &form()).expect("read").word("verdict"), "fail");
    }

    #[test]
    fn nothing_is_guessed() {
        let unfit = |text: &str| match verdict(text) {
            Err(Unread::Unfit(why)) => why,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(unfit(""), "the answer is empty");
        assert_eq!(unfit("I think it should pass."), "there is no JSON object in it");
        assert!(unfit("Verdict: pass, mostly").contains("must be one of"));
        assert!(unfit("\"pass\"").contains("a JSON object was wanted"));
        assert!(unfit(r#"{"reason": "r"}"#).contains("`verdict` is missing"));
    }

    #[test]
    fn a_cut_or_refused_answer_has_its_own_reason() {
        let whole = r#"{"reason": "r", "verdict": "pass"}"#;
        for (finish, part) in
            [(Finish::Length, "token limit"), (Finish::ContentFilter, "content filter"), (Finish::Refusal, "refused")]
        {
            let reply = ChatReply { finish, ..ChatReply::of_text(whole) };
            let Err(Unread::Absent(why)) = read(&reply, &form()) else { panic!("{finish:?}") };
            assert!(why.contains(part), "{why}");
        }
        let refused = ChatReply { refusal: Some("no".into()), ..ChatReply::of_text("") };
        assert_eq!(read(&refused, &form()), Err(Unread::Absent("it refused to judge".to_owned())));
    }

    /// Texts with the pieces that could mislead a reader.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just(r#"{"reason": "x", "verdict": "pass"}"#.to_owned()),
            Just("\nVerdict: pass\n".to_owned()),
            Just("```json\n".to_owned()),
            Just("\"}".to_owned()),
            Just("\\".to_owned()),
            "[{}\\[\\]\":,a-z ]{0,8}",
            any::<String>(),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn a_quoted_verdict_is_never_taken_for_the_judges_own(text in hostile(), fenced: bool) {
            let answer = json!({"reason": text, "verdict": "fail"}).to_string();
            let reply = if fenced { format!("So:\n```json\n{answer}\n```\n") } else { answer };
            prop_assert_eq!(verdict(&reply), Ok("fail".to_owned()));
        }

        #[test]
        fn a_cut_answer_gives_no_verdict(text in hostile(), cut in 0.0_f64..1.0) {
            let answer = json!({"reason": text, "verdict": "fail"}).to_string();
            let most = answer.chars().count() - 1;
            let keep = answer.char_indices().nth((most as f64 * cut) as usize).map_or(0, |(at, _)| at);
            prop_assert!(verdict(&answer[..keep]).is_err(), "{}", &answer[..keep]);
        }

        #[test]
        fn any_text_is_read_or_refused(text in hostile()) {
            let word = verdict(&text);
            prop_assert!(word.is_err() || text.to_lowercase().contains(&word.unwrap_or_default()));
        }
    }
}

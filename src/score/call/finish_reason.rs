//! `finish_reason`: why the model stopped.

use serde_json::json;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use crate::base::closest;
use crate::record::Finish;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "finish_reason",
    family: "call",
    about: "the model stopped for this reason, or one of these",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Required,
    options: &[OptionSpec::fixed(
        "value",
        "a word or a list of words",
        "stop, stop_sequence, length, context_full, tool_calls, content_filter, refusal, paused, error, other",
    )],
    degenerate: &[
        "a reason of the provider that karat does not know is `other`; it is ungraded unless `other` is asked for",
        "an empty text does not matter",
    ],
    example: "- finish_reason: [stop, stop_sequence]",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let words = texts_of("value", settings.value()?)?;
    let is_list = settings.value()?.is_array();
    let mut wanted = Vec::with_capacity(words.len());
    let mut faults = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match word.parse::<Finish>() {
            Ok(finish) => wanted.push(finish),
            Err(()) => faults.push(unknown(word, if is_list { format!("/{index}") } else { String::new() })),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Prepared::new(FinishReason { wanted }).canonical("value", json!(words)))
}

fn unknown(word: &str, pointer: String) -> Fault {
    let words = || Finish::ALL.iter().map(|(word, _)| *word);
    let near = closest(word, words()).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let all: Vec<&str> = words().collect();
    Fault::new("value", format!("`{word}` is not a reason to stop{near}"))
        .code("unknown-value")
        .pointer(pointer)
        .help(format!("one of {}", all.join(", ")))
}

struct FinishReason {
    wanted: Vec<Finish>,
}

impl Scorer for FinishReason {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let seen = input.reply.finish;
        let holds = self.wanted.contains(&seen);
        let raw = input.reply.finish_raw.as_deref().map(reason::quote);
        if seen == Finish::Other && !holds {
            let raw = raw.unwrap_or_else(|| "nothing".to_owned());
            return Finding::Ungraded(format!("the provider's reason to stop is {raw}, which karat does not know"));
        }
        let words: Vec<String> = self.wanted.iter().map(|finish| format!("`{}`", finish.word())).collect();
        let raw = raw.map_or_else(String::new, |raw| format!(" (the provider says {raw})"));
        Finding::of_bool(
            holds,
            format!("a stop for `{}`{raw}", seen.word()),
            format!("a stop for {}", words.join(" or ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{on_reply, problems_of};
    use crate::record::{ChatReply, Finish, Score, ScoreState, Usage};

    fn on(check: &str, finish: Finish) -> Score {
        let usage = Usage { reasoning: Some(64), ..Usage::default() };
        on_reply(
            check,
            &ChatReply { finish, usage: Some(usage), finish_raw: Some("raw".into()), ..ChatReply::of_text("") },
        )
    }

    #[test]
    fn every_reason_is_known_by_its_word() {
        for (word, finish) in Finish::ALL {
            assert!(on(&format!("finish_reason: {word}"), *finish).is_pass(), "{word}");
        }
        assert!(on("finish_reason: [stop, length]", Finish::Length).is_pass());
        assert!(on("finish_reason: stop", Finish::Length).is_fail());
        assert!(on("not_finish_reason: length", Finish::Length).is_fail());
    }

    #[test]
    fn an_unknown_reason_of_the_provider_is_ungraded() {
        let score = on("not_finish_reason: length", Finish::Other);
        assert_eq!(score.state, ScoreState::Ungraded);
        assert!(score.reason.contains("\"raw\""), "{}", score.reason);
    }

    #[test]
    fn unknown_words_are_reported_where_they_stand() {
        let text = problems_of("finish_reason: [stop, lenght, max_tokens]");
        assert!(text.contains("t.yaml:1:23") && text.contains("did you mean `length`?"), "{text}");
        assert_eq!(text.matches("error[unknown-value]").count(), 2, "{text}");
    }
}

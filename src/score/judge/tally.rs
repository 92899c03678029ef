//! What metrics of parts share: a text split into statements, and the share of parts that are found good.

use serde_json::{Value, json};

use super::super::reason;
use super::ask::{Question, Seat};
use super::form::{Answer, Form};
use super::material::Material;
use super::metric::{Failure, Opinion};
use super::subject::{said, share};

/// Splits a text into statements that stand by themselves; one question. None for a text that states nothing.
pub(super) async fn statements(
    seat: &Seat<'_>,
    name: &str,
    text: &str,
    question: Option<&str>,
) -> Result<Vec<String>, Failure> {
    let task = format!(
        "Task: list every statement that the {name} makes, each as one short sentence that can be understood alone: \
         replace pronouns by what they stand for. Keep what it says, right or wrong; add nothing, leave nothing out, \
         repeat nothing. Greetings, questions, offers and refusals state nothing; a text without statements has an \
         empty list."
    );
    let material = Material::default().with_some("QUESTION", question).with(name, text);
    let form = Form::default().texts("statements", "each one a sentence of its own");
    let answer = seat.ask(&Question::new("statements", task, material, form)).await?;
    Ok(answer.texts("statements"))
}

/// The share of `items` whose entry is good, as an opinion. `found` is what good ones are called, such as
/// `statements supported`; there must be at least one item.
pub(super) fn tally<T: AsRef<str>>(
    found: &str,
    items: &[T],
    entries: &[Answer],
    good: impl Fn(&Answer) -> bool,
) -> Opinion {
    let count = entries.iter().filter(|entry| good(entry)).count();
    let amiss = items.iter().zip(entries).find(|(_, entry)| !good(entry));
    let amiss = amiss.map_or_else(String::new, |(item, entry)| {
        format!("; {} for {}: {}", entry.word("verdict"), reason::quote(item.as_ref()), said(entry.reason()))
    });
    Opinion {
        value: share(count, items.len().max(1)),
        verdict: None,
        seen: format!("{count} of {} {found}{amiss}", items.len()),
        parts: parts(items, entries),
    }
}

/// The items with their verdicts, for details.
pub(super) fn parts<T: AsRef<str>>(items: &[T], entries: &[Answer]) -> Value {
    let part = |(item, entry): (&T, &Answer)| json!({"item": item.as_ref(), "verdict": entry.word("verdict"), "reason": entry.reason()});
    items.iter().zip(entries).map(part).collect()
}

/// One verdict of these words, with its reason, for each of `count` numbered items; one question.
pub(super) async fn verdicts(
    seat: &Seat<'_>,
    name: &'static str,
    task: &str,
    material: Material,
    count: usize,
    words: &[(&str, &str)],
) -> Result<Vec<Answer>, Failure> {
    let form = Form::default().items("verdicts", count, Form::reasoned().choice("verdict", words));
    let answer = seat.ask(&Question::new(name, task, material, form)).await?;
    Ok(answer.items("verdicts"))
}

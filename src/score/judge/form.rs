//! The form a judge's answer must have: said to the judge, sent as a schema, and checked to the letter.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::super::reason;
use super::super::settings::kind_of;

/// Most texts of one list that are read: longer lists are another task.
pub(super) const MOST_TEXTS: usize = 100;

/// What stands in one field.
#[derive(Debug, Clone)]
enum Kind {
    /// Free text.
    Text,
    /// One of these words, each with its meaning.
    Choice(Vec<(String, String)>),
    /// A whole number between two, both included.
    Whole(i64, i64),
    /// A list of texts, possibly empty.
    Texts,
    /// One entry for each of this many numbered items.
    Items(usize, Form),
}

#[derive(Debug, Clone)]
struct Field {
    name: &'static str,
    kind: Kind,
    about: String,
}

/// Fields in the order in which they are written: reasons stand before verdicts.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    fields: Vec<Field>,
}

impl Form {
    /// A form that begins with the reason.
    pub(super) fn reasoned() -> Form {
        Form::default().text("reason", "why, in one or two sentences that name what you saw")
    }

    fn with(mut self, name: &'static str, kind: Kind, about: &str) -> Form {
        self.fields.push(Field { name, kind, about: about.to_owned() });
        self
    }

    /// A field of free text.
    pub(super) fn text(self, name: &'static str, about: &str) -> Form {
        self.with(name, Kind::Text, about)
    }

    /// A field of one of these words; each comes with its meaning, which may be empty.
    pub(super) fn choice<W: AsRef<str>, M: AsRef<str>>(self, name: &'static str, words: &[(W, M)]) -> Form {
        let words = words.iter().map(|(word, about)| (word.as_ref().to_owned(), about.as_ref().to_owned())).collect();
        self.with(name, Kind::Choice(words), "")
    }

    /// A field of a whole number from `low` to `high`.
    pub(super) fn whole(self, name: &'static str, low: i64, high: i64, about: &str) -> Form {
        self.with(name, Kind::Whole(low, high), about)
    }

    /// A field of a list of texts.
    pub(super) fn texts(self, name: &'static str, about: &str) -> Form {
        self.with(name, Kind::Texts, about)
    }

    /// A field with one entry of `form` for each item, numbered from 1 to `count`.
    pub(super) fn items(self, name: &'static str, count: usize, form: Form) -> Form {
        self.with(name, Kind::Items(count, form), "")
    }

    /// Entries that it asks for, for the length of answers.
    pub(super) fn entries(&self) -> usize {
        let of = |field: &Field| match &field.kind {
            Kind::Items(count, form) => count * form.entries().max(1),
            Kind::Texts => 20,
            Kind::Text | Kind::Choice(_) | Kind::Whole(..) => 1,
        };
        self.fields.iter().map(of).sum()
    }

    /// Names of its fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }

    /// As JSON Schema with nothing but types, words and required fields: what every provider's schemas can say. Bounds
    /// of numbers and counts are told in words and checked here.
    pub(super) fn schema(&self) -> Value {
        let mut properties = Map::new();
        for field in &self.fields {
            let schema = match &field.kind {
                Kind::Text => json!({"type": "string"}),
                Kind::Choice(words) => {
                    let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
                    json!({"type": "string", "enum": words})
                }
                Kind::Whole(..) => json!({"type": "integer"}),
                Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
                Kind::Items(_, form) => json!({"type": "array", "items": form.numbered().schema()}),
            };
            properties.insert(field.name.to_owned(), schema);
        }
        let names: Vec<&str> = self.names().collect();
        json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
    }

    /// The entry of one item: its number first.
    fn numbered(&self) -> Form {
        let mut form = Form::default().whole("id", 1, i64::MAX, "");
        form.fields.extend(self.fields.iter().cloned());
        form
    }

    /// The form in words, for judges that no schema holds.
    pub(super) fn describe(&self) -> String {
        let mut text = String::from("Answer with one JSON object and nothing else, its fields in this order:\n");
        text.push_str(&self.outline());
        self.explain(&mut text);
        text
    }

    fn outline(&self) -> String {
        let shown = self.fields.iter().map(|field| {
            let kind = match &field.kind {
                Kind::Text => "text".to_owned(),
                Kind::Choice(words) => {
                    let words: Vec<String> =
                        words.iter().map(|(word, _)| Value::from(word.as_str()).to_string()).collect();
                    words.join(" | ")
                }
                Kind::Whole(low, high) if *high == i64::MAX => format!("whole number from {low}"),
                Kind::Whole(low, high) => format!("whole number from {low} to {high}"),
                Kind::Texts => "[text, …]".to_owned(),
                Kind::Items(count, form) => {
                    format!("[{}, …], exactly one entry for each id from 1 to {count}", form.numbered().outline())
                }
            };
            format!("\"{}\": {kind}", field.name)
        });
        format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
    }

    fn explain(&self, text: &mut String) {
        for field in &self.fields {
            if !field.about.is_empty() {
                let _ = write!(text, "\n- {}: {}", field.name, field.about);
            }
            match &field.kind {
                Kind::Choice(words) => {
                    for (word, about) in words.iter().filter(|(_, about)| !about.is_empty()) {
                        let _ = write!(text, "\n- {} \"{word}\": {about}", field.name);
                    }
                }
                Kind::Items(_, form) => form.explain(text),
                Kind::Text | Kind::Whole(..) | Kind::Texts => {}
            }
        }
    }

    /// Reads a value that must have this form; the error says to a judge what is wrong.
    pub(super) fn check(&self, value: &Value) -> Result<Answer, String> {
        let Value::Object(object) = value else {
            return Err(format!("a JSON object was wanted, this is {}", kind_of(value)));
        };
        let mut read = Map::new();
        for field in &self.fields {
            let value = object.get(field.name).ok_or_else(|| format!("`{}` is missing", field.name))?;
            read.insert(field.name.to_owned(), field.check(value)?);
        }
        Ok(Answer(read))
    }

    /// Reads texts written behind labels, where every field but texts can stand on one line; `None` for other forms.
    pub(super) fn labelled(&self, find: impl Fn(&str) -> Option<String>) -> Option<Result<Answer, String>> {
        let mut read = Map::new();
        for field in &self.fields {
            let found = find(field.name);
            let value = match &field.kind {
                Kind::Text => Ok(Value::from(found.unwrap_or_default())),
                Kind::Choice(_) | Kind::Whole(..) => field.check(&Value::from(found?)),
                Kind::Texts | Kind::Items(..) => return None,
            };
            match value {
                Ok(value) => read.insert(field.name.to_owned(), value),
                Err(error) => return Some(Err(error)),
            };
        }
        Some(Ok(Answer(read)))
    }
}

impl Field {
    fn check(&self, value: &Value) -> Result<Value, String> {
        let name = self.name;
        match &self.kind {
            Kind::Text => {
                let text =
                    value.as_str().ok_or_else(|| format!("`{name}` must be text, this is {}", kind_of(value)))?;
                Ok(text.into())
            }
            Kind::Choice(words) => choice(name, words, value),
            Kind::Whole(low, high) => {
                let number = whole(value).filter(|number| (*low..=*high).contains(number));
                let wanted = if *high == i64::MAX { format!("{low}") } else { format!("{low} to {high}") };
                let wrong =
                    || format!("`{name}` must be a whole number from {wanted}, this is {}", reason::json(value));
                number.map(Value::from).ok_or_else(wrong)
            }
            Kind::Texts => texts(name, value),
            Kind::Items(count, form) => items(name, *count, form, value),
        }
    }
}

/// Exactly one of the words, whatever its case: `Yes, it violates the rule` is not `yes`.
fn choice(name: &str, words: &[(String, String)], value: &Value) -> Result<Value, String> {
    let said = value.as_str().map(|text| text.trim().to_lowercase());
    let found = words.iter().find(|(word, _)| said.as_ref().is_some_and(|said| *said == word.to_lowercase()));
    found.map(|(word, _)| word.as_str().into()).ok_or_else(|| {
        let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        format!("`{name}` must be one of {}, this is {}", words.join(", "), reason::json(value))
    })
}

/// A whole number, or its digits alone as text: of `4 (2024)` and `8 or 9` nothing is guessed.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e9)?;
            // `4.0` is how some models write 4.
            format!("{float:.0}").parse().ok()
        }),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn texts(name: &str, value: &Value) -> Result<Value, String> {
    let items =
        value.as_array().ok_or_else(|| format!("`{name}` must be a list of texts, this is {}", kind_of(value)))?;
    if items.len() > MOST_TEXTS {
        return Err(format!("`{name}` has {} texts, at most {MOST_TEXTS} are read", items.len()));
    }
    let read = items.iter().map(|item| match item.as_str().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(Value::from(text)),
        Some(_) => Err(format!("`{name}` has an empty text")),
        None => Err(format!("`{name}` must hold texts, one is {}", kind_of(item))),
    });
    read.collect::<Result<Vec<Value>, String>>().map(Value::Array)
}

/// One entry for each id, in any order; they are kept in the order of the ids.
fn items(name: &str, count: usize, form: &Form, value: &Value) -> Result<Value, String> {
    let entries = value.as_array().ok_or_else(|| format!("`{name}` must be a list, this is {}", kind_of(value)))?;
    let mut read: Vec<Option<Value>> = vec![None; count];
    for entry in entries {
        let id = entry.get("id").and_then(whole);
        let Some(place) = id.and_then(|id| usize::try_from(id).ok()).filter(|id| (1..=count).contains(id)) else {
            let id = entry.get("id").map_or_else(|| "none".to_owned(), reason::json);
            return Err(format!("`{name}` has an entry with the id {id}; ids go from 1 to {count}"));
        };
        let answer = form.check(entry).map_err(|error| format!("`{name}`, id {place}: {error}"))?;
        match read.get_mut(place - 1) {
            Some(slot) if slot.is_none() => *slot = Some(Value::Object(answer.0)),
            _ => return Err(format!("`{name}` has the id {place} twice")),
        }
    }
    let missing: Vec<String> =
        read.iter().zip(1..).filter(|(slot, _)| slot.is_none()).map(|(_, id): (_, usize)| id.to_string()).collect();
    if !missing.is_empty() {
        let given = count - missing.len();
        let shown = missing.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
        let more = if missing.len() > 10 { ", …" } else { "" };
        return Err(format!("`{name}` has {given} of {count} entries; missing ids: {shown}{more}"));
    }
    Ok(Value::Array(read.into_iter().flatten().collect()))
}

/// An answer that has its form.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Answer(Map<String, Value>);

impl Answer {
    /// A text or the word of a choice; empty when the form has no such field.
    pub(super) fn word(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or("")
    }

    /// The reason.
    pub(super) fn reason(&self) -> &str {
        self.word("reason")
    }

    /// A whole number.
    ///
    /// # Errors
    /// When the form has no such field: then there is nothing to score.
    pub(super) fn whole(&self, name: &str) -> Result<i64, String> {
        self.0.get(name).and_then(Value::as_i64).ok_or_else(|| format!("internal error: no number `{name}`"))
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let items = self.0.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The entries of numbered items, in the order of their numbers.
    pub(super) fn items(&self, name: &str) -> Vec<Answer> {
        let items = self.0.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_object).map(|entry| Answer(entry.clone())).collect()
    }

    /// All of it, for details.
    pub(super) fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Form {
        Form::reasoned().whole("score", 1, 10, "how good").choice("verdict", &[("pass", "it holds"), ("fail", "")])
    }

    #[test]
    fn a_form_is_said_in_words_and_as_a_schema() {
        let text = card().describe();
        assert!(text.contains(r#"{"reason": text, "score": whole number from 1 to 10, "verdict": "pass" | "fail"}"#));
        assert!(text.contains("\n- score: how good\n- verdict \"pass\": it holds"), "{text}");
        let schema = card().schema();
        assert_eq!(schema["required"], json!(["reason", "score", "verdict"]));
        assert_eq!(schema["properties"]["verdict"]["enum"], json!(["pass", "fail"]));
        let listed = Form::default().items("verdicts", 3, Form::reasoned());
        assert!(
            listed.describe().contains(r#""verdicts": [{"id": whole number from 1, "reason": text}, …], exactly one"#)
        );
        assert_eq!(listed.schema()["properties"]["verdicts"]["items"]["required"], json!(["id", "reason"]));
    }

    #[test]
    fn numbers_and_words_are_read_to_the_letter() {
        let of =
            |score: Value, verdict: Value| card().check(&json!({"reason": "r", "score": score, "verdict": verdict}));
        for score in [json!(4), json!(4.0), json!("4"), json!(" 4 ")] {
            assert_eq!(of(score, json!("PASS ")).expect("fits").whole("score"), Ok(4));
        }
        for score in [json!("4 (2024)"), json!("8 or 9"), json!(4.5), json!(0), json!(11), json!(null), json!("4/10")] {
            let error = of(score.clone(), json!("pass")).expect_err("refused");
            assert!(error.starts_with("`score` must be a whole number from 1 to 10"), "{score}: {error}");
        }
        for verdict in [json!("Yes, it violates the rule"), json!("passed"), json!("pass."), json!(true), json!("")] {
            let error = of(json!(4), verdict).expect_err("refused");
            assert!(error.starts_with("`verdict` must be one of `pass`, `fail`"), "{error}");
        }
        assert_eq!(card().check(&json!({"score": 4, "verdict": "pass"})), Err("`reason` is missing".to_owned()));
        assert!(card().check(&json!([1])).expect_err("a list").contains("a JSON object was wanted, this is a list"));
    }

    #[test]
    fn every_item_has_one_entry() {
        let form = Form::default().items("verdicts", 3, Form::default().choice("verdict", &[("yes", ""), ("no", "")]));
        let of = |ids: &[i64]| {
            let entries: Vec<Value> =
                ids.iter().map(|id| json!({"id": id, "verdict": if *id == 2 { "no" } else { "yes" }})).collect();
            form.check(&json!({"verdicts": entries}))
        };
        let read = of(&[3, 1, 2]).expect("fits").items("verdicts");
        assert_eq!(read.iter().map(|entry| entry.word("verdict").to_owned()).collect::<Vec<_>>(), ["yes", "no", "yes"]);
        assert_eq!(of(&[1, 3]), Err("`verdicts` has 2 of 3 entries; missing ids: 2".to_owned()));
        assert_eq!(of(&[1, 2, 2]), Err("`verdicts` has the id 2 twice".to_owned()));
        assert!(of(&[0, 1, 2]).expect_err("0").contains("ids go from 1 to 3"));
        assert!(of(&[1, 2, 3, 4]).expect_err("4").contains("the id `4`"));
    }
}

//! `label`: the output names the right class of its case.

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, text_of, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::world::Examined;
use super::read::{Missing, Place};
use crate::base::closest;
use crate::record::Prediction;

/// Longest text that is taken for a label where `labels` does not say which there are.
const LONGEST: usize = 100;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: Prediction::CHECK,
    family: "classification",
    about: "the output names the right class; `classification:` of a suite counts these",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value("value", "a label", "the right label"),
        OptionSpec::fixed(
            "label",
            "`text`, `first_word`, `{jsonpath: …}` or `{regex: …}`",
            "where the label stands in the output: all of it unless given; the last group of an expression counts, or \
             its whole match",
        ),
        OptionSpec::fixed(
            "labels",
            "a list of labels",
            "the labels there are; case does not matter then, and every other text is no label",
        ),
        OptionSpec::fixed(
            "confidence",
            "`{jsonpath: …}` or `{regex: …}`",
            "where the output says how sure it is: a number from 0 to 1, or percent with the sign",
        ),
        OptionSpec::fixed(
            "positive",
            "a label",
            "the confidence is that of this label, whichever one the output names; else it is that of the named one",
        ),
    ],
    degenerate: &[
        "white space, quotes, asterisks, backticks and a final period around a label do not count",
        "an output without a readable label is wrong (0), and stands in a column of its own in the confusion matrix",
        "without `labels` a text of more than 100 characters is no label",
        "a right label that is none of `labels` is ungraded",
        "a confidence that is missing or not from 0 to 1 is left out of Brier score and calibration, which tell how \
         many there are",
    ],
    example: "- label: {from: expected, label: {jsonpath: $.category}, labels: [invoice, contract]}",
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let labels = settings.get("labels").map(|value| texts_of("labels", value)).transpose()?.map(Labels::of);
    let labels = labels.transpose().map_err(Fault::alone)?;
    let place = settings.get("label").map_or(Ok(Place::Text), |value| Place::parse("label", value));
    let confidence = settings.get("confidence").map(|value| Place::parse("confidence", value)).transpose();
    let truth = known(&labels, "value", settings.value()?);
    let positive = settings.get("positive").map(|value| known(&labels, "positive", value)).transpose();
    match (place, confidence, truth, positive) {
        (Ok(_), Ok(None), Ok(_), Ok(Some(_))) => {
            Err(Fault::new("positive", "`positive` says of which label the confidence is; there is no `confidence`")
                .alone())
        }
        (Ok(place), Ok(confidence), Ok(truth), Ok(positive)) => {
            let plain = settings.get("label") == Some(&json!("text"));
            let prepared = Prepared::new(Label { place, labels, truth, confidence, positive });
            Ok(if plain { prepared.canonical("label", Value::Null) } else { prepared })
        }
        (place, confidence, truth, positive) => {
            Err([place.err(), confidence.err(), truth.err(), positive.err()].into_iter().flatten().collect())
        }
    }
}

/// The label that `value` names; one of `labels` when there are some.
fn known(labels: &Option<Labels>, option: &'static str, value: &Value) -> Result<String, Fault> {
    // `true` and 1.5 are labels as JSON writes them, so that a typed column and a typed answer meet.
    let text = match value {
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        other => text_of(option, "", other)?,
    };
    let Some(labels) = labels else { return Ok(bare(&text).to_owned()) };
    labels.find(&text).map(str::to_owned).ok_or_else(|| {
        let near = closest(&text, labels.all.iter().map(String::as_str));
        let fault = Fault::new(option, format!("{} is none of the labels", reason::quote(&text)));
        match near {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault,
        }
    })
}

/// The labels there are.
struct Labels {
    all: Vec<String>,
    folded: Vec<String>,
}

impl Labels {
    fn of(all: Vec<String>) -> Result<Labels, Fault> {
        let folded: Vec<String> = all.iter().map(|label| fold(label)).collect();
        for (index, label) in folded.iter().enumerate() {
            if folded.iter().take(index).any(|earlier| earlier == label) {
                let name = all.get(index).map_or("", String::as_str);
                return Err(Fault::new("labels", format!("`{name}` stands twice in `labels`; case does not matter"))
                    .pointer(format!("/{index}")));
            }
        }
        Ok(Labels { all, folded })
    }

    fn find(&self, text: &str) -> Option<&str> {
        let wanted = fold(text);
        let at = self.folded.iter().position(|label| *label == wanted)?;
        self.all.get(at).map(String::as_str)
    }
}

fn fold(text: &str) -> String {
    bare(text).to_lowercase()
}

/// A label without what stands around it.
fn bare(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '*' | '“' | '”');
    let inner = text.trim_matches(around);
    inner.strip_suffix('.').unwrap_or(inner).trim_matches(around)
}

struct Label {
    place: Place,
    labels: Option<Labels>,
    truth: String,
    confidence: Option<Place>,
    positive: Option<String>,
}

impl Scorer for Label {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        self.examine(input).finding
    }

    fn examine(&self, input: &ScoreInput<'_>) -> Examined {
        let output = &input.reply.text;
        let (predicted, seen) = match self.place.find(output) {
            Ok(text) => self.read(&text),
            Err(Missing::Seen(seen)) => (None, seen),
            Err(Missing::Unknown(reason)) => return Finding::Ungraded(reason).into(),
        };
        let finding = Finding::of_bool(
            predicted.as_deref() == Some(self.truth.as_str()),
            seen,
            format!("the label {}", reason::quote(&self.truth)),
        );
        let confidence = self.confidence.as_ref().and_then(|place| confidence(&place.find(output).ok()?));
        // Of which label: of the positive one, or of the one that was named.
        let confirmed = match (&self.positive, &predicted) {
            (Some(positive), _) => Some(*positive == self.truth),
            (None, Some(predicted)) => Some(*predicted == self.truth),
            (None, None) => None,
        };
        let (confidence, confirmed) = confidence.zip(confirmed).unzip();
        let prediction = Prediction { truth: self.truth.clone(), predicted, confidence, confirmed };
        Examined { finding, details: serde_json::to_value(prediction).ok() }
    }
}

impl Label {
    /// The label that a text names, and what was seen.
    fn read(&self, text: &str) -> (Option<String>, String) {
        let seen = || format!("no label in {}", reason::quote(text));
        let found = match &self.labels {
            Some(labels) => labels.find(text).map(str::to_owned),
            None => Some(bare(text))
                .filter(|label| !label.is_empty() && label.chars().count() <= LONGEST)
                .map(reason::clean),
        };
        match found {
            Some(label) => {
                let seen = format!("the label {}", reason::quote(&label));
                (Some(label), seen)
            }
            None => (None, seen()),
        }
    }
}

/// `0.85` or `85 %`; `None` when it is not from 0 to 1.
fn confidence(text: &str) -> Option<f64> {
    let text = text.trim();
    let value = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    (0.0..=1.0).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::testing::{
        case, check, fails, on_text, passes, problems_of, reason_of, ungraded, with_case,
    };

    #[test]
    fn labels_are_read_where_they_stand() {
        for (yaml, right, wrong) in [
            ("label: invoice", "  \"invoice\".\n", "Invoice"),
            ("label: {value: invoice, labels: [invoice, tax]}", "**Invoice**", "tax"),
            ("label: {value: invoice, label: first_word, labels: [invoice, tax]}", "Invoice: because", "tax, invoice"),
            (
                "label: {value: invoice, label: {jsonpath: $.c}}",
                "```json\n{\"c\": \"invoice\"}\n```",
                "{\"c\": \"tax\"}",
            ),
            ("label: {value: invoice, label: {regex: 'Label: (\\w+)'}}", "So.\nLabel: invoice", "Label: tax"),
            ("label: {value: 3, label: {jsonpath: $.c}}", "{\"c\": 3}", "{\"c\": 4}"),
            ("label: {value: true, label: {jsonpath: $.c}}", "{\"c\": true}", "{\"c\": false}"),
        ] {
            assert!(passes(yaml, right), "{yaml}: {}", reason_of(yaml, right));
            assert!(fails(yaml, wrong), "{yaml}: {}", reason_of(yaml, wrong));
        }
        assert_eq!(reason_of("label: a", "b"), "saw the label \"b\"; wanted the label \"a\"");
    }

    #[test]
    fn what_is_no_label_is_wrong_and_told_apart() {
        let yaml = "label: {value: a, labels: [a, b]}";
        for text in ["c", "", "I cannot classify this.", "a b"] {
            let score = on_text(yaml, text);
            assert!(score.is_fail(), "{text}: {}", score.reason);
            assert_eq!(score.details, Some(json!({"truth": "a", "predicted": null})), "{text}");
        }
        assert_eq!(on_text(yaml, "B").details, Some(json!({"truth": "a", "predicted": "b"})));
        assert!(fails("label: a", &"x".repeat(101)));
        let at = "label: {value: a, label: {jsonpath: $.c}}";
        for text in ["no json", "{}", "{\"c\": [\"a\"]}", "{\"c\": null}"] {
            assert_eq!(on_text(at, text).details, Some(json!({"truth": "a", "predicted": null})), "{text}");
        }
        assert!(ungraded("label: {value: a, label: {regex: '^(a|a)+(?=b)$'}}", &"a".repeat(60)).contains("backtracks"));
    }

    #[test]
    fn confidences_go_with_what_they_are_about() {
        let own = "label: {value: a, label: {jsonpath: $.c}, confidence: {jsonpath: $.p}}";
        let positive = "label: {value: a, label: {jsonpath: $.c}, confidence: {jsonpath: $.p}, positive: b}";
        let of = |yaml: &str, text: &str| {
            let details = on_text(yaml, text).details.expect("details");
            (details.get("confidence").cloned(), details.get("confirmed").cloned())
        };
        assert_eq!(of(own, r#"{"c": "a", "p": 0.9}"#), (Some(json!(0.9)), Some(json!(true))));
        assert_eq!(of(own, r#"{"c": "b", "p": "90 %"}"#), (Some(json!(0.9)), Some(json!(false))));
        // Sure by 0.2 that it is b, which it is not.
        assert_eq!(of(positive, r#"{"c": "a", "p": 0.2}"#), (Some(json!(0.2)), Some(json!(false))));
        for text in [r#"{"c": "a", "p": 90}"#, r#"{"c": "a"}"#, r#"{"p": 0.9}"#, r#"{"c": "a", "p": "high"}"#] {
            assert_eq!(of(own, text), (None, None), "{text}");
        }
    }

    #[test]
    fn the_right_label_comes_from_the_case() {
        let yaml = "label: {from: vars.kind, labels: [a, b]}";
        let check = check(yaml);
        assert_eq!(check.needed_vars().collect::<Vec<_>>(), ["kind"]);
        assert!(with_case(yaml, "A", &case(json!({"kind": "a"}), None)).is_pass());
        let stray = with_case(yaml, "A", &case(json!({"kind": "c"}), None));
        assert!(stray.reason.contains("\"c\" is none of the labels") && stray.details.is_none(), "{}", stray.reason);
        assert!(with_case("label", "a", &case(json!({}), Some(json!("a")))).is_pass());
    }

    #[test]
    fn what_cannot_be_meant_is_reported_at_its_place() {
        for (yaml, wanted) in [
            ("label: {value: a, label: words}", "says where it stands in the output, this is `words`"),
            ("label: {value: a, label: {jsonpath: c}}", "not a JSONPath"),
            ("label: {value: a, label: {regex: '('}}", "invalid-regex"),
            ("label: {value: a, label: {path: x}}", "a mapping with other keys"),
            ("label: {value: c, labels: [a, b]}", "\"c\" is none of the labels"),
            ("label: {value: a, labels: [a, A]}", "`A` stands twice"),
            ("label: {value: a, labels: []}", "empty list"),
            ("label: {value: a, positive: a}", "there is no `confidence`"),
            ("label: {value: a, labels: [a, bee], confidence: {jsonpath: $.p}, positive: be}", "did you mean `bee`?"),
        ] {
            let text = problems_of(yaml);
            assert!(text.contains(wanted), "{yaml}: {wanted}\n{text}");
        }
    }
}

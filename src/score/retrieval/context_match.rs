//! `context_match`: the passages that were retrieved are the ones that should have been, by text or id, without a judge.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::measure::edit::levenshtein_likeness;
use super::super::measure::ngram::Figures;
use super::super::measure::retrieval::average_precision_of;
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::passages::{CONTEXT, ITEM, PATH, Passages, shown};
use crate::base::Ratio;

const FIGURES: &[(&str, &str)] =
    &[("f1", "f1"), ("precision", "precision"), ("recall", "recall"), ("average_precision", "average_precision")];
const BY: &[(&str, &str)] = &[("text", "text"), ("id", "id")];
/// How like two passages must be unless the user says it: that of Ragas.
const LIKENESS: f64 = 0.5;
/// Most pairs of characters that are compared: about a second of work.
const MAX_PAIRS: u64 = 1 << 35;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "context_match",
    family: "retrieval",
    about: "the passages that were retrieved are the ones that should have been, by their texts or ids, without a judge",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value("value", "a text or id, or a list of them", "the passages that should have been retrieved"),
        OptionSpec {
            name: "figure",
            kind: OptionKind::Word(FIGURES),
            takes: "f1, precision, recall or average_precision",
            about: "what is measured; `f1` unless given; `average_precision` rewards the right ones first",
        },
        OptionSpec {
            name: "by",
            kind: OptionKind::Word(BY),
            takes: "text or id",
            about: "whether passages are the same when their texts are alike (`text`, unless given) or by their ids",
        },
        OptionSpec::fixed(
            "likeness",
            "a number from 0 to 1",
            "how like two texts are that are the same passage (Levenshtein); 0.5 unless given",
        ),
        CONTEXT,
        PATH,
        ITEM,
    ],
    degenerate: &[
        "by text, precision is the share of retrieved passages whose greatest likeness to a wanted one is at least \
         `likeness`, and recall the share of wanted passages whose greatest likeness to a retrieved one is above it: so \
         does Ragas 0.4 (`>=` there, `>` here); `f1` is the harmonic mean of both",
        "average_precision is Ragas' NonLLMContextPrecisionWithReference, without its 1e-10: the mean of the precisions at \
         the ranks of right passages, 0 without one; recall is its NonLLMContextRecall",
        "by id, precision is the share of the set of retrieved ids that are wanted, recall the share of the set of wanted \
         ids that were retrieved (Ragas' IDBasedContextPrecision and IDBasedContextRecall)",
        "an empty list at `path` scores 0; without any passage elsewhere, without a wanted one, and where a passage has \
         nothing at `item`: ungraded",
        "blanks at both ends do not count; an id is taken as it is written",
        "texts that are too long to compare are ungraded",
        "`threshold` is 0.5 unless given",
    ],
    example: "- context_match: {value: [doc-7, doc-2], by: id, figure: recall, path: '$.sources[*].id'}",
    reads_text: false,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let by_id = settings.word("by", "text") == "id";
    let likeness = likeness(settings).map_err(Fault::alone)?;
    if by_id && settings.get("likeness").is_some() {
        return Err(Fault::new("likeness", "`likeness` is for passages that are compared by text, not by id").alone());
    }
    let check = ContextMatch {
        wanted: wanted(settings.value()?)?,
        passages: Passages::of(settings, by_id.then_some("$.id"))?,
        figure: settings.word("figure", "f1").to_owned(),
        by_id,
        likeness,
    };
    let plain = (likeness - LIKENESS).abs() < f64::EPSILON;
    let shown = if plain { Value::Null } else { json!(likeness) };
    Ok(Prepared::new(check).canonical("likeness", shown))
}

fn likeness(settings: &Settings) -> Result<f64, Fault> {
    let Some(value) = settings.get("likeness") else { return Ok(LIKENESS) };
    let found = value.as_f64().filter(|likeness| (0.0..=1.0).contains(likeness));
    found.ok_or_else(|| Fault::new("likeness", format!("`likeness` must be a number from 0 to 1, this is {value}")))
}

fn wanted(value: &Value) -> Result<Vec<String>, Vec<Fault>> {
    let trimmed = |pointer: &str, value: &Value| {
        let text = text_of("value", pointer, value)?.trim().to_owned();
        if text.is_empty() { Err(Fault::new("value", "a passage is blank").pointer(pointer)) } else { Ok(text) }
    };
    match value {
        Value::Array(items) if items.is_empty() => {
            Err(Fault::new("value", "`value` is a list without a passage").code("wrong-type").alone())
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| trimmed(&format!("/{index}"), item).map_err(Fault::alone))
            .collect(),
        Value::String(_) | Value::Number(_) => trimmed("", value).map(|text| vec![text]).map_err(Fault::alone),
        other => {
            let message = format!("`value` must be a passage or a list of them, this is {}", kind_of(other));
            Err(Fault::new("value", message).code("wrong-type").alone())
        }
    }
}

struct ContextMatch {
    wanted: Vec<String>,
    passages: Passages,
    figure: String,
    by_id: bool,
    likeness: f64,
}

/// Which passages are right, and which were found.
struct Matched<'t> {
    /// Retrieved passages in their order, and whether they are wanted.
    retrieved: Vec<(&'t str, bool)>,
    /// Wanted passages, and whether they were retrieved.
    wanted: Vec<(&'t str, bool)>,
}

impl ContextMatch {
    fn by_id<'t>(&'t self, retrieved: &'t [String]) -> Matched<'t> {
        let set = |ids: &'t [String]| -> Vec<&'t str> {
            let mut seen = HashSet::new();
            ids.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect()
        };
        let (given, wanted) = (set(retrieved), set(&self.wanted));
        let is_in = |all: &[&'t str], id: &'t str| (id, all.contains(&id));
        Matched {
            retrieved: given.iter().map(|id| is_in(&wanted, id)).collect(),
            wanted: wanted.iter().map(|id| is_in(&given, id)).collect(),
        }
    }

    fn by_text<'t>(&'t self, retrieved: &'t [String]) -> Result<Matched<'t>, Finding> {
        let length = |texts: &[String]| -> u64 { texts.iter().map(|text| text.len() as u64).sum() };
        if length(retrieved).saturating_mul(length(&self.wanted)) > MAX_PAIRS {
            return Err(Finding::Ungraded("the passages are too long to compare; compare them by id".to_owned()));
        }
        let mut best_of_wanted = vec![0.0_f64; self.wanted.len()];
        let mut found = Vec::with_capacity(retrieved.len());
        for passage in retrieved {
            let mut best = 0.0_f64;
            for (wanted, best_of_wanted) in self.wanted.iter().zip(&mut best_of_wanted) {
                let likeness = levenshtein_likeness(passage, wanted);
                best = best.max(likeness);
                *best_of_wanted = best_of_wanted.max(likeness);
            }
            // Ragas' sides differ: a retrieved passage may be just as like, a wanted one must be more.
            found.push((passage.as_str(), best >= self.likeness));
        }
        let wanted = self.wanted.iter().zip(best_of_wanted).map(|(text, best)| (text.as_str(), best > self.likeness));
        Ok(Matched { retrieved: found, wanted: wanted.collect() })
    }
}

impl Scorer for ContextMatch {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let retrieved = match self.passages.read(input) {
            Ok(retrieved) => retrieved,
            Err(finding) => return finding,
        };
        let matched = if self.by_id { Ok(self.by_id(&retrieved)) } else { self.by_text(&retrieved) };
        let matched = match matched {
            Ok(matched) => matched,
            Err(finding) => return finding,
        };
        let right: Vec<bool> = matched.retrieved.iter().map(|(_, right)| *right).collect();
        let found = matched.wanted.iter().filter(|(_, found)| *found).count();
        let precision = share_of(right.iter().filter(|right| **right).count(), right.len());
        let recall = share_of(found, matched.wanted.len());
        let value = match self.figure.as_str() {
            "precision" => precision,
            "recall" => recall,
            "average_precision" => average_precision_of(&right),
            _ => Figures::harmonic(precision, recall),
        };
        let stray: Vec<&str> = matched.retrieved.iter().filter(|(_, right)| !right).map(|(text, _)| *text).collect();
        let missing: Vec<&str> = matched.wanted.iter().filter(|(_, found)| !found).map(|(text, _)| *text).collect();
        let name = self.figure.replace('_', " ");
        let mut seen = format!("{name} {value:.3} of {}", counted(right.len()));
        if !missing.is_empty() {
            seen.push_str(&format!("; not retrieved: {}", shown(&missing)));
        }
        if !stray.is_empty() {
            seen.push_str(&format!("; not wanted: {}", shown(&stray)));
        }
        let all: Vec<&str> = matched.wanted.iter().map(|(text, _)| *text).collect();
        Finding::Graded { value: Ratio::clamped(value), seen, wanted: shown(&all) }
    }
}

fn counted(passages: usize) -> String {
    format!("{} retrieved", reason::count(u64::try_from(passages).unwrap_or(u64::MAX), "passage", "passages"))
}

/// `part / whole`; 0 when the whole is 0.
fn share_of(part: usize, whole: usize) -> f64 {
    let exact = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { exact(part) / exact(whole) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::testing::{case, fails, on_reply, problems_of, reason_of, ungraded, value_of, with_case};
    use crate::record::{ChatReply, Score, ScoreState};

    fn retrieving(yaml: &str, passages: &[&str]) -> Score {
        let contexts = passages.iter().map(|text| (*text).to_owned()).collect();
        on_reply(yaml, &ChatReply { contexts, ..ChatReply::of_text("whatever") })
    }

    fn value(yaml: &str, passages: &[&str]) -> Option<f64> {
        match retrieving(yaml, passages).state {
            ScoreState::Scored { value, .. } => Some(value.get()),
            ScoreState::Ungraded | ScoreState::NotApplicable => None,
        }
    }

    #[test]
    fn the_bound_of_likeness_belongs_to_precision_and_not_to_recall() {
        // `abcd` and `abxy` are alike by exactly a half: two of four characters differ.
        let of = |figure: &str, more: &str| {
            value(&format!("context_match: {{value: [abcd], figure: {figure}{more}}}"), &["abxy"])
        };
        assert_eq!(
            (of("precision", ""), of("average_precision", ""), of("recall", "")),
            (Some(1.0), Some(1.0), Some(0.0))
        );
        assert_eq!((of("precision", ", likeness: 0.51"), of("recall", ", likeness: 0.49")), (Some(0.0), Some(1.0)));
        assert_eq!(of("f1", ""), Some(0.0));
    }

    #[test]
    fn shares_are_of_passages_retrieved_and_wanted() {
        let of = |figure: &str| {
            let yaml =
                format!("context_match: {{value: [refunds take five days, shops are closed], figure: {figure}}}");
            value(&yaml, &["Refunds take five days.", "weather is fine today, mostly", " refunds take 5 days "])
        };
        assert_eq!((of("precision"), of("recall")), (Some(2.0 / 3.0), Some(0.5)));
        // 2 · 2/3 · 1/2 / (2/3 + 1/2), and (1/1 + 2/3) / 2.
        let close =
            |seen: Option<f64>, wanted: f64| assert!((seen.expect("scored") - wanted).abs() < 1e-12, "{seen:?}");
        close(of("f1"), 4.0 / 7.0);
        close(of("average_precision"), (1.0 + 2.0 / 3.0) / 2.0);
    }

    #[test]
    fn ids_are_sets() {
        let of = |figure: &str, ids: &[&str]| {
            value(&format!("context_match: {{value: [a, b, b, c], by: id, figure: {figure}}}"), ids)
        };
        assert_eq!(of("precision", &["a", "x", "a", "b"]), Some(2.0 / 3.0));
        assert_eq!(of("recall", &["a", "x", "a", "b"]), Some(2.0 / 3.0));
        assert_eq!(
            (of("recall", &["x"]), of("f1", &["x"]), of("average_precision", &["x"])),
            (Some(0.0), Some(0.0), Some(0.0))
        );
        assert_eq!(of("average_precision", &["x", "a", "a"]), Some(0.5));
        assert_eq!(of("precision", &["A"]), Some(0.0));
        assert_eq!(value("context_match: {value: [7, 8], by: id, figure: recall}", &["8"]), Some(0.5));
    }

    #[test]
    fn passages_may_be_objects_and_stand_in_the_output() {
        let objects = &[r#"{"id": "a", "text": "one"}"#, r#"{"id": 7, "text": "two"}"#];
        assert_eq!(value("context_match: {value: [a, 7], by: id}", objects), Some(1.0));
        assert_eq!(value("context_match: {value: [one, two], item: $.text}", objects), Some(1.0));
        let nothing = retrieving("context_match: {value: a, by: id, item: $.key}", objects);
        assert_eq!(nothing.state, ScoreState::Ungraded);
        assert_eq!(nothing.reason, "passage 1 has nothing at `$.key`");
        let by_path = "context_match: {value: [a, b], by: id, figure: recall, path: '$.hits[*]'}";
        assert_eq!(value_of(by_path, r#"{"hits": [{"id": "b"}, {"id": "x"}]}"#), Some(0.5));
        assert_eq!(value_of(by_path, r#"{"hits": ["b", "a"]}"#), Some(1.0));
        assert_eq!(value_of(by_path, r#"{"hits": []}"#), Some(0.0));
        assert!(ungraded(by_path, r#"{"hits": [[1]]}"#).contains("passage 1 is a list"));
        assert!(ungraded(by_path, " ").contains("output is empty"));
        assert!(fails(by_path, "b, a"));
    }

    #[test]
    fn the_passages_of_the_case_stand_in_and_none_is_ungraded() {
        let mut with = case(json!({}), Some(json!(["one"])));
        assert!(with_case("context_match", "x", &with).reason.contains("neither the case nor the reply"));
        with.context = vec!["one".to_owned()];
        assert!(with_case("context_match", "x", &with).is_pass());
        assert!(with_case("context_match: {context: [two hundred]}", "x", &with).is_fail());
        with.expected = Some(json!([]));
        assert!(with_case("context_match", "x", &with).reason.contains("list without a passage"));
    }

    #[test]
    fn reasons_name_what_is_missing_and_what_is_too_many() {
        let yaml = "context_match: {value: [a, b, c], by: id, path: '$[*]'}";
        assert_eq!(
            reason_of(yaml, r#"["a", "x"]"#),
            "saw f1 0.400 of 2 passages retrieved; not retrieved: \"b\" and 1 more; not wanted: \"x\"; wanted \"a\" and 2 more"
        );
    }

    #[test]
    fn long_passages_are_not_compared_forever() {
        let long = "x".repeat(400_000);
        let score = retrieving(&format!("context_match: {{value: '{long}'}}"), &[long.as_str()]);
        assert!(
            score.state == ScoreState::Ungraded && score.reason.contains("too long to compare"),
            "{}",
            score.reason
        );
    }

    #[test]
    fn settings_that_contradict_are_told() {
        assert!(problems_of("context_match: {value: a, by: id, likeness: 0.4}").contains("compared by text"));
        assert!(problems_of("context_match: {value: a, likeness: 2}").contains("from 0 to 1"));
        assert!(problems_of("context_match: {value: a, path: '$[*]', context: [b]}").contains("both say where"));
        assert!(problems_of("context_match: {value: a, path: hits}").contains("not a JSONPath"));
        assert!(problems_of("context_match: {value: []}").contains("without a passage"));
        assert!(problems_of("context_match: {value: {a: 1}}").contains("a list of them"));
    }
}

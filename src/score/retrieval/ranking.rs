//! `retrieval`: a ranked list holds the relevant items, and holds them first.

use std::collections::HashSet;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::measure::retrieval::{Grades, Ranking};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, text_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};
use super::super::structure::parse::{ALLOW_FENCED, NotJson, parse_output};
use crate::base::Ratio;

const METRICS: &[(&str, &str)] = &[
    ("ndcg", "ndcg"),
    ("ndcg_exp", "ndcg_exp"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("f1", "f1"),
    ("hit_rate", "hit_rate"),
    ("mrr", "mrr"),
    ("map", "map"),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "retrieval",
    family: "retrieval",
    about: "the ranked list in the output holds the relevant items, and holds them first",
    version: 1,
    pass_at: 0.5,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value(
            "value",
            "a list of texts, or a mapping of text to grade",
            "the relevant items (ids or texts); grades are whole numbers, 0 is judged and not relevant",
        ),
        OptionSpec::fixed("path", "a JSONPath", "where the ranked items stand in the output; `$[*]` unless given"),
        OptionSpec {
            name: "metric",
            kind: OptionKind::Word(METRICS),
            takes: "ndcg, ndcg_exp, precision, recall, f1, hit_rate, mrr or map",
            about: "what is measured; `ndcg`, with the grade as gain, unless given; `ndcg_exp` gains 2^grade - 1",
        },
        OptionSpec::fixed("k", "a whole number from 1", "how many items from the top count; all unless given"),
        ALLOW_FENCED,
    ],
    degenerate: &[
        "`threshold` is 0.5 unless given",
        "without any relevant item it is ungraded; an empty list scores 0",
        "precision divides by `k` also when fewer items came back, map by all relevant items",
        "rank is the place in the list; an item that stands in it twice makes it ungraded",
        "equal to ranx 0.3 and pytrec_eval",
    ],
    example: "- retrieval: {value: [doc-7, doc-2], path: '$.sources[*].id', metric: recall, k: 5}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    // Each by itself: a value from the case is known later, and hides no fault of the others.
    let (grades, path, k) = (grades(settings.value()?), path(settings), k(settings));
    let (grades, path, k) = match (grades, path, k) {
        (Ok(grades), Ok(path), Ok(k)) => (grades, path, k),
        (grades, path, k) => return Err([grades.err(), path.err(), k.err()].into_iter().flatten().collect()),
    };
    let metric = settings.word("metric", "ndcg").to_owned();
    Ok(Prepared::new(Retrieval { grades, path, k, metric, allow_fenced: settings.flag("allow_fenced") }))
}

fn grades(value: &Value) -> Result<Grades, Fault> {
    let wrong = |message: String| Fault::new("value", message).code("wrong-type");
    match value {
        Value::Array(items) => items.iter().map(|item| Ok((text_of("value", "", item)?, 1))).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(item, grade)| {
                let grade = grade.as_u64().filter(|grade| *grade <= 60);
                let grade =
                    grade.ok_or_else(|| wrong(format!("the grade of `{item}` must be a whole number to 60")))?;
                Ok((item.clone(), grade))
            })
            .collect(),
        other => Err(wrong(format!("`value` must be a list of texts or a mapping, this is {}", kind_of(other)))),
    }
}

fn path(settings: &Settings) -> Result<JsonPath, Fault> {
    let text = match settings.get("path") {
        Some(value) => text_of("path", "", value)?,
        None => "$[*]".to_owned(),
    };
    let wrong = |_| Fault::new("path", format!("`{text}` is not a JSONPath")).code("invalid-jsonpath");
    JsonPath::parse(&text).map_err(wrong)
}

fn k(settings: &Settings) -> Result<Option<usize>, Fault> {
    let Some(value) = settings.get("k") else { return Ok(None) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a small whole number")]
    let whole = value.as_f64().filter(|k| k.fract() == 0.0 && (1.0..=1e6).contains(k)).map(|k| k as usize);
    whole.map(Some).ok_or_else(|| Fault::new("k", format!("`k` must be a whole number from 1, this is {value}")))
}

struct Retrieval {
    grades: Grades,
    path: JsonPath,
    k: Option<usize>,
    metric: String,
    allow_fenced: bool,
}

impl Retrieval {
    fn items(&self, text: &str) -> Result<Vec<String>, Finding> {
        let value = match parse_output(text, self.allow_fenced) {
            Ok(value) => value,
            Err(NotJson::Fault(fault)) => return Err(Finding::of_bool(false, fault, self.wanted())),
            Err(NotJson::TooDeep(fault)) => return Err(Finding::Ungraded(fault)),
        };
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        for item in self.path.query(&value) {
            let text = match item {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                other => {
                    let why = format!("`path` finds {} where an id or text is needed", kind_of(other));
                    return Err(Finding::Ungraded(why));
                }
            };
            if !seen.insert(text.clone()) {
                return Err(Finding::Ungraded(format!("{} stands in the list twice", reason::quote(&text))));
            }
            items.push(text);
        }
        Ok(items)
    }

    fn label(&self) -> String {
        self.k.map_or_else(|| self.metric.clone(), |k| format!("{}@{k}", self.metric))
    }

    fn wanted(&self) -> String {
        let mut graded: Vec<(&str, u64)> =
            self.grades.iter().map(|(item, grade)| (item.as_str(), *grade)).filter(|(_, grade)| *grade > 0).collect();
        graded.sort_unstable_by(|(item, grade), (other, its)| its.cmp(grade).then(item.cmp(other)));
        let wanted: Vec<&str> = graded.into_iter().map(|(item, _)| item).collect();
        format!("{} first", reason::list(&wanted))
    }
}

impl Scorer for Retrieval {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let items = match self.items(&input.reply.text) {
            Ok(items) => items,
            Err(finding) => return finding,
        };
        let ranking = Ranking::new(&items, &self.grades, self.k);
        if ranking.relevant() == 0 {
            return Finding::Ungraded("there is no relevant item to look for".to_owned());
        }
        let value = match self.metric.as_str() {
            "ndcg_exp" => ranking.ndcg(true),
            "precision" => ranking.precision(),
            "recall" => ranking.recall(),
            "f1" => ranking.f1(),
            "hit_rate" => ranking.hit_rate(),
            "mrr" => ranking.reciprocal_rank(),
            "map" => ranking.average_precision(),
            _ => ranking.ndcg(false),
        };
        let shown: Vec<&str> = items.iter().map(String::as_str).take(self.k.unwrap_or(10).min(10)).collect();
        let shown = if shown.is_empty() { "an empty list".to_owned() } else { reason::list(&shown) };
        Finding::Graded {
            value: Ratio::clamped(value),
            seen: format!("{} {value:.3} for {shown}", self.label()),
            wanted: self.wanted(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, problems_of, reason_of, ungraded, value_of};

    #[test]
    fn metrics_are_taken_of_the_first_k() {
        let value = |options: &str, text: &str| value_of(&format!("retrieval: {{value: [a, b], {options}}}"), text);
        assert_eq!(value("metric: recall, k: 1", r#"["a","c","b"]"#), Some(0.5));
        assert_eq!(value("metric: precision, k: 4", r#"["a","c","b"]"#), Some(0.5));
        assert_eq!(value("metric: mrr", r#"["x","b"]"#), Some(0.5));
        assert_eq!(value("metric: map", "[]"), Some(0.0));
        assert_eq!(value("path: '$.hits[*].id', metric: hit_rate", r#"{"hits":[{"id":"b"}]}"#), Some(1.0));
        assert_eq!(value_of("retrieval: {value: {a: 3, b: 1, c: 0}}", r#"["a","b"]"#), Some(1.0));
    }

    #[test]
    fn what_cannot_be_ranked_is_ungraded_and_what_is_no_json_fails() {
        assert!(ungraded("retrieval: {value: {a: 0}}", r#"["a"]"#).contains("no relevant item"));
        assert!(ungraded("retrieval: {value: [a]}", r#"["a","a"]"#).contains("twice"));
        assert!(ungraded("retrieval: {value: [a]}", r#"[["a"]]"#).contains("id or text"));
        assert!(fails("retrieval: {value: [a]}", "a, b"));
        assert!(problems_of("retrieval: {value: [a], k: 1.5}").contains("whole number"));
        assert!(problems_of("retrieval: {value: a}").contains("list of texts"));
        let all = problems_of("retrieval: {from: expected, k: 0, path: '$['}");
        assert!(all.contains("whole number") && all.contains("JSONPath") && !all.contains("list of texts"), "{all}");
    }

    #[test]
    fn the_reason_names_the_metric_and_both_lists() {
        let reason = reason_of("retrieval: {value: [a, b], metric: recall, k: 2}", r#"["b","c"]"#);
        assert_eq!(reason, "saw recall@2 0.500 for \"b\", \"c\"; wanted \"a\", \"b\" first");
        let graded = reason_of("retrieval: {value: {a: 1, b: 3, c: 0}}", "[]");
        assert_eq!(graded, "saw ndcg 0.000 for an empty list; wanted \"b\", \"a\" first");
    }
}

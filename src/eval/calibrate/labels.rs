//! Labels of people: a JSONL file, one verdict per row.

use std::path::Path;
use std::sync::Arc;

use crate::base::{Diagnostic, Fields, Kind, ModelRef, Place, Problems, Source, files, parse_yaml};

/// What a person says of one output.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanLabel {
    /// Id of the case.
    pub case: String,
    /// The check that is labelled; `None` when the run has one judge.
    pub check: Option<String>,
    /// The prompt that was asked, as reports show it.
    pub prompt: Option<String>,
    /// The model that answered.
    pub model: Option<ModelRef>,
    /// 0-based repeat.
    pub repeat: Option<u32>,
    /// The output that was read: a label of another output is refused.
    pub output: Option<String>,
    /// Whether the output is good.
    pub passed: bool,
    /// How good, 0..=1, where a number was given.
    pub score: Option<f64>,
    /// Where it stands.
    pub place: Place,
}

/// A score from which on a number counts as a pass.
const PASS_FROM: f64 = 0.5;

/// Reads the labels of a file. Rows whose `label` is `null` are not labelled yet and left out; everything wrong is
/// reported with its line.
pub fn read_labels(path: &Path, shown: &Path, problems: &mut Problems) -> Vec<HumanLabel> {
    let source = match files::read_source(path, shown) {
        Ok(source) => source,
        Err(problem) => {
            problems.push(*problem);
            return Vec::new();
        }
    };
    let file: Arc<Path> = Arc::from(shown);
    let lines = source.text().lines().zip(1_u32..).filter(|(line, _)| !line.trim().is_empty());
    lines.filter_map(|(line, number)| read_row(&Source::line_of(&file, number, line), problems)).collect()
}

fn read_row(source: &Source, problems: &mut Problems) -> Option<HumanLabel> {
    let before = problems.error_count();
    let node = parse_yaml(source, problems)?;
    let mut fields = Fields::of(&node, "label", source, problems)?;
    let case = match fields.node("case").map(|node| &node.kind) {
        Some(Kind::Int(number)) => Some(number.to_string()),
        _ => fields.required_text("case", problems).map(str::to_owned),
    };
    let mut text = |name| fields.text(name, problems).map(str::to_owned);
    let (check, prompt, output, model) = (text("check"), text("prompt"), text("output"), text("model"));
    let _note = text("note");
    let model = model.and_then(|model| match ModelRef::parse(&model) {
        Ok(model) => Some(model),
        Err(error) => {
            fields.invalid("model", error.to_string(), problems);
            None
        }
    });
    let repeat =
        fields.whole("repeat", 0..=i64::from(u32::MAX), problems).and_then(|repeat| u32::try_from(repeat).ok());
    let verdict = read_verdict(&mut fields, source, problems);
    fields.finish(problems);
    if problems.error_count() > before {
        return None;
    }
    let (passed, score) = verdict?;
    let place = source.place(node.span);
    Some(HumanLabel { case: case?, check, prompt, model, repeat, output, passed, score, place })
}

/// `true`, `"pass"`, or a number from 0 to 1; `None` for what is not labelled yet or wrong.
fn read_verdict(fields: &mut Fields<'_>, source: &Source, problems: &mut Problems) -> Option<(bool, Option<f64>)> {
    let Some(node) = fields.raw("label") else {
        fields.missing("label", problems);
        return None;
    };
    let number = |value: f64| (0.0..=1.0).contains(&value).then_some((value >= PASS_FROM, Some(value)));
    let verdict = match &node.kind {
        Kind::Null => return None,
        Kind::Bool(passed) => Some((*passed, None)),
        Kind::Int(value) => number(f64::from(i32::try_from(*value).unwrap_or(-1))),
        Kind::Float(value) => number(*value),
        Kind::Text(word) => match word.trim().to_lowercase().as_str() {
            "pass" | "yes" | "good" => Some((true, None)),
            "fail" | "no" | "bad" => Some((false, None)),
            _ => None,
        },
        Kind::Map(_) | Kind::List(_) => None,
    };
    if verdict.is_none() {
        let message = format!("`label` must be a verdict, this is {}", node.describe());
        let help =
            "write true or false, \"pass\" or \"fail\", a number from 0 to 1, or null for a row to be labelled later";
        problems.push(Diagnostic::error("invalid-value", message).at(source.place(node.span)).help(help));
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<HumanLabel>, String) {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("human.jsonl");
        std::fs::write(&path, text).expect("write");
        let mut problems = Problems::new();
        let labels = read_labels(&path, Path::new("human.jsonl"), &mut problems);
        (labels, problems.render(false))
    }

    #[test]
    fn verdicts_are_booleans_words_or_shares_and_null_waits() {
        let rows = "{\"case\": \"a\", \"label\": true}\n\n{\"case\": \"b\", \"label\": \"FAIL\", \"model\": \"openai/gpt-4o\", \"repeat\": 1}\n\
                    {\"case\": 3, \"label\": 0.4}\n{\"case\": \"d\", \"label\": 1}\n{\"case\": \"e\", \"label\": null}\n";
        let (labels, problems) = read(rows);
        assert_eq!(problems, "");
        let seen: Vec<_> = labels.iter().map(|label| (label.case.as_str(), label.passed, label.score)).collect();
        assert_eq!(seen, [("a", true, None), ("b", false, None), ("3", false, Some(0.4)), ("d", true, Some(1.0))]);
        assert_eq!(
            (labels[1].repeat, labels[1].model.as_ref().map(ToString::to_string)),
            (Some(1), Some("openai/gpt-4o".into()))
        );
    }

    #[test]
    fn every_wrong_row_is_told_with_its_line() {
        let rows = "{\"case\": \"a\", \"label\": 7}\n{\"label\": true}\n{\"case\": \"c\"}\n{\"case\": \"d\", \"label\": \"so so\"}\n\
                    {\"case\": \"e\", \"label\": true, \"chek\": \"x\"}\nnot json: [\n{\"case\": \"f\", \"label\": true, \"model\": \"gpt\"}\n";
        let (labels, problems) = read(rows);
        assert!(labels.is_empty(), "{labels:?}");
        for wanted in [
            "human.jsonl:1:",
            "human.jsonl:2:",
            "human.jsonl:3:",
            "human.jsonl:4:",
            "human.jsonl:5:",
            "human.jsonl:6:",
            "human.jsonl:7:",
        ] {
            assert!(problems.contains(wanted), "{wanted} in\n{problems}");
        }
        assert!(problems.contains("did you mean `check`") && problems.contains("or null for a row"), "{problems}");
        assert!(read_labels(Path::new("/nowhere"), Path::new("x"), &mut Problems::new()).is_empty());
    }
}

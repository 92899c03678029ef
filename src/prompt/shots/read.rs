//! The file of examples: one JSON object per line.

use std::collections::HashMap;

use serde_json::Value;

use super::super::written::definition::Reading;
use super::settings::Settings;
use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, Source, Span, files, parse_json_row, parse_yaml};
use crate::guard::mask_secrets;
use crate::record::Vars;

/// Most examples of one prompt.
const MAX_EXAMPLES: usize = 10_000;

/// Keys that other tools give the answer.
const ANSWERS: &[&str] = &["answer", "assistant", "completion", "expected", "label", "reply", "response", "target"];

/// An example of a prompt: what was asked, and the right answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// As the file gives it, or else `#3` for the third.
    pub id: String,
    /// Variables of the prompt, as the file gives them.
    pub vars: Vars,
    /// The answer: text, or JSON that is sent as such.
    pub output: Value,
    /// Line of the file, from 1.
    pub line: u32,
    /// Whether the file gives the id.
    pub(super) is_named: bool,
}

impl Example {
    /// The answer as the model would give it: text as it is, anything else as JSON on one line.
    pub fn output_text(&self) -> String {
        match &self.output {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// `examples:` of a prompt, with the examples it names, not yet compared with the prompt's variables.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct ExampleFile {
    /// The file's path as the prompt writes it.
    pub(super) from: String,
    pub(super) settings: Settings,
    pub(super) rows: Vec<Row>,
    pub(super) source: Source,
    /// Whether some line could not be read.
    pub(super) is_partial: bool,
}

/// One line of the file.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) example: Example,
    /// The value of `input`, which stands for the only variable.
    pub(super) input: Option<Value>,
}

impl ExampleFile {
    /// The place of a whole line.
    pub(super) fn line(&self, line: u32) -> Place {
        self.source.place(Span::new(line, 1, 1))
    }

    /// The place of the value below `path` in a line; of the line when it is not found.
    pub(super) fn place(&self, line: u32, path: &[&str]) -> Place {
        let Some(row) = row_source(&self.source, line) else { return self.line(line) };
        // A line is YAML as well, and that door keeps positions.
        let node = parse_yaml(&row, &mut Problems::new());
        let found = path.iter().try_fold(node.as_ref(), |node, key| node.map(|node| node.get(key)));
        found.flatten().map_or_else(|| self.line(line), |node| self.source.place(node.span))
    }
}

fn row_source(source: &Source, line: u32) -> Option<Source> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    let text = source.text().lines().nth(index)?;
    Some(Source::line_of(&source.path().into(), line, text))
}

/// Reads the value of `examples:` and the file it names; `None` when there is nothing to work with.
pub(in crate::prompt) fn read_examples(
    node: &Node,
    reading: &Reading<'_>,
    problems: &mut Problems,
) -> Option<ExampleFile> {
    let (from, settings) = Settings::read(node, reading.source, problems)?;
    let at = || reading.source.place(node.get("from").map_or(node.span, |from| from.span));
    let source = files::inside(reading.root, reading.folder, from)
        .map_err(|message| Box::new(Diagnostic::error("path-outside-project", message)))
        .and_then(|path| files::read_source(&path, path.strip_prefix(reading.root).unwrap_or(&path)));
    let source = match source {
        Ok(source) => source,
        Err(mut problem) => {
            if let Some(inner) = problem.place.take().filter(|place| place.line > 0) {
                problem.related.push((inner, "in this file".to_owned()));
            }
            problems.push(problem.at(at()));
            return None;
        }
    };
    let source = mask_secrets(&source, problems).into_owned();
    let mut file = ExampleFile { from: from.to_owned(), settings, rows: Vec::new(), source, is_partial: false };
    read_rows(&mut file, problems);
    if file.rows.is_empty() && !file.is_partial {
        let message = format!("`{from}` holds no examples");
        let help = "write one JSON object per line: `{\"vars\": {…}, \"output\": \"…\"}`";
        problems.push(Diagnostic::error("no-examples", message).at(at()).help(help));
        return None;
    }
    check_ids(&file, problems);
    Some(file)
}

fn read_rows(file: &mut ExampleFile, problems: &mut Problems) {
    let source = file.source.clone();
    let shown = source.path().into();
    let lines = source.text().lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, (index, text)) in lines.enumerate() {
        let line = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        if number >= MAX_EXAMPLES {
            let message = format!("this file has more than {MAX_EXAMPLES} examples");
            let help = "keep the best ones: each is compared with every case";
            problems.push(Diagnostic::error("too-many-examples", message).at(file.line(line)).help(help));
            file.is_partial = true;
            return;
        }
        let row = Source::line_of(&shown, line, text);
        if number == 0 && text.trim_start().starts_with('[') {
            let message = "this file is a JSON list, a file of examples has one object on each line";
            let help = "turn it into lines: `jq -c '.[]' old.json > examples.jsonl`";
            problems.push(Diagnostic::error("json-list", message).at(file.line(line)).help(help));
            file.is_partial = true;
            return;
        }
        match read_row(&row, line, number + 1, problems) {
            Some(row) => file.rows.push(row),
            None => file.is_partial = true,
        }
    }
}

/// Reads one line. When something is wrong with it, it is read again with the positions of its values.
fn read_row(source: &Source, line: u32, number: usize, problems: &mut Problems) -> Option<Row> {
    let node = parse_json_row(source, problems)?;
    let mut found = Problems::new();
    let row = fields_of(&node, source, line, number, &mut found);
    if found.is_empty() {
        return row;
    }
    if let Some(node) = parse_yaml(source, &mut Problems::new()) {
        let mut placed = Problems::new();
        fields_of(&node, source, line, number, &mut placed);
        // YAML reads a few values in another way; what JSON says counts.
        if placed.error_count() == found.error_count() {
            found = placed;
        }
    }
    problems.absorb(found);
    None
}

fn fields_of(node: &Node, source: &Source, line: u32, number: usize, problems: &mut Problems) -> Option<Row> {
    let before = problems.error_count();
    let mut fields = Fields::of(node, "example", source, problems)?;
    let id = match fields.node("id") {
        None => None,
        Some(Node { kind: Kind::Int(number), .. }) => Some(number.to_string()),
        Some(_) => fields.text("id", problems).map(str::to_owned),
    };
    if id.as_ref().is_some_and(|id| id.trim().is_empty() || id.chars().count() > 200) {
        fields.invalid("id", "`id` must have 1 to 200 characters", problems);
    }
    let vars = fields.node("vars");
    let input = fields.raw("input").map(Node::to_json);
    let vars_json = match vars.map(|node| (node, node.to_json())) {
        None => Vars::new(),
        Some((_, Value::Object(vars))) => vars,
        Some((node, _)) => {
            let message = format!("`vars` must be a mapping of variables, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)));
            Vars::new()
        }
    };
    match (vars, &input) {
        (Some(_), Some(_)) => {
            fields.invalid("input", "an example has either `vars` or `input`, this one has both", problems);
        }
        (None, None) => fields.missing("vars", problems),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let output = read_output(node, &mut fields, problems);
    fields.finish(problems);
    let is_named = id.is_some();
    let id = id.unwrap_or_else(|| format!("#{number}"));
    let example = Example { id, vars: vars_json, output: output?, line, is_named };
    (problems.error_count() == before).then_some(Row { example, input })
}

fn read_output(node: &Node, fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Value> {
    let Some(output) = fields.node("output") else {
        let other = node.as_map().into_iter().flatten().find(|(key, _)| ANSWERS.contains(&key.text.as_str()));
        match other {
            Some((key, _)) => {
                let message = format!("this example has no `output`, it has `{}`", key.text);
                let problem = Diagnostic::error("missing-field", message).at(fields.source().place(key.span));
                problems.push(problem.help(format!("rename `{}` to `output`", key.text)));
            }
            None => fields.missing("output", problems),
        }
        return None;
    };
    if output.as_text().is_some_and(|text| text.trim().is_empty()) {
        fields.invalid("output", "`output` is empty: models are not sent empty answers", problems);
    }
    Some(output.to_json())
}

fn check_ids(file: &ExampleFile, problems: &mut Problems) {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    for Row { example, .. } in &file.rows {
        if let Some(first) = seen.insert(&example.id, example.line) {
            let message = format!("the id `{}` is given to two examples", example.id);
            problems.push(
                Diagnostic::error("duplicate-example-id", message)
                    .at(file.place(example.line, &["id"]))
                    .related(file.line(first), "given here first"),
            );
        }
    }
}

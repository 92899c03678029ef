//! Prompt files of promptfoo: text with `---` between prompts, Markdown, Jinja, chat as JSON or YAML; Nunjucks tags.

use indexmap::IndexMap;
use serde_json::Value;

use super::foreign::{Builder, Dialect, Foreign, ForeignVersion, Placed};
use super::jinja_read::Jinja;
use super::jinja_write::write_jinja;
use super::json_file::read_json;
use super::openai::{read_messages, write_messages};
use super::outline::Outline;
use super::piece::{Expr, Piece};
use super::text::one;
use crate::base::{Node, Problems, Source, parse_yaml};
use crate::record::OutputFormat;

const NUNJUCKS: Dialect = Dialect::Jinja(Jinja::Nunjucks);

/// A list of messages.
pub(super) fn is_json(node: &Node) -> bool {
    node.as_list().is_some_and(|items| !items.is_empty() && items.iter().all(|item| item.get("role").is_some()))
}

pub(super) fn read(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let ending = source.path().extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "json" => read_json(source, problems).and_then(|node| chat(&node, source, problems)).into_iter().collect(),
        "yaml" | "yml" => {
            parse_yaml(source, problems).and_then(|node| chat(&node, source, problems)).into_iter().collect()
        }
        "jsonl" => lines(source, problems),
        "txt" => texts(source, problems),
        _ => {
            let whole = Placed::part(source, 0, without_last_break(source.text()));
            one(&whole, NUNJUCKS, source, None, problems).into_iter().collect()
        }
    }
}

fn without_last_break(text: &str) -> usize {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text).len()
}

/// A chat: a list of messages, or a mapping with one.
fn chat(node: &Node, source: &Source, problems: &mut Problems) -> Option<Foreign> {
    let before = problems.error_count();
    let mut builder = Builder::new();
    read_messages(node.get("messages").unwrap_or(node), NUNJUCKS, source, &mut builder, problems);
    if problems.error_count() > before {
        return None;
    }
    let definition = builder.finish(IndexMap::new(), None);
    Some(Foreign {
        name: None,
        versions: vec![ForeignVersion { number: None, labels: Vec::new(), definition, comments: Vec::new() }],
    })
}

/// One prompt per line.
fn lines(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let path = std::sync::Arc::from(source.path());
    let mut found = Vec::new();
    for (index, line) in source.text().lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let own = Source::line_of(&path, u32::try_from(index + 1).unwrap_or(u32::MAX), line);
        found.extend(read_json(&own, problems).and_then(|node| chat(&node, &own, problems)));
    }
    found
}

/// Prompts between lines of three dashes; spaces around them are layout.
fn texts(source: &Source, problems: &mut Problems) -> Vec<Foreign> {
    let text = source.text();
    if text.trim_start().starts_with('[')
        && let Some(node) = read_json(source, &mut Problems::new()).filter(is_json)
    {
        return chat(&node, source, problems).into_iter().collect();
    }
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    let mut ends = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" {
            ends.push((start, at));
            start = at + line.len();
        }
        at += line.len();
    }
    ends.push((start, text.len()));
    for (start, end) in ends {
        let part = text.get(start..end).unwrap_or("");
        let lead = part.len() - part.trim_start().len();
        if part.trim().is_empty() {
            continue;
        }
        let placed = Placed::part(source, start + lead, start + part.trim_end().len());
        found.extend(one(&placed, NUNJUCKS, source, None, problems));
    }
    if found.is_empty() && !problems.has_errors() {
        problems.push(super::text::empty(source));
    }
    found
}

pub(super) fn write(outline: &mut Outline<'_>) -> String {
    let help = "promptfoo keeps this in its providers and tests, not in prompt files";
    if !outline.params.is_empty() || !outline.overrides.is_empty() {
        outline.beside("the parameters", help);
    }
    if outline.output != OutputFormat::Text {
        outline.beside("the output format", help);
    }
    if outline.variables.iter().any(|(_, rules)| rules.len() > 2) {
        outline.beside("the rules of the variables", help);
    }
    let many: Vec<String> = outline
        .variables
        .iter()
        .filter(|(_, rules)| matches!(rules.get("type").and_then(Value::as_str), Some("list" | "object")))
        .map(|(name, _)| name.clone())
        .collect();
    let messages = write_messages(outline, |pieces, lost| write_jinja(&counted(pieces, &many), Jinja::Nunjucks, lost));
    serde_json::to_string_pretty(&messages).unwrap_or_default()
}

/// Conditions on lists and mappings ask for their length: in Nunjucks an empty one counts as true.
fn counted(pieces: &[Piece], many: &[String]) -> Vec<Piece> {
    let inner = |pieces: &[Piece]| counted(pieces, many);
    let piece = |piece: &Piece| match piece.clone() {
        Piece::If { arms, otherwise, at } => {
            let arms = arms.iter().map(|(test, body)| (by_length(test, many), inner(body))).collect();
            Piece::If { arms, otherwise: inner(&otherwise), at }
        }
        Piece::For { key, item, over, body, otherwise, at } => {
            Piece::For { key, item, over, body: inner(&body), otherwise: inner(&otherwise), at }
        }
        other => other,
    };
    pieces.iter().map(piece).collect()
}

fn by_length(test: &Expr, many: &[String]) -> Expr {
    let inner = |expr: &Expr| Box::new(by_length(expr, many));
    match test {
        Expr::Path(path) if path.steps.is_empty() && many.contains(&path.root) => {
            Expr::Filter(Box::new(test.clone()), "length", Vec::new())
        }
        Expr::Not(expr) => Expr::Not(inner(expr)),
        Expr::Two(joiner @ ("and" | "or"), one, other) => Expr::Two(joiner, inner(one), inner(other)),
        other => other.clone(),
    }
}

//! Rules of the mock: a JSON list, or one JSON object per line; the first rule that matches answers.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;

use crate::base::{Diagnostic, Fields, Kind, Node, Problems, Source, Span, files, parse_json_line, parse_yaml};
use crate::record::{Finish, Usage};

/// What goes wrong in place of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// An HTTP error.
    Status(u16),
    /// No answer in time; told at once.
    Timeout,
    /// The connection breaks.
    Reset,
    /// A body that is not what the protocol promises.
    Malformed,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    /// `suite/case` it is for.
    pub(super) case: Option<String>,
    /// Searched in the model's name.
    pub(super) model: Option<Regex>,
    /// Searched in the last user message.
    pub(super) last_user: Option<Regex>,
    /// Searched in the system messages.
    pub(super) system: Option<Regex>,
    /// Answers, in turn; empty when it echoes or only fails.
    pub(super) replies: Vec<String>,
    /// Answers with the last user message.
    pub(super) echo: bool,
    /// Why the model stopped.
    pub(super) finish: Finish,
    /// Refusal text.
    pub(super) refusal: Option<String>,
    /// Tokens used.
    pub(super) usage: Option<Usage>,
    /// Latency in place of the mock's own.
    pub(super) latency_ms: Option<u64>,
    /// Fails in place of answering.
    pub(super) fault: Option<Fault>,
    /// The rule holds for its first uses only.
    pub(super) times: Option<u64>,
}

/// Reads a file of rules, or all `*.jsonl` and `*.json` files of a folder in the order of their names; everything wrong
/// with them goes to `problems`, with its line.
pub(super) fn load(path: &Path, problems: &mut Problems) -> Vec<Rule> {
    let paths = if path.is_dir() { rule_files(path, problems) } else { vec![path.to_path_buf()] };
    let mut rules = Vec::new();
    for path in paths {
        match files::read_source(&path, &path) {
            Ok(source) => rules.extend(parse(&source, problems)),
            Err(problem) => problems.push(*problem),
        }
    }
    rules
}

fn rule_files(folder: &Path, problems: &mut Problems) -> Vec<PathBuf> {
    let is_rules = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "jsonl" || kind == "json");
    match std::fs::read_dir(folder) {
        Ok(entries) => {
            let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_rules).collect();
            found.sort();
            found
        }
        Err(error) => {
            problems.push(*files::io_problem(&error, folder));
            Vec::new()
        }
    }
}

fn parse(source: &Source, problems: &mut Problems) -> Vec<Rule> {
    if source.text().trim_start().starts_with('[') {
        return parse_list(source, problems);
    }
    let path: Arc<Path> = Arc::from(source.path());
    let mut rules = Vec::new();
    for (index, line) in source.text().lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let row = Source::line_of(&path, number, line);
        if let Some(node) = parse_json_line(&row, problems) {
            rules.extend(rule(&node, &row, problems));
        }
    }
    rules
}

/// JSON is YAML: the YAML door keeps positions.
fn parse_list(source: &Source, problems: &mut Problems) -> Vec<Rule> {
    if parse_json_line(source, problems).is_none() {
        return Vec::new();
    }
    let Some(node) = parse_yaml(source, problems) else { return Vec::new() };
    let items = node.as_list().unwrap_or_default();
    items.iter().filter_map(|item| rule(item, source, problems)).collect()
}

fn rule(node: &Node, source: &Source, problems: &mut Problems) -> Option<Rule> {
    let before = problems.error_count();
    let mut fields = Fields::of(node, "mock rule", source, problems)?;
    let span = fields.span();
    let finishes: Vec<(&'static str, Finish)> = Finish::ALL.to_vec();
    let rule = Rule {
        case: fields.text("case", problems).map(str::to_owned),
        model: pattern(&mut fields, "model", problems),
        last_user: pattern(&mut fields, "match", problems),
        system: pattern(&mut fields, "system", problems),
        replies: replies(&mut fields),
        echo: fields.flag("echo", problems).unwrap_or(false),
        finish: fields.choice("finish", &finishes, problems).unwrap_or(Finish::Stop),
        refusal: fields.text("refusal", problems).map(str::to_owned),
        usage: usage(&mut fields, source, problems),
        latency_ms: whole(&mut fields, "latency_ms", 0, problems),
        fault: fault(&mut fields, problems),
        times: whole(&mut fields, "times", 1, problems),
    };
    let says_something = !rule.replies.is_empty() || rule.echo || rule.fault.is_some() || rule.refusal.is_some();
    fields.finish(problems);
    // A misspelt key may be the answer that is missing.
    if !says_something && problems.error_count() == before {
        problems.push(
            Diagnostic::error("empty-mock-rule", "this mock rule neither answers nor fails")
                .at(source.place(Span { len: 1, ..span }))
                .help("add `reply`, `replies`, `refusal`, `echo: true` or `fault`"),
        );
    }
    Some(rule)
}

fn pattern(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Regex> {
    let text = fields.text(name, problems)?;
    match Regex::new(text) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or("not a regular expression").trim_start_matches("error: ");
            fields.invalid(name, format!("`{name}` is not a regular expression: {why}"), problems);
            None
        }
    }
}

fn replies(fields: &mut Fields<'_>) -> Vec<String> {
    let single = fields.node("reply").map(reply_text);
    let listed = fields.list("replies").unwrap_or_default().iter().map(reply_text);
    single.into_iter().chain(listed).collect()
}

/// Text as it is; anything else is written out as JSON.
fn reply_text(node: &Node) -> String {
    match &node.kind {
        Kind::Text(text) => text.clone(),
        _ => node.to_json().to_string(),
    }
}

fn usage(fields: &mut Fields<'_>, source: &Source, problems: &mut Problems) -> Option<Usage> {
    let node = fields.node("usage")?;
    let mut inner = Fields::of(node, "mock usage", source, problems)?;
    let mut count = |name| whole(&mut inner, name, 0, problems);
    let usage = Usage {
        input: count("input"),
        output: count("output"),
        cache_read: count("cache_read"),
        reasoning: count("reasoning"),
        ..Usage::default()
    };
    inner.finish(problems);
    Some(usage)
}

fn whole(fields: &mut Fields<'_>, name: &'static str, least: i64, problems: &mut Problems) -> Option<u64> {
    fields.whole(name, least..=i64::MAX, problems).and_then(|number| u64::try_from(number).ok())
}

fn fault(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Fault> {
    let node = fields.node("fault")?;
    let status = match &node.kind {
        Kind::Int(status) => u16::try_from(*status).ok(),
        Kind::Text(text) => text.parse::<u16>().ok(),
        _ => None,
    };
    let found = match (status, node.as_text()) {
        (Some(status), _) if (400..600).contains(&status) => Some(Fault::Status(status)),
        (_, Some("timeout")) => Some(Fault::Timeout),
        (_, Some("reset")) => Some(Fault::Reset),
        (_, Some("malformed")) => Some(Fault::Malformed),
        _ => None,
    };
    if found.is_none() {
        let wanted = "`fault` must be an HTTP status from 400 to 599, `timeout`, `reset` or `malformed`";
        fields.invalid("fault", wanted, problems);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Vec<Rule>, String) {
        let mut problems = Problems::new();
        let rules = parse(&Source::new("rules.jsonl", text), &mut problems);
        (rules, problems.render(false))
    }

    #[test]
    fn lines_and_lists_are_read_alike() {
        let one = r#"{"case": "s/c", "match": "a+", "reply": {"x": 1}, "finish": "length", "usage": {"input": 1, "output": 2}}"#;
        for text in [format!("\n{one}\n"), format!("[\n  {one}\n]")] {
            let (rules, problems) = parsed(&text);
            assert_eq!(problems, "");
            assert_eq!(rules.len(), 1);
            assert_eq!((rules[0].replies.as_slice(), rules[0].finish), (&["{\"x\":1}".to_owned()][..], Finish::Length));
            assert_eq!(rules[0].usage, Some(Usage::plain(1, 2)));
        }
    }

    #[test]
    fn every_bad_rule_is_reported_with_its_line() {
        let text = "{\"reply\": \"ok\"}\n{\"match\": \"(\", \"reply\": \"x\"}\n{\"fault\": \"explode\"}\n{\"replay\": \"x\"}\n{oops\n{\"reply\": 1, \"times\": 0}\n{\"match\": \"x\"}\n";
        let (rules, problems) = parsed(text);
        assert_eq!(rules.len(), 6);
        for wanted in [
            "rules.jsonl:2:1",
            "not a regular expression",
            "rules.jsonl:3:1",
            "`fault` must be",
            "rules.jsonl:4:1",
            "did you mean `reply`?",
            "rules.jsonl:5:",
            "not valid JSON",
            "rules.jsonl:6:1",
            "must be from 1",
            "rules.jsonl:7:1",
            "neither answers nor fails",
        ] {
            assert!(problems.contains(wanted), "{wanted} not in\n{problems}");
        }
        assert_eq!(problems.matches("neither answers nor fails").count(), 1, "{problems}");
    }

    #[test]
    fn a_broken_list_points_at_its_line() {
        let (_, problems) = parsed("[\n  {\"reply\": \"x\"},\n  {\"reply\" \"y\"}\n]");
        assert!(problems.contains("rules.jsonl:3:"), "{problems}");
        let (_, problems) = parsed("[\n  {\"reply\": \"x\", \"fault\": 200}\n]");
        assert!(problems.contains("rules.jsonl:2:"), "{problems}");
    }
}

//! One row becomes a case: what was written, read and checked key by key.

use super::checks::{CheckCache, CheckSet};
use super::dataset::Row;
use super::params;
use super::suite_file::Suite;
use crate::base::{CaseId, Diagnostic, Digest, DigestBuilder, Fields, Kind, Node, Problems, Source};
use crate::prompt::read_params;
use crate::record::{Params, Vars};
use serde_json::Value;

/// A row as it is meant, before the matrix.
#[derive(Clone)]
pub(super) struct Draft {
    /// Given, or made from the row's own content.
    pub(super) id: CaseId,
    /// The suite's defaults, then the row's own.
    pub(super) vars: Vars,
    pub(super) expected: Option<Value>,
    pub(super) context: Vec<String>,
    pub(super) checks: CheckSet,
    pub(super) tags: Vec<String>,
    pub(super) group: Option<String>,
    pub(super) weight: f64,
    pub(super) repeat: u32,
    /// Why it is not run.
    pub(super) skip: Option<String>,
    pub(super) only: bool,
    pub(super) params: Params,
    /// Its text in other words.
    pub(super) paraphrases: Vec<Value>,
}

/// Reads a row. `None` when anything is wrong with it, which is reported.
pub(super) fn read_draft(
    suite: &Suite,
    row: &Row,
    cache: &mut CheckCache<'_>,
    problems: &mut Problems,
) -> Option<Draft> {
    let before = problems.error_count();
    let source = &row.source;
    let mut fields = Fields::of(&row.node, "case", source, problems)?;
    let id = read_id(&mut fields, problems);
    let own_vars = read_vars(&mut fields, problems);
    refuse_matrix_vars(suite, fields.node("vars"), source, problems);
    let expected = fields.node("expected").map(Node::to_json);
    let context: Vec<String> =
        fields.texts("context", problems).unwrap_or_default().into_iter().map(|(text, _)| text.to_owned()).collect();
    let own_checks = fields.node("checks");
    let checks = cache.of_row(own_checks, source, problems);
    let tags = read_tags(&mut fields, problems);
    let group = read_word(&mut fields, "group", problems);
    let weight = read_weight(&mut fields, problems).unwrap_or(suite.defaults.weight);
    let repeat = fields.whole("repeat", 1..=1000, problems).and_then(|count| u32::try_from(count).ok());
    let skip = read_skip(&mut fields, problems);
    let only = fields.flag("only", problems).unwrap_or(false);
    let params = fields.node("params").map(|node| read_params(node, source, problems)).unwrap_or_default();
    let is_var = |name: &str| {
        let of_suite = suite.defaults.vars.contains_key(name);
        own_vars.contains_key(name) || of_suite || suite.matrix.variables.iter().any(|(own, _)| own == name)
    };
    let paraphrases = read_paraphrases(&mut fields, is_var, problems);
    fields.finish(problems);
    let checks = checks?;
    if problems.error_count() > before {
        return None;
    }
    let id = match id {
        Some(id) => id,
        None => {
            let own = Own {
                vars: &own_vars,
                expected: expected.as_ref(),
                context: &context,
                checks: own_checks,
                params: &params,
            };
            content_id(&own)?
        }
    };
    let vars = if suite.defaults.vars.is_empty() {
        own_vars
    } else {
        suite.defaults.vars.iter().map(|(name, value)| (name.clone(), value.clone())).chain(own_vars).collect()
    };
    let mut all_tags = suite.defaults.tags.clone();
    all_tags.extend(tags.into_iter().filter(|tag| !suite.defaults.tags.contains(tag)));
    Some(Draft {
        id,
        vars,
        expected,
        context,
        checks,
        tags: all_tags,
        group,
        weight,
        repeat: repeat.unwrap_or(suite.repeat),
        skip,
        only,
        params,
        paraphrases,
    })
}

/// What a row itself says that can change a result.
struct Own<'a> {
    vars: &'a Vars,
    expected: Option<&'a Value>,
    context: &'a [String],
    checks: Option<&'a Node>,
    params: &'a Params,
}

/// `c-` and 12 digits of the row's own content. The suite's defaults are left out: changing them must not rename cases.
fn content_id(own: &Own<'_>) -> Option<CaseId> {
    let mut builder = DigestBuilder::new("case-content").json_object(own.vars);
    builder = match own.expected {
        Some(expected) => builder.part(b"expected").json(expected),
        None => builder.part(b""),
    };
    builder = own.context.iter().fold(builder, |builder, passage| builder.part(passage.as_bytes()));
    let checks = own.checks.map_or(Value::Null, Node::to_json);
    let digest: Digest = builder.json(&checks).json(&params::to_json(own.params)).finish();
    CaseId::parse(&format!("c-{}", digest.short())).ok()
}

/// Whether an id looks like one made from content, with or without a matrix part.
pub(super) fn is_content_id(id: &CaseId) -> bool {
    let made = id.as_str().strip_prefix("c-").unwrap_or_default();
    let digits = made.split('[').next().unwrap_or_default();
    digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn read_id(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<CaseId> {
    let text = match fields.node("id").map(|node| &node.kind) {
        // Tables number their rows; a number says which row as well as a text does.
        Some(Kind::Int(number)) => number.to_string(),
        _ => fields.text("id", problems)?.to_owned(),
    };
    match CaseId::parse(&text) {
        Ok(id) => Some(id),
        Err(error) => {
            fields.invalid("id", error.to_string(), problems);
            None
        }
    }
}

/// Reads `vars:`, a mapping of names to values of any kind.
pub(super) fn read_vars(fields: &mut Fields<'_>, problems: &mut Problems) -> Vars {
    let Some(node) = fields.node("vars") else { return Vars::new() };
    if node.as_map().is_none() {
        let message = format!("`vars` must be a mapping of names to values, this is {}", node.describe());
        problems.push(Diagnostic::error("wrong-type", message).at(fields.source().place(node.span)));
    }
    match node.to_json() {
        Value::Object(vars) => vars,
        _ => Vars::new(),
    }
}

fn refuse_matrix_vars(suite: &Suite, vars: Option<&Node>, source: &Source, problems: &mut Problems) {
    let entries = vars.and_then(Node::as_map).unwrap_or_default();
    for (variable, span) in &suite.matrix.variables {
        let Some((key, _)) = entries.iter().find(|(key, _)| key.text == *variable) else { continue };
        problems.push(
            Diagnostic::error("matrix-conflict", format!("`{variable}` is given by this case and by the matrix"))
                .at(source.place(key.span))
                .related(suite.source.place(*span), "the matrix gives it here")
                .help("remove it from one of them"),
        );
    }
}

/// Reads `tags:`, a list of words.
pub(super) fn read_tags(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for (tag, span) in fields.texts("tags", problems).unwrap_or_default() {
        let sound = !tag.trim().is_empty() && !tag.starts_with('!') && !tag.chars().any(char::is_control);
        if !sound {
            problems.push(
                Diagnostic::error("invalid-value", format!("`{tag}` is not a tag"))
                    .at(fields.source().place(span))
                    .help("a tag is a word that does not start with `!`"),
            );
        } else if !tags.iter().any(|known| known == tag) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Reads `weight:`, a finite number from 0 on.
pub(super) fn read_weight(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<f64> {
    // Adding zero makes -0 a plain 0, which digests tell apart.
    fields.number("weight", 0.0..=1e9, problems).map(|weight| weight + 0.0)
}

fn read_word(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    let text = match fields.node(name).map(|node| &node.kind) {
        Some(Kind::Int(number)) => return Some(number.to_string()),
        _ => fields.text(name, problems)?,
    };
    if text.trim().is_empty() {
        fields.invalid(name, format!("`{name}` is empty"), problems);
        return None;
    }
    Some(text.to_owned())
}

/// Reads `paraphrases:`: texts, or mappings of variables to texts.
fn read_paraphrases(fields: &mut Fields<'_>, is_var: impl Fn(&str) -> bool, problems: &mut Problems) -> Vec<Value> {
    let mut found = Vec::new();
    for item in fields.list("paraphrases").unwrap_or_default() {
        let is_text = |node: &Node| node.as_text().is_some_and(|text| !text.trim().is_empty());
        let entries = item.as_map().unwrap_or_default();
        if let Some((key, _)) = entries.iter().find(|(key, _)| !is_var(&key.text)) {
            let message =
                format!("`{}` is not a variable of this case, so that nothing would be said otherwise", key.text);
            problems.push(Diagnostic::error("unknown-variable", message).at(fields.source().place(key.span)));
            continue;
        }
        if is_text(item) || (!entries.is_empty() && entries.iter().all(|(_, value)| is_text(value))) {
            found.push(item.to_json());
        } else {
            let message =
                format!("a paraphrase is a text, or a mapping of variables to texts; this is {}", item.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(fields.source().place(item.span)));
        }
    }
    found
}

/// Reads `skip:`: `true`, or the reason.
fn read_skip(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<String> {
    match &fields.node("skip")?.kind {
        Kind::Bool(true) => Some("skipped by the suite".to_owned()),
        Kind::Bool(false) => None,
        Kind::Text(reason) if !reason.trim().is_empty() => Some(reason.trim().to_owned()),
        _ => {
            fields.invalid("skip", "`skip` is true, false, or the reason as text", problems);
            None
        }
    }
}

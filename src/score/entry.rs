//! One entry of a `checks:` list, split into the check it names and what is written for it.

use super::registry;
use super::spec::{Build, CheckSpec};
use crate::base::{Diagnostic, Kind, Node, Problems, Source, Span};

/// `- json`, `- contains: refund` or `- contains: {value: refund, weight: 2}`.
pub(super) struct Entry<'a> {
    /// The check.
    pub(super) spec: &'static CheckSpec,
    /// Whether `not_` stands in front.
    pub(super) negated: bool,
    /// The word as written.
    pub(super) word: &'a str,
    /// Where the word stands.
    pub(super) span: Span,
    /// What stands behind it; `None` when nothing does.
    pub(super) body: Option<&'a Node>,
}

impl<'a> Entry<'a> {
    /// Splits `node`; reports entries of another form and unknown checks.
    pub(super) fn read(node: &'a Node, source: &Source, problems: &mut Problems) -> Option<Entry<'a>> {
        let (word, span, body) = match &node.kind {
            Kind::Text(word) => (word.as_str(), node.span, None),
            Kind::Map(entries) => match entries.as_slice() {
                [(key, body)] => (key.text.as_str(), key.span, Some(body).filter(|body| body.kind != Kind::Null)),
                _ => {
                    problems.push(several_keys(node, entries.len(), source));
                    return None;
                }
            },
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::List(_) => {
                let message = format!("a check is a name or a mapping of one key, this is {}", node.describe());
                problems.push(
                    Diagnostic::error("wrong-type", message)
                        .at(source.place(node.span))
                        .help("write `- contains: refund` or `- json`"),
                );
                return None;
            }
        };
        let Some((spec, negated)) = registry::find(word) else {
            problems.push(unknown(word, span, source));
            return None;
        };
        Some(Entry { spec, negated, word, span, body })
    }

    /// Whether the check is a group of others.
    pub(super) fn is_group(&self) -> bool {
        matches!(self.spec.build, Build::AllOf | Build::AnyOf)
    }
}

fn several_keys(node: &Node, keys: usize, source: &Source) -> Diagnostic {
    let foreign = node.get("type").is_some();
    let message = if keys == 0 {
        "this check has no name".to_owned()
    } else {
        format!("a check is one key, this entry has {keys}")
    };
    let help = if foreign {
        "write the check's name as the key: `- contains: refund`; promptfoo's `type: …` form is read in promptfoo files"
    } else {
        "start each check with its own `- `; options go inside: `- contains: {value: refund, weight: 2}`"
    };
    // A caret over the whole mapping helps nobody: the second key is where it goes wrong.
    let span = node.as_map().and_then(|entries| entries.get(1)).map_or(node.span, |(key, _)| key.span);
    Diagnostic::error("check-form", message).at(source.place(span)).help(help)
}

fn unknown(word: &str, span: Span, source: &Source) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-check", format!("`{word}` is not a check")).at(source.place(span));
    // `- contains:refund` and `- contains refund` are texts in YAML.
    if let Some((name, value)) = word.split_once([':', ' ']).filter(|(name, _)| registry::find(name).is_some()) {
        let value = value.trim_start_matches([':', ' ']);
        return diagnostic.label(format!("did you mean `{name}: {value}`, with `: ` between them?"));
    }
    diagnostic.did_you_mean(registry::suggest(word).as_deref()).help("`karat eval --list-checks` prints them all")
}

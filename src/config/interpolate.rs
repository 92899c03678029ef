//! `${env.NAME}` in the texts of `karat.yaml`.

use crate::base::{Diagnostic, Key, Kind, Node, Problems, Source, Span, is_variable_name};

use super::Env;

/// Keys whose readers fill variables in themselves.
const READ_APART: &[&str] = &["headers", "request", "session"];

/// Replaces `${env.NAME}` in every text of the tree. Keys are left alone, and so is everything below a key named
/// `headers`, `request` or `session`: their readers must know which variables stand there, because they are secrets.
pub(super) fn interpolate(node: &Node, env: &Env, source: &Source, problems: &mut Problems) -> Node {
    let kind = match &node.kind {
        Kind::Text(text) => Kind::Text(replace(text, node.span, env, source, problems)),
        Kind::List(items) => Kind::List(items.iter().map(|item| interpolate(item, env, source, problems)).collect()),
        Kind::Map(entries) => {
            let mut inner = |key: &Key, value: &Node| {
                if READ_APART.contains(&key.text.as_str()) {
                    value.clone()
                } else {
                    interpolate(value, env, source, problems)
                }
            };
            Kind::Map(entries.iter().map(|(key, value)| (key.clone(), inner(key, value))).collect())
        }
        other @ (Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_)) => other.clone(),
    };
    Node { kind, span: node.span }
}

/// `text` with every `${env.NAME}` replaced; what cannot be replaced is reported and left as it is.
pub(super) fn replace(text: &str, span: Span, env: &Env, source: &Source, problems: &mut Problems) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inner, tail)) = after.split_once('}') else {
            problems.push(unknown_template(after, span, source));
            out.push_str("${");
            rest = after;
            continue;
        };
        rest = tail;
        let value = inner.strip_prefix("env.").filter(|name| is_variable_name(name)).map(|name| (name, env.get(name)));
        match value {
            Some((_, Some(value))) => out.push_str(value),
            Some((name, None)) => {
                problems.push(not_set(name, span, env, source));
                out.push_str(&format!("${{{inner}}}"));
            }
            None => {
                problems.push(unknown_template(inner, span, source));
                out.push_str(&format!("${{{inner}}}"));
            }
        }
    }
    out.push_str(rest);
    out
}

/// The names in `${env.NAME}` of a text.
pub(super) fn names_in(text: &str) -> Vec<String> {
    let parts = text.split("${env.").skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

fn not_set(name: &str, span: Span, env: &Env, source: &Source) -> Diagnostic {
    let near = crate::base::closest(name, env.names());
    Diagnostic::error("variable-not-set", format!("the environment variable `{name}` is not set"))
        .at(source.place(span))
        .did_you_mean(near)
        .help(format!("set it: `export {name}=…`, or add it to `.env`"))
}

fn unknown_template(inner: &str, span: Span, source: &Source) -> Diagnostic {
    let shown: String = inner.chars().take(40).collect();
    Diagnostic::error("unknown-template", format!("`${{{shown}}}` cannot be filled in"))
        .at(source.place(span))
        .help("the one form in karat.yaml is `${env.NAME}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> (String, Problems) {
        let env = Env::from_pairs([("HOST", "example.org"), ("DEEP", "${env.HOST}")]);
        let mut problems = Problems::new();
        let source = Source::new("karat.yaml", text);
        let out = replace(text, Span::new(1, 1, 1), &env, &source, &mut problems);
        (out, problems)
    }

    #[test]
    fn variables_are_filled_in_once() {
        let (out, problems) = run("https://${env.HOST}/a${env.HOST}$5 ${env.DEEP} é");
        assert_eq!(out, "https://example.org/aexample.org$5 ${env.HOST} é");
        assert!(problems.is_empty());
    }

    #[test]
    fn unset_and_unknown_forms_are_reported() {
        let (out, problems) = run("${env.HOTS} ${HOST} ${env.} ${env.A B} ${env.HOST");
        assert_eq!(out, "${env.HOTS} ${HOST} ${env.} ${env.A B} ${env.HOST");
        let codes: Vec<&str> = problems.sorted().iter().map(|d| d.code).collect();
        assert_eq!(problems.error_count(), 5);
        assert_eq!(codes.iter().filter(|code| **code == "variable-not-set").count(), 1);
        assert!(problems.render(false).contains("did you mean `HOST`?"), "{}", problems.render(false));
    }

    #[test]
    fn names_are_found() {
        assert_eq!(names_in("Bearer ${env.TOKEN}-${env.X} ${env.open"), ["TOKEN", "X"]);
    }
}

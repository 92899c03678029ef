//! Writes templates for tera, Jinja and Nunjucks.

use super::jinja_read::Jinja;
use super::piece::{Expr, FILTERS, Path, Piece, Step, Untold};

/// The template; what the dialect cannot say goes to `lost` and is left out.
pub(super) fn write_jinja(pieces: &[Piece], dialect: Jinja, lost: &mut Vec<Untold>) -> String {
    let mut out = String::new();
    body(pieces, dialect, &mut out, lost);
    out
}

fn body(pieces: &[Piece], dialect: Jinja, out: &mut String, lost: &mut Vec<Untold>) {
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                let ends_in_tag = !matches!(pieces.get(index + 1), None | Some(Piece::Text(_)));
                out.push_str(&literal(text, ends_in_tag));
            }
            Piece::Comment(text) if text.contains("#}") => {}
            Piece::Comment(text) => out.push_str(&format!("{{# {} #}}", text.trim())),
            Piece::Print(expr, _) => out.push_str(&format!("{{{{ {} }}}}", expression(expr, dialect))),
            Piece::Set { name, value, .. } => {
                out.push_str(&format!("{{% set {name} = {} %}}", expression(value, dialect)));
            }
            Piece::If { arms, otherwise, .. } => {
                for (index, (test, inner)) in arms.iter().enumerate() {
                    let word = if index == 0 { "if" } else { "elif" };
                    out.push_str(&format!("{{% {word} {} %}}", expression(test, dialect)));
                    body(inner, dialect, out, lost);
                }
                if !otherwise.is_empty() {
                    out.push_str("{% else %}");
                    body(otherwise, dialect, out, lost);
                }
                out.push_str("{% endif %}");
            }
            Piece::For { key, item, over, body: inner, otherwise, .. } => {
                let names = key.as_ref().map_or_else(|| item.clone(), |key| format!("{key}, {item}"));
                let pairs = if key.is_some() && dialect == Jinja::Python { ".items()" } else { "" };
                out.push_str(&format!("{{% for {names} in {}{pairs} %}}", expression(over, dialect)));
                body(inner, dialect, out, lost);
                if !otherwise.is_empty() {
                    out.push_str("{% else %}");
                    body(otherwise, dialect, out, lost);
                }
                out.push_str("{% endfor %}");
            }
            Piece::Role(_, at) => lost.push(Untold::new("a message inside a block", at.clone())),
            Piece::Media { at, .. } => lost.push(Untold::new("an image inside a block", at.clone())),
        }
    }
}

/// Text that comes out as it is: braces that would open a tag are put into a raw block.
pub(super) fn literal(text: &str, ends_in_tag: bool) -> String {
    // A brace before a tag would become part of it.
    let (text, brace) = match text.strip_suffix('{') {
        Some(rest) if ends_in_tag && !rest.ends_with('{') => (rest, "{{ \"{\" }}"),
        _ => (text, ""),
    };
    let Some(start) = opener(text) else { return format!("{text}{brace}") };
    let last = ["}}", "%}", "#}", "{{", "{%", "{#"].iter().filter_map(|mark| text.rfind(mark)).max().unwrap_or(start);
    let end = last + 2;
    let (before, rest) = text.split_at_checked(start).unwrap_or(("", text));
    let (inside, after) = rest.split_at_checked(end - start).unwrap_or((rest, ""));
    if inside.contains("endraw") || inside.contains("{% ") && inside.contains("raw") {
        return format!("{}{brace}", spelt(text));
    }
    format!("{before}{{% raw %}}{inside}{{% endraw %}}{after}{brace}")
}

fn opener(text: &str) -> Option<usize> {
    ["{{", "{%", "{#"].iter().filter_map(|mark| text.find(mark)).min()
}

/// Text whose braces are all inserted as values.
fn spelt(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c == '{' {
            out.push_str("{{ \"{\" }}");
        } else {
            out.push(c);
        }
    }
    out
}

/// How strongly an expression holds together.
fn strength(expr: &Expr) -> u8 {
    match expr {
        Expr::Two("or", ..) => 0,
        Expr::Two("and", ..) => 1,
        Expr::Not(_) => 2,
        Expr::Two("~" | "-", ..) => 4,
        Expr::Two("*", ..) => 5,
        Expr::Two(..) | Expr::Is(..) => 3,
        Expr::Path(_) | Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Nothing | Expr::Filter(..) => 9,
    }
}

fn held(expr: &Expr, at_least: u8, dialect: Jinja) -> String {
    let text = expression(expr, dialect);
    if strength(expr) < at_least { format!("({text})") } else { text }
}

/// An expression in the words of the dialect.
pub(super) fn expression(expr: &Expr, dialect: Jinja) -> String {
    match expr {
        Expr::Path(path) => path_text(path),
        Expr::Text(text) => quoted(text),
        Expr::Number(number) => number.clone(),
        Expr::Bool(flag) => flag.to_string(),
        Expr::Nothing => "none".to_owned(),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::Two("in", one, other) => format!("{} not in {}", held(one, 4, dialect), held(other, 4, dialect)),
            inner => format!("not {}", held(inner, 3, dialect)),
        },
        Expr::Two(joiner, one, other) => {
            let own = strength(expr);
            format!("{} {joiner} {}", held(one, own, dialect), held(other, own + 1, dialect))
        }
        Expr::Is(inner, test, negated) => {
            format!("{} is {}{test}", held(inner, 4, dialect), if *negated { "not " } else { "" })
        }
        Expr::Filter(inner, name, arguments) => {
            let names = FILTERS.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, names)| names);
            let argument = |(index, argument): (usize, &Expr)| {
                let value = expression(argument, dialect);
                match names.get(index) {
                    Some(name) if dialect == Jinja::Tera => format!("{name}={value}"),
                    _ => value,
                }
            };
            let arguments: Vec<String> = arguments.iter().enumerate().map(argument).collect();
            let list = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
            let name = match (*name, dialect) {
                ("json_encode", Jinja::Python) => "tojson",
                ("json_encode", Jinja::Nunjucks) => "dump",
                (name, _) => name,
            };
            format!("{} | {name}{list}", held(inner, 9, dialect))
        }
    }
}

fn path_text(path: &Path) -> String {
    let mut text = path.root.clone();
    for step in &path.steps {
        match step {
            Step::Field(name) if super::super::written::definition::variable_name(name).is_ok() => {
                text.push_str(&format!(".{name}"));
            }
            Step::Field(name) => text.push_str(&format!("[{}]", quoted(name))),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// A text in quotes; readers take only texts without backslashes and without both kinds of quotes.
fn quoted(text: &str) -> String {
    if text.contains('"') { format!("'{text}'") } else { format!("\"{text}\"") }
}

//! The header of a CSV dataset: which column is which key of a case or which variable, and of what type.

use crate::base::{Diagnostic, Key, Kind, Node, Place, Problems, Source, Span, closest};

use super::csv::Cell;

/// How the cells of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellType {
    Number,
    Boolean,
    Json,
    List,
    Text,
}

impl CellType {
    const ALL: &[(&str, CellType)] = &[
        ("number", CellType::Number),
        ("boolean", CellType::Boolean),
        ("json", CellType::Json),
        ("list", CellType::List),
        ("text", CellType::Text),
    ];
}

/// Keys of a case that a column can hold, with the type its cells have unless the header says another.
const KEYS: &[(&str, CellType)] = &[
    ("id", CellType::Text),
    ("expected", CellType::Text),
    ("context", CellType::Text),
    ("tags", CellType::List),
    ("group", CellType::Text),
    ("weight", CellType::Number),
    ("repeat", CellType::Number),
    ("skip", CellType::Text),
    ("only", CellType::Boolean),
    ("checks", CellType::Json),
    ("paraphrases", CellType::Json),
    ("params", CellType::Json),
];

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    name: String,
    kind: CellType,
    /// Whether it is a variable of the prompt, else a key of the case.
    pub(super) is_var: bool,
    /// Where the header names it.
    pub(super) place: Place,
}

impl Column {
    /// The name, without its type.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The key of a cell of this column.
    pub(super) fn key(&self, span: Span) -> Key {
        Key { text: self.name.clone(), span }
    }

    /// The value of a cell; `None` when it is empty and that means absent: everywhere but in text variables, where
    /// an empty cell is an empty text.
    pub(super) fn value(&self, cell: &Cell) -> Result<Option<Kind>, String> {
        let text = cell.text.as_str();
        let trimmed = text.trim();
        if trimmed.is_empty() && !(self.is_var && self.kind == CellType::Text) {
            return Ok(None);
        }
        let name = &self.name;
        let kind = match self.kind {
            CellType::Text if name == "skip" && !self.is_var => skip_of(trimmed),
            CellType::Text => Kind::Text(text.to_owned()),
            CellType::Number => number(trimmed)
                .ok_or_else(|| format!("`{}` is not a number, which the column `{name}` takes", shown(text)))?,
            CellType::Boolean => match trimmed.to_ascii_lowercase().as_str() {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                _ => return Err(format!("`{}` is not true or false, which the column `{name}` takes", shown(text))),
            },
            CellType::List => Kind::List(
                trimmed
                    .split(';')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| Node { kind: Kind::Text(item.to_owned()), span: cell.span })
                    .collect(),
            ),
            CellType::Json => match serde_json::from_str(trimmed) {
                Ok(value) => Node::from_json(&value, cell.span).kind,
                Err(error) => return Err(format!("`{name}` must be JSON: {error}")),
            },
        };
        Ok(Some(kind))
    }
}

/// `true` and `false` are flags, any other text is the reason.
fn skip_of(text: &str) -> Kind {
    match text.to_ascii_lowercase().as_str() {
        "true" => Kind::Bool(true),
        "false" => Kind::Bool(false),
        _ => Kind::Text(text.to_owned()),
    }
}

fn number(text: &str) -> Option<Kind> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Kind::Int(whole));
    }
    // Rust also parses `inf` and `nan`, which JSON cannot hold.
    let digits = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    text.parse::<f64>().ok().filter(|value| digits && value.is_finite()).map(Kind::Float)
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Reads the header; all of its problems are reported, then there is none.
pub(super) fn read_header(cells: &[Cell], source: &Source, problems: &mut Problems) -> Option<Vec<Column>> {
    let before = problems.error_count();
    let mut columns: Vec<Column> = Vec::with_capacity(cells.len());
    for (index, cell) in cells.iter().enumerate() {
        let Some(column) = read_column(cell, index, source, problems) else { continue };
        let twin = columns.iter().position(|other| other.name == column.name && other.is_var == column.is_var);
        if let Some(first) = twin {
            let message = format!("the column `{}` is given twice", column.name);
            let first = cells.get(first).map_or(cell.span, |cell| cell.span);
            problems.push(
                Diagnostic::error("duplicate-column", message)
                    .at(source.place(cell.span))
                    .related(source.place(first), "first given here"),
            );
        }
        columns.push(column);
    }
    if let [cell] = cells
        && let Some(separator) = [';', '\t'].into_iter().find(|c| cell.text.contains(*c))
    {
        let name = if separator == '\t' { "tabs" } else { "semicolons" };
        let message = format!("this header has one column and {name} in it");
        problems.push(
            Diagnostic::error("wrong-separator", message)
                .at(source.place(cell.span))
                .help("separate cells with commas"),
        );
    }
    (problems.error_count() == before).then_some(columns)
}

fn read_column(cell: &Cell, index: usize, source: &Source, problems: &mut Problems) -> Option<Column> {
    let place = source.place(cell.span);
    let named = place.clone();
    let (full, typed) = match cell.text.trim().rsplit_once(':') {
        Some((name, kind)) => (name.trim(), Some(kind.trim())),
        None => (cell.text.trim(), None),
    };
    let (name, explicit_var) = match full.strip_prefix("vars.") {
        Some(name) => (name, true),
        None => (full, false),
    };
    if name.is_empty() {
        let message = format!("column {} has no name", index + 1);
        let help = "name it, or remove the column and its commas";
        problems.push(Diagnostic::error("empty-column", message).at(place).help(help));
        return None;
    }
    let kind = match typed {
        None => None,
        Some(word) => match CellType::ALL.iter().find(|(known, _)| *known == word) {
            Some((_, kind)) => Some(*kind),
            None => {
                let words: Vec<&str> = CellType::ALL.iter().map(|(known, _)| *known).collect();
                problems.push(
                    Diagnostic::error("unknown-column-type", format!("`{word}` is not a type of column"))
                        .at(place)
                        .did_you_mean(closest(word, words.iter().copied()))
                        .help(format!("one of {}", words.join(", "))),
                );
                return None;
            }
        },
    };
    let reserved = KEYS.iter().find(|(key, _)| !explicit_var && *key == name);
    let default = reserved.map_or(CellType::Text, |(_, kind)| *kind);
    Some(Column { name: name.to_owned(), kind: kind.unwrap_or(default), is_var: reserved.is_none(), place: named })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> (Option<Vec<Column>>, String) {
        let text = names.join(",");
        let source = Source::new("d.csv", text.as_str());
        let mut col = 1;
        let cells: Vec<Cell> = names
            .iter()
            .map(|name| {
                let len = u32::try_from(name.chars().count()).expect("short");
                let cell = Cell { text: (*name).to_owned(), span: Span::new(1, col, len.max(1)) };
                col += len + 1;
                cell
            })
            .collect();
        let mut problems = Problems::new();
        let columns = read_header(&cells, &source, &mut problems);
        (columns, problems.render(false))
    }

    #[test]
    fn bare_names_are_variables_unless_a_case_has_such_a_key() {
        let (columns, shown) = header(&["id", "vars.id", "code", "score:number", "expected:json", " tags "]);
        let columns: Vec<(String, CellType, bool)> =
            columns.expect(&shown).into_iter().map(|c| (c.name, c.kind, c.is_var)).collect();
        let wanted = [
            ("id", CellType::Text, false),
            ("id", CellType::Text, true),
            ("code", CellType::Text, true),
            ("score", CellType::Number, true),
            ("expected", CellType::Json, false),
            ("tags", CellType::List, false),
        ];
        assert_eq!(columns, wanted.map(|(name, kind, var)| (name.to_owned(), kind, var)));
    }

    #[test]
    fn all_problems_of_a_header_are_reported_with_their_column() {
        let (columns, shown) = header(&["id", "", "a", "vars.a", "b:numbr", "vars."]);
        assert!(columns.is_none());
        for wanted in [
            "d.csv:1:4",
            "column 2 has no name",
            "d.csv:1:7",
            "`a` is given twice",
            "d.csv:1:14",
            "did you mean `number`?",
            "column 6 has no name",
        ] {
            assert!(shown.contains(wanted), "{wanted} not in\n{shown}");
        }
    }

    #[test]
    fn another_separator_is_named() {
        assert!(header(&["id;code;expected"]).1.contains("semicolons"));
        assert!(header(&["id\tcode"]).1.contains("tabs"));
    }

    #[test]
    fn numbers_are_plain_numbers() {
        assert_eq!(number("42"), Some(Kind::Int(42)));
        assert_eq!(number("-1.5e3"), Some(Kind::Float(-1500.0)));
        for bad in ["inf", "NaN", "1,5", "0x10", "1 000", "1e999"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}

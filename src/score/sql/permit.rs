//! Lists of permitted tables and columns.

use serde_json::{Value, json};

use super::super::settings::{Fault, Settings, texts_of};
use super::scope::Origin;
use super::uses::{Column, Uses};

/// Statements whose tables are all told; whether their columns are too.
const READ: &[(&str, bool)] =
    &[("select", true), ("insert", true), ("update", true), ("delete", true), ("merge", false), ("explain", true)];

/// What SQL may touch.
pub(super) struct Permits {
    statements: Option<Vec<String>>,
    tables: Option<Vec<Permit>>,
    columns: Option<Vec<Permit>>,
}

/// One permitted table or column, in any statement or in one kind.
struct Permit {
    action: Option<String>,
    /// Dotted; `*` is any one part. For a column `None` is any table.
    table: Option<Vec<String>>,
    /// `*` is any column, and what `SELECT *` takes.
    column: Option<String>,
}

impl Permits {
    /// Reads the three options.
    pub(super) fn of_settings(settings: &Settings) -> Result<Permits, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut list = |option: &'static str| {
            let texts = settings.get(option).map(|value| texts_of(option, value)).transpose();
            texts.unwrap_or_else(|found| {
                faults.extend(found);
                None
            })
        };
        let (statements, tables, columns) = (list("statements"), list("tables"), list("columns"));
        let mut permits = |option: &'static str, texts: Option<Vec<String>>| {
            let read = |(at, text): (usize, &String)| {
                let fault = |fault: Fault| faults.push(fault.pointer(format!("/{at}")));
                read(option, text, option == "columns").map_err(fault).ok()
            };
            texts.map(|texts| texts.iter().enumerate().filter_map(read).collect())
        };
        let (tables, columns) = (permits("tables", tables), permits("columns", columns));
        if !faults.is_empty() {
            return Err(faults);
        }
        let lower = |kinds: Vec<String>| kinds.iter().map(|kind| kind.trim().to_lowercase()).collect();
        Ok(Permits { statements: statements.map(lower), tables, columns })
    }

    /// What stands in the identity for an option.
    pub(super) fn canonical(settings: &Settings, option: &'static str) -> Value {
        let texts = settings.get(option).and_then(|value| texts_of(option, value).ok());
        texts.map_or(Value::Null, |texts| json!(texts.iter().map(|text| text.to_lowercase()).collect::<Vec<_>>()))
    }

    /// What is not permitted, if anything; `Err` when that cannot be told.
    pub(super) fn fault(&self, uses: &Uses) -> Result<Option<String>, String> {
        if let Some(kind) = uses.kinds.iter().find(|kind| !self.may_do(kind)) {
            return Ok(Some(format!("a `{kind}` statement")));
        }
        if let Some(permits) = &self.tables {
            let denied = uses
                .tables
                .iter()
                .find(|(action, table)| !permits.iter().any(|permit| permit.table_fits(action, table)));
            if let Some((action, table)) = denied {
                return Ok(Some(format!("the table `{table}` in {}", article(action))));
            }
        }
        let Some(permits) = &self.columns else { return Ok(None) };
        let mut doubt = uses.doubt.clone();
        for column in &uses.columns {
            match verdict(permits, column) {
                Some(true) => {}
                Some(false) => {
                    return Ok(Some(format!("the column `{}` in {}", shown(column), article(&column.action))));
                }
                None => {
                    doubt.get_or_insert_with(|| {
                        format!("the SQL does not say which table the column `{}` belongs to", column.name)
                    });
                }
            }
        }
        doubt.map_or(Ok(None), Err)
    }

    /// Where tables or columns are listed, only statements whose tables and columns are all told may stand.
    fn may_do(&self, kind: &str) -> bool {
        let told = READ.iter().find(|(word, _)| *word == kind);
        let listed = self.tables.is_none() && self.columns.is_none()
            || told.is_some_and(|(_, columns_too)| *columns_too || self.columns.is_none());
        listed && self.statements.as_ref().is_none_or(|kinds| kinds.iter().any(|known| known == kind))
    }

    /// What is permitted, in words.
    pub(super) fn phrase(&self) -> String {
        let mut phrase = String::new();
        if let Some(kinds) = &self.statements {
            phrase.push_str(&format!(" of {} alone", kinds.join(" and ")));
        }
        if self.tables.is_some() || self.columns.is_some() {
            let what = match (&self.tables, &self.columns) {
                (Some(_), Some(_)) => "tables and columns",
                (Some(_), None) => "tables",
                _ => "columns",
            };
            phrase.push_str(&format!(" on permitted {what}"));
        }
        phrase
    }
}

fn article(action: &str) -> String {
    format!("{} `{action}`", if action.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

fn shown(column: &Column) -> String {
    match column.origins.as_slice() {
        [Origin::Table(table)] => format!("{table}.{}", column.name),
        _ => column.name.clone(),
    }
}

/// Whether a column may be used; `None` where it depends on the table it belongs to.
fn verdict(permits: &[Permit], column: &Column) -> Option<bool> {
    let of = |origin: &Origin| match origin {
        Origin::Computed => Some(true),
        Origin::Unknown => None,
        Origin::Table(table) => {
            Some(permits.iter().any(|permit| permit.column_fits(&column.action, table, &column.name)))
        }
    };
    let mut verdicts = column.origins.iter().map(of);
    let first = verdicts.next()??;
    verdicts.all(|other| other == Some(first)).then_some(first)
}

impl Permit {
    fn may(&self, action: &str) -> bool {
        self.action.as_deref().is_none_or(|known| known == action)
    }

    fn is_table(&self, table: &str) -> bool {
        let Some(pattern) = &self.table else { return true };
        let parts: Vec<&str> = table.split('.').collect();
        pattern.len() == parts.len() && pattern.iter().zip(parts).all(|(known, part)| known == "*" || known == part)
    }

    fn table_fits(&self, action: &str, table: &str) -> bool {
        self.may(action) && self.is_table(table)
    }

    fn column_fits(&self, action: &str, table: &str, column: &str) -> bool {
        self.may(action)
            && self.is_table(table)
            && self.column.as_deref().is_some_and(|known| known == "*" || known == column)
    }
}

/// `users`, `shop.users`, `users.name`, or with the kind of statement: `select::shop::users`, `select::users::name`.
fn read(option: &'static str, text: &str, is_column: bool) -> Result<Permit, Fault> {
    let wrong = || {
        let (plain, long) =
            if is_column { ("users.name", "select::users::name") } else { ("users", "select::shop::users") };
        Fault::new(option, format!("`{text}` names no {}", if is_column { "column" } else { "table" }))
            .help(format!("write `{plain}` or `{long}`; `*` stands for any one part"))
    };
    let lower = text.trim().to_lowercase();
    // What promptfoo writes for "any" and "none".
    let part = |text: &str| match text.trim() {
        "(.*)" | ".*" => "*".to_owned(),
        other => other.to_owned(),
    };
    let (action, rest) = match lower.split("::").collect::<Vec<_>>().as_slice() {
        [name] => (None, (*name).to_owned()),
        [action, "null" | "", name] => (Some(part(action)), part(name)),
        [action, of, name] => (Some(part(action)), format!("{}.{}", part(of), part(name))),
        _ => return Err(wrong()),
    };
    let mut parts: Vec<String> = rest.split('.').map(part).collect();
    if parts.iter().any(String::is_empty) {
        return Err(wrong());
    }
    let column = if is_column { parts.pop() } else { None };
    let any_table = is_column && (parts.is_empty() || parts == ["*"]);
    Ok(Permit {
        action: action.filter(|action| action != "*"),
        table: if any_table { None } else { Some(parts) },
        column,
    })
}

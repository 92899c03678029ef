//! What names mean at a place in SQL: the sources of the `FROM` around it and the names of `WITH`.

use sqlparser::ast::{Ident, ObjectName, TableFactor, TableWithJoins};

/// Where the rows of a name come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A table, by its dotted name in lower case.
    Table(String),
    /// A query or function: what its columns are made of is judged inside it.
    Computed,
    /// A construct that karat does not see through.
    Unknown,
}

/// One source and the name that columns use for it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// Names without quotes, in lower case: databases fold most of them.
pub(super) fn plain(ident: &Ident) -> String {
    ident.value.to_lowercase()
}

/// The parts of a dotted name.
pub(super) fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().map(|part| part.as_ident().map_or_else(|| "?".to_owned(), plain)).collect()
}

/// The sources of a list of tables with their joins. `is_query` tells the names of `WITH` from tables.
pub(super) fn sources<'a>(
    tables: impl IntoIterator<Item = &'a TableWithJoins>,
    is_query: &dyn Fn(&str) -> bool,
) -> Vec<Source> {
    let mut found = Vec::new();
    tables.into_iter().for_each(|table| add_joined(table, is_query, &mut found));
    found
}

fn add_joined(table: &TableWithJoins, is_query: &dyn Fn(&str) -> bool, found: &mut Vec<Source>) {
    add(&table.relation, is_query, found);
    table.joins.iter().for_each(|join| add(&join.relation, is_query, found));
}

fn add(factor: &TableFactor, is_query: &dyn Fn(&str) -> bool, found: &mut Vec<Source>) {
    let (alias, own, origin) = match factor {
        TableFactor::Table { name, alias, args, .. } => {
            let name = parts(name);
            let last = name.last().cloned().unwrap_or_default();
            let computed = args.is_some() || name.len() == 1 && is_query(&last);
            let origin = if computed { Origin::Computed } else { Origin::Table(name.join(".")) };
            (alias, last, origin)
        }
        TableFactor::NestedJoin { table_with_joins, .. } => {
            add_joined(table_with_joins, is_query, found);
            return;
        }
        TableFactor::Derived { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. } => (alias, String::new(), Origin::Computed),
        _ => {
            found.push(Source { name: String::new(), origin: Origin::Unknown });
            return;
        }
    };
    let name = alias.as_ref().map_or(own, |alias| plain(&alias.name));
    found.push(Source { name, origin });
}

//! What SQL touches: kinds of statements, tables and columns, wherever they stand.

use std::collections::HashMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, JoinConstraint, JoinOperator, ObjectName, Query, Select,
    SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement, TableWithJoins, Visit, Visitor,
};

use super::scope::{Origin, Source, parts, plain, sources};

/// A column at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// The kind of statement around it.
    pub(super) action: String,
    /// The column in lower case; `*` for all of them.
    pub(super) name: String,
    /// Where it may come from. Several: the SQL does not say which.
    pub(super) origins: Vec<Origin>,
}

/// Everything a text of SQL touches.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// The kind of each statement, statements inside others included: `select`, `insert`, `create`…
    pub(super) kinds: Vec<String>,
    /// Kind of the statement around it and dotted name of each table.
    pub(super) tables: Vec<(String, String)>,
    pub(super) columns: Vec<Column>,
    /// What keeps columns from being told.
    pub(super) doubt: Option<String>,
}

/// Reads what the statements touch.
pub(super) fn uses(statements: &[Statement]) -> Uses {
    let mut reader = Reader::default();
    for statement in statements {
        // The visitor never breaks off.
        let _: ControlFlow<()> = statement.visit(&mut reader);
    }
    reader.uses
}

/// Walks statements and keeps what they touch.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) uses: Uses,
    /// Kinds of the statements around this place.
    actions: Vec<String>,
    /// Names of `WITH` that are known here.
    queries: Vec<Vec<String>>,
    /// The names known inside the bodies of `WITH` that are still to come, by the address of the body.
    bodies: HashMap<usize, Vec<String>>,
    /// Sources around this place.
    pub(super) scopes: Vec<Scope>,
}

/// The names at a place.
pub(super) struct Scope {
    sources: Vec<Source>,
    /// Names that the query gives its columns: they stand for columns in `ORDER BY`.
    given: Vec<String>,
    /// Whether names given to columns come before those of tables here.
    given_first: bool,
}

fn address(query: &Query) -> usize {
    std::ptr::from_ref(query).addr()
}

impl Reader {
    fn known(&self) -> Vec<String> {
        self.queries.last().cloned().unwrap_or_default()
    }

    pub(super) fn sources_of<'a>(&self, tables: impl IntoIterator<Item = &'a TableWithJoins>) -> Vec<Source> {
        let known = self.known();
        sources(tables, &|name| known.iter().any(|query| query == name))
    }

    fn action(&self) -> String {
        self.actions.last().cloned().unwrap_or_default()
    }

    fn column(&mut self, name: String, origins: Vec<Origin>) {
        self.uses.columns.push(Column { action: self.action(), name, origins });
    }

    pub(super) fn wildcard(&mut self) {
        let sources = self.scopes.last().map(|scope| scope.sources.clone()).unwrap_or_default();
        sources.into_iter().for_each(|source| self.column("*".to_owned(), vec![source.origin]));
    }

    /// A column by its name alone: one of the nearest sources that there are.
    fn unqualified(&mut self, name: String) {
        let mut origins = Vec::new();
        let mut given = false;
        for (depth, scope) in self.scopes.iter().rev().enumerate() {
            let is_given = scope.given.contains(&name);
            if is_given && scope.given_first && depth == 0 {
                return;
            }
            given |= is_given;
            // The name of a source stands for its whole row.
            if let Some(source) = scope.sources.iter().find(|source| source.name == name) {
                let origin = source.origin.clone();
                self.column("*".to_owned(), vec![origin]);
                return;
            }
            origins.extend(scope.sources.iter().map(|source| source.origin.clone()));
            if !origins.is_empty() {
                break;
            }
        }
        // Some databases read such a name as the one that was given, others as a column.
        if given && !origins.is_empty() {
            origins.push(Origin::Computed);
        }
        if origins.is_empty() {
            origins.push(Origin::Unknown);
        }
        self.column(name, origins);
    }

    /// A column of a named source.
    fn qualified(&mut self, of: &[String], name: String) {
        let alias = of.last().cloned().unwrap_or_default();
        let dotted = of.join(".");
        let fits = |source: &&Source| {
            (of.len() == 1 && source.name == alias) || source.origin == Origin::Table(dotted.clone())
        };
        let found = self.scopes.iter().rev().find_map(|scope| scope.sources.iter().find(fits));
        let origin = found.map_or(Origin::Table(dotted), |source| source.origin.clone());
        self.column(name, vec![origin]);
    }

    pub(super) fn named(&mut self, name: &ObjectName) {
        let mut parts = parts(name);
        let Some(column) = parts.pop() else { return };
        if parts.is_empty() { self.unqualified(column) } else { self.qualified(&parts, column) }
    }

    pub(super) fn items(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::Wildcard(_) => self.wildcard(),
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                    self.qualified(&parts(name), "*".to_owned());
                }
                // The expression itself is visited.
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
                | SelectItem::UnnamedExpr(_)
                | SelectItem::ExprWithAlias { .. }
                | SelectItem::ExprWithAliases { .. } => {}
            }
        }
    }

    pub(super) fn joins<'a>(&mut self, tables: impl IntoIterator<Item = &'a TableWithJoins>) {
        for join in tables.into_iter().flat_map(|table| &table.joins) {
            match constraint(&join.join_operator) {
                Some(JoinConstraint::Using(names)) => names.iter().for_each(|name| self.named(name)),
                Some(JoinConstraint::Natural) => {
                    self.uses.doubt = Some("a natural join does not say which columns it compares".to_owned());
                }
                Some(JoinConstraint::On(_) | JoinConstraint::None) | None => {}
            }
        }
    }

    pub(super) fn open(&mut self, sources: Vec<Source>) {
        self.scopes.push(Scope { sources, given: Vec::new(), given_first: false });
    }

    fn set(&mut self, set: &SetExpr, scope: &mut Scope) {
        // A chain of unions is as long as its text: no recursion of our own.
        let mut open = vec![set];
        while let Some(set) = open.pop() {
            match set {
                SetExpr::Select(select) => {
                    scope.sources.extend(self.sources_of(&select.from));
                    scope.given.extend(select.projection.iter().filter_map(|item| match item {
                        SelectItem::ExprWithAlias { alias, .. } => Some(plain(alias)),
                        _ => None,
                    }));
                }
                SetExpr::SetOperation { left, right, .. } => open.extend([left.as_ref(), right.as_ref()]),
                SetExpr::Table(table) => {
                    let names = [&table.schema_name, &table.table_name].into_iter().flatten();
                    let name = names.map(|name| name.to_lowercase()).collect::<Vec<_>>().join(".");
                    self.uses.tables.push((self.action(), name.clone()));
                    self.column("*".to_owned(), vec![Origin::Table(name)]);
                }
                SetExpr::Query(_)
                | SetExpr::Values(_)
                | SetExpr::Insert(_)
                | SetExpr::Update(_)
                | SetExpr::Delete(_)
                | SetExpr::Merge(_) => {}
            }
        }
    }
}

fn constraint(join: &JoinOperator) -> Option<&JoinConstraint> {
    match join {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on)
        | JoinOperator::Semi(on)
        | JoinOperator::LeftSemi(on)
        | JoinOperator::RightSemi(on)
        | JoinOperator::Anti(on)
        | JoinOperator::LeftAnti(on)
        | JoinOperator::RightAnti(on) => Some(on),
        _ => None,
    }
}

/// The kind of a statement: its first word.
fn kind(statement: &Statement) -> String {
    match statement {
        Statement::Query(_) => "select".to_owned(),
        Statement::Insert(_) => "insert".to_owned(),
        Statement::Update(_) => "update".to_owned(),
        Statement::Delete(_) => "delete".to_owned(),
        Statement::Merge(_) => "merge".to_owned(),
        other => other.to_string().split_whitespace().next().unwrap_or("other").to_lowercase(),
    }
}

impl Visitor for Reader {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let kind = kind(statement);
        self.uses.kinds.push(kind.clone());
        self.actions.push(kind);
        match statement {
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            _ => self.open(Vec::new()),
        }
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, _: &Statement) -> ControlFlow<()> {
        self.actions.pop();
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let around = self.bodies.remove(&address(query)).unwrap_or_else(|| self.known());
        let mut known = around.clone();
        if let Some(with) = &query.with {
            for cte in &with.cte_tables {
                // A body knows the names before its own; with RECURSIVE its own as well.
                let before = known.clone();
                known.push(plain(&cte.alias.name));
                self.bodies.insert(address(&cte.query), if with.recursive { known.clone() } else { before });
            }
        }
        self.queries.push(known);
        // `INSERT … SELECT` reads by selecting.
        self.actions.push("select".to_owned());
        let mut scope = Scope { sources: Vec::new(), given: Vec::new(), given_first: true };
        self.set(&query.body, &mut scope);
        self.scopes.push(scope);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.queries.pop();
        self.actions.pop();
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let given = select.projection.iter().filter_map(|item| match item {
            SelectItem::ExprWithAlias { alias, .. } => Some(plain(alias)),
            _ => None,
        });
        let scope = Scope { sources: self.sources_of(&select.from), given: given.collect(), given_first: false };
        self.scopes.push(scope);
        self.items(&select.projection);
        self.joins(&select.from);
        if select.into.is_some() {
            self.uses.kinds.push("create".to_owned());
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _: &Select) -> ControlFlow<()> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let parts = parts(relation);
        let is_query = parts.len() == 1 && self.known().contains(&parts.join("."));
        if !is_query {
            self.uses.tables.push((self.action(), parts.join(".")));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.unqualified(plain(ident)),
            Expr::CompoundIdentifier(idents) => {
                let mut names: Vec<String> = idents.iter().map(plain).collect();
                if let Some(column) = names.pop() {
                    self.qualified(&names, column);
                }
            }
            Expr::QualifiedWildcard(name, _) => self.qualified(&parts(name), "*".to_owned()),
            Expr::Function(function) => {
                let counts = parts(&function.name).last().is_some_and(|name| name == "count");
                if let FunctionArguments::List(list) = &function.args {
                    for argument in &list.args {
                        match argument_of(argument) {
                            FunctionArgExpr::QualifiedWildcard(name) => self.qualified(&parts(name), "*".to_owned()),
                            FunctionArgExpr::Wildcard if !counts => self.wildcard(),
                            _ => {}
                        }
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn argument_of(argument: &FunctionArg) -> &FunctionArgExpr {
    match argument {
        FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::statements;
    use super::*;

    fn read(sql: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let uses = uses(&statements(sql, "generic").expect("SQL"));
        let origin = |origin: &Origin| match origin {
            Origin::Table(name) => name.clone(),
            Origin::Computed => "()".to_owned(),
            Origin::Unknown => "?".to_owned(),
        };
        let column = |column: &Column| {
            let from: Vec<String> = column.origins.iter().map(origin).collect();
            format!("{}::{}.{}", column.action, from.join("|"), column.name)
        };
        let tables = uses.tables.iter().map(|(action, name)| format!("{action}::{name}")).collect();
        (uses.kinds, tables, uses.columns.iter().map(column).collect())
    }

    #[test]
    fn tables_and_columns_are_found_with_their_aliases() {
        let (kinds, tables, columns) = read(
            "SELECT u.Name, o.total t FROM users u JOIN shop.orders o ON o.user_id = u.id WHERE paid ORDER BY t, total",
        );
        assert_eq!(kinds, ["select"]);
        assert_eq!(tables, ["select::users", "select::shop.orders"]);
        assert_eq!(
            columns,
            [
                "select::users.name",
                "select::shop.orders.total",
                "select::shop.orders.user_id",
                "select::users.id",
                "select::users|shop.orders.paid",
                "select::users|shop.orders.total"
            ]
        );
    }

    #[test]
    fn names_of_with_hide_tables_only_where_they_are_known() {
        assert_eq!(read("WITH users AS (SELECT a FROM users) SELECT a FROM users").1, ["select::users"]);
        assert_eq!(read("WITH x AS (SELECT 1), y AS (SELECT * FROM x) SELECT * FROM y").1, Vec::<String>::new());
        let (_, tables, _) = read("SELECT * FROM s, (WITH s AS (SELECT 1) SELECT * FROM s) d");
        assert_eq!(tables, ["select::s"]);
    }

    #[test]
    fn whole_rows_count_as_all_columns() {
        for sql in [
            "SELECT * FROM t",
            "SELECT x.* FROM t x",
            "SELECT to_json(x) FROM t x",
            "SELECT f(x.*) FROM t x",
            "SELECT 1 UNION TABLE t",
        ] {
            assert!(read(sql).2.contains(&"select::t.*".to_owned()), "{sql}: {:?}", read(sql).2);
        }
        assert_eq!(read("SELECT count(*) FROM t").2, Vec::<String>::new());
    }

    #[test]
    fn what_is_written_counts_and_statements_inside_others() {
        let (kinds, tables, columns) = read("INSERT INTO log (msg) SELECT secret FROM users");
        assert_eq!((kinds, tables), (vec!["insert".into()], vec!["insert::log".into(), "select::users".into()]));
        assert_eq!(columns, ["insert::log.msg", "select::users.secret"]);
        assert_eq!(read("UPDATE users SET role = 1 WHERE id = 2").2, ["update::users.role", "update::users.id"]);
        assert_eq!(read("DELETE FROM users u WHERE u.id = 2").2, ["delete::users.id"]);
        assert_eq!(read("INSERT INTO t VALUES (1)").2, ["insert::t.*"]);
        assert!(read("SELECT 1; DROP TABLE t").0.contains(&"drop".to_owned()));
        assert!(read("SELECT * INTO copy FROM t").0.contains(&"create".to_owned()));
        let inside =
            statements("WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d", "postgresql").expect("SQL");
        assert!(uses(&inside).kinds.contains(&"delete".to_owned()));
    }

    #[test]
    fn subqueries_look_at_their_own_tables_first() {
        let (_, _, columns) = read("SELECT name FROM users WHERE id IN (SELECT user_id FROM orders)");
        assert_eq!(columns, ["select::users.name", "select::users.id", "select::orders.user_id"]);
        let (_, _, columns) = read("SELECT a FROM (SELECT b AS a FROM t) d");
        assert_eq!(columns, ["select::().a", "select::t.b"]);
    }
}

//! What statements that write touch: the columns they name outside of expressions.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, FromTable, Insert, OnConflictAction, OnInsert, TableObject, TableWithJoins,
    Update, UpdateTableFromKind,
};

use super::scope::{Origin, Source, parts, plain};
use super::uses::Reader;

impl Reader {
    fn assignments(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => self.named(name),
                AssignmentTarget::Tuple(names) => names.iter().for_each(|name| self.named(name)),
            }
        }
    }

    pub(super) fn insert(&mut self, insert: &Insert) {
        let mut sources = Vec::new();
        if let TableObject::TableName(name) = &insert.table {
            let own = parts(name);
            let origin = Origin::Table(own.join("."));
            let alias = insert.table_alias.as_ref().map(|alias| plain(&alias.alias));
            sources.push(Source { name: alias.unwrap_or_else(|| own.last().cloned().unwrap_or_default()), origin });
        }
        self.open(sources);
        if insert.columns.is_empty() && insert.assignments.is_empty() {
            self.wildcard();
        }
        insert.columns.iter().for_each(|name| self.named(name));
        self.assignments(&insert.assignments);
        match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => self.assignments(assignments),
            Some(OnInsert::OnConflict(conflict)) => {
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    self.assignments(&update.assignments);
                }
            }
            Some(_) | None => {}
        }
        self.items(insert.returning.as_deref().unwrap_or_default());
        self.unread(insert.output.is_some());
    }

    pub(super) fn update(&mut self, update: &Update) {
        let from = match &update.from {
            Some(UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) => tables.as_slice(),
            None => &[],
        };
        let tables: Vec<&TableWithJoins> = std::iter::once(&update.table).chain(from).collect();
        // A target without a table is a column of the table that is written to.
        self.open(self.sources_of([&update.table]));
        self.assignments(&update.assignments);
        self.scopes.pop();
        self.open(self.sources_of(tables.iter().copied()));
        self.joins(tables);
        self.items(update.returning.as_deref().unwrap_or_default());
        self.unread(update.output.is_some());
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let tables: Vec<&TableWithJoins> = from.iter().chain(delete.using.iter().flatten()).collect();
        self.open(self.sources_of(tables.iter().copied()));
        self.joins(tables);
        self.items(delete.returning.as_deref().unwrap_or_default());
        self.unread(delete.output.is_some());
    }

    fn unread(&mut self, has_output: bool) {
        if has_output {
            self.uses.doubt = Some("the columns of `OUTPUT` are not read".to_owned());
        }
    }
}

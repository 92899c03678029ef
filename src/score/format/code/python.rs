//! Python, by the grammar of tree-sitter. The grammar takes in more than Python does: statements of Python 2, bodies without
//! a statement and lines that are indented out of place are found here.

use tree_sitter::{Node, TreeCursor};

use super::{NotCode, room};

/// Whether `code` is a module of Python 3.
pub(in crate::score::format) fn module(code: &str) -> Result<(), NotCode> {
    room::with_room(code, |code| {
        let mut parser = tree_sitter::Parser::new();
        let lost = || NotCode::TooMuch("the grammar of Python cannot be used".to_owned());
        parser.set_language(&tree_sitter_python::LANGUAGE.into()).map_err(|_| lost())?;
        let tree = parser.parse(code, None).ok_or_else(lost)?;
        // Of what the grammar could not read, the first place counts; of what it read, the rules that it does not know.
        let (mut unread, mut unruly) = (None, None);
        each(&mut tree.walk(), |node| {
            if node.is_error() || node.is_missing() {
                unread.get_or_insert_with(|| fault(node, "this is no Python"));
            } else if unruly.is_none() {
                unruly = rule(node);
            }
        });
        unread.or(unruly).map_or(Ok(()), Err)
    })
}

fn fault(node: Node<'_>, why: &str) -> NotCode {
    NotCode::Fault { line: node.start_position().row + 1, why: why.to_owned() }
}

/// What Python forbids at a node that the grammar allows.
fn rule(node: Node<'_>) -> Option<NotCode> {
    match node.kind() {
        "print_statement" | "exec_statement" => Some(fault(node, "this is a statement of Python 2")),
        "module" => misplaced(node, Some(0)),
        "block" => misplaced(node, None),
        _ => None,
    }
}

/// A body without a statement, or with one that is not in line with the first.
fn misplaced(body: Node<'_>, column: Option<usize>) -> Option<NotCode> {
    let mut cursor = body.walk();
    let (mut column, mut row) = (column, None);
    let mut found = false;
    for statement in body.named_children(&mut cursor).filter(|child| !child.is_extra()) {
        found = true;
        let start = statement.start_position();
        // Those behind a semicolon stand in the line of another.
        if row != Some(start.row) && *column.get_or_insert(start.column) != start.column {
            return Some(fault(statement, "this line is indented out of place"));
        }
        row = Some(statement.end_position().row);
    }
    (!found && body.kind() == "block").then(|| fault(body, "there is no indented block where one is needed"))
}

/// Every node, parents first, without recursion: hostile code nests deep.
fn each<'t>(cursor: &mut TreeCursor<'t>, mut look: impl FnMut(Node<'t>)) {
    loop {
        look(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

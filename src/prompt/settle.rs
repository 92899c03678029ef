//! What a prompt's variables and examples are, once its templates are compiled.

use indexmap::IndexMap;

use super::language::compile::{Compiled, FreeName, free_names};
use super::partials::Partials;
use super::shots::{ExampleFile, Fit, LIST_VARIABLE, Shots};
use super::templates::texts_of;
use super::written::definition::{Definition, compare_names, variable_name};
use super::written::variable::Variable;
use crate::base::{Diagnostic, Problems};
use crate::record::Role;

/// What is wrong with the variables of a prompt whose templates are broken. What it declares may be used in the text that
/// could not be read, so only undeclared names are told.
pub(super) fn report_undeclared(definition: &Definition, mut names: Vec<FreeName>, problems: &mut Problems) {
    let Some(declared) = &definition.variables else { return };
    names.retain(|used| !(definition.has_examples && used.name == LIST_VARIABLE));
    compare_names(declared, &names, true, problems);
    definition.truncate.check(declared, problems);
}

/// Declared variables checked against the used ones; without a `variables:` block, every used name is required.
pub(super) fn settle_variables(
    definition: &Definition,
    compiled: &Compiled,
    problems: &mut Problems,
) -> IndexMap<String, Variable> {
    // With an `examples:` block, that name is the block's.
    let is_own = |used: &&FreeName| !(definition.has_examples && used.name == LIST_VARIABLE);
    let names: Vec<FreeName> = compiled.names.iter().filter(is_own).cloned().collect();
    if let Some(declared) = &definition.variables {
        compare_names(declared, &names, definition.is_partial, problems);
        return declared.clone();
    }
    let mut variables = IndexMap::new();
    for used in &names {
        if let Err(why) = variable_name(&used.name) {
            let message = format!("`{}` cannot be the name of a variable: {why}", used.name);
            problems.push(Diagnostic::error("variable-name", message).at(used.place.clone()));
        }
        variables.insert(used.name.clone(), Variable::undeclared(used.place.clone()));
    }
    variables
}

/// The examples compared with the rest of the prompt.
pub(super) fn settle_shots(
    file: ExampleFile,
    definition: &Definition,
    compiled: &Compiled,
    variables: &IndexMap<String, Variable>,
    partials: &Partials,
    problems: &mut Problems,
) -> Option<Shots> {
    let asked = definition.messages.iter().enumerate().rev().find(|(_, message)| message.role == Role::User);
    let asked = asked.map(|(index, message)| (index, free_names(&texts_of(message).collect::<Vec<_>>(), partials)));
    let takes_list = compiled.names.iter().any(|used| used.name == LIST_VARIABLE);
    Shots::settle(file, &Fit { variables, takes_list, asked }, problems)
}

//! Which variables may carry text of a user.

use super::super::super::ready::Prompt;
use super::super::super::written::variable::VarType;

/// Whether the values of a variable may hold instructions of somebody else: every variable, unless it is declared
/// `trusted: true`, is a number or a boolean, or is one of a fixed list.
pub(super) fn is_untrusted(prompt: &Prompt, name: &str) -> bool {
    prompt.variables.get(name).is_some_and(|variable| {
        let is_free = match variable.kind {
            VarType::Any | VarType::String | VarType::List | VarType::Object => true,
            VarType::Number | VarType::Boolean => false,
        };
        !variable.trusted && is_free && variable.one_of.is_empty()
    })
}

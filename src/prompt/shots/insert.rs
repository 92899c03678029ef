//! Where examples go: into the conversation, or into the template that asks for them.
//!
//! Unless a template of the prompt uses the variable `examples`, each becomes two messages right before the last message
//! of the user: that message rendered with the example's variables, and the example's answer. The best comes first.

use serde_json::{Map, Value};

use super::read::Example;

/// The variable through which a template takes examples itself: `{% for example in examples %}`.
pub(in crate::prompt) const LIST_VARIABLE: &str = "examples";

/// How examples reach the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prompt) enum Insert {
    /// As pairs of user and assistant messages before the message of this number: the last one of the user. The user's
    /// part is that message, rendered with the example's variables.
    Pairs { before: usize },
    /// As the variable [`LIST_VARIABLE`] of the templates.
    List,
}

/// What templates see of the picked examples: `id`, `vars`, `output` (text, JSON as text) and `data` (the answer as it
/// is in the file).
pub(super) fn list_value<'e>(examples: impl IntoIterator<Item = &'e Example>) -> Value {
    let one = |example: &Example| {
        let mut fields = Map::new();
        fields.insert("id".to_owned(), Value::from(example.id.as_str()));
        fields.insert("vars".to_owned(), Value::Object(example.vars.clone()));
        fields.insert("output".to_owned(), Value::from(example.output_text()));
        fields.insert("data".to_owned(), example.output.clone());
        Value::Object(fields)
    };
    Value::Array(examples.into_iter().map(one).collect())
}

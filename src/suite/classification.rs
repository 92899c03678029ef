//! `classification:` of a suite: every reply names a label, and the suite counts them.

use std::sync::Arc;

use super::Goal;
use super::checks::{Folders, compile_list};
use crate::base::{Diagnostic, Fields, Key, Kind, Node, Problems};
use crate::record::Prediction;
use crate::score::Check;

/// How a suite sorts.
pub(super) struct Classification {
    /// The check on the label; `None` when it has errors, which are reported.
    pub(super) check: Option<Arc<Check>>,
    /// The labels there are; empty when the suite does not say.
    pub(super) labels: Vec<String>,
}

/// Reads `classification:`: the options of the check `label`, which every case then has first.
pub(super) fn read(fields: &mut Fields<'_>, folders: Folders<'_>, problems: &mut Problems) -> Option<Classification> {
    let source = fields.source();
    let node = fields.node("classification")?;
    if node.as_map().is_none() {
        let message = format!("`classification` must be a mapping, this is {}", node.describe());
        let help = "write it like `classification: {from: expected, label: {jsonpath: $.category}}`";
        problems.push(Diagnostic::error("wrong-type", message).at(source.place(node.span)).help(help));
        return Some(Classification { check: None, labels: Vec::new() });
    }
    let key = Key { text: Prediction::CHECK.to_owned(), span: node.span };
    let entry = Node { kind: Kind::Map(vec![(key, node.clone())]), span: node.span };
    let check = compile_list(&entry, source, folders, problems).pop();
    let listed = node.get("labels").map(|labels| labels.as_list().unwrap_or(std::slice::from_ref(labels)));
    let labels = listed.unwrap_or_default().iter().filter_map(|label| label.to_json().as_str().map(str::to_owned));
    Some(Classification { check, labels: labels.collect() })
}

/// A goal on labels needs labels.
pub(super) fn check_goal(goal: &Goal, sorts: bool, problems: &mut Problems) {
    if sorts {
        return;
    }
    for (name, bound) in goal.on_labels() {
        let message = format!("the goal `{name}` is about labels, and this suite has no `classification`");
        problems.push(
            Diagnostic::error("goal-without-classification", message)
                .at(bound.place.clone())
                .help("add `classification: {from: expected, label: …}` to the suite"),
        );
    }
}

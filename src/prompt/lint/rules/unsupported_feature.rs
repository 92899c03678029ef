//! Tools, images, a form of the answer that a model of the prompt does not know.

use super::super::rejected::{Kind, find};
use super::super::rule::{Check, Found, Level, Rule};
use super::super::subject::{Around, VersionFile};

pub(super) const RULE: Rule = Rule {
    code: "unsupported-feature",
    about: "a model of the prompt lacks what the prompt asks for: tools, images, a schema …",
    level: Level::Error,
    fixable: false,
    is_refused: false,
    in_superseded: false,
    why: "A model without tools, eyes or documents cannot be asked by such a prompt: `karat eval` refuses it before the \
          first call. What only makes calls cheaper or answers better formed (`cache`, `prediction`, `output`) is done \
          without, and the finding is a warning that says how.",
    bad: "tools: [{name: search, description: \"Search the docs\"}]\nmodels:\n  deepseek/deepseek-reasoner: {params: {max_tokens: 800}}   # it calls no tools",
    good: "tools: [{name: search, description: \"Search the docs\"}]\nmodels:\n  deepseek/deepseek-chat: {params: {max_tokens: 800}}",
    check: Check::Version(check),
};

fn check(version: &VersionFile<'_>, _: &Around<'_>, found: &mut Found) {
    find(&RULE, Kind::Features, version, found);
}

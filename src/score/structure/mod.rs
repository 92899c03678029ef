//! Checks on JSON in the reply.

pub(super) mod contains_json;
pub(super) mod fence;
pub(super) mod json;
mod json_compare;
pub(super) mod json_diff;
mod json_rule;
pub(super) mod json_schema;
pub(super) mod jsonpath;
pub(super) mod parse;
pub(super) mod tool_carries;

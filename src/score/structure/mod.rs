//! Checks on JSON in the reply.

pub(super) mod contains_json;
pub(super) mod json;
pub(super) mod json_schema;
pub(super) mod jsonpath;
pub(super) mod parse;
pub(super) mod tool_carries;

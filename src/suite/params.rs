//! Parameters as digests hold them.

use serde_json::Value;

use crate::record::Params;

/// The parameters as JSON, absent ones left out.
pub(super) fn to_json(params: &Params) -> Value {
    serde_json::to_value(params).unwrap_or(Value::Null)
}

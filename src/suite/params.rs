//! Parameters as digests hold them.

use std::sync::LazyLock;

use serde_json::Value;

use crate::record::Params;

static NONE: LazyLock<Params> = LazyLock::new(Params::default);

/// Whether a case sets none; asked of every case.
pub(super) fn are_none(params: &Params) -> bool {
    *params == *NONE
}

/// The parameters as JSON, absent ones left out.
pub(super) fn to_json(params: &Params) -> Value {
    serde_json::to_value(params).unwrap_or(Value::Null)
}

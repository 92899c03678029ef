//! Small things everything else stands on: diagnostics, the YAML door, files, units, ids, digests, clock, secrets.

mod base64;
mod clock;
mod diagnostic;
mod digest;
mod duration;
mod env_text;
mod fields;
pub mod files;
mod ids;
mod json_message;
mod json_out;
mod json_row;
mod node;
mod secret;
mod slots;
mod source;
mod suggest;
mod units;
#[cfg(test)]
pub(crate) mod vectors;
mod yaml;
mod yaml_error;
mod yaml_print;

pub use base64::{base64_decode, base64_encode};
pub use clock::{Clock, Instant, ManualClock, SystemClock, Timestamp};
pub use diagnostic::{Diagnostic, Place, Problems, Severity};
pub use digest::{Digest, DigestBuilder, canonical_json};
pub use duration::{format_duration, parse_duration};
pub use env_text::{EnvText, is_variable_name};
pub use fields::Fields;
pub use ids::{CaseId, IdError, ModelRef, RunId, SafeName};
pub use json_message::json_message;
pub use json_out::{append_json, json_text};
pub use json_row::parse_json_row;
pub use node::{Key, Kind, Node};
pub use secret::{REDACTED, Redactor, Secret};
pub use slots::{Filter, Piece, Slot, SlotError, Slots};
pub use source::{Source, Span};
pub use suggest::closest;
pub use units::{Millis, Ratio, Tokens, UnitError, Usd};
pub use yaml::{parse_json_line, parse_yaml};
pub use yaml_print::print_yaml;

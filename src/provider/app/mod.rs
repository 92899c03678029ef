//! What all ways to a user's application share: its state in a run, what it is told, how its answers are read.

mod reading;
mod scope;
mod state;

pub(super) use reading::{beginning, count, dollars, one_line, reads_as_nothing, text_of, texts_of, tool_calls_of};
pub(super) use scope::{Scope, last_user};
pub use state::App;
pub(super) use state::SessionValues;

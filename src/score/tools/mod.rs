//! Checks on the tool calls of a reply.

mod calls;
mod expected;
pub(super) mod tool_args;
pub(super) mod tool_call_valid;
pub(super) mod tool_correctness;
pub(super) mod trajectory;

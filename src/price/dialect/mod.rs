//! Usage dialects: what each API's usage object means, in classes that never overlap.

mod anthropic;
mod bedrock;
mod gemini;
mod kind;
mod openai;
mod raw;
mod reader;
mod single;

pub use kind::{Dialect, normalize};
pub use raw::RawUsage;

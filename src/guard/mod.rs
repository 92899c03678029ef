//! Detectors for what must not be in a file or a report: secrets, invisible characters, terminal control sequences.

mod invisible;
mod mask;
mod placeholder;
mod secrets;
mod shapes;
mod strip;

pub use invisible::{Invisible, find_invisible};
pub use mask::mask_secrets;
pub use secrets::{Finding, find_secrets};
pub use strip::strip_control;

//! Detectors for what must not be in a file or a report: secrets, personal data, invisible characters, terminal control
//! sequences.

mod invisible;
mod mask;
mod personal;
mod placeholder;
mod secrets;
mod shapes;
mod strip;

pub use invisible::{Invisible, find_invisible};
pub use mask::{hide_private, mask_secrets};
pub use personal::{PersonalData, find_personal_data};
pub use secrets::{Finding, find_secrets};
pub use strip::strip_control;

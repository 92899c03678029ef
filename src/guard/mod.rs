//! Detectors for what must not be in a file or a report: secrets, personal data, invisible characters, terminal control
//! sequences.

mod injection;
mod invisible;
mod links;
mod mask;
mod personal;
mod pii;
mod placeholder;
mod secrets;
mod shapes;
mod strip;

pub use injection::{Injection, InjectionKind, find_injections};
pub use invisible::{Invisible, find_invisible, invisible_names};
pub use links::{Link, LinkFault, find_links, link_faults};
pub use mask::{hide_private, mask_secrets};
pub use personal::{PersonalData, find_personal_data};
pub use pii::{PiiMatch, PiiRule, find_pii, mask_pii, redact_pii};
pub use secrets::{Finding, find_secrets, may_have_secrets};
pub use strip::strip_control;

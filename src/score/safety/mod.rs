//! Checks on what an output must not hold or do: personal data, secrets, orders to models, leaked prompts, unsafe links.
//! They hold when they find something, so they are mostly written with `not_`.

#[cfg(test)]
mod corpus;
pub(super) mod injection;
pub(super) mod invisible_characters;
mod leak;
pub(super) mod pii;
pub(super) mod secrets;
mod settings;
pub(super) mod system_prompt_leak;
mod told;
pub(super) mod unsafe_links;

//! All kinds of providers, one line each.

use super::exec;
use super::mock;
use super::spec::ProviderSpec;
use super::wire::{anthropic, http, openai};
use crate::base::closest;

/// Every kind of provider, by name.
pub static PROVIDERS: &[&ProviderSpec] = &[
    &anthropic::SPEC,
    &mock::ECHO,
    &exec::EXEC,
    &http::SPEC,
    &exec::JAVASCRIPT,
    &mock::SPEC,
    &openai::SPEC,
    &exec::PYTHON,
];

/// The kind of this name.
///
/// # Errors
/// The nearest known name, if one is near.
pub fn provider_spec(name: &str) -> Result<&'static ProviderSpec, Option<&'static str>> {
    let found = PROVIDERS.iter().find(|spec| spec.name == name);
    found.copied().ok_or_else(|| closest(name, PROVIDERS.iter().map(|spec| spec.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_kind_gets_a_suggestion() {
        assert_eq!(provider_spec("openai").map(|spec| spec.name), Ok("openai"));
        assert_eq!(provider_spec("antropic").map(|spec| spec.name), Err(Some("anthropic")));
    }

    #[test]
    fn names_are_unique_and_sorted() {
        assert!(PROVIDERS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}

//! All kinds of providers, one line each.

use super::exec;
use super::mock;
use super::spec::ProviderSpec;
use super::wire::compatible::{
    deepseek, fireworks, groq, llamacpp, lmstudio, mistral, openrouter, perplexity, tgi, together, vllm, xai,
};
use super::wire::{
    anthropic, azure, bedrock, cohere, gemini, http, ollama, openai, replicate, responses, tei, vertex, voyage,
};
use crate::base::closest;

/// Every kind of provider, by name.
pub static PROVIDERS: &[&ProviderSpec] = &[
    &anthropic::SPEC,
    &azure::SPEC,
    &bedrock::SPEC,
    &cohere::SPEC,
    &deepseek::SPEC,
    &mock::ECHO,
    &exec::EXEC,
    &fireworks::SPEC,
    &gemini::SPEC,
    &groq::SPEC,
    &http::SPEC,
    &exec::JAVASCRIPT,
    &llamacpp::SPEC,
    &lmstudio::SPEC,
    &mistral::SPEC,
    &mock::SPEC,
    &ollama::SPEC,
    &openai::SPEC,
    &responses::SPEC,
    &openrouter::SPEC,
    &perplexity::SPEC,
    &exec::PYTHON,
    &replicate::SPEC,
    &tei::SPEC,
    &tgi::SPEC,
    &together::SPEC,
    &vertex::SPEC,
    &vllm::SPEC,
    &voyage::SPEC,
    &xai::SPEC,
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

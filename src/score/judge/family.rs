//! Which models are of one family: a judge is lenient to its own kind (Panickssery et al. 2024, arXiv 2404.13076).

use crate::base::ModelRef;

/// Beginnings of model names and the family they tell.
const FAMILIES: &[(&str, &str)] = &[
    ("gpt", "OpenAI"),
    ("chatgpt", "OpenAI"),
    ("o1", "OpenAI"),
    ("o3", "OpenAI"),
    ("o4", "OpenAI"),
    ("claude", "Claude"),
    ("gemini", "Gemini"),
    ("gemma", "Gemini"),
    ("llama", "Llama"),
    ("meta-llama", "Llama"),
    ("mistral", "Mistral"),
    ("mixtral", "Mistral"),
    ("ministral", "Mistral"),
    ("magistral", "Mistral"),
    ("codestral", "Mistral"),
    ("devstral", "Mistral"),
    ("pixtral", "Mistral"),
    ("qwen", "Qwen"),
    ("qwq", "Qwen"),
    ("deepseek", "DeepSeek"),
    ("grok", "Grok"),
    ("command", "Cohere"),
    ("c4ai", "Cohere"),
    ("phi", "Phi"),
    ("nova", "Nova"),
    ("glm", "GLM"),
    ("kimi", "Kimi"),
    ("jamba", "Jamba"),
    ("sonar", "Sonar"),
];

/// The family that the name of a model tells, whoever serves it.
fn family(model: &ModelRef) -> Option<&'static str> {
    let name = model.model.to_lowercase();
    // `openrouter/anthropic/claude…`, `bedrock/eu.anthropic.claude…`: any part of the path may be the name.
    let parts = || name.split(['/', '.', ':']);
    FAMILIES.iter().find(|(start, _)| parts().any(|part| part.starts_with(start))).map(|(_, family)| *family)
}

/// Why `judge` may favour `tested`, in words; `None` when they are not known to be related.
pub(super) fn kinship(judge: &ModelRef, tested: &ModelRef) -> Option<String> {
    if judge == tested {
        return Some(format!("`{judge}` judges itself"));
    }
    let family = family(judge).filter(|own| family(tested) == Some(own))?;
    Some(format!("`{judge}` judges `{tested}`, another {family} model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_by_names_whoever_serves_them() {
        let of = |judge: &str, tested: &str| {
            let model = |name: &str| ModelRef::parse(name).expect("valid");
            kinship(&model(judge), &model(tested))
        };
        assert!(of("anthropic/claude-haiku-4-5", "bedrock/eu.anthropic.claude-sonnet-4-5").is_some());
        assert!(of("openai/gpt-5.4-mini", "openrouter/openai/o3").is_some());
        assert_eq!(of("mock/a", "mock/a").as_deref(), Some("`mock/a` judges itself"));
        for (judge, tested) in [("openai/gpt-5", "anthropic/claude-haiku-4-5"), ("mock/a", "mock/b"), ("app/x", "gw/y")]
        {
            assert_eq!(of(judge, tested), None, "{judge} {tested}");
        }
    }
}

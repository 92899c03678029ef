//! The models of `rerank:` and `moderation:`: whether their providers are there and can do it.

use crate::base::{Diagnostic, ModelRef, Problems, SafeName, closest};
use crate::config::{Config, Setting};
use crate::provider::{Wire, provider_spec};

/// Reports what no key and no call would mend. Nothing is called, and no key is asked for: a run may not need them.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    let ranks = |wire: &dyn Wire| wire.rerank().is_some();
    check_one(config, &config.rerank, ("no-rerank", "reranking", "cohere/rerank-v3.5"), ranks, problems);
    let moderates = |wire: &dyn Wire| wire.moderation().is_some();
    let words = ("no-moderation", "moderation", "openai/omni-moderation-latest");
    check_one(config, &config.moderation, words, moderates, problems);
}

fn check_one(
    config: &Config,
    setting: &Setting<Option<ModelRef>>,
    (code, what, example): (&'static str, &str, &str),
    offers: impl Fn(&dyn Wire) -> bool,
    problems: &mut Problems,
) {
    let Some(model) = &setting.value else { return };
    let diagnostic = match config.provider(&model.provider) {
        None => {
            let names = || config.providers.iter().map(|provider| &provider.name).map(SafeName::as_str);
            Diagnostic::error("unknown-provider", format!("`{}` is not a provider", model.provider))
                .did_you_mean(closest(model.provider.as_str(), names()))
                .help(format!("known providers: {}", names().collect::<Vec<_>>().join(", ")))
        }
        Some(provider) => {
            if provider_spec(provider.wire.word()).is_ok_and(|spec| spec.wire.is_some_and(offers)) {
                return;
            }
            Diagnostic::error(code, format!("provider `{}` has no {what}", model.provider))
                .help(format!("name a model of a provider that has it, such as `{example}`"))
        }
    };
    problems.push(Diagnostic { place: setting.origin.place().cloned(), ..diagnostic });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Env, Overrides};

    fn told(text: &str) -> String {
        let folder = tempfile::tempdir().expect("temp");
        std::fs::write(folder.path().join("karat.yaml"), text).expect("write");
        let mut problems = Problems::new();
        let config = Config::load(folder.path(), &Env::default(), &Overrides::default(), &mut problems);
        check(&config, &mut problems);
        problems.render(false)
    }

    #[test]
    fn models_that_cannot_do_it_are_told_where_they_are_named() {
        assert_eq!(told("rerank: cohere/rerank-v3.5\nmoderation: openai/omni-moderation-latest\n"), "");
        for (text, wanted) in [
            ("rerank: openai/gpt-5.4-mini\n", "provider `openai` has no reranking"),
            ("rerank: cohre/rerank-v3.5\n", "did you mean `cohere`"),
            ("moderation: anthropic/claude-haiku-4-5\n", "provider `anthropic` has no moderation"),
            ("rerank: rerank-v3.5\n", "provider/model"),
        ] {
            let shown = told(text);
            assert!(shown.contains(wanted) && shown.contains("karat.yaml:1:"), "{shown}");
        }
    }
}

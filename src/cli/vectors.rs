//! What embeddings say about a case, from vectors that are kept: for showing a prompt without calling anybody.

use crate::base::{Digest, ModelRef};
use crate::config::Config;
use crate::prompt::{ExampleVectors, Prompt};
use crate::provider::{provider_spec, recorded_vectors};
use crate::record::{EmbeddingCall, Vars};
use crate::store::{Access, Store};

/// The vectors of a prompt's examples and of a case, for [`Prompt::render_near`]; `None` when the prompt compares no
/// embeddings in this project. They come from the cassettes or the store, where `karat eval` puts them.
///
/// # Errors
/// A sentence on why they are not there; words are then compared instead.
pub fn kept_vectors(
    prompt: &Prompt,
    vars: &Vars,
    config: &Config,
) -> Result<Option<(ExampleVectors, Vec<f32>)>, String> {
    let Some(model) = config.embedding.value.as_ref().filter(|_| prompt.embeds(true)) else { return Ok(None) };
    let examples = prompt.example_texts();
    let query = prompt.example_query(vars);
    let is_blank = |text: &&String| text.trim().is_empty();
    let wanted = examples.iter().chain([&query]).filter(|text| !is_blank(text));
    let wanted: Vec<Digest> = wanted.map(|text| EmbeddingCall::text_digest(text)).collect();
    let mut found = recorded_vectors(&config.cassettes.value, &config.root, model, &wanted)
        .map_err(|error| format!("words are compared: {}", error.message))?;
    if config.store.value.exists() {
        let kept = Store::open(&config.store.value, Access::Read)
            .and_then(|store| store.embeddings(model, &endpoint(&model.model, config), &wanted));
        found.extend(kept.map_err(|error| format!("words are compared: {error}"))?);
    }
    let missing = wanted.iter().filter(|text| !found.contains_key(text)).count();
    if missing > 0 {
        let all = wanted.len();
        return Err(format!(
            "words are compared: {missing} of {all} texts have no vector of `{model}` yet; `karat eval` gets and keeps them"
        ));
    }
    let vector = |text: &String| found.get(&EmbeddingCall::text_digest(text)).cloned().unwrap_or_default();
    let examples = ExampleVectors::new(examples.len(), examples.iter().map(vector).collect());
    let examples = examples.map_err(|problem| format!("words are compared: {problem}"))?;
    Ok(Some((examples, vector(&query))))
}

/// The server that the project reaches a model at.
fn endpoint(model: &ModelRef, config: &Config) -> String {
    let provider = config.provider(&model.provider);
    let written = provider.and_then(|provider| provider.base_url.as_deref());
    let usual = provider.and_then(|provider| provider_spec(provider.wire.word()).ok()).map_or("", |spec| spec.base_url);
    written.unwrap_or(usual).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::{Place, Problems, files};
    use crate::config::{Env, Overrides};
    use crate::prompt::{Nearby, Registry, Why};

    #[test]
    fn a_prompt_is_shown_with_the_vectors_that_are_kept_and_says_when_there_are_none() {
        let folder = tempfile::tempdir().expect("temp");
        let root = folder.path();
        let write = |name: &str, text: &str| files::write_atomic(&root.join(name), text.as_bytes()).expect("write");
        write("karat.yaml", "embedding: openai/m\n");
        write("prompts/p/1.0.0.yaml", "template: \"{{ a }}\"\nexamples: {from: e.jsonl, pick: 1, by: similarity}\n");
        write("prompts/p/e.jsonl", "{\"input\": \"x\", \"output\": \"1\"}\n{\"input\": \"y\", \"output\": \"2\"}\n");
        let mut problems = Problems::new();
        let config = Config::load(root, &Env::default(), &Overrides::default(), &mut problems);
        let from = Place::of_file(std::path::Path::new("x"));
        let prompt = Registry::open(&root.join("prompts"), root).resolve("p", &from, &mut problems).expect("prompt");
        let vars = json!({"a": "z"}).as_object().cloned().expect("vars");
        let why = kept_vectors(&prompt, &vars, &config).expect_err("none");
        assert!(why.contains("3 of 3 texts have no vector of `openai/m` yet"), "{why}");
        // 1, 0 as base64 of single precision, and 0, 1.
        let line = |text: &str, vector: &str| {
            let digest = EmbeddingCall::text_digest(text);
            format!("{{\"model\":\"openai/m\",\"text\":\"{digest}\",\"about\":\"\",\"vector\":\"{vector}\"}}\n")
        };
        let (east, north) = ("AACAPwAAAAA=", "AAAAAAAAgD8=");
        let lines = [line("x", east), line("y", north), line("z", north)].concat();
        write("fixtures/cassettes/embeddings/vectors.jsonl", &lines);
        let (examples, query) = kept_vectors(&prompt, &vars, &config).expect("kept").expect("embeds");
        let nearby = Nearby { examples: &examples, query: &query };
        let model = ModelRef::parse("openai/gpt-5.4-mini").expect("model");
        let picked = prompt.render_near(&vars, Some(&model), Some(nearby)).expect("renders").examples;
        assert_eq!((picked[0].index, &picked[0].why), (1, &Why::Similarity { with: "embedding", rank: 1 }));
    }
}

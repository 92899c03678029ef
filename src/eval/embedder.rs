//! Vectors for few-shot examples: those of the examples before the run, that of each case before its trial.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::plan::{PlannedTrial, SurveyedSuite};
use super::trial::Prepared;
use crate::base::{Digest, ModelRef};
use crate::prompt::{ExampleVectors, Nearby, Prompt};
use crate::provider::{Caller, Spend};
use crate::record::{CallError, EmbeddingCall, EmbeddingModel, ErrorKind};

/// Cases whose vectors are remembered: those of one case are asked for by each of its variants and repeats, which follow
/// each other in the plan. All others are in the store.
const REMEMBERED: usize = 512;

/// A vector that is there, or that somebody is getting.
type Wanted = Arc<OnceCell<Vec<f32>>>;

/// Vectors of a run.
pub struct Embedder {
    caller: Arc<Caller>,
    /// Of the examples, by the digest of the prompt and the model.
    examples: HashMap<(Digest, EmbeddingModel), ExampleVectors>,
    queries: Mutex<HashMap<(Digest, EmbeddingModel), Wanted>>,
}

/// Why there is no request.
#[derive(Debug)]
pub(super) enum NoRequest {
    /// The prompt does not render with the case's variables.
    Prompt(String),
    /// The vector of the case could not be had from this model.
    Embedding(ModelRef, CallError),
}

/// The prompts of a plan whose examples are compared by embeddings, each once, with the model.
pub fn embedded_prompts(suites: &[SurveyedSuite]) -> Vec<(Arc<Prompt>, EmbeddingModel)> {
    let mut seen = HashSet::new();
    let variants = suites.iter().flat_map(|surveyed| &surveyed.variants);
    let embedded = variants.filter_map(|variant| Some((Arc::clone(&variant.prompt), variant.embedding.clone()?)));
    embedded.filter(|(prompt, model)| seen.insert((prompt.digest, model.clone()))).collect()
}

impl Embedder {
    /// Gets the vectors of all examples of these prompts. `spend` counts what that cost, also when it fails.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub async fn prepare(
        caller: Arc<Caller>,
        prompts: &[(Arc<Prompt>, EmbeddingModel)],
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<Embedder, CallError> {
        let mut examples = HashMap::new();
        for (prompt, model) in prompts {
            let texts = prompt.example_texts();
            let vectors = caller.embed(model, &texts, spend, stop).await?;
            let vectors = ExampleVectors::new(texts.len(), vectors)
                .map_err(|problem| malformed(format!("`{model}`, examples of `{}`: {problem}", prompt.name)))?;
            examples.insert((prompt.digest, model.clone()), vectors);
        }
        Ok(Embedder { caller, examples, queries: Mutex::default() })
    }

    /// What a trial will ask, with the examples that are nearest to its case.
    pub(super) async fn request(
        &self,
        trial: &PlannedTrial,
        model: &EmbeddingModel,
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<Prepared, NoRequest> {
        let prompt = &trial.variant.prompt;
        let Some(examples) = self.examples.get(&(prompt.digest, model.clone())) else {
            return Err(NoRequest::Prompt("internal error: the examples of this prompt have no vectors".to_owned()));
        };
        let text = prompt.example_query(&trial.case.vars);
        let query = self.query(text, model, spend, stop).await;
        let query = query.map_err(|error| NoRequest::Embedding(model.model.clone(), error))?;
        let query = query.get().map(Vec::as_slice).unwrap_or_default();
        trial.request_near(Some(Nearby { examples, query })).map_err(NoRequest::Prompt)
    }

    /// The vector of a case, asked for once by all trials that want it at the same time.
    async fn query(
        &self,
        text: String,
        model: &EmbeddingModel,
        spend: &mut Spend,
        stop: &CancellationToken,
    ) -> Result<Wanted, CallError> {
        let wanted = self.wanted((EmbeddingCall::text_digest(&text), model.clone()));
        let get = async {
            let vectors = self.caller.embed(model, std::slice::from_ref(&text), spend, stop).await?;
            Ok(vectors.into_iter().next().unwrap_or_default())
        };
        wanted.get_or_try_init(|| get).await?;
        Ok(wanted)
    }

    fn wanted(&self, key: (Digest, EmbeddingModel)) -> Wanted {
        let mut queries = self.queries.lock().unwrap_or_else(PoisonError::into_inner);
        if queries.len() >= REMEMBERED && !queries.contains_key(&key) {
            queries.clear();
        }
        Arc::clone(queries.entry(key).or_default())
    }
}

fn malformed(message: String) -> CallError {
    CallError { kind: ErrorKind::Malformed, message, status: None, request_id: None }
}

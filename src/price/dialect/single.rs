//! Vendors with one flat shape of their own.

use super::raw::RawUsage;

use super::reader::Reader;
use crate::record::{SearchSize, Usage};

/// Perplexity: thinking and citations are outside of the completion; searches are counted.
pub(super) fn perplexity(reader: &mut Reader<'_>) -> Usage {
    Usage {
        input: reader.count(&["prompt_tokens"]),
        output: reader.count(&["completion_tokens"]),
        reasoning: reader.count(&["reasoning_tokens"]),
        citation: reader.count(&["citation_tokens"]),
        search_queries: reader.count(&["num_search_queries"]),
        search_size: reader.at(&["search_context_size"]).and_then(RawUsage::as_str).and_then(SearchSize::parse),
        ..Usage::default()
    }
}

/// Cohere: what is billed, which is less than what was read.
pub(super) fn cohere(reader: &mut Reader<'_>) -> Usage {
    Usage {
        input: reader.count(&["billed_units", "input_tokens"]),
        output: reader.count(&["billed_units", "output_tokens"]),
        search_units: reader.count(&["billed_units", "search_units"]),
        ..Usage::default()
    }
}

/// Voyage and Jina: embeddings and rerankers have input only.
pub(super) fn voyage(reader: &mut Reader<'_>) -> Usage {
    Usage { input: reader.count(&["total_tokens"]), ..Usage::default() }
}

/// Ollama leaves the prompt count out when the prompt was cached: then it is unknown.
pub(super) fn ollama(reader: &mut Reader<'_>) -> Usage {
    Usage { input: reader.count(&["prompt_eval_count"]), output: reader.count(&["eval_count"]), ..Usage::default() }
}

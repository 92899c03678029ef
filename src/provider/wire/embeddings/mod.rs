//! Embeddings: what their replies have in common, and the wires of APIs whose chat stands elsewhere.

pub(in crate::provider) mod azure;
pub(in crate::provider) mod gemini;
pub(super) mod list;
pub(in crate::provider) mod mistral;
pub(super) mod vectors;

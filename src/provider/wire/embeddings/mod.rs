//! Embeddings: what their replies have in common, and the wires of APIs whose chat stands elsewhere.

#[cfg_attr(not(test), expect(dead_code, reason = "the wire `azure` will return it as its embeddings"))]
pub(in crate::provider) mod azure;
#[cfg_attr(not(test), expect(dead_code, reason = "the wire `gemini` will return it as its embeddings"))]
pub(in crate::provider) mod gemini;
pub(super) mod list;
#[cfg_attr(not(test), expect(dead_code, reason = "the wire `mistral` will return it as its embeddings"))]
pub(in crate::provider) mod mistral;
pub(super) mod vectors;

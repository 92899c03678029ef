//! Hosts that speak Chat Completions with differences of their own: one small file each, over the wire of OpenAI.

pub(in crate::provider) mod deepseek;
pub(in crate::provider) mod fireworks;
pub(in crate::provider) mod groq;
pub(in crate::provider) mod llamacpp;
pub(in crate::provider) mod lmstudio;
pub(in crate::provider) mod mistral;
pub(in crate::provider) mod openrouter;
pub(in crate::provider) mod perplexity;
pub(in crate::provider) mod tgi;
pub(in crate::provider) mod together;
pub(in crate::provider) mod vllm;
mod wire;
pub(in crate::provider) mod xai;

use wire::Compatible;

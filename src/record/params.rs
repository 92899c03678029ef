//! Parameters of a call.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Effort;

/// Parameters of a call. Absent means the provider's default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// How much the model may think.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Further fields of the provider's body, merged last.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// -2..=2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<f64>,
    /// Number of alternatives per token, 0..=20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<u8>,
    /// Most tokens of the answer, thinking included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// -2..=2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<f64>,
    /// Seed of the provider's sampling, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// `auto`, `default`, `flex`, `priority`…, as the provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<String>,
    /// Texts that end the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Randomness, 0..=2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Tokens the model may think, where the API takes a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<u32>,
    /// Sampling among the k most likely tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// Nucleus sampling, 0..=1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Parameters written as `null`: overrides take them away from what they lie on. Empty in what is asked.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unset: BTreeSet<String>,
}

impl Params {
    /// The names users write, sorted.
    pub const NAMES: &[&str] = &[
        "effort",
        "extra",
        "frequency_penalty",
        "logprobs",
        "max_tokens",
        "presence_penalty",
        "seed",
        "service_tier",
        "stop",
        "temperature",
        "thinking_budget",
        "top_k",
        "top_p",
    ];

    /// These parameters with those of `over` on top; `extra` is merged key by key.
    #[must_use]
    pub fn overlaid(&self, over: &Params) -> Params {
        // Most layers are empty, and every trial has several.
        if *over == Params::default() && self.unset.is_empty() {
            return self.clone();
        }
        if *self == Params::default() {
            return over.clone();
        }
        let base = self.without(&over.unset);
        let mut extra = base.extra;
        extra.extend(over.extra.clone());
        let mut merged = Params {
            temperature: over.temperature.or(base.temperature),
            top_p: over.top_p.or(base.top_p),
            top_k: over.top_k.or(base.top_k),
            max_tokens: over.max_tokens.or(base.max_tokens),
            stop: if over.stop.is_empty() { base.stop } else { over.stop.clone() },
            seed: over.seed.or(base.seed),
            presence_penalty: over.presence_penalty.or(base.presence_penalty),
            frequency_penalty: over.frequency_penalty.or(base.frequency_penalty),
            effort: over.effort.or(base.effort),
            thinking_budget: over.thinking_budget.or(base.thinking_budget),
            service_tier: over.service_tier.clone().or(base.service_tier),
            logprobs: over.logprobs.or(base.logprobs),
            extra,
            unset: BTreeSet::new(),
        };
        // What lies on these in turn must take away the same, unless it was set again in between.
        let unset = self.unset.iter().filter(|name| !merged.sets(name)).chain(&over.unset);
        merged.unset = unset.cloned().collect();
        merged
    }

    /// As they are asked: nothing is left to be taken away.
    #[must_use]
    pub fn settled(self) -> Params {
        Params { unset: BTreeSet::new(), ..self }
    }

    /// Whether a parameter is set.
    pub fn sets(&self, name: &str) -> bool {
        match name {
            "effort" => self.effort.is_some(),
            "extra" => !self.extra.is_empty(),
            "frequency_penalty" => self.frequency_penalty.is_some(),
            "logprobs" => self.logprobs.is_some(),
            "max_tokens" => self.max_tokens.is_some(),
            "presence_penalty" => self.presence_penalty.is_some(),
            "seed" => self.seed.is_some(),
            "service_tier" => self.service_tier.is_some(),
            "stop" => !self.stop.is_empty(),
            "temperature" => self.temperature.is_some(),
            "thinking_budget" => self.thinking_budget.is_some(),
            "top_k" => self.top_k.is_some(),
            "top_p" => self.top_p.is_some(),
            _ => false,
        }
    }

    fn without(&self, names: &BTreeSet<String>) -> Params {
        let mut params = self.clone();
        for name in names {
            match name.as_str() {
                "effort" => params.effort = None,
                "extra" => params.extra = Map::new(),
                "frequency_penalty" => params.frequency_penalty = None,
                "logprobs" => params.logprobs = None,
                "max_tokens" => params.max_tokens = None,
                "presence_penalty" => params.presence_penalty = None,
                "seed" => params.seed = None,
                "service_tier" => params.service_tier = None,
                "stop" => params.stop = Vec::new(),
                "temperature" => params.temperature = None,
                "thinking_budget" => params.thinking_budget = None,
                "top_k" => params.top_k = None,
                "top_p" => params.top_p = None,
                _ => {}
            }
        }
        params
    }
}

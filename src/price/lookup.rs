//! From a model's name to its price record, by the rules of the price data. Never by prefix, family or guess.

use std::sync::Arc;

use serde_json::Value;

use super::dialect::Dialect;
use super::names::Meaning;
use super::record::{Record, Zero};
use super::reported;
use super::resolution::{MatchKind, ModelPrice, Resolution};
use super::table::{PriceTable, Provider};
use super::{dates, facts::Mode, rates::Rates};

/// Providers that a bare name is tried with, in this order.
const BARE_NAME_ORDER: &[&str] =
    &["openai", "anthropic", "gemini", "mistral", "cohere", "deepseek", "xai", "perplexity", "voyage"];

/// A record, and how the name led to it.
pub(super) type Found = Option<(Arc<Record>, MatchKind)>;

/// Where a model string points.
enum Pointer<'t, 'm> {
    /// A provider, the name within it, and a region that the string itself names.
    At(&'t Provider, &'m str, Option<&'m str>),
    /// No provider is named.
    Bare(&'m str),
    /// Nothing that the price data knows.
    Nowhere,
}

impl PriceTable {
    /// Finds the price of a model.
    ///
    /// `provider` wins over prefixes in `model`; without it the longest known prefix decides, and a bare name is tried
    /// with the first-party vendors. `region` prefers a price of that region.
    pub fn resolve(&self, provider: Option<&str>, model: &str, region: Option<&str>) -> Resolution {
        let model = model.trim();
        let own_id = provider.map_or_else(|| model.to_owned(), |provider| format!("{}/{model}", provider.trim()));
        if let Some(record) = self.own(&own_id) {
            return Resolution::of(record, MatchKind::Exact);
        }
        let found = match self.meaning(provider, model) {
            Meaning::Itself => self.published(provider, model, region),
            Meaning::Model { kind, model } => self.behind(provider, kind, model, region),
            Meaning::Unknown => None,
        };
        found.map_or(Resolution::Unknown, |(record, matched)| Resolution::of(record, matched))
    }

    /// The record of a model by the name that the vendor gave it.
    pub(super) fn published(&self, provider: Option<&str>, model: &str, region: Option<&str>) -> Found {
        match self.locate(provider, model) {
            Pointer::At(provider, name, own_region) => self.search(provider, name, region.or(own_region)),
            Pointer::Bare(name) => self.bare(name, region).map(|(_, record)| (record, MatchKind::Exact)),
            Pointer::Nowhere => None,
        }
    }

    /// The shape of the usage objects of a model. `api` names one where a model is served through another vendor's API.
    pub fn dialect(&self, provider: Option<&str>, model: &str, api: Option<&str>) -> Dialect {
        if let Some(dialect) = api.and_then(Dialect::parse) {
            return dialect;
        }
        let Some(provider) = self.provider_of(provider, model) else { return Dialect::Compatible };
        let model = model.to_ascii_lowercase();
        let special = provider.dialect_by_model.iter().find(|(part, _)| model.contains(part.as_str()));
        special.map_or(provider.dialect, |(_, dialect)| *dialect)
    }

    /// What the provider says it charged for the request with this raw usage object, in USD; `None` where the provider
    /// does not document such a field.
    pub fn reported_cost(&self, provider: Option<&str>, model: &str, usage: &Value) -> Option<rust_decimal::Decimal> {
        reported::charge_stated(self.provider_of(provider, model)?.reported_cost.as_deref()?, usage)
    }

    /// Whether the provider of a model documents what it charges in its replies, so that a stated charge is the bill.
    pub fn reports_cost(&self, provider: Option<&str>, model: &str) -> bool {
        self.provider_of(provider, model).is_some_and(|provider| provider.reported_cost.is_some())
    }

    fn provider_of(&self, provider: Option<&str>, model: &str) -> Option<&Provider> {
        // A provider under a name of the user's is known by its kind.
        let kind = provider.and_then(|name| self.names().get(name.trim())).map(|names| names.kind.as_str());
        let provider = if self.provider(provider.unwrap_or_default()).is_none() { kind.or(provider) } else { provider };
        match self.locate(provider, model.trim()) {
            Pointer::At(provider, _, _) => Some(provider),
            Pointer::Bare(name) => self.bare(name, None).map(|(provider, _)| provider),
            Pointer::Nowhere => None,
        }
    }

    fn locate<'m>(&self, provider: Option<&str>, model: &'m str) -> Pointer<'_, 'm> {
        let Some(named) = provider else {
            if is_bedrock_arn(model) {
                return self.providers().get("bedrock").map_or(Pointer::Nowhere, |bedrock| in_arn(bedrock, model));
            }
            let longest = self
                .providers()
                .values()
                .filter_map(|provider| Some((provider, own_prefix(provider, model)?)))
                .max_by_key(|(_, prefix)| *prefix);
            return match longest {
                Some((provider, prefix)) => Pointer::At(provider, model.get(prefix..).unwrap_or(""), None),
                None => Pointer::Bare(model),
            };
        };
        let Some(provider) = self.provider(named.trim()) else { return Pointer::Nowhere };
        if provider.id == "bedrock" && is_bedrock_arn(model) {
            return in_arn(provider, model);
        }
        let stripped = own_prefix(provider, model).and_then(|prefix| model.get(prefix..));
        Pointer::At(provider, stripped.unwrap_or(model), None)
    }

    /// The provider with this id, or the one that is also called so (`google` is `gemini`).
    fn provider(&self, name: &str) -> Option<&Provider> {
        let id = name.to_ascii_lowercase();
        let by_prefix = || self.providers().values().find(|provider| provider.prefixes.contains(&format!("{id}/")));
        self.providers().get(&id).or_else(by_prefix)
    }

    fn search(&self, provider: &Provider, name: &str, region: Option<&str>) -> Option<(Arc<Record>, MatchKind)> {
        if let Some(record) = self.exact(provider, name, region) {
            return Some((record, MatchKind::Exact));
        }
        if is_fine_tuned(name) {
            return None;
        }
        if let Some(record) = dates::other_form(name).and_then(|other| self.exact(provider, &other, region)) {
            return Some((record, MatchKind::DateForm));
        }
        if let Some(record) = dates::without_date(name).and_then(|base| self.exact(provider, base, region)) {
            return Some((record, MatchKind::Snapshot));
        }
        // Names that end so run in the vendor's cloud, which is not free.
        let is_local = provider.local && !name.is_empty() && !name.to_ascii_lowercase().ends_with("-cloud");
        is_local.then(|| (Arc::new(free_record(&provider.id)), MatchKind::Local))
    }

    /// The record of exactly this name, in the region first; a fine-tuned model has the price of its base's fine-tunes.
    fn exact(&self, provider: &Provider, name: &str, region: Option<&str>) -> Option<Arc<Record>> {
        let named = |name: &str| {
            let in_region = region.and_then(|region| self.find(&format!("{}/{region}/{name}", provider.id)));
            in_region.or_else(|| self.find(&format!("{}/{name}", provider.id)))
        };
        named(name).or_else(|| named(&fine_tune_base(name)?))
    }

    fn bare(&self, name: &str, region: Option<&str>) -> Option<(&Provider, Arc<Record>)> {
        BARE_NAME_ORDER.iter().find_map(|id| {
            let provider = self.providers().get(*id)?;
            Some((provider, self.exact(provider, name, region)?))
        })
    }
}

impl Resolution {
    pub(super) fn of(record: Arc<Record>, matched: MatchKind) -> Resolution {
        let unverified = record.zero == Some(Zero::Unverified);
        let price = ModelPrice::new(record, matched);
        if unverified { Resolution::Unverified(price) } else { Resolution::Known(price) }
    }
}

/// Length of the provider's longest prefix that `model` starts with.
fn own_prefix(provider: &Provider, model: &str) -> Option<usize> {
    let starts = |prefix: &&String| model.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    provider.prefixes.iter().filter(starts).map(String::len).max()
}

fn is_bedrock_arn(model: &str) -> bool {
    const ARN: &str = "arn:aws:bedrock:";
    model.get(..ARN.len()).is_some_and(|head| head.eq_ignore_ascii_case(ARN))
}

/// Region and name of an ARN. An application inference profile has a user-chosen id that says nothing about the model.
fn in_arn<'t, 'm>(bedrock: &'t Provider, arn: &'m str) -> Pointer<'t, 'm> {
    if arn.to_ascii_lowercase().contains(":application-inference-profile/") {
        return Pointer::Nowhere;
    }
    match arn.rsplit_once('/') {
        Some((_, name)) => Pointer::At(bedrock, name, arn.split(':').nth(3).filter(|region| !region.is_empty())),
        None => Pointer::Nowhere,
    }
}

fn is_fine_tuned(name: &str) -> bool {
    name.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("ft:"))
}

/// `ft:BASE` of `ft:BASE:organisation:suffix:id`.
fn fine_tune_base(name: &str) -> Option<String> {
    let (base, _) = name.get(3..).filter(|_| is_fine_tuned(name))?.split_once(':')?;
    (!base.is_empty()).then(|| format!("ft:{base}"))
}

fn free_record(provider: &str) -> Record {
    Record {
        id: format!("{provider}/*"),
        mode: Mode::Chat,
        zero: Some(Zero::Free),
        rates: Rates::free(),
        ..Record::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(provider: Option<&str>, model: &str, region: Option<&str>) -> Option<(String, &'static str)> {
        let table = PriceTable::bundled().expect("bundled");
        match table.resolve(provider, model, region) {
            Resolution::Known(price) => Some((price.id().to_owned(), price.matched().word())),
            Resolution::Unverified(price) => Some((price.id().to_owned(), "unverified")),
            Resolution::Unknown => None,
        }
    }

    #[test]
    fn names_are_found_by_the_rules_and_nothing_else() {
        type Row<'a> = ((Option<&'a str>, &'a str, Option<&'a str>), Option<(&'a str, &'a str)>);
        let rows: &[Row] = &[
            ((Some("openai"), " GPT-4o ", None), Some(("openai/gpt-4o", "exact"))),
            ((Some("OpenAI"), "openai/gpt-4o", None), Some(("openai/gpt-4o", "exact"))),
            ((Some("google"), "gemini-2.5-pro", None), Some(("gemini/gemini-2.5-pro", "exact"))),
            ((Some("groq"), "openai/gpt-oss-120b", None), Some(("groq/openai/gpt-oss-120b", "exact"))),
            ((None, "openrouter/openai/gpt-5.4", None), Some(("openrouter/openai/gpt-5.4", "exact"))),
            (
                (None, "bedrock/converse/global.anthropic.claude-opus-5", None),
                Some(("bedrock/global.anthropic.claude-opus-5", "exact")),
            ),
            ((Some("azure"), "gpt-5", Some("eu")), Some(("azure/eu/gpt-5", "exact"))),
            ((Some("azure"), "gpt-5", Some("nowhere")), Some(("azure/gpt-5", "exact"))),
            ((Some("openai"), "gpt-5-20250807", None), Some(("openai/gpt-5-2025-08-07", "date_form"))),
            ((Some("openai"), "gpt-5.4-2027-01-15", None), Some(("openai/gpt-5.4", "snapshot"))),
            (
                (Some("openai"), "ft:gpt-4o-mini-2024-07-18:acme::x", None),
                Some(("openai/ft:gpt-4o-mini-2024-07-18", "exact")),
            ),
            ((Some("ollama"), "anything:7b", None), Some(("ollama/*", "local"))),
            ((Some("ollama"), "anything-cloud", None), None),
            ((Some("ollama"), "", None), None),
            // Neither another model's price, nor another provider's, nor a family's.
            ((Some("openai"), "gpt-4o-mega", None), None),
            ((Some("openai"), "ft:gpt-9:acme::x", None), None),
            ((Some("openai"), "ft:gpt-4o-mini-2024-07-18-20270101:acme::x", None), None),
            ((Some("openai"), "gpt-5-latest", None), None),
            ((Some("openai"), "claude-opus-5", None), None),
            ((Some("acme"), "gpt-4o", None), None),
            ((None, "acme/gpt-4o", None), None),
            ((None, "", None), None),
            ((None, "gpt-5.4-2027-01-15", None), None),
            ((None, "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", None), None),
            ((None, "arn:aws:bedrock:us-east-1:1:foundation-model", None), None),
        ];
        for ((provider, model, region), expected) in rows {
            let expected = expected.map(|(id, word)| (id.to_owned(), word));
            assert_eq!(found(*provider, model, *region), expected, "{provider:?} {model} {region:?}");
        }
    }

    #[test]
    fn dialects_follow_the_provider_the_model_and_the_api() {
        let table = PriceTable::bundled().expect("bundled");
        for (provider, model, api, dialect) in [
            (Some("vertex_ai"), "claude-opus-5", None, Dialect::Anthropic),
            (Some("vertex_ai"), "gemini-2.5-pro", None, Dialect::Gemini),
            (Some("azure_ai"), "Claude-Opus-5", None, Dialect::Anthropic),
            (Some("bedrock"), "x", Some("anthropic"), Dialect::Anthropic),
            (None, "GPT-4o", None, Dialect::OpenAi),
            (None, "deepseek/deepseek-v4-pro", None, Dialect::DeepSeek),
            (Some("my-server"), "llama", None, Dialect::Compatible),
            (None, "llama", None, Dialect::Compatible),
        ] {
            assert_eq!(table.dialect(provider, model, api), dialect, "{provider:?} {model}");
        }
    }
}

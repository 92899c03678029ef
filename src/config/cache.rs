//! `cache:` of `karat.yaml`: which kept replies answer, and how much of them is kept.

use std::time::Duration;

use super::embedding::embedding;
use super::settle::{Sources, show_option, show_ttl};
use super::value::{self, Placed, place_of};
use super::{Origin, Setting};
use crate::base::{Fields, Problems};
use crate::record::EmbeddingModel;

/// How long a stored reply answers an equal request when nobody says otherwise: 14 days.
const DEFAULT_TTL: Duration = Duration::from_secs(14 * 86_400);
/// How long a stored reply answers a similar question when nobody says otherwise: 7 days.
const DEFAULT_SEMANTIC_TTL: Duration = Duration::from_secs(7 * 86_400);
/// Least cosine of a hit when nobody says otherwise.
const DEFAULT_THRESHOLD: f64 = 0.95;
/// Questions that are kept when nobody says otherwise.
const DEFAULT_QUESTIONS: u64 = 100_000;
/// Share of the hits that are checked when nobody says otherwise.
const DEFAULT_VERIFY: f64 = 0.1;

/// Whether, how long and how many stored replies answer equal requests.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheConfig {
    /// Whether they do.
    pub enabled: Setting<bool>,
    /// How old a reply may be.
    pub ttl: Setting<Duration>,
    /// Most replies that may answer; those that were not used the longest stop answering first.
    pub max_entries: Setting<Option<u64>>,
    /// Most bytes of replies that may answer.
    pub max_size: Setting<Option<u64>>,
    /// Answers to similar questions.
    pub semantic: SemanticConfig,
}

/// Whether and when stored replies answer questions that mean nearly the same.
#[derive(Debug, Clone, PartialEq)]
pub struct SemanticConfig {
    /// Whether they do.
    pub enabled: Setting<bool>,
    /// The embedding model; without one, that of `embedding`.
    pub model: Setting<Option<EmbeddingModel>>,
    /// Least cosine of a hit, 0..=1.
    pub threshold: Setting<f64>,
    /// What is compared by meaning.
    pub compare: Setting<CompareWord>,
    /// How old a reply may be.
    pub ttl: Setting<Duration>,
    /// Most questions that are kept.
    pub max_entries: Setting<u64>,
    /// Share of the hits for which the model is asked all the same, 0..=1.
    pub verify: Setting<f64>,
    /// Whether it also answers cases that are asked several times.
    pub repeats: Setting<bool>,
}

/// What of a request is compared by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareWord {
    /// The last message of the user.
    LastUser,
    /// All messages but those of the system.
    Conversation,
}

impl CompareWord {
    /// Word and meaning, in one table.
    pub const ALL: &[(&'static str, CompareWord)] =
        &[("last_user", CompareWord::LastUser), ("conversation", CompareWord::Conversation)];

    /// Its word.
    pub fn word(self) -> &'static str {
        CompareWord::ALL.iter().find(|(_, compare)| *compare == self).map_or("last_user", |(word, _)| word)
    }
}

/// Which caches answer, as a flag says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheMode {
    /// None.
    Off,
    /// Replies to equal requests.
    Exact,
    /// Replies to equal requests, then to similar questions.
    Semantic,
}

/// What the file or an environment of it says.
#[derive(Default)]
pub(super) struct CacheLayer {
    enabled: Option<Placed<bool>>,
    ttl: Option<Placed<Duration>>,
    max_entries: Option<Placed<u64>>,
    max_size: Option<Placed<u64>>,
    semantic: SemanticLayer,
}

#[derive(Default)]
struct SemanticLayer {
    enabled: Option<Placed<bool>>,
    model: Option<Placed<EmbeddingModel>>,
    threshold: Option<Placed<f64>>,
    compare: Option<Placed<CompareWord>>,
    ttl: Option<Placed<Duration>>,
    max_entries: Option<Placed<u64>>,
    verify: Option<Placed<f64>>,
    repeats: Option<Placed<bool>>,
}

/// Reads `cache`.
pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> CacheLayer {
    let source = fields.source();
    let inner = fields.node("cache").and_then(|node| Fields::of(node, "`cache` mapping", source, problems));
    let Some(mut inner) = inner else { return CacheLayer::default() };
    let layer = CacheLayer {
        enabled: value::flag(&mut inner, "enabled", problems),
        ttl: value::duration(&mut inner, "ttl", problems),
        max_entries: count(&mut inner, problems),
        max_size: size(&mut inner, problems),
        semantic: read_semantic(&mut inner, problems),
    };
    inner.finish(problems);
    layer
}

fn read_semantic(fields: &mut Fields<'_>, problems: &mut Problems) -> SemanticLayer {
    let source = fields.source();
    let inner = fields.node("semantic").and_then(|node| Fields::of(node, "`semantic` mapping", source, problems));
    let Some(mut inner) = inner else { return SemanticLayer::default() };
    let layer = SemanticLayer {
        enabled: value::flag(&mut inner, "enabled", problems),
        model: embedding(&mut inner, "model", problems),
        threshold: share(&mut inner, "threshold", problems),
        compare: inner
            .choice("compare", CompareWord::ALL, problems)
            .map(|compare| (compare, place_of(&inner, "compare"))),
        ttl: value::duration(&mut inner, "ttl", problems),
        max_entries: count(&mut inner, problems),
        verify: share(&mut inner, "verify", problems),
        repeats: value::flag(&mut inner, "repeats", problems),
    };
    inner.finish(problems);
    layer
}

fn count(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Placed<u64>> {
    value::whole(fields, "max_entries", 1, u32::MAX, problems).map(|(most, place)| (u64::from(most), place))
}

fn share(fields: &mut Fields<'_>, name: &'static str, problems: &mut Problems) -> Option<Placed<f64>> {
    let number = fields.number(name, 0.0..=1.0, problems)?;
    Some((number, place_of(fields, name)))
}

fn size(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Placed<u64>> {
    let (text, place) = value::text(fields, "max_size", problems)?;
    match parse_size(&text) {
        Some(bytes) => Some((bytes, place)),
        None => {
            let message = format!("`{text}` is not a size; write a number with B, KB, MB or GB, such as `2GB`");
            fields.invalid("max_size", message, problems);
            None
        }
    }
}

/// Bytes of `2GB`, `500 MB`, `64KB`, `100B`: thousands, as disks are sold. `None` when it is no size, or zero.
fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_uppercase();
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1)];
    let (number, unit) = units.into_iter().find_map(|(word, unit)| Some((text.strip_suffix(word)?, unit)))?;
    let bytes = number.trim().parse::<u64>().ok()?.checked_mul(unit)?;
    (bytes > 0).then_some(bytes)
}

fn show_size(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    let unit = units.into_iter().find(|(unit, _)| bytes.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{bytes}B"), |(unit, word)| format!("{}{word}", bytes / unit))
}

impl Sources<'_> {
    pub(super) fn cache(&self) -> CacheConfig {
        let [overlay, base] = self.written(|layer| &layer.cache.max_entries);
        let max_entries = some([overlay, base]);
        let [overlay, base] = self.written(|layer| &layer.cache.max_size);
        let max_size = Setting::settle(
            [overlay, base].map(|given| given.map(|(bytes, origin)| (Some(bytes), origin))),
            None,
            |size| size.map_or_else(|| "—".to_owned(), show_size),
        );
        let flag = self.flags.cache_ttl.map(|ttl| (ttl, Origin::Flag("--cache-ttl")));
        let [overlay, base] = self.written(|layer| &layer.cache.ttl);
        let ttl = Setting::settle([flag, overlay, base], DEFAULT_TTL, show_ttl);
        let [overlay, base] = self.written(|layer| &layer.cache.enabled);
        let no_cache = self.flags.no_cache.then_some((false, Origin::Flag("--no-cache")));
        let flag = no_cache.or(self.flags.cache.map(|mode| (mode != CacheMode::Off, Origin::Flag("--cache"))));
        let enabled = Setting::settle([flag, overlay, base], true, ToString::to_string);
        CacheConfig { enabled, ttl, max_entries, max_size, semantic: self.semantic() }
    }

    fn semantic(&self) -> SemanticConfig {
        let [overlay, base] = self.written(|layer| &layer.cache.semantic.enabled);
        let no_cache = self.flags.no_cache.then_some((false, Origin::Flag("--no-cache")));
        let flag = no_cache.or(self.flags.cache.map(|mode| (mode == CacheMode::Semantic, Origin::Flag("--cache"))));
        let verify = self.flags.cache_verify.map(|share| (share, Origin::Flag("--cache-verify")));
        let [verify_overlay, verify_base] = self.written(|layer| &layer.cache.semantic.verify);
        SemanticConfig {
            enabled: Setting::settle([flag, overlay, base], false, ToString::to_string),
            model: some(self.written(|layer| &layer.cache.semantic.model)),
            threshold: Setting::settle(
                self.written(|layer| &layer.cache.semantic.threshold),
                DEFAULT_THRESHOLD,
                ToString::to_string,
            ),
            compare: Setting::settle(
                self.written(|layer| &layer.cache.semantic.compare),
                CompareWord::LastUser,
                |compare| compare.word().to_owned(),
            ),
            ttl: Setting::settle(self.written(|layer| &layer.cache.semantic.ttl), DEFAULT_SEMANTIC_TTL, show_ttl),
            max_entries: Setting::settle(
                self.written(|layer| &layer.cache.semantic.max_entries),
                DEFAULT_QUESTIONS,
                ToString::to_string,
            ),
            verify: Setting::settle([verify, verify_overlay, verify_base], DEFAULT_VERIFY, ToString::to_string),
            repeats: Setting::settle(self.written(|layer| &layer.cache.semantic.repeats), false, ToString::to_string),
        }
    }
}

fn some<T: std::fmt::Display>(candidates: [Option<(T, Origin)>; 2]) -> Setting<Option<T>> {
    let candidates = candidates.map(|given| given.map(|(value, origin)| (Some(value), origin)));
    Setting::settle(candidates, None, show_option)
}

impl CacheConfig {
    /// Key, value and origin of what was given or is on; for `-v`.
    pub(super) fn explain(&self) -> Vec<(String, String, String)> {
        fn row<T>(key: &str, setting: &Setting<T>, shown: String) -> (String, String, String) {
            (format!("cache.{key}"), shown, setting.told())
        }
        let semantic = &self.semantic;
        let mut rows = vec![
            row("enabled", &self.enabled, self.enabled.value.to_string()),
            row("ttl", &self.ttl, show_ttl(&self.ttl.value)),
        ];
        if self.max_entries.value.is_some() {
            rows.push(row("max_entries", &self.max_entries, show_option(&self.max_entries.value)));
        }
        if let Some(bytes) = self.max_size.value {
            rows.push(row("max_size", &self.max_size, show_size(bytes)));
        }
        if semantic.enabled.value {
            rows.extend([
                row("semantic.enabled", &semantic.enabled, "true".to_owned()),
                row("semantic.model", &semantic.model, show_option(&semantic.model.value)),
                row("semantic.threshold", &semantic.threshold, semantic.threshold.value.to_string()),
                row("semantic.compare", &semantic.compare, semantic.compare.value.word().to_owned()),
                row("semantic.ttl", &semantic.ttl, show_ttl(&semantic.ttl.value)),
                row("semantic.max_entries", &semantic.max_entries, semantic.max_entries.value.to_string()),
                row("semantic.verify", &semantic.verify, semantic.verify.value.to_string()),
                row("semantic.repeats", &semantic.repeats, semantic.repeats.value.to_string()),
            ]);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Env, Overrides};

    fn load(text: &str, flags: &Overrides) -> (Config, Problems) {
        let folder = tempfile::tempdir().expect("temp");
        std::fs::write(folder.path().join("karat.yaml"), text).expect("write");
        let mut problems = Problems::new();
        (Config::load(folder.path(), &Env::default(), flags, &mut problems), problems)
    }

    #[test]
    fn everything_has_a_default_and_the_semantic_cache_is_off() {
        let (config, _) = load("calls: live\n", &Overrides::default());
        let cache = &config.cache;
        assert_eq!((cache.enabled.value, cache.max_entries.value, cache.max_size.value), (true, None, None));
        let semantic = &cache.semantic;
        assert_eq!((semantic.enabled.value, semantic.threshold.value, semantic.verify.value), (false, 0.95, 0.1));
        assert_eq!((semantic.max_entries.value, semantic.compare.value), (100_000, CompareWord::LastUser));
    }

    #[test]
    fn caps_and_the_semantic_cache_are_read_and_flags_beat_them() {
        let text = "cache:\n  max_entries: 5\n  max_size: 2GB\n  semantic: {enabled: true, model: openai/m, \
                    threshold: 0.9, ttl: 1d, max_entries: 7, verify: 1.0, compare: conversation, repeats: true}\n";
        let (config, problems) = load(text, &Overrides::default());
        assert!(problems.is_empty(), "{}", problems.render(false));
        let cache = &config.cache;
        assert_eq!((cache.max_entries.value, cache.max_size.value), (Some(5), Some(2_000_000_000)));
        let semantic = &cache.semantic;
        assert_eq!(semantic.model.value.as_ref().map(ToString::to_string).as_deref(), Some("openai/m"));
        assert_eq!((semantic.enabled.value, semantic.threshold.value, semantic.max_entries.value), (true, 0.9, 7));
        assert_eq!((semantic.compare.value, semantic.repeats.value), (CompareWord::Conversation, true));
        let modes = [CacheMode::Off, CacheMode::Exact, CacheMode::Semantic].map(|mode| {
            let flags = Overrides { cache: Some(mode), cache_verify: Some(0.5), ..Overrides::default() };
            let cache = load(text, &flags).0.cache;
            (cache.enabled.value, cache.semantic.enabled.value, cache.semantic.verify.value)
        });
        assert_eq!(modes, [(false, false, 0.5), (true, false, 0.5), (true, true, 0.5)]);
        let none = load(text, &Overrides { no_cache: true, ..Overrides::default() }).0.cache;
        assert_eq!((none.enabled.value, none.semantic.enabled.value), (false, false));
    }

    #[test]
    fn sizes_have_units() {
        let sizes = ["2GB", "500 MB", "64kb", "100B", "0MB", "5", "1.5GB", "-1B"].map(parse_size);
        let wanted = [Some(2_000_000_000), Some(500_000_000), Some(64_000), Some(100), None, None, None, None];
        assert_eq!(sizes, wanted);
        assert_eq!([2_000_000_000, 1_500_000, 12].map(show_size), ["2GB", "1500KB", "12B"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, wanted) in [
            ("cache: {max_size: big}\n", "is not a size"),
            ("cache: {semantic: {threshold: 1.5}}\n", "threshold"),
            ("cache: {semantic: {compare: words}}\n", "one of last_user, conversation"),
            ("cache: {semantic: {modle: openai/m}}\n", "model"),
            ("cache: {max_entries: 0}\n", "max_entries"),
        ] {
            let (_, problems) = load(text, &Overrides::default());
            let shown = problems.render(false);
            let is_told = problems.error_count() == 1 && shown.contains(wanted) && shown.contains("karat.yaml:1:");
            assert!(is_told, "{shown}");
        }
    }
}

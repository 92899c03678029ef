//! Price classes of tokens, and rates by class.

use rust_decimal::Decimal;
use serde::Deserialize;

use crate::record::Usage;

/// A class of tokens with a rate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    CacheReadAudio,
    CacheRead,
    CacheWrite,
    CacheWrite1h,
    CacheWrite12h,
    InputAudio,
    InputImage,
    Input,
    Reasoning,
    OutputAudio,
    OutputImage,
    Output,
    Citation,
}

/// What one million tokens of each class cost, in USD; `None` is "not stated", which is not zero.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rates {
    pub(super) input: Option<Decimal>,
    pub(super) output: Option<Decimal>,
    pub(super) cache_read: Option<Decimal>,
    pub(super) cache_read_explicit: Option<Decimal>,
    pub(super) cache_write: Option<Decimal>,
    pub(super) cache_write_1h: Option<Decimal>,
    pub(super) cache_write_12h: Option<Decimal>,
    pub(super) reasoning: Option<Decimal>,
    pub(super) citation: Option<Decimal>,
    pub(super) input_audio: Option<Decimal>,
    pub(super) output_audio: Option<Decimal>,
    pub(super) cache_read_audio: Option<Decimal>,
    pub(super) cache_write_audio: Option<Decimal>,
    pub(super) input_image: Option<Decimal>,
    pub(super) output_image: Option<Decimal>,
    pub(super) cache_read_image: Option<Decimal>,
    pub(super) input_video: Option<Decimal>,
    pub(super) output_video: Option<Decimal>,
}

impl Class {
    /// All classes, in the order in which a bill lists them, with their names in bills and price data.
    pub(super) const ALL: &[(Class, &str)] = &[
        (Class::CacheReadAudio, "cache_read_audio"),
        (Class::CacheRead, "cache_read"),
        (Class::CacheWrite, "cache_write"),
        (Class::CacheWrite1h, "cache_write_1h"),
        (Class::CacheWrite12h, "cache_write_12h"),
        (Class::InputAudio, "input_audio"),
        (Class::InputImage, "input_image"),
        (Class::Input, "input"),
        (Class::Reasoning, "reasoning"),
        (Class::OutputAudio, "output_audio"),
        (Class::OutputImage, "output_image"),
        (Class::Output, "output"),
        (Class::Citation, "citation"),
    ];

    /// The tokens of this class in `usage`.
    pub(super) fn count(self, usage: &Usage) -> Option<u64> {
        match self {
            Class::CacheReadAudio => usage.cache_read_audio,
            Class::CacheRead => usage.cache_read,
            Class::CacheWrite => usage.cache_write,
            Class::CacheWrite1h => usage.cache_write_1h,
            Class::CacheWrite12h => usage.cache_write_12h,
            Class::InputAudio => usage.input_audio,
            Class::InputImage => usage.input_image,
            Class::Input => usage.input,
            Class::Reasoning => usage.reasoning,
            Class::OutputAudio => usage.output_audio,
            Class::OutputImage => usage.output_image,
            Class::Output => usage.output,
            Class::Citation => usage.citation,
        }
    }

    /// The class whose rate stands in where this one's is not stated; `None` where nothing does.
    pub(super) fn fallback(self) -> Option<Class> {
        match self {
            Class::CacheReadAudio => Some(Class::CacheRead),
            Class::CacheRead | Class::CacheWrite | Class::InputAudio | Class::InputImage => Some(Class::Input),
            Class::CacheWrite1h | Class::CacheWrite12h => Some(Class::CacheWrite),
            Class::Reasoning | Class::OutputAudio | Class::OutputImage => Some(Class::Output),
            Class::Input | Class::Output | Class::Citation => None,
        }
    }

    /// Input or output, whichever this class is a part of; `None` for what is neither.
    pub(super) fn side(self) -> Option<Class> {
        match self {
            Class::CacheReadAudio
            | Class::CacheRead
            | Class::CacheWrite
            | Class::CacheWrite1h
            | Class::CacheWrite12h
            | Class::InputAudio
            | Class::InputImage
            | Class::Input => Some(Class::Input),
            Class::Reasoning | Class::OutputAudio | Class::OutputImage | Class::Output => Some(Class::Output),
            Class::Citation => None,
        }
    }
}

impl Rates {
    /// The rate stated for `class`, without any fallback.
    pub(super) fn stated(&self, class: Class) -> Option<Decimal> {
        match class {
            Class::CacheReadAudio => self.cache_read_audio,
            Class::CacheRead => self.cache_read,
            Class::CacheWrite => self.cache_write,
            Class::CacheWrite1h => self.cache_write_1h,
            Class::CacheWrite12h => self.cache_write_12h,
            Class::InputAudio => self.input_audio,
            Class::InputImage => self.input_image,
            Class::Input => self.input,
            Class::Reasoning => self.reasoning,
            Class::OutputAudio => self.output_audio,
            Class::OutputImage => self.output_image,
            Class::Output => self.output,
            Class::Citation => self.citation,
        }
    }

    /// Rates of a model that costs nothing.
    pub(super) fn free() -> Rates {
        Rates { input: Some(Decimal::ZERO), output: Some(Decimal::ZERO), ..Rates::default() }
    }
}

//! A setting: its value, where it comes from, and what it beat.

use std::fmt;

use serde::Serialize;

use super::Env;
use crate::base::Place;

/// Where replies come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallMode {
    /// The providers are called.
    Live,
    /// Recorded replies only; the network is never touched.
    Replay,
    /// The providers are called and their replies recorded.
    Record,
}

impl CallMode {
    /// Word, mode and meaning, in one table.
    pub const ALL: &[(&str, CallMode, &str)] = &[
        ("live", CallMode::Live, "call the providers"),
        ("replay", CallMode::Replay, "answer from recorded replies, never touch the network"),
        ("record", CallMode::Record, "call the providers and record their replies"),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        CallMode::ALL.iter().find(|(_, mode, _)| *mode == self).map_or("live", |(word, _, _)| word)
    }

    /// The mode of a word.
    pub fn parse(word: &str) -> Option<CallMode> {
        CallMode::ALL.iter().find(|(known, _, _)| *known == word).map(|(_, mode, _)| *mode)
    }
}

/// What happens when a model does not take a part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnRejected {
    /// It is an error before the first call.
    Error,
    /// It is left out, or the provider is left to refuse it.
    Drop,
}

impl OnRejected {
    /// Word and choice, in one table.
    pub const ALL: &[(&str, OnRejected)] = &[("error", OnRejected::Error), ("drop", OnRejected::Drop)];

    /// Its word.
    pub fn word(self) -> &'static str {
        OnRejected::ALL.iter().find(|(_, choice)| *choice == self).map_or("error", |(word, _)| word)
    }
}

/// Which source gave a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A command line flag, such as `--concurrency`.
    Flag(&'static str),
    /// An environment variable, such as `KARAT_CONCURRENCY`.
    Env(&'static str),
    /// A variable that `.env` sets.
    DotEnv(&'static str),
    /// `karat.yaml`, at this place.
    File(Place),
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// That of a variable of the environment.
    pub(super) fn of_variable(name: &'static str, env: &Env) -> Origin {
        if env.is_from_dotenv(name) { Origin::DotEnv(name) } else { Origin::Env(name) }
    }

    /// The place in `karat.yaml`, when it was given there.
    pub fn place(&self) -> Option<&Place> {
        if let Origin::File(place) = self { Some(place) } else { None }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag(name) => write!(f, "flag {name}"),
            Origin::Env(name) => write!(f, "environment variable {name}"),
            Origin::DotEnv(name) => write!(f, "{name} in .env"),
            Origin::File(place) => f.write_str(&place.pointer()),
            Origin::Default => f.write_str("default"),
        }
    }
}

/// A value that was given and lost against a stronger source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beaten {
    /// Who gave it.
    pub origin: Origin,
    /// The value, as shown to people.
    pub value: String,
}

/// A value that counts, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who gave it.
    pub origin: Origin,
    /// Who else gave one, strongest first; defaults are not listed.
    pub beat: Vec<Beaten>,
}

impl<T> Setting<T> {
    /// A value that nobody gave.
    pub fn default_of(value: T) -> Setting<T> {
        Setting { value, origin: Origin::Default, beat: Vec::new() }
    }

    /// The first candidate that was given, else `default`. Candidates come strongest first.
    pub(super) fn settle(
        candidates: impl IntoIterator<Item = Option<(T, Origin)>>,
        default: T,
        show: impl Fn(&T) -> String,
    ) -> Setting<T> {
        let mut given = candidates.into_iter().flatten();
        let Some((value, origin)) = given.next() else {
            return Setting::default_of(default);
        };
        let beat = given.map(|(value, origin)| Beaten { origin, value: show(&value) }).collect();
        Setting { value, origin, beat }
    }

    /// Where it comes from and what it beat, in one phrase for `-v`.
    pub fn told(&self) -> String {
        let mut text = self.origin.to_string();
        for (index, beaten) in self.beat.iter().enumerate() {
            text.push_str(if index == 0 { ", beats " } else { ", " });
            text.push_str(&format!("`{}` from {}", beaten.value, beaten.origin));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_source_wins_and_names_whom_it_beat() {
        let place = Place::of_file(std::path::Path::new("karat.yaml"));
        let setting = Setting::settle(
            [None, Some((7, Origin::Env("KARAT_CONCURRENCY"))), Some((3, Origin::File(place)))],
            1,
            ToString::to_string,
        );
        assert_eq!(setting.value, 7);
        assert_eq!(setting.told(), "environment variable KARAT_CONCURRENCY, beats `3` from karat.yaml");
        assert_eq!(Setting::settle([None], 1, ToString::to_string), Setting::default_of(1));
    }

    #[test]
    fn call_modes_have_words() {
        for (word, mode, _) in CallMode::ALL {
            assert_eq!(CallMode::parse(word), Some(*mode));
            assert_eq!(mode.word(), *word);
        }
        assert_eq!(CallMode::parse("Live"), None);
    }
}

//! Names and ids, valid by type once parsed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::Timestamp;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("{what} is empty")]
    Empty {
        /// What was being parsed.
        what: &'static str,
    },
    /// A character that is not allowed.
    #[error("`{text}` is not a valid {what}: {rule}")]
    Invalid {
        /// What was being parsed.
        what: &'static str,
        /// What was given.
        text: String,
        /// What is allowed.
        rule: &'static str,
    },
}

macro_rules! text_id {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                $name::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<$name, IdError> {
                $name::parse(text)
            }
        }
    };
}

/// Names that Windows gives to devices, whatever ending follows.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// Name of a prompt, suite or provider, safe as a path segment: letters, digits, `-`, `_`, `.`; 1 to 100 characters;
/// not starting with a dot or dash, not ending with a dot, and no name of a device of Windows (`con`, `lpt1.txt`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeName(Arc<str>);
text_id!(SafeName);

impl SafeName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`IdError`] when it is empty, too long or has other characters.
    pub fn parse(text: &str) -> Result<SafeName, IdError> {
        const RULE: &str = "use letters, digits, `-`, `_` and `.`, at most 100, starting with a letter or digit";
        if text.is_empty() {
            return Err(IdError::Empty { what: "name" });
        }
        let ok = text.len() <= 100
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if ok && (text.ends_with('.') || is_device(text)) {
            const RULE: &str = "Windows cannot have a file of this name, and a project is to work everywhere";
            return Err(IdError::Invalid { what: "name", text: text.to_owned(), rule: RULE });
        }
        if ok {
            return Ok(SafeName(Arc::from(text)));
        }
        Err(IdError::Invalid { what: "name", text: text.chars().take(120).collect(), rule: RULE })
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let port = stem.strip_prefix("com").or(stem.strip_prefix("lpt"));
    let is_port = port.is_some_and(|rest| rest.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit()));
    is_port || DEVICES.contains(&stem.as_str())
}

/// Id of a case within its suite: any visible text without line breaks, at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId(Arc<str>);
text_id!(CaseId);

impl CaseId {
    /// Parses a case id.
    ///
    /// # Errors
    /// [`IdError`] when it is empty, longer than 200 characters, has control characters or outer spaces.
    pub fn parse(text: &str) -> Result<CaseId, IdError> {
        const RULE: &str = "at most 200 characters, no control characters, no spaces around it";
        if text.is_empty() {
            return Err(IdError::Empty { what: "case id" });
        }
        let ok = text.chars().count() <= 200 && !text.chars().any(char::is_control) && text.trim() == text;
        if ok {
            return Ok(CaseId(Arc::from(text)));
        }
        Err(IdError::Invalid { what: "case id", text: text.chars().take(120).collect(), rule: RULE })
    }
}

/// Id of a run: UTC time and four random letters, such as `20261121-143000-k3fw`. Sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(Arc<str>);
text_id!(RunId);

impl RunId {
    /// A new id for `now`; `entropy` makes it unique among runs of the same second.
    pub fn new(now: Timestamp, entropy: u32) -> RunId {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let stamp: String = now.to_rfc3339().chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
        let mut text = stamp.replace('T', "-");
        text.push('-');
        for place in 0..4 {
            let index = usize::try_from((entropy >> (5 * place)) & 31).unwrap_or(0);
            text.push(LETTERS.get(index).copied().map_or('a', char::from));
        }
        RunId(Arc::from(text))
    }

    /// Parses a run id, or the start of one where the store completes it.
    ///
    /// # Errors
    /// [`IdError`] when it is empty or has other characters than an id can have.
    pub fn parse(text: &str) -> Result<RunId, IdError> {
        const RULE: &str = "run ids look like `20261121-143000-k3fw`; `karat eval list` shows them";
        if text.is_empty() {
            return Err(IdError::Empty { what: "run id" });
        }
        if text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Ok(RunId(Arc::from(text)));
        }
        Err(IdError::Invalid { what: "run id", text: text.chars().take(60).collect(), rule: RULE })
    }
}

/// `provider/model` as users write it, such as `openai/gpt-5.4-mini`. The provider is a wire or a name from `karat.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelRef {
    /// The provider's name.
    pub provider: SafeName,
    /// What its API calls the model; may itself contain slashes.
    pub model: String,
}

impl ModelRef {
    /// Parses `provider/model`, or the name of one of `apps` alone: a user's application has no models, or chooses one
    /// itself. Its model is then called [`ModelRef::DEFAULT`].
    ///
    /// # Errors
    /// As [`ModelRef::parse`].
    pub fn parse_among<S: AsRef<str>>(text: &str, apps: &[S]) -> Result<ModelRef, IdError> {
        if apps.iter().any(|app| app.as_ref() == text) {
            let provider = SafeName::parse(text)?;
            return Ok(ModelRef { provider, model: ModelRef::DEFAULT.to_owned() });
        }
        ModelRef::parse(text)
    }

    /// The model of an application that is named alone.
    pub const DEFAULT: &str = "default";

    /// Parses `provider/model`; the first slash separates.
    ///
    /// # Errors
    /// [`IdError`] when there is no slash or a part is empty.
    pub fn parse(text: &str) -> Result<ModelRef, IdError> {
        const RULE: &str = "write `provider/model`, such as `openai/gpt-5.4-mini`";
        let wrong = || IdError::Invalid { what: "model", text: text.chars().take(120).collect(), rule: RULE };
        let (provider, model) = text.split_once('/').ok_or_else(wrong)?;
        let sound = !model.is_empty() && !model.chars().any(|c| c.is_control() || c.is_whitespace());
        if !sound {
            return Err(wrong());
        }
        Ok(ModelRef { provider: SafeName::parse(provider).map_err(|_| wrong())?, model: model.to_owned() })
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

impl FromStr for ModelRef {
    type Err = IdError;
    fn from_str(text: &str) -> Result<ModelRef, IdError> {
        ModelRef::parse(text)
    }
}

impl Serialize for ModelRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModelRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ModelRef, D::Error> {
        ModelRef::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_folder() {
        for bad in ["", ".", "..", "../x", "a/b", "a b", "-x", ".git", "é"] {
            assert!(SafeName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(SafeName::parse("code-review.v2").map(|n| n.to_string()), Ok("code-review.v2".to_owned()));
    }

    #[test]
    fn names_are_files_on_every_system() {
        for bad in ["con", "CON", "nul.v2", "Aux", "prn", "com1", "LPT9.x", "a.", "a.b."] {
            assert!(SafeName::parse(bad).is_err(), "{bad}");
        }
        for good in ["console", "com", "com10", "comb", "a.con", "nul-1", "lpt"] {
            assert!(SafeName::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn models_split_at_the_first_slash() {
        let model = ModelRef::parse("openrouter/openai/gpt-5").expect("valid");
        assert_eq!((model.provider.as_str(), model.model.as_str()), ("openrouter", "openai/gpt-5"));
        let app = ModelRef::parse_among("my-app", &["my-app"]).expect("an application");
        assert_eq!(app, ModelRef::parse("my-app/default").expect("valid"));
        assert!(ModelRef::parse_among("other", &["my-app"]).is_err());
        for bad in ["gpt-5", "/x", "x/", "a/b c"] {
            assert!(ModelRef::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn run_ids_sort_by_time() {
        let early = RunId::new(Timestamp(1_795_271_400_000), u32::MAX);
        let late = RunId::new(Timestamp(1_795_271_401_000), 0);
        assert_eq!(early.as_str(), "20261121-143000-9999");
        assert!(early < late);
        assert_eq!(RunId::parse(late.as_str()), Ok(late));
    }

    #[test]
    fn case_ids_allow_unicode_and_refuse_control_characters() {
        assert!(CaseId::parse("größe 1/2").is_ok());
        assert!(CaseId::parse(" x").is_err() && CaseId::parse("a\nb").is_err() && CaseId::parse("").is_err());
    }
}

//! Which parameters a model takes (reference §2.8): sending a wrong one is a 400.

use std::borrow::Cow;

use crate::record::Effort;

/// Families of models that differ in their parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::provider::wire) enum Family {
    /// gpt-4o, gpt-4.1, gpt-3.5, `*-chat-latest`: sampling, no effort.
    Classic,
    /// o1, o3, o4-mini.
    OSeries,
    /// gpt-5, -mini, -nano.
    Gpt5,
    /// gpt-5.1 and later 5.x: sampling with effort `none` only.
    Gpt5Point,
    /// gpt-6 and later.
    Gpt6,
    /// Not an OpenAI name: the server knows its own rules, everything is passed on.
    Foreign,
}

impl Family {
    /// The family of a model name; a vendor prefix (`openai/…`) and a fine-tuning prefix (`ft:…`) are looked through.
    pub(in crate::provider::wire) fn of(model: &str) -> Family {
        let name = model.rsplit('/').next().unwrap_or(model);
        let name = lowercase(name.strip_prefix("ft:").unwrap_or(name));
        if name.ends_with("chat-latest") || name.starts_with("chatgpt-") {
            return Family::Classic;
        }
        if let Some(rest) = name.strip_prefix('o') {
            return if rest.starts_with(|c: char| c.is_ascii_digit()) { Family::OSeries } else { Family::Foreign };
        }
        let Some(version) = name.strip_prefix("gpt-") else { return Family::Foreign };
        let major: String = version.chars().take_while(char::is_ascii_digit).collect();
        let Ok(major_number) = major.parse::<u32>() else { return Family::Foreign };
        let has_point = version.get(major.len()..).is_some_and(|rest| rest.starts_with('.'));
        match (major_number, has_point) {
            // `gpt-5-chat` is the chat-tuned model: it samples and does not reason.
            _ if major_number >= 5 && version.contains("-chat") => Family::Classic,
            (0..=4, _) => Family::Classic,
            (5, false) => Family::Gpt5,
            (5, true) => Family::Gpt5Point,
            _ => Family::Gpt6,
        }
    }

    /// Whether it thinks before it answers.
    pub(in crate::provider::wire) fn reasons(self) -> bool {
        match self {
            Family::OSeries | Family::Gpt5 | Family::Gpt5Point | Family::Gpt6 => true,
            Family::Classic | Family::Foreign => false,
        }
    }

    /// Whether `temperature` and `top_p` are accepted with this effort.
    pub(in crate::provider::wire) fn samples(self, effort: Option<Effort>) -> bool {
        match self {
            Family::Classic | Family::Foreign => true,
            Family::Gpt5Point => effort == Some(Effort::None),
            Family::OSeries | Family::Gpt5 | Family::Gpt6 => false,
        }
    }

    /// The nearest effort that is accepted; `None` when the family has no effort at all.
    pub(in crate::provider::wire) fn effort(self, wanted: Effort) -> Option<Effort> {
        match (self, wanted) {
            (Family::Classic, _) => None,
            (Family::OSeries, Effort::None | Effort::Minimal) => Some(Effort::Low),
            (Family::OSeries | Family::Gpt5, Effort::Xhigh | Effort::Max) => Some(Effort::High),
            (Family::Gpt5, Effort::None) => Some(Effort::Minimal),
            (Family::Gpt6, Effort::Minimal) => Some(Effort::Low),
            (Family::OSeries | Family::Gpt5 | Family::Gpt5Point | Family::Gpt6 | Family::Foreign, other) => Some(other),
        }
    }
}

/// A name in lower case, as almost all are written.
fn lowercase(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether a model takes explicit marks for its prompt cache: gpt-5.6 and later. Earlier ones refuse them.
pub(in crate::provider::wire) fn takes_marks(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = lowercase(name.strip_prefix("ft:").unwrap_or(name));
    let Some(version) = name.strip_prefix("gpt-") else { return false };
    let mut numbers = version.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or("").split('.');
    let mut number = || numbers.next().and_then(|part| part.parse::<u32>().ok());
    match (number(), number()) {
        (Some(5), Some(minor)) => minor >= 6,
        (Some(major), _) => major >= 6,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_follow_from_names() {
        let cases = [
            ("gpt-4o-mini", Family::Classic),
            ("gpt-4.1", Family::Classic),
            ("gpt-3.5-turbo", Family::Classic),
            ("gpt-5-chat-latest", Family::Classic),
            ("gpt-5.1-chat-latest", Family::Classic),
            ("o1", Family::OSeries),
            ("o3-mini", Family::OSeries),
            ("o4-mini-2025-04-16", Family::OSeries),
            ("gpt-5-mini", Family::Gpt5),
            ("openai/gpt-5", Family::Gpt5),
            ("gpt-5.1", Family::Gpt5Point),
            ("gpt-6-nano", Family::Gpt6),
            ("gpt-10", Family::Gpt6),
            ("ft:gpt-4o:acme", Family::Classic),
            ("gpt-oss-120b", Family::Foreign),
            ("llama-3", Family::Foreign),
            ("omni", Family::Foreign),
            ("o", Family::Foreign),
        ];
        for (model, family) in cases {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }

    #[test]
    fn cache_marks_begin_with_gpt_5_6() {
        for model in ["gpt-5.6", "gpt-5.6-mini", "gpt-5.10", "gpt-6", "openai/gpt-6-nano", "ft:gpt-5.6:acme"] {
            assert!(takes_marks(model), "{model}");
        }
        for model in ["gpt-5", "gpt-5.5", "gpt-5-mini", "gpt-4.9", "gpt-4o", "o3", "gpt-oss-120b", "llama-6", "gpt-"] {
            assert!(!takes_marks(model), "{model}");
        }
    }
}

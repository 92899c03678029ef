//! What of a request is compared by meaning, and what must be equal.

use crate::base::{Digest, DigestBuilder};
use crate::record::{ChatRequest, EmbeddingModel, Message, Part, Role};

/// What is compared by meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compare {
    /// The text of the last message of the user.
    LastUser,
    /// All texts but those of the system, with who says them.
    Conversation,
}

impl Compare {
    /// Word and meaning, in one table.
    pub const ALL: &[(&'static str, Compare)] =
        &[("last_user", Compare::LastUser), ("conversation", Compare::Conversation)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Compare::ALL.iter().find(|(_, compare)| *compare == self).map_or("last_user", |(word, _)| word)
    }

    /// The text that is compared, and the request without it: number and kinds of messages and parts stay. `None` when
    /// there is no such text.
    pub(super) fn split(self, request: &ChatRequest) -> Option<(String, ChatRequest)> {
        let mut rest = request.clone();
        let text = match self {
            Compare::LastUser => {
                let last = rest.messages.iter_mut().rev().find(|message| message.role == Role::User)?;
                take_text(last)
            }
            Compare::Conversation => {
                let said = rest.messages.iter_mut().filter(|message| message.role != Role::System);
                let said = said.map(|message| (message.role, take_text(message)));
                let lines = said.filter(|(_, text)| !text.is_empty());
                lines.map(|(role, text)| format!("{}: {text}", role.word())).collect::<Vec<_>>().join("\n\n")
            }
        };
        (!text.trim().is_empty()).then_some((text, rest))
    }
}

fn take_text(message: &mut Message) -> String {
    let text = message.joined_text();
    for part in &mut message.parts {
        if let Part::Text(text) = part {
            text.clear();
        }
    }
    text
}

/// Of everything that must be equal. `rest` is the cache key of the request without the text that is compared: provider,
/// server, model, system text, parameters, tools, output format, images, the other messages.
pub(super) fn scope(rest: &Digest, model: &EmbeddingModel, endpoint: &str, compare: Compare) -> Digest {
    DigestBuilder::new("semantic")
        .part(rest.as_bytes())
        .part(model.to_string().as_bytes())
        .part(endpoint.as_bytes())
        .part(compare.word().as_bytes())
        .finish()
}

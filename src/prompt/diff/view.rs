//! A prompt's parts, to look at: messages as written, partials, and everything that its digest is made of.

use serde_json::Value;

use super::super::language::text::TemplateText;
use super::super::ready::Prompt;
use super::super::written::definition::{MessageText, PartText};
use super::super::written::identity::content;
use super::super::written::media::MediaSource;
use super::super::written::tooling::Tooling;
use crate::base::Digest;
use crate::record::{CacheTtl, Media, Role};

/// A message as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageView<'p> {
    /// Who speaks.
    pub role: Role,
    /// Its parts, in order.
    pub parts: Vec<PartView<'p>>,
    /// How long it is asked to be cached up to here.
    pub cache: Option<CacheTtl>,
}

/// One part of a message as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartView<'p> {
    /// Text, with its tags.
    Text(&'p str),
    /// An image.
    Image(MediaView<'p>),
    /// A document.
    File {
        /// Its name.
        name: &'p str,
        /// Its content.
        media: MediaView<'p>,
    },
    /// A call of a tool.
    ToolCall {
        /// Its id.
        id: &'p str,
        /// The tool.
        name: &'p str,
        /// A template of JSON text.
        arguments: &'p str,
    },
    /// The result of a call.
    ToolResult {
        /// Of the call.
        id: &'p str,
        /// Whether the tool failed.
        is_error: bool,
        /// Text, with its tags.
        text: &'p str,
    },
}

/// Where an image or document comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaView<'p> {
    /// A template that renders to a URL.
    Template(&'p str),
    /// A URL.
    Url(&'p str),
    /// A file of the project.
    File {
        /// Its MIME type.
        mime: &'p str,
        /// Of its content, as it is sent.
        digest: Digest,
    },
}

impl Prompt {
    /// Its messages as written, in order.
    pub fn message_views(&self) -> Vec<MessageView<'_>> {
        self.definition.messages.iter().map(message_view).collect()
    }

    /// What it offers of tools.
    pub fn tooling(&self) -> &Tooling {
        &self.definition.tooling
    }

    /// Text that much of the answer is expected to equal, with its tags.
    pub fn prediction(&self) -> Option<&str> {
        self.definition.prediction.as_ref().map(TemplateText::as_str)
    }

    /// Names and texts of the partials that it uses, directly or not, by name.
    pub fn partial_texts(&self) -> Vec<(&str, &str)> {
        self.compiled.partials.iter().map(|(name, partial)| (name.as_str(), partial.text.as_str())).collect()
    }

    /// Everything that its digest is made of, as a JSON object.
    pub fn identity(&self) -> Value {
        content(&self.definition, &self.compiled.partials, &self.variables, self.shots.as_ref())
    }
}

fn message_view(message: &MessageText) -> MessageView<'_> {
    let parts = message.parts.iter().map(part_view).collect();
    MessageView { role: message.role, parts, cache: message.cache }
}

fn part_view(part: &PartText) -> PartView<'_> {
    match part {
        PartText::Text(text) => PartView::Text(text.as_str()),
        PartText::Image(source) => PartView::Image(media_view(source)),
        PartText::File { name, media } => PartView::File { name, media: media_view(media) },
        PartText::ToolCall { id, name, arguments } => PartView::ToolCall { id, name, arguments: arguments.as_str() },
        PartText::ToolResult { id, is_error, text } => {
            PartView::ToolResult { id, is_error: *is_error, text: text.as_str() }
        }
    }
}

fn media_view(source: &MediaSource) -> MediaView<'_> {
    match source {
        MediaSource::Template(text) => MediaView::Template(text.as_str()),
        MediaSource::Fixed(Media::Url(url)) => MediaView::Url(url),
        MediaSource::Fixed(Media::Base64 { mime, data }) => {
            MediaView::File { mime, digest: Digest::of_bytes(data.as_bytes()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Project;
    use super::*;

    #[test]
    fn messages_are_shown_as_written() {
        let yaml = "messages:\n  - {role: system, content: \"Be {{ tone }}. {% include 'end.txt' %}\"}\n  - role: user\n    content:\n      - {image: \"{{ url }}\"}\n      - {image: https://example.com/a.png}\n      - {file: notes.txt}\n      - Look.\n";
        let project = Project::new(&[
            ("prompts/p/1.0.0.yaml", yaml),
            ("prompts/p/notes.txt", "notes"),
            ("prompts/_partials/end.txt", "Bye.\n"),
        ]);
        let prompt = project.prompt("p");
        let views = prompt.message_views();
        assert_eq!(views[0].parts, [PartView::Text("Be {{ tone }}. {% include 'end.txt' %}")]);
        assert_eq!((views[0].role, views[1].role), (Role::System, Role::User));
        let [image, url, file, text] = views[1].parts.as_slice() else { panic!("{views:?}") };
        assert_eq!(*image, PartView::Image(MediaView::Template("{{ url }}")));
        assert_eq!(*url, PartView::Image(MediaView::Url("https://example.com/a.png")));
        assert!(matches!(
            file,
            PartView::File { name: "notes.txt", media: MediaView::File { mime: "text/plain", .. } }
        ));
        assert_eq!(*text, PartView::Text("Look."));
        assert_eq!(prompt.partial_texts(), [("end.txt", "Bye.")]);
    }

    #[test]
    fn the_identity_is_what_the_digest_is_made_of() {
        let project = Project::new(&[("prompts/p/1.0.0.yaml", "template: Hi {{ name }}\nparams: {seed: 1}\n")]);
        let prompt = project.prompt("p");
        let digest = crate::base::DigestBuilder::new("prompt").json(&prompt.identity()).finish();
        assert_eq!(digest, prompt.digest);
        assert_eq!(prompt.identity()["params"], serde_json::json!({"seed": 1}));
    }
}

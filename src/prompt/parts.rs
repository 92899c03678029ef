//! The parts of a request that a prompt writes, for asking what models take of them, and where each is written.

use std::path::Path;

use super::ready::Prompt;
use super::written::definition::{Definition, MessageText, PartText};
use super::written::media::MediaSource;
use super::written::params::matches;
use crate::base::{Key, ModelRef, Node, Place, Problems, Source, Span, files, parse_yaml};
use crate::record::{ChatRequest, Message, ParamFate, Params, Part, ToolCall};

/// Who knows what models take of a request. The room `prompt` knows no providers: who asks brings them.
pub trait Accepts {
    /// Every part of a request that is not sent to this model just as it is written.
    fn fates(&self, model: &ModelRef, request: &ChatRequest) -> Vec<ParamFate>;

    /// Whether the project wants what its models reject to be left out.
    fn drops_rejected(&self, model: &ModelRef) -> bool;
}

impl Prompt {
    /// A request with everything that the prompt asks for, and stand-ins for what its variables fill in: its texts are
    /// templates still, with the partials they use.
    pub fn probe(&self, model: &ModelRef, over: &Params) -> ChatRequest {
        let definition = self.definition();
        let mut messages: Vec<Message> = definition.messages.iter().map(probe_message).collect();
        if let Some(last) =
            messages.last_mut().filter(|last| last.parts.iter().all(|part| matches!(part, Part::Text(_))))
        {
            last.parts.extend(self.partial_texts().into_iter().map(|(_, text)| Part::Text(text.to_owned())));
        }
        ChatRequest {
            vars: None,
            messages,
            model: model.model.clone(),
            output: self.output.clone(),
            parallel_tools: definition.tooling.parallel,
            params: self.params_for(model).overlaid(over).settled(),
            prediction: definition.prediction.as_ref().map(|text| text.as_str().to_owned()),
            tool_choice: definition.tooling.choice.clone(),
            tools: definition.tooling.tools.clone(),
        }
    }

    /// Bytes of its own text: messages, partials, prediction, tools.
    pub fn text_bytes(&self) -> usize {
        let texts: usize = self.definition().texts().map(|text| text.as_str().len()).sum();
        let partials: usize = self.partial_texts().iter().map(|(_, text)| text.len()).sum();
        let tools: usize = self.tooling().tools.iter().map(|tool| tool.parameters.to_string().len()).sum();
        texts + partials + tools
    }

    /// Where a part of the request is written that this prompt sets for a model; the prompt's own place where that
    /// cannot be told.
    pub fn place_of_part(&self, part: &str, model: &ModelRef, root: &Path) -> Place {
        let path = &self.place.path;
        let is_file = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        let is_inline = self.name.starts_with("inline-");
        let source = Some(()).filter(|()| is_file && !is_inline);
        let source = source.and_then(|()| files::read_source(&root.join(path), path).ok());
        let Some(source) = source else { return self.place.clone() };
        match parse_yaml(&source, &mut Problems::new()) {
            Some(node) => place_in(&node, &source, self.definition(), part, model),
            None => self.place.clone(),
        }
    }
}

fn probe_message(message: &MessageText) -> Message {
    let parts = message.parts.iter().map(|part| match part {
        PartText::Text(text) => Part::Text(text.as_str().to_owned()),
        PartText::Image(MediaSource::Fixed(media)) => Part::Image(media.clone()),
        PartText::File { name, media: MediaSource::Fixed(media) } => {
            Part::File { media: media.clone(), name: name.clone() }
        }
        // It may come as bytes or as a URL, and some APIs take only one of them.
        PartText::Image(MediaSource::Template(_)) => Part::Image(stand_in("image/png")),
        PartText::File { name, media: MediaSource::Template(_) } => {
            Part::File { media: stand_in("application/pdf"), name: name.clone() }
        }
        PartText::ToolCall { id, name, .. } => {
            Part::ToolCall(ToolCall { arguments: "{}".to_owned(), id: id.clone(), name: name.clone() })
        }
        PartText::ToolResult { id, is_error, text } => {
            Part::ToolResult { id: id.clone(), is_error: *is_error, text: text.as_str().to_owned() }
        }
    });
    Message { cache: message.cache, parts: parts.collect(), role: message.role }
}

fn stand_in(mime: &str) -> crate::record::Media {
    crate::record::Media::Base64 { data: "AAAA".to_owned(), mime: mime.to_owned() }
}

/// The keys of a prompt's file under which a part stands, the first of them in each place counting; parameters are
/// looked for in the most specific override that sets them first.
pub(in crate::prompt) fn place_in(
    node: &Node,
    source: &Source,
    definition: &Definition,
    part: &str,
    model: &ModelRef,
) -> Place {
    let found = match part {
        "tools" | "tool_choice" | "parallel_tools" | "prediction" => key_at(node, part).map(|key| key.span),
        "output.format" | "output.schema" => key_at(node, "output").map(|key| key.span),
        "cache" => in_messages(node, "cache"),
        "images" => in_messages(node, "image"),
        "files" => in_messages(node, "file"),
        "messages" => None,
        param => {
            let name = model.to_string();
            let over = definition.overrides.patterns().filter(|(pattern, _)| matches(pattern, &name));
            let set = over.filter_map(|(pattern, _)| {
                key_at(node.get("models")?.get(pattern)?.get("params")?, param).map(|key| key.span)
            });
            set.last().or_else(|| Some(key_at(node.get("params")?, param)?.span))
        }
    };
    let of_text = || ["messages", "template"].iter().find_map(|key| Some(key_at(node, key)?.span));
    let span = found.or_else(of_text).unwrap_or_else(Span::whole_file);
    source.place(span)
}

fn key_at<'n>(node: &'n Node, name: &str) -> Option<&'n Key> {
    node.as_map()?.iter().map(|(key, _)| key).find(|key| key.text == name)
}

/// The first message that has a key, or whose content has a part with it.
fn in_messages(node: &Node, name: &str) -> Option<Span> {
    node.get("messages")?.as_list()?.iter().find_map(|message| {
        let own = key_at(message, name);
        let parts = || message.get("content")?.as_list()?.iter().find_map(|part| key_at(part, name));
        own.or_else(parts).map(|key| key.span)
    })
}

//! A prompt as the writers see it: messages in pieces, partials put in their place, settings as JSON.

use serde_json::{Map, Value, json};

use super::super::language::scan::scan;
use super::super::language::text::TemplateText;
use super::super::ready::{Prompt, Rendered};
use super::super::written::budget::Budget;
use super::super::written::definition::{MessageText, PartText};
use super::super::written::media::MediaSource;
use super::jinja_read::{Jinja, read_jinja};
use super::piece::{Expr, Piece, Untold};
use crate::base::{Diagnostic, Place};
use crate::record::{Media, OutputFormat, Part, Role};

/// Longest chain of partials; longer ones are refused when a prompt is loaded.
const MAX_INCLUDES: usize = 16;

/// A prompt to be written.
pub(super) struct Outline<'p> {
    pub(super) prompt: &'p Prompt,
    pub(super) messages: Vec<OutMessage>,
    /// The rules of each variable, `about` included.
    pub(super) variables: Vec<(String, Map<String, Value>)>,
    pub(super) params: Map<String, Value>,
    /// Overrides by pattern of models.
    pub(super) overrides: Map<String, Value>,
    pub(super) output: OutputFormat,
    /// What the format cannot say: refused unless it may be left out.
    pub(super) refused: Vec<Diagnostic>,
    /// What the format keeps elsewhere: told.
    pub(super) beside: Vec<Diagnostic>,
}

/// A message.
pub(super) struct OutMessage {
    pub(super) role: Role,
    pub(super) parts: Vec<OutPart>,
    pub(super) place: Place,
}

/// A part of a message.
pub(super) enum OutPart {
    Text(Vec<Piece>, Origin),
    Image(Vec<Piece>),
    File { name: String, url: Vec<Piece> },
}

/// Where a template stands.
#[derive(Clone)]
pub(super) struct Origin {
    text: Option<TemplateText>,
    whole: Place,
}

impl Origin {
    fn place(&self, untold: &Untold) -> Place {
        match &self.text {
            Some(text) if !untold.at.is_empty() => text.place(untold.at.start, untold.at.end),
            _ => self.whole.clone(),
        }
    }
}

impl<'p> Outline<'p> {
    /// The prompt, as a template or with its variables filled in.
    pub(super) fn of(prompt: &'p Prompt, rendered: Option<&Rendered>) -> Outline<'p> {
        let definition = prompt.definition();
        let variable = |(name, variable): (&String, &super::super::written::variable::Variable)| {
            let mut rules = Map::new();
            if let Some(about) = &variable.about {
                rules.insert("about".to_owned(), json!(about));
            }
            if let Value::Object(identity) = variable.identity() {
                rules.extend(identity);
            }
            (name.clone(), rules)
        };
        let object = |value| if let Value::Object(map) = value { map } else { Map::new() };
        let params = rendered.map_or(&definition.params, |rendered| &rendered.params);
        let mut outline = Outline {
            prompt,
            messages: Vec::new(),
            variables: prompt.variables.iter().map(variable).collect(),
            params: object(serde_json::to_value(params).unwrap_or_default()),
            overrides: object(definition.overrides.identity()),
            output: definition.output.clone(),
            refused: Vec::new(),
            beside: Vec::new(),
        };
        outline.refuse_tools();
        match rendered {
            Some(rendered) => {
                outline.variables.clear();
                outline.overrides.clear();
                outline.messages =
                    rendered.messages.iter().map(|message| ready_message(message, &prompt.place)).collect();
            }
            None => {
                outline.refuse_what_is_picked_and_cut();
                for message in &definition.messages {
                    let message = outline.message(message);
                    outline.messages.push(message);
                }
            }
        }
        outline
    }

    /// Refuses tools and what belongs to them, cache marks and predictions: most formats have no words for them.
    fn refuse_tools(&mut self) {
        let definition = self.prompt.definition();
        let mut found: Vec<&str> =
            definition.tooling.identity().iter().filter(|(_, value)| value.is_some()).map(|(key, _)| *key).collect();
        found.extend(definition.prediction.is_some().then_some("prediction"));
        found.extend(definition.messages.iter().any(|message| message.cache.is_some()).then_some("cache"));
        let speaks = |message: &MessageText| {
            let of_tool = |part: &PartText| matches!(part, PartText::ToolCall { .. } | PartText::ToolResult { .. });
            message.parts.iter().any(of_tool)
        };
        found.extend(definition.messages.iter().any(speaks).then_some("tool_calls"));
        for key in found {
            self.refuse(format!("`{key}`"), self.prompt.place.clone());
        }
    }

    /// Adds to what is refused.
    pub(super) fn refuse(&mut self, what: impl Into<String>, place: Place) {
        let problem = Diagnostic::error("not-in-format", format!("the format cannot say {}", what.into()));
        self.refused.push(problem.at(place).help("change it, or leave it out with `--lossy`"));
    }

    /// Refuses what decides on the text at the moment of a call: no other format has it. The text that was decided on
    /// can be written, so that nothing of it is refused where variables are filled in.
    fn refuse_what_is_picked_and_cut(&mut self) {
        let definition = self.prompt.definition();
        let place = &self.prompt.place;
        let mut found: Vec<(String, Place)> = Vec::new();
        if let Some(shots) = &self.prompt.shots {
            found.push(("`examples`".to_owned(), shots.written().clone()));
        }
        if let Some(style) = definition.style {
            found.push((format!("`style: {}`", style.word()), place.clone()));
        }
        let cut = |name: &String, budget: &Budget| (format!("`truncate` of `{name}`"), budget.place.clone());
        found.extend(definition.truncate.0.iter().map(|(name, budget)| cut(name, budget)));
        for over in &definition.overrides.0 {
            let pattern = &over.pattern;
            if let Some(style) = over.style {
                found.push((format!("`style: {}` for `{pattern}`", style.word()), place.clone()));
            }
            let cut = |(name, budget): (&String, &Budget)| {
                (format!("`truncate` of `{name}` for `{pattern}`"), budget.place.clone())
            };
            found.extend(over.truncate.0.iter().map(cut));
        }
        for (what, place) in found {
            let problem = Diagnostic::error("not-in-format", format!("the format cannot say {what}"));
            let help = "fill the prompt in (`--format openai --var …`), or leave it out with `--lossy`";
            self.refused.push(problem.at(place).help(help));
        }
    }

    /// Adds what a writer could not say of a text.
    pub(super) fn refuse_all(&mut self, lost: Vec<Untold>, origin: &Origin) {
        for untold in lost {
            let place = origin.place(&untold);
            self.refuse(untold.what, place);
        }
    }

    /// Adds to what is kept elsewhere.
    pub(super) fn beside(&mut self, what: &str, help: &str) {
        let problem = Diagnostic::warning("left-out", format!("{what} of `{}` left out", self.prompt.name));
        self.beside.push(problem.help(help));
    }

    /// Refuses overrides by model, for formats that name one model.
    pub(super) fn refuse_overrides(&mut self) {
        let patterns: Vec<String> = self.overrides.keys().cloned().collect();
        for pattern in patterns {
            self.refuse(format!("`models: {pattern}`, parameters of some models only"), self.prompt.place.clone());
        }
    }

    /// Refuses rules of variables that have no place in the format.
    pub(super) fn refuse_rules(&mut self, known: &[&str]) {
        let unknown: Vec<String> = self
            .variables
            .iter()
            .flat_map(|(name, rules)| {
                rules
                    .keys()
                    .filter(|key| !known.contains(&key.as_str()))
                    .map(move |key| format!("`{key}` of the variable `{name}`"))
            })
            .collect();
        for what in unknown {
            self.refuse(what, self.prompt.place.clone());
        }
    }

    fn message(&mut self, message: &MessageText) -> OutMessage {
        let mut place = None;
        let parts = message
            .parts
            .iter()
            .filter_map(|part| match part {
                PartText::Text(text) => {
                    place.get_or_insert_with(|| text.whole());
                    let (pieces, origin) = self.pieces(text);
                    Some(OutPart::Text(pieces, origin))
                }
                PartText::Image(source) => Some(OutPart::Image(self.media(source))),
                PartText::File { name, media } => Some(OutPart::File { name: name.clone(), url: self.media(media) }),
                // Refused; left out with `--lossy`.
                PartText::ToolCall { .. } | PartText::ToolResult { .. } => None,
            })
            .collect();
        OutMessage { role: message.role, parts, place: place.unwrap_or_else(|| self.prompt.place.clone()) }
    }

    fn media(&mut self, source: &MediaSource) -> Vec<Piece> {
        match source {
            MediaSource::Fixed(media) => vec![Piece::Text(url_of(media))],
            MediaSource::Template(text) => self.pieces(text).0,
        }
    }

    fn pieces(&mut self, text: &TemplateText) -> (Vec<Piece>, Origin) {
        let has_includes = !scan(text.as_str()).includes.is_empty();
        let origin = Origin { text: (!has_includes).then(|| text.clone()), whole: text.whole() };
        let mut lost = Vec::new();
        let whole = self.expanded(text.as_str(), &mut lost, 0);
        let (pieces, untold) = read_jinja(&whole, Jinja::Tera);
        lost.extend(
            untold
                .into_iter()
                .map(|untold| Untold::new(format!("this part of the template: {}", untold.what), untold.at)),
        );
        self.refuse_all(lost, &origin);
        (pieces, origin)
    }

    /// The text with its partials in place of their includes.
    fn expanded(&self, text: &str, lost: &mut Vec<Untold>, depth: usize) -> String {
        let includes = scan(text).includes;
        let mut whole = String::new();
        let mut at = 0;
        let mut trims = false;
        for include in includes {
            let open = text.get(..include.start).and_then(|before| before.rfind("{%")).unwrap_or(include.start);
            let close =
                text.get(include.end..).and_then(|after| after.find("%}")).map_or(include.end, |at| include.end + at);
            let between = text.get(at..open).unwrap_or("");
            let between = if trims { between.trim_start() } else { between };
            let dashed = text.get(open + 2..).is_some_and(|rest| rest.starts_with('-'));
            whole.push_str(if dashed { between.trim_end() } else { between });
            let partial = self.prompt.partial_text(&include.name).unwrap_or("");
            let leaks = ["{{-", "{%-", "{#-"].iter().any(|mark| partial.trim_start().starts_with(mark))
                || ["-}}", "-%}", "-#}"].iter().any(|mark| partial.trim_end().ends_with(mark))
                || partial.contains("{% set");
            if leaks || depth >= MAX_INCLUDES {
                lost.push(Untold::new(
                    format!("the partial `{}`, which reaches beyond its own text", include.name),
                    0..0,
                ));
            } else {
                whole.push_str(&self.expanded(partial, lost, depth + 1));
            }
            trims = text.get(..close).is_some_and(|tag| tag.ends_with('-'));
            at = close + 2;
        }
        let rest = text.get(at..).unwrap_or("");
        whole.push_str(if trims { rest.trim_start() } else { rest });
        whole
    }
}

fn ready_message(message: &crate::record::Message, place: &Place) -> OutMessage {
    let origin = || Origin { text: None, whole: place.clone() };
    let parts = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(OutPart::Text(vec![Piece::Text(text.clone())], origin())),
            Part::Image(media) => Some(OutPart::Image(vec![Piece::Text(url_of(media))])),
            Part::File { name, media } => {
                Some(OutPart::File { name: name.clone(), url: vec![Piece::Text(url_of(media))] })
            }
            // Refused; left out with `--lossy`.
            Part::ToolCall(_) | Part::ToolResult { .. } | Part::Reasoning { .. } => None,
        })
        .collect();
    OutMessage { role: message.role, parts, place: place.clone() }
}

fn url_of(media: &Media) -> String {
    match media {
        Media::Url(url) => url.clone(),
        Media::Base64 { mime, data } => format!("data:{mime};base64,{data}"),
    }
}

/// The one value that pieces insert, or their text.
pub(super) fn as_value(pieces: &[Piece]) -> Option<Expr> {
    match pieces {
        [Piece::Print(expr, _)] => Some(expr.clone()),
        [Piece::Text(text)] => Some(Expr::Text(text.clone())),
        _ => None,
    }
}

/// The word for a role.
pub(super) fn role_word(role: Role) -> &'static str {
    Role::ALL.iter().find(|(_, known)| *known == role).map_or("user", |(word, _)| word)
}

/// Our role for the word of another tool.
pub(super) fn our_role(word: &str) -> Option<&'static str> {
    match word {
        "system" | "developer" => Some("system"),
        "user" | "human" => Some("user"),
        "assistant" | "model" | "ai" => Some("assistant"),
        _ => None,
    }
}

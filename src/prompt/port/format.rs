//! The formats, in one table.

use std::path::Path;

use thiserror::Error;

use super::super::ready::{Prompt, Rendered};
use super::foreign::Foreign;
use super::json_file::read_json;
use super::outline::Outline;
use super::{dotprompt, env, json, langfuse, mlflow, openai, promptfoo, prompty, prompty_write, text};
use crate::base::{Diagnostic, Node, Problems, Source};

type Read = fn(&Source, &mut Problems) -> Vec<Foreign>;

/// What a format is written from.
#[derive(Debug, Clone, Copy)]
enum Write {
    /// One version of a prompt.
    Version(fn(&mut Outline<'_>) -> String),
    /// The labels of a prompt; see [`crate::prompt::Registry::flags`].
    Labels,
}

/// A format of prompts.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Its word on the command line.
    pub word: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Endings of its files, where they tell.
    endings: &'static [&'static str],
    /// Whether a JSON file is of it; asked in the order of the table.
    is_json: Option<fn(&Node) -> bool>,
    read: Option<Read>,
    write: Option<Write>,
    /// Whether variables may be filled in.
    takes_values: bool,
}

/// Why nothing was exported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExportError {
    /// The format is only read, or written from labels.
    #[error("`{0}` is not written from a version")]
    NotOfVersions(&'static str),
    /// Variables were given for a format that keeps them as variables.
    #[error("`{0}` keeps variables as variables; values are for `openai` and `promptfoo`")]
    NoValues(&'static str),
}

/// A prompt in a format.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The file's text.
    pub text: String,
    /// What the format cannot say, errors: without them the text means something else.
    pub refused: Vec<Diagnostic>,
    /// What tools of the format keep elsewhere, warnings.
    pub beside: Vec<Diagnostic>,
}

impl Format {
    /// Every format, by name.
    pub const ALL: &[Format] = &[
        Format {
            word: "dotprompt",
            about: "a `.prompt` file: YAML and a Handlebars template",
            endings: &["prompt"],
            is_json: None,
            read: Some(dotprompt::read),
            write: Some(Write::Version(dotprompt::write)),
            takes_values: false,
        },
        Format {
            word: "env",
            about: "PROMPT_NAME, PROMPT_VERSION and PROMPT_DIGEST for a shell or `.env`",
            endings: &[],
            is_json: None,
            read: None,
            write: Some(Write::Version(env::write)),
            takes_values: false,
        },
        Format {
            word: "flagd",
            about: "a flag definition of the prompt's labels for OpenFeature",
            endings: &[],
            is_json: None,
            read: None,
            write: Some(Write::Labels),
            takes_values: false,
        },
        Format {
            word: "json",
            about: "the whole definition as one JSON document",
            endings: &[],
            is_json: None,
            read: None,
            write: Some(Write::Version(json::write)),
            takes_values: false,
        },
        Format {
            word: "langfuse",
            about: "prompts exported from Langfuse as JSON, with versions and labels",
            endings: &[],
            is_json: Some(langfuse::is_json),
            read: Some(langfuse::read),
            write: None,
            takes_values: false,
        },
        Format {
            word: "mlflow",
            about: "prompts exported from the MLflow prompt registry as JSON, with versions and aliases",
            endings: &[],
            is_json: Some(mlflow::is_json),
            read: Some(mlflow::read),
            write: None,
            takes_values: false,
        },
        Format {
            word: "openai",
            about: "a request for OpenAI chat completions as JSON: messages and parameters",
            endings: &[],
            is_json: Some(openai::is_json),
            read: Some(openai::read),
            write: Some(Write::Version(openai::write)),
            takes_values: true,
        },
        Format {
            word: "promptfoo",
            about: "a prompt file of promptfoo: text, Markdown, Jinja, JSON or YAML with Nunjucks",
            endings: &["txt", "md", "j2", "yaml", "yml", "jsonl"],
            is_json: Some(promptfoo::is_json),
            read: Some(promptfoo::read),
            write: Some(Write::Version(promptfoo::write)),
            takes_values: true,
        },
        Format {
            word: "prompty",
            about: "a `.prompty` file: YAML and a Jinja template",
            endings: &["prompty"],
            is_json: None,
            read: Some(prompty::read),
            write: Some(Write::Version(prompty_write::write)),
            takes_values: false,
        },
        Format {
            word: "text",
            about: "plain text: one user message, braces are braces",
            endings: &[],
            is_json: None,
            read: Some(text::read),
            write: None,
            takes_values: false,
        },
    ];

    /// The formats that prompts can be written in.
    pub fn exports() -> impl Iterator<Item = &'static Format> {
        Format::ALL.iter().filter(|format| format.write.is_some())
    }

    /// The formats that prompts can be read from.
    pub fn imports() -> impl Iterator<Item = &'static Format> {
        Format::ALL.iter().filter(|format| format.read.is_some())
    }

    /// Whether variables may be filled in.
    pub fn takes_values(&self) -> bool {
        self.takes_values
    }

    /// Whether it says where labels point, not what a version says.
    pub fn is_of_labels(&self) -> bool {
        matches!(self.write, Some(Write::Labels))
    }

    /// The format of this name.
    pub fn named(word: &str) -> Option<&'static Format> {
        Format::ALL.iter().find(|format| format.word == word)
    }

    /// The format of a file, by its ending or, for JSON, by its content.
    pub fn detect(source: &Source) -> Option<&'static Format> {
        let ending = Path::new(source.path()).extension().map(|ending| ending.to_string_lossy().to_lowercase())?;
        if ending == "json" {
            let node = read_json(source, &mut Problems::new())?;
            return Format::ALL.iter().find(|format| format.is_json.is_some_and(|is_json| is_json(&node)));
        }
        Format::ALL.iter().find(|format| format.endings.contains(&ending.as_str()))
    }

    /// Reads a file; what is wrong with it goes to `problems`.
    pub fn read(&self, source: &Source, problems: &mut Problems) -> Vec<Foreign> {
        self.read.map(|read| read(source, problems)).unwrap_or_default()
    }

    /// Writes a prompt, as a template or with its variables filled in.
    ///
    /// # Errors
    /// [`ExportError`] when the format is not written from a version, or takes no values.
    pub fn write(&self, prompt: &Prompt, rendered: Option<&Rendered>) -> Result<Exported, ExportError> {
        let Some(Write::Version(write)) = self.write else { return Err(ExportError::NotOfVersions(self.word)) };
        if rendered.is_some() && !self.takes_values {
            return Err(ExportError::NoValues(self.word));
        }
        let mut outline = Outline::of(prompt, rendered);
        let mut text = write(&mut outline);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(Exported { text, refused: outline.refused, beside: outline.beside })
    }
}

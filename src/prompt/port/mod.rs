//! Prompts from and for other tools: one file per format, one table ([`Format::ALL`]) that lists them.
//!
//! Templates of all dialects become [`piece::Piece`]s and are written from them. What a format cannot say is named with
//! its place; nothing is left out silently.

mod braces;
mod declare;
mod dotprompt;
mod env;
mod foreign;
mod format;
mod frontmatter;
mod handlebars_read;
mod handlebars_split;
mod handlebars_write;
mod jinja_expression;
mod jinja_read;
mod jinja_write;
mod json;
mod json_file;
mod langfuse;
mod locked;
mod mlflow;
mod openai;
mod outline;
mod picoschema;
mod piece;
mod plan;
mod promptfoo;
mod prompty;
mod prompty_write;
mod settings;
mod text;

pub use foreign::{Foreign, ForeignVersion};
pub use format::{ExportError, Exported, Format};
pub use plan::{As, ImportPlan, ImportTarget, PlannedFile, PlannedPrompt, plan_import};

#[cfg(test)]
mod decided;
#[cfg(test)]
mod tests;

//! Whole small projects: registry, prompts and their errors together.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::base::{Kind, ModelRef, Node, Place, Problems, Source, Span, parse_yaml};
use crate::record::{Media, OutputFormat, Part, Role, Vars};

mod comparing;
mod errors;
mod examples;
mod features;
mod references;
mod rendering;
mod tooling;
pub(super) mod written;

/// A project in a throw-away folder.
pub(super) struct Project {
    folder: TempDir,
}

impl Project {
    pub(super) fn new(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("temp");
        let project = Project { folder };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
        fs::write(path, text).expect("write");
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).expect("read")
    }

    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn registry(&self) -> Registry {
        Registry::open(&self.root().join("prompts"), self.root())
    }

    pub(super) fn resolve(&self, reference: &str) -> (Option<Arc<Prompt>>, Problems) {
        let mut problems = Problems::new();
        let prompt = self.registry().resolve(reference, &from(), &mut problems);
        (prompt, problems)
    }

    pub(super) fn prompt(&self, reference: &str) -> Arc<Prompt> {
        let (prompt, problems) = self.resolve(reference);
        prompt.unwrap_or_else(|| panic!("{}", problems.render(false)))
    }

    fn errors(&self, reference: &str) -> String {
        let (prompt, problems) = self.resolve(reference);
        assert!(prompt.is_none() && problems.has_errors(), "{reference} resolves");
        problems.render(false)
    }
}

fn from() -> Place {
    Source::new("evals/suite.yaml", "suite: s\nprompts: [x]\n").place(Span::new(2, 11, 1))
}

pub(super) fn vars(value: Value) -> Vars {
    let Value::Object(vars) = value else { panic!("{value}") };
    vars
}

pub(super) fn model(name: &str) -> ModelRef {
    ModelRef::parse(name).expect("model")
}

fn text_of(prompt: &Prompt, given: Value) -> String {
    let rendered = prompt.render(&vars(given), &model("openai/gpt-5.4-mini")).expect("renders");
    rendered.messages.iter().map(|message| message.joined_text()).collect::<Vec<_>>().join("|")
}

const REVIEW: &str = r#"about: Review a code change for security issues
messages:
  - {role: system, content: "You are a security reviewer. {% include \"safety.txt\" %}"}
  - role: user
    content: |
      Review this {{ language }} code:
      {{ code }}
variables:
  code: {type: string, required: true, max_chars: 20000}
  language: {type: string, default: python, one_of: [python, javascript, html]}
params: {temperature: 0, max_tokens: 800}
models: {"anthropic/*": {params: {max_tokens: 700}}}
output: {format: json, schema: review.schema.json}
"#;

fn review() -> Project {
    Project::new(&[
        ("prompts/_partials/safety.txt", "Answer as JSON.\n"),
        ("prompts/code-review/1.2.0.yaml", REVIEW),
        ("prompts/code-review/1.10.0.yaml", "template: \"ten {{ code }}\"\n"),
        ("prompts/code-review/2.0.0-rc.1.yaml", "template: two\n"),
        ("prompts/code-review/next.yaml", "template: draft\n"),
        ("prompts/code-review/prompt.yaml", "about: x\nowner: team\nlabels: {production: 1.2.0}\n"),
        ("prompts/code-review/review.schema.json", r#"{"title": "Review", "type": "object"}"#),
        ("prompts/only-pre/1.0.0-alpha.2.yaml", "template: a2\n"),
        ("prompts/only-pre/1.0.0-alpha.10.yaml", "template: a10\n"),
        ("prompts/greeting.txt", "Hello {{ name }}\n"),
    ])
}

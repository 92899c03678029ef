//! A prompt, ready to be rendered, and its identity.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use semver::Version;

use super::language::compile::{Compiled, compile};
use super::language::section::Style;
use super::language::template::{Engine, Values};
use super::language::text::TemplateText;
use super::partials::{Partial, Partials};
use super::render::RenderError;
use super::settle::{report_undeclared, settle_shots, settle_variables};
use super::shots::{LIST_VARIABLE, Nearby, PickedExample, Picks, Shots};
use super::templates::{MediaTemplate, MessageTemplate, PartTemplate, Slot, number};
use super::written::budget::{Truncated, Truncation};
use super::written::definition::Definition;
use super::written::identity::digest;
use super::written::media::media_of_url;
use super::written::tooling::Tooling;
use super::written::var_problem::VarProblem;
use super::written::variable::Variable;
use crate::base::{Digest, ModelRef, Place, Problems, SafeName, closest};
use crate::price::TokenCounter;
use crate::record::{ChatRequest, Media, Message, OutputFormat, Params, Part, Role, ToolCall, Vars};

/// A version of a prompt in the registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptVersion {
    /// A released version: `1.2.0.yaml`.
    Released(Version),
    /// The draft: `next.yaml`.
    Draft,
}

impl fmt::Display for PromptVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PromptVersion::Released(version) => write!(f, "{version}"),
            PromptVersion::Draft => f.write_str("next"),
        }
    }
}

/// What a prompt renders to for some variables and a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The messages, in order.
    pub messages: Vec<Message>,
    /// The prompt's parameters, with its overrides for the model on top.
    pub params: Params,
    /// The form of the answer.
    pub output: OutputFormat,
    /// The tools on offer.
    pub tooling: Tooling,
    /// Text that much of the answer is expected to equal.
    pub prediction: Option<String>,
    /// The examples that were picked, in the order in which they are sent.
    pub examples: Vec<PickedExample>,
    /// What else is worth knowing about that choice: what was left out, what stood in for what.
    pub example_notes: Vec<String>,
    /// How sections were delimited.
    pub style: Style,
    /// The variables that were cut to their budgets, in the order in which they are declared; then those of examples.
    pub truncated: Vec<Truncated>,
    /// The patterns of `models:` that matched, the more specific later.
    pub overrides: Vec<String>,
}

impl Rendered {
    /// What is asked of the model that the API calls `model`, with parameters on top of the prompt's own.
    pub fn request(self, model: String, over: &Params) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages: self.messages,
            model,
            output: self.output,
            parallel_tools: self.tooling.parallel,
            params: self.params.overlaid(over).settled(),
            prediction: self.prediction,
            tool_choice: self.tooling.choice,
            tools: self.tooling.tools,
        }
    }
}

/// A prompt: compiled, checked, shared between trials.
pub struct Prompt {
    /// Its name for people: `code-review@1.2.0`, the path of its file, or `inline-1a2b3c4d`.
    pub name: String,
    /// Its name and version in the registry, when it is from there.
    pub registered: Option<(SafeName, PromptVersion)>,
    /// What it is for: as the version says, or else the prompt's folder.
    pub about: Option<String>,
    /// Who answers for it, as the prompt's folder says.
    pub owner: Option<String>,
    /// Digest of everything that can change what is sent: templates and the partials they use, variables, parameters,
    /// overrides, output with its schema, examples. Not the file's name, its comments or its formatting, nor `about`.
    pub digest: Digest,
    /// Its variables: as declared, or all that are used when nothing is declared.
    pub variables: IndexMap<String, Variable>,
    /// Its parameters, before overrides by model.
    pub params: Params,
    /// The form of the answer.
    pub output: OutputFormat,
    /// Where it is written.
    pub place: Place,
    pub(super) shots: Option<Shots>,
    messages: Vec<MessageTemplate>,
    prediction: Option<Slot>,
    pub(super) definition: Definition,
    pub(super) compiled: Compiled,
}

/// What holds for one model.
pub(super) struct Settled<'m> {
    params: Params,
    style: Style,
    truncate: Truncation,
    overrides: Vec<String>,
    model: Option<&'m ModelRef>,
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt").field("name", &self.name).field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Prompt {
    /// Whether it gives instructions in a system message: only those can be given away.
    pub fn has_system_message(&self) -> bool {
        self.messages.iter().any(|message| message.role == Role::System)
    }

    /// Compiles what was read. `name` is given the digest, for prompts that have no other name.
    pub(super) fn build(
        mut definition: Definition,
        place: Place,
        registered: Option<(SafeName, PromptVersion)>,
        name: impl FnOnce(&Digest) -> String,
        partials: &Partials,
        problems: &mut Problems,
    ) -> Option<Prompt> {
        let compiled = {
            let texts: Vec<&TemplateText> = definition.texts().collect();
            match compile(&texts, partials, problems) {
                Ok(compiled) => compiled,
                Err(names) => {
                    report_undeclared(&definition, names, problems);
                    return None;
                }
            }
        };
        let variables = settle_variables(&definition, &compiled, problems);
        definition.truncate.check(&variables, problems);
        definition.overrides.0.iter().for_each(|over| over.truncate.check(&variables, problems));
        let file = definition.examples.take();
        let shots = file.and_then(|file| settle_shots(file, &definition, &compiled, &variables, partials, problems));
        let digest = digest(&definition, &compiled.partials, &variables, shots.as_ref());
        let (messages, prediction) = number(&definition);
        let prompt = Prompt {
            name: name(&digest),
            registered,
            about: definition.about.clone(),
            owner: None,
            digest,
            variables,
            params: definition.params.clone(),
            output: definition.output.clone(),
            place,
            shots,
            messages,
            prediction,
            definition,
            compiled,
        };
        prompt.check_examples(problems);
        Some(prompt)
    }

    /// Everything that is wrong with these variables, without rendering: missing, unknown, of a wrong type, outside the
    /// rules. Declared variables come first, in their order.
    pub fn check_vars(&self, vars: &Vars) -> Vec<VarProblem> {
        let mut found = self.check_declared(vars);
        for name in vars.keys().filter(|name| !self.variables.contains_key(*name)) {
            let names: Vec<&str> = self.variables.keys().map(String::as_str).collect();
            let free = names.iter().copied().filter(|known| !vars.contains_key(*known));
            let near = closest(name, free).map(str::to_owned);
            let help = if names.is_empty() {
                format!("`{}` has no variables", self.name)
            } else {
                let noun = if names.len() == 1 { "variable" } else { "variables" };
                format!("`{}` has the {noun} `{}`", self.name, names.join("`, `"))
            };
            let message = format!("`{name}` is not a variable of `{}`", self.name);
            let code = "unknown-variable";
            found.push(VarProblem { help: Some(help), near, ..VarProblem::new(name, code, message) });
        }
        found
    }

    fn check_declared(&self, vars: &Vars) -> Vec<VarProblem> {
        let mut found = Vec::new();
        for (name, variable) in &self.variables {
            match vars.get(name) {
                Some(value) => found.append(&mut variable.check(name, value)),
                None if variable.required => {
                    let near =
                        closest(name, vars.keys().map(String::as_str).filter(|n| !self.variables.contains_key(*n)));
                    let help = near.map_or_else(
                        || format!("give `{name}` a value, or a default in the prompt"),
                        |near| format!("`{near}` is given; is it `{name}`?"),
                    );
                    let message = format!("`{name}` is missing, `{}` needs it", self.name);
                    found.push(VarProblem { help: Some(help), ..VarProblem::new(name, "missing-variable", message) });
                }
                None => {}
            }
        }
        found
    }

    /// What is wrong with the token counts of these variables and of the defaults that stand in for them, for a model.
    pub fn check_tokens(&self, vars: &Vars, model: Option<&ModelRef>) -> Vec<VarProblem> {
        let mut counter = None;
        let limited = self.variables.iter().filter(|(_, variable)| variable.max_tokens.is_some());
        let over = limited.filter_map(|(name, variable)| {
            let counter = *counter.get_or_insert_with(|| TokenCounter::of(model));
            let given = vars.get(name);
            let mut problem = variable.check_tokens(name, given.or(variable.default.as_ref())?, counter)?;
            if given.is_none() {
                problem.origin = Some(format!("its default, {}", variable.place.pointer()));
            }
            Some(problem)
        });
        over.collect()
    }

    /// Renders the messages for these variables. Variables the prompt does not have are not looked at; see
    /// [`Prompt::check_vars`].
    ///
    /// # Errors
    /// [`RenderError`] when a variable breaks its rules, a template meets something undefined or of the wrong type, or a
    /// message is larger than [`super::MAX_MESSAGE_BYTES`].
    pub fn render(&self, vars: &Vars, model: &ModelRef) -> Result<Rendered, RenderError> {
        self.render_near(vars, Some(model), None)
    }

    /// The same with the longest examples instead of the best: the most that rendering can come to, for limits on money.
    ///
    /// # Errors
    /// As [`Prompt::render`].
    pub fn render_longest(&self, vars: &Vars, model: &ModelRef) -> Result<Rendered, RenderError> {
        self.render_with(vars, Some(model), Shots::longest)
    }

    /// Renders as [`Prompt::render`] does. Without a model no override applies, and tokens are guessed.
    ///
    /// `nearby` is what embeddings say about the case, for prompts whose examples are compared by them: see
    /// [`Prompt::embeds`]. Without that, words are compared instead, and [`Rendered::example_notes`] says so where the
    /// prompt asks for embeddings by name.
    ///
    /// # Errors
    /// As [`Prompt::render`].
    pub fn render_near(
        &self,
        vars: &Vars,
        model: Option<&ModelRef>,
        nearby: Option<Nearby<'_>>,
    ) -> Result<Rendered, RenderError> {
        self.render_with(vars, model, |shots, vars| shots.pick(vars, nearby))
    }

    pub(super) fn render_with(
        &self,
        vars: &Vars,
        model: Option<&ModelRef>,
        pick: impl FnOnce(&Shots, &Vars) -> Picks,
    ) -> Result<Rendered, RenderError> {
        let settled = self.settle(model);
        let mut problems = self.check_declared(vars);
        problems.append(&mut self.check_tokens(vars, model));
        problems.extend(self.variables.iter().filter_map(|(name, variable)| {
            let value = vars.get(name).or(variable.default.as_ref())?;
            settled.truncate.check_value(name, value)
        }));
        if !problems.is_empty() {
            return Err(RenderError::Variables { prompt: self.name.clone(), problems });
        }
        let mut truncated = Vec::new();
        let mut values = self.values_of(vars, &settled, &mut truncated);
        let picks = self.picks(vars, pick);
        if let Some(list) = self.example_list(&picks) {
            values.insert(LIST_VARIABLE, &list);
        }
        let mut messages = Vec::with_capacity(self.messages.len() + 2 * picks.examples.len());
        for index in 0..self.messages.len() {
            if self.pairs_go_before(index) {
                messages.extend(self.pairs(&picks, index, &settled, &mut truncated)?);
            }
            messages.extend(self.render_message(index, &values)?);
        }
        let prediction = self.prediction.as_ref();
        let prediction = prediction.map(|slot| self.render_text(slot, self.messages.len(), &values)).transpose()?;
        let Settled { params, style, overrides, .. } = settled;
        let Picks { examples, notes } = picks;
        let output = self.output.clone();
        let tooling = self.definition.tooling.clone();
        Ok(Rendered {
            messages,
            params,
            output,
            tooling,
            prediction,
            examples,
            example_notes: notes,
            style,
            truncated,
            overrides,
        })
    }

    /// The values of the prompt's variables, defaults included, cut to their budgets.
    pub(super) fn values_of(&self, vars: &Vars, settled: &Settled<'_>, truncated: &mut Vec<Truncated>) -> Values {
        let mut values = Values::new(settled.style);
        for (name, variable) in &self.variables {
            let Some(value) = vars.get(name).or(variable.default.as_ref()) else { continue };
            match settled.truncate.cut(name, value, || TokenCounter::of(settled.model)) {
                None => values.insert(name, value),
                Some((sent, cut)) => {
                    values.insert(name, &sent);
                    truncated.push(cut);
                }
            }
        }
        values
    }

    /// The message number `index`; `None` when there is none.
    pub(super) fn render_message(&self, index: usize, values: &Values) -> Result<Option<Message>, RenderError> {
        let Some(message) = self.messages.get(index) else { return Ok(None) };
        let parts = message.parts.iter().map(|part| self.render_part(part, index, values));
        Ok(Some(Message { cache: message.cache, role: message.role, parts: parts.collect::<Result<_, _>>()? }))
    }

    /// What the prompt says for a model, its overrides on top.
    pub(super) fn settle<'m>(&self, model: Option<&'m ModelRef>) -> Settled<'m> {
        let mut settled = Settled {
            params: self.params.clone(),
            style: self.definition.style.unwrap_or_default(),
            truncate: self.definition.truncate.clone(),
            overrides: Vec::new(),
            model,
        };
        for over in self.definition.overrides.matching(model) {
            settled.params = settled.params.overlaid(&over.params);
            settled.style = over.style.unwrap_or(settled.style);
            settled.truncate = settled.truncate.overlaid(&over.truncate);
            settled.overrides.push(over.pattern.clone());
        }
        settled.params.unset.clear();
        settled
    }

    /// The prompt as written.
    pub(super) fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The text of a partial that it uses, directly or not.
    pub(super) fn partial_text(&self, name: &str) -> Option<&str> {
        self.compiled.partials.get(name).map(|partial| partial.text.as_str())
    }

    /// The prompt's parameters for a model, its overrides on top.
    pub fn params_for(&self, model: &ModelRef) -> Params {
        self.definition.overrides.apply(&self.params, Some(model)).settled()
    }

    /// The partials it uses, directly or not, by name.
    pub(super) fn partials(&self) -> &BTreeMap<String, Arc<Partial>> {
        &self.compiled.partials
    }

    fn render_part(&self, part: &PartTemplate, message: usize, values: &Values) -> Result<Part, RenderError> {
        Ok(match part {
            PartTemplate::Text(slot) => Part::Text(self.render_text(slot, message, values)?),
            PartTemplate::Image(media) => Part::Image(self.render_media(media, message, values)?),
            PartTemplate::File { name, media } => {
                Part::File { name: name.clone(), media: self.render_media(media, message, values)? }
            }
            PartTemplate::ToolCall { id, name, arguments } => Part::ToolCall(ToolCall {
                arguments: self.render_arguments(arguments, message, values)?,
                id: id.clone(),
                name: name.clone(),
            }),
            PartTemplate::ToolResult { id, is_error, text } => {
                Part::ToolResult { id: id.clone(), is_error: *is_error, text: self.render_text(text, message, values)? }
            }
        })
    }

    fn render_text(&self, slot: &Slot, message: usize, values: &Values) -> Result<String, RenderError> {
        if let Some(text) = slot.text.filled(values) {
            return Ok(text);
        }
        let engine: &Engine = &self.compiled.engine;
        engine
            .render(&slot.name, values)
            .map_err(|failed| RenderError::of(&self.name, message, slot, &self.compiled.partials, failed))
    }

    /// Arguments must be a JSON object: what a template makes of them is looked at before anything is sent.
    fn render_arguments(&self, slot: &Slot, message: usize, values: &Values) -> Result<String, RenderError> {
        let text = self.render_text(slot, message, values)?;
        let is_object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text.trim()).is_ok();
        if is_object { Ok(text.trim().to_owned()) } else { Err(RenderError::arguments(&self.name, slot, &text)) }
    }

    fn render_media(&self, media: &MediaTemplate, message: usize, values: &Values) -> Result<Media, RenderError> {
        match media {
            MediaTemplate::Fixed(media) => Ok(media.clone()),
            MediaTemplate::Template(slot) => {
                let text = self.render_text(slot, message, values)?;
                media_of_url(text.trim()).ok_or_else(|| RenderError::media(&self.name, slot, &text))
            }
        }
    }
}

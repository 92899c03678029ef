//! What a prompt does with its examples: which it has, which a case gets, and where they are said.

use std::borrow::Cow;

use serde_json::Value;

use super::ready::{Prompt, Rendered, Settled};
use super::render::RenderError;
use super::shots::{Example, Insert, Nearby, Picks, Shots};
use super::written::budget::Truncated;
use crate::base::{ModelRef, Place, Problems};
use crate::record::{Message, Role, Vars};

impl Prompt {
    /// As [`Prompt::render_near`], with so many examples, whatever the prompt says; a prompt without examples stays as it is.
    ///
    /// # Errors
    /// As [`Prompt::render`].
    pub fn render_scaled(
        &self,
        vars: &Vars,
        model: Option<&ModelRef>,
        nearby: Option<Nearby<'_>>,
        examples: usize,
    ) -> Result<Rendered, RenderError> {
        self.render_with(vars, model, |shots, vars| shots.pick_some(vars, nearby, examples))
    }

    /// Its few-shot examples, in the order of their file; none when it has no `examples:`.
    pub fn examples(&self) -> &[Example] {
        self.shots.as_ref().map(|shots| shots.examples()).unwrap_or_default()
    }

    /// Where an example of this prompt is written: its line, or the value below `path`, such as `["output"]`.
    pub fn example_place(&self, example: &Example, path: &[&str]) -> Place {
        self.shots.as_ref().map_or_else(|| self.place.clone(), |shots| shots.place(example, path))
    }

    /// Whether its examples are compared by embeddings, given whether the project has a model for them: when the prompt
    /// asks for them by name (`with: embedding`), or leaves the choice and there is a model.
    pub fn embeds(&self, has_model: bool) -> bool {
        self.shots.as_ref().is_some_and(|shots| shots.must_embed() || (has_model && shots.may_embed()))
    }

    /// Where the prompt asks for embeddings by name; `None` when it does not.
    pub fn asks_for_embeddings(&self) -> Option<&Place> {
        self.shots.as_ref().filter(|shots| shots.must_embed()).map(|shots| shots.written())
    }

    /// The texts of its examples that are compared, in their order: what to embed once per prompt. Some may be empty.
    pub fn example_texts(&self) -> Vec<String> {
        self.shots.as_ref().map(|shots| shots.texts()).unwrap_or_default()
    }

    /// The text of a case that is compared with those of the examples. May be empty.
    pub fn example_query(&self, vars: &Vars) -> String {
        self.shots.as_ref().map(|shots| shots.text_of(&self.with_defaults(vars))).unwrap_or_default()
    }

    /// The examples of a case, picked by `pick` from its variables with their defaults.
    pub(super) fn picks(&self, vars: &Vars, pick: impl FnOnce(&Shots, &Vars) -> Picks) -> Picks {
        self.shots.as_ref().map(|shots| pick(shots, &self.with_defaults(vars))).unwrap_or_default()
    }

    /// What templates that take the examples themselves get.
    pub(super) fn example_list(&self, picks: &Picks) -> Option<Value> {
        let shots = self.shots.as_ref().filter(|shots| shots.insert == Insert::List)?;
        Some(shots.list_value(&picks.examples))
    }

    /// Whether the examples stand before the message number `index`, as messages of their own.
    pub(super) fn pairs_go_before(&self, index: usize) -> bool {
        self.shots.as_ref().is_some_and(|shots| shots.insert == Insert::Pairs { before: index })
    }

    /// Each picked example as a message of the user, made from the message number `index`, and one of the assistant.
    pub(super) fn pairs(
        &self,
        picks: &Picks,
        index: usize,
        settled: &Settled<'_>,
        truncated: &mut Vec<Truncated>,
    ) -> Result<Vec<Message>, RenderError> {
        let mut messages = Vec::with_capacity(2 * picks.examples.len());
        for picked in &picks.examples {
            let Some(example) = self.examples().get(picked.index) else { continue };
            messages.extend(self.render_message(index, &self.values_of(&example.vars, settled, truncated))?);
            messages.push(Message::text(Role::Assistant, example.output_text()));
        }
        Ok(messages)
    }

    /// Renders every example once, so that one that cannot be rendered is told before anything is sent.
    pub(super) fn check_examples(&self, problems: &mut Problems) {
        let Some(Insert::Pairs { before }) = self.shots.as_ref().map(|shots| shots.insert) else { return };
        let settled = self.settle(None);
        for example in self.examples() {
            let values = self.values_of(&example.vars, &settled, &mut Vec::new());
            if let Err(error) = self.render_message(before, &values) {
                let mut problem = error.to_diagnostic();
                if let Some(inner) = problem.place.take() {
                    problem.related.push((inner, "in this template".to_owned()));
                }
                problems.push(problem.at(self.example_place(example, &["vars"])));
            }
        }
    }

    /// These variables with the defaults of those that are not given.
    fn with_defaults<'v>(&self, vars: &'v Vars) -> Cow<'v, Vars> {
        let mut full = Cow::Borrowed(vars);
        for (name, variable) in &self.variables {
            if let Some(default) = variable.default.as_ref().filter(|_| !vars.contains_key(name)) {
                full.to_mut().insert(name.clone(), default.clone());
            }
        }
        full
    }
}

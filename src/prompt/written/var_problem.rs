//! What can be wrong with the variables given to a prompt.

use super::super::render::Origins;
use crate::base::Diagnostic;

/// One thing that is wrong with the variables given to a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VarProblem {
    /// The variable.
    pub variable: String,
    /// Kebab-case code: `missing-variable`, `unknown-variable`, `variable-type`, `variable-not-allowed`,
    /// `variable-length`, `variable-tokens` or `variable-pattern`.
    pub code: &'static str,
    /// What is wrong: lowercase, no final period.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// What was probably meant: a variable for an unknown one, a value for one that is not allowed.
    pub near: Option<String>,
    /// Where the value came from, such as `--var code` or `vars.json: code`, where that is known.
    pub origin: Option<String>,
}

impl VarProblem {
    /// A problem without help.
    pub(in crate::prompt) fn new(variable: &str, code: &'static str, message: String) -> VarProblem {
        VarProblem { variable: variable.to_owned(), code, message, help: None, near: None, origin: None }
    }

    /// Notes where the value came from.
    pub(in crate::prompt) fn locate(&mut self, origins: &Origins) {
        let Some(origin) = origins.of(&self.variable) else { return };
        if self.code == "variable-type" && origin.starts_with("--var ") {
            let name = &self.variable;
            self.help = Some(format!("`--var {name}=…` gives text, `--var {name}:=…` gives any JSON value"));
        }
        self.origin = Some(origin.to_owned());
    }

    /// As a diagnostic without a place.
    pub(in crate::prompt) fn to_diagnostic(&self, prompt: &str) -> Diagnostic {
        let told = self.told();
        let message = if self.message.contains(prompt) { told } else { format!("prompt `{prompt}`: {told}") };
        let mut diagnostic = Diagnostic::error(self.code, message).did_you_mean(self.near.as_deref());
        diagnostic.help.clone_from(&self.help);
        diagnostic
    }

    /// What is wrong, and where the value came from.
    pub(in crate::prompt) fn told(&self) -> String {
        match &self.origin {
            Some(origin) => format!("{}, given by {origin}", self.message),
            None => self.message.clone(),
        }
    }
}

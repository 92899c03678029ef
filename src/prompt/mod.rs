//! stub
#![allow(missing_docs, clippy::all)]
use crate::base::{Diagnostic, Digest, Node, Place, Problems, SafeName, Source};
use crate::record::{Params, Vars};
use std::path::Path;
use std::sync::Arc;
pub struct Registry;
pub struct Prompt {
    pub name: String,
    pub digest: Digest,
    pub params: Params,
    pub variables: Vec<String>,
}
pub struct VarProblem {
    pub variable: String,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
}
impl Registry {
    pub fn open(_dir: &Path, _root: &Path) -> Registry {
        Registry
    }
    pub fn resolve(&self, reference: &str, from: &Place, problems: &mut Problems) -> Option<Arc<Prompt>> {
        if reference.starts_with("missing") {
            problems
                .push(Diagnostic::error("unknown-prompt", format!("`{reference}` is not a prompt")).at(from.clone()));
            return None;
        }
        Some(Arc::new(Prompt {
            name: format!("{reference}@1.0.0"),
            digest: Digest::of_bytes(reference.as_bytes()),
            params: Params::default(),
            variables: vec!["q".into()],
        }))
    }
    pub fn inline(&self, node: &Node, _source: &Source, _problems: &mut Problems) -> Option<Arc<Prompt>> {
        Some(Arc::new(Prompt {
            name: "inline".into(),
            digest: Digest::of_json(&node.to_json()),
            params: Params::default(),
            variables: vec!["q".into()],
        }))
    }
    pub fn names(&self) -> Vec<SafeName> {
        vec![]
    }
}
impl Prompt {
    pub fn check_vars(&self, vars: &Vars) -> Vec<VarProblem> {
        let mut found = vec![];
        for v in &self.variables {
            if !vars.contains_key(v) {
                found.push(VarProblem {
                    variable: v.clone(),
                    code: "missing-variable",
                    message: format!("`{v}` is missing"),
                    help: None,
                });
            }
        }
        for k in vars.keys() {
            if !self.variables.contains(k) {
                found.push(VarProblem {
                    variable: k.clone(),
                    code: "unknown-variable",
                    message: format!("`{k}` is unknown"),
                    help: None,
                });
            }
        }
        found
    }
}

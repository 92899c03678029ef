//! stub
#![allow(missing_docs, clippy::all)]
use crate::base::{Diagnostic, Node, Problems, Ratio, Source};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
pub struct Check {
    identity: Value,
    name: String,
}
pub struct CompileContext<'a> {
    pub root: &'a Path,
    pub base_dir: &'a Path,
    pub source: &'a Source,
}
#[derive(Debug, Clone, PartialEq)]
pub enum PassRule {
    All,
    Threshold(Ratio),
}
pub fn compile(node: &Node, ctx: &CompileContext<'_>, problems: &mut Problems) -> Option<Arc<Check>> {
    let entries = node.as_map()?;
    let (key, _) = entries.first()?;
    if !["contains", "equals", "grounded"].contains(&key.text.as_str()) {
        problems.push(
            Diagnostic::error("unknown-check", format!("`{}` is not a check", key.text)).at(ctx.source.place(key.span)),
        );
        return None;
    }
    Some(Arc::new(Check { identity: json!({"v": 1, "c": node.to_json()}), name: key.text.clone() }))
}
impl Check {
    pub fn identity(&self) -> &Value {
        &self.identity
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    pub fn needs_expected(&self) -> bool {
        self.name == "equals"
    }
    pub fn needed_vars(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    pub fn needs_context(&self) -> bool {
        self.name == "grounded"
    }
}

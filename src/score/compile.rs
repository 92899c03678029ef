//! Compiles one entry of a `checks:` list.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::check::{Body, Check, Needs};
use super::entry::Entry;
use super::options::Options;
use super::settings::{Fault, Settings};
use super::spec::{Build, Prepared};
use crate::base::{Node, Problems, Source};

/// What compiling needs besides the entry itself.
#[derive(Debug, Clone, Copy)]
pub struct CompileContext<'a> {
    /// The project's folder; files outside it are refused.
    pub root: &'a Path,
    /// The folder that relative paths start from: the suite's.
    pub base_dir: &'a Path,
    /// The file the entry stands in, for places of diagnostics.
    pub source: &'a Source,
}

/// Compiles one entry of a `checks:` list: `- json`, `- contains: refund`, `- contains: {value: refund, weight: 2}`,
/// `- all_of: […]`.
///
/// Schema files are read here, never while scoring. Returns `None` when the entry has errors; all of them, with
/// warnings, are in `problems`.
pub fn compile(node: &Node, ctx: &CompileContext<'_>, problems: &mut Problems) -> Option<Arc<Check>> {
    // Problems of this entry alone, so that earlier ones do not decide whether it is sound.
    let mut own = Problems::new();
    let check = compile_entry(node, ctx, &mut own);
    let sound = !own.has_errors();
    problems.absorb(own);
    check.filter(|_| sound).map(Arc::new)
}

fn compile_entry(node: &Node, ctx: &CompileContext<'_>, problems: &mut Problems) -> Option<Check> {
    let entry = Entry::read(node, ctx.source, problems)?;
    let mut options = Options::read(&entry, ctx, problems);
    let mut needs = Needs::default();
    let (body, content) = if entry.is_group() {
        let members = members(&options, ctx, problems)?;
        members.iter().for_each(|member| needs.absorb(&member.needs));
        let content = members.iter().map(|member| member.identity.clone()).collect();
        let body = if matches!(entry.spec.build, Build::AllOf) { Body::AllOf(members) } else { Body::AnyOf(members) };
        (body, Value::Array(content))
    } else {
        options.origins.iter().for_each(|(_, origin)| needs.add(origin));
        scorer(&entry, &mut options, ctx, problems)?
    };
    let identity = identity(&entry, &options, content);
    Some(Check {
        spec: entry.spec,
        negated: entry.negated,
        word: entry.word.to_owned(),
        name: options.name.unwrap_or_else(|| entry.word.to_owned()),
        weight: options.weight,
        threshold: options.threshold,
        body,
        identity,
        needs,
    })
}

fn members(options: &Options<'_>, ctx: &CompileContext<'_>, problems: &mut Problems) -> Option<Vec<Arc<Check>>> {
    let nodes = options.members?;
    // Compile all before judging any: every member's problems are told.
    let compiled: Vec<Option<Arc<Check>>> = nodes.iter().map(|node| compile(node, ctx, problems)).collect();
    compiled.into_iter().collect()
}

/// The body of a check that is not a group, and its options in canonical form.
fn scorer(
    entry: &Entry<'_>,
    options: &mut Options<'_>,
    ctx: &CompileContext<'_>,
    problems: &mut Problems,
) -> Option<(Body, Value)> {
    if problems.has_errors() {
        return None;
    }
    let Build::Scorer(prepare) = entry.spec.build else { return None };
    let prepared = match prepare(&with_samples(options)) {
        Ok(prepared) => Some(prepared),
        Err(faults) => {
            let from_case = |fault: &Fault| options.origins.iter().any(|(option, _)| *option == fault.option);
            faults
                .iter()
                .filter(|fault| !from_case(fault))
                .for_each(|fault| problems.push(options.diagnose(fault, entry, ctx)));
            None
        }
    };
    let content = content(options, prepared.as_ref());
    if options.origins.is_empty() {
        return prepared.map(|prepared| (Body::Ready(prepared.scorer), content));
    }
    let body = Body::Deferred {
        settings: std::mem::take(&mut options.settings),
        origins: std::mem::take(&mut options.origins),
    };
    Some((body, content))
}

/// The settings with samples for values that come from the case, so that the written ones are judged now.
fn with_samples(options: &Options<'_>) -> Settings {
    let mut settings = options.settings.clone();
    options.origins.iter().for_each(|(option, _)| settings.set(option, json!("sample")));
    settings
}

/// The options in canonical form: values from the case by their place, others as the check says.
fn content(options: &Options<'_>, prepared: Option<&Prepared>) -> Value {
    let mut content: Map<String, Value> =
        options.settings.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    for (name, value) in prepared.map_or(&[][..], |prepared| &prepared.canonical) {
        if value.is_null() {
            content.remove(*name);
        } else {
            content.insert((*name).to_owned(), value.clone());
        }
    }
    for (name, origin) in &options.origins {
        content.insert((*name).to_owned(), json!({"from": origin.to_string()}));
    }
    Value::Object(content)
}

/// What makes two checks the same, sorted by key through [`crate::base::canonical_json`] wherever it is digested.
fn identity(entry: &Entry<'_>, options: &Options<'_>, content: Value) -> Value {
    let mut identity = Map::new();
    identity.insert("check".into(), entry.spec.name.into());
    identity.insert("negated".into(), entry.negated.into());
    identity.insert("version".into(), entry.spec.version.into());
    identity.insert("weight".into(), options.weight.into());
    if let Some(threshold) = options.threshold {
        // For a scorer 1 is the default; for a group a threshold of 1 is another rule than its logic.
        if entry.is_group() || threshold.get() < 1.0 {
            identity.insert("threshold".into(), threshold.get().into());
        }
    }
    identity.insert(if entry.is_group() { "checks" } else { "options" }.into(), content);
    Value::Object(identity)
}

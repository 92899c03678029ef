//! Compiled checks, shared: a suite's defaults are compiled once, those of rows once per distinct text.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::base::{Digest, DigestBuilder, Node, Problems, Source, canonical_json};
use crate::score::{self, Check, CheckModels, CompileContext};

/// Most distinct check lists of rows that are kept compiled; beyond, the cache starts anew.
const KEPT: usize = 1024;

/// The effective checks of a case: the suite's defaults, then its own.
#[derive(Clone)]
pub(super) struct CheckSet {
    /// In order.
    pub(super) checks: Arc<[Arc<Check>]>,
    /// Of their identities, in order.
    pub(super) digest: Digest,
}

impl CheckSet {
    /// Of these checks.
    pub(super) fn of(checks: Vec<Arc<Check>>) -> CheckSet {
        let digest =
            checks.iter().fold(DigestBuilder::new("checks"), |builder, check| builder.json(check.identity())).finish();
        CheckSet { checks: Arc::from(checks), digest }
    }
}

/// Where a suite's checks find their files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Folders<'a> {
    /// The project.
    pub(super) root: &'a Path,
    /// The suite file's folder.
    pub(super) base_dir: &'a Path,
    /// The models its checks ask.
    pub(super) models: &'a Arc<CheckModels>,
}

/// Compiles a `checks:` value: a list of entries. What cannot be compiled is reported and left out.
pub(super) fn compile_list(
    node: &Node,
    source: &Source,
    folders: Folders<'_>,
    problems: &mut Problems,
) -> Vec<Arc<Check>> {
    let context = CompileContext { root: folders.root, base_dir: folders.base_dir, source, models: folders.models };
    let entries = node.as_list().unwrap_or(std::slice::from_ref(node));
    entries.iter().filter_map(|entry| score::compile(entry, &context, problems)).collect()
}

/// Compiles the checks of rows, each distinct text once.
pub(super) struct CheckCache<'a> {
    folders: Folders<'a>,
    defaults: &'a CheckSet,
    kept: HashMap<String, CheckSet>,
    /// Most that are kept.
    most: usize,
}

impl<'a> CheckCache<'a> {
    /// Empty; `defaults` come before every row's own checks.
    pub(super) fn new(defaults: &'a CheckSet, folders: Folders<'a>) -> CheckCache<'a> {
        CheckCache { folders, defaults, kept: HashMap::new(), most: KEPT }
    }

    /// The same for one of so many that keep checks.
    pub(super) fn shared_by(self, keepers: usize) -> CheckCache<'a> {
        CheckCache { most: KEPT.div_ceil(keepers.max(1)), ..self }
    }

    /// The effective checks of a row. `None` when one of its own cannot be compiled, which is reported.
    pub(super) fn of_row(&mut self, own: Option<&Node>, source: &Source, problems: &mut Problems) -> Option<CheckSet> {
        let Some(node) = own else { return Some(self.defaults.clone()) };
        let key = canonical_json(&node.to_json());
        if let Some(set) = self.kept.get(&key) {
            return Some(set.clone());
        }
        let before = problems.error_count();
        let own = compile_list(node, source, self.folders, problems);
        if problems.error_count() > before {
            return None;
        }
        let set = CheckSet::of(self.defaults.checks.iter().cloned().chain(own).collect());
        if self.kept.len() >= self.most {
            self.kept.clear();
        }
        self.kept.insert(key, set.clone());
        Some(set)
    }
}

//! Partials: the texts below `prompts/_partials/` that templates include by name, and those that karat brings.
//!
//! `{% include "karat/reasoning.md" %}` needs no file in the project. A file of that name below `prompts/_partials/` is
//! taken instead of the bundled text: a project may translate or change it. Its text is part of the prompt's digest either
//! way.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::language::compile::check_template;
use super::language::scan::Scan;
use super::language::text::TemplateText;
use crate::base::{Problems, SafeName, Source, files};
use crate::guard::mask_secrets;

/// The folder of partials, below the folder of prompts.
pub(super) const FOLDER: &str = "_partials";

/// Partials in the binary, by name.
pub(super) const BUNDLED: &[(&str, &str)] = &[("karat/reasoning.md", include_str!("bundled/reasoning.md"))];

/// A partial, read and scanned.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) text: TemplateText,
    pub(super) scan: Scan,
}

/// Why there is no partial.
pub(super) enum NoPartial {
    /// Its name is no relative path of safe names.
    BadName,
    /// There is no such file.
    Missing,
    /// It is there and broken; its problems are reported, now or before.
    Broken,
}

/// All partials of a project, read when they are first asked for.
#[derive(Debug)]
pub(super) struct Partials {
    folder: PathBuf,
    root: PathBuf,
    read: Mutex<HashMap<String, Option<Arc<Partial>>>>,
}

impl Partials {
    pub(super) fn new(prompts: &Path, root: &Path) -> Partials {
        Partials { folder: prompts.join(FOLDER), root: root.to_path_buf(), read: Mutex::default() }
    }

    /// The partial `name`; what is wrong with it goes to `problems`, once.
    pub(super) fn get(&self, name: &str, problems: &mut Problems) -> Result<Arc<Partial>, NoPartial> {
        if let Some(known) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name) {
            return known.clone().ok_or(NoPartial::Broken);
        }
        if !name.split('/').all(|part| SafeName::parse(part).is_ok()) {
            return Err(NoPartial::BadName);
        }
        let path = files::inside(&self.root, &self.folder, name).map_err(|_| NoPartial::BadName)?;
        let partial = if path.is_file() {
            self.load(&path, problems)
        } else {
            bundled(name, problems).ok_or(NoPartial::Missing)?
        };
        let partial = partial.map(Arc::new);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), partial.clone());
        partial.ok_or(NoPartial::Broken)
    }

    /// The partial `name` when it was read before and is sound.
    pub(super) fn known(&self, name: &str) -> Option<Arc<Partial>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned().flatten()
    }

    fn load(&self, path: &Path, problems: &mut Problems) -> Option<Partial> {
        let shown = path.strip_prefix(&self.root).unwrap_or(path);
        match files::read_source(path, shown) {
            Ok(source) => {
                let text = TemplateText::of_file(&mask_secrets(&source, problems));
                let scan = check_template(&text, problems)?;
                Some(Partial { text, scan })
            }
            Err(problem) => {
                problems.push(*problem);
                None
            }
        }
    }

    /// Names of all partials of the project, for suggestions and for the lint of the whole project.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(prefix) = folders.pop() {
            for (name, is_folder) in files::list_folder(&self.folder.join(&prefix)).unwrap_or_default() {
                let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
                if SafeName::parse(&name).is_err() {
                    continue;
                }
                // Deep enough for any project; a link that points at its own parent ends here.
                if is_folder && path.matches('/').count() < 8 {
                    folders.push(path);
                } else if !is_folder {
                    names.push(path);
                }
            }
        }
        names.sort();
        names
    }
}

/// The bundled partial `name`; `None` when there is none.
fn bundled(name: &str, problems: &mut Problems) -> Option<Option<Partial>> {
    let (name, text) = BUNDLED.iter().find(|(known, _)| *known == name)?;
    let text = TemplateText::of_file(&Source::new(*name, *text));
    let scan = check_template(&text, problems);
    Some(scan.map(|scan| Partial { text, scan }))
}

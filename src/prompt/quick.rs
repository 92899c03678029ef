//! The digest of a version without making it ready to be rendered: for commands that look at hundreds of them.
//!
//! Only for versions without anything to remark. Whatever is unusual or wrong gives `None`, and is then read, checked and
//! reported the usual way.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::Registry;
use super::language::compile::check_template;
use super::language::scan::Scan;
use super::partials::{Partial, Partials};
use super::written::definition::{Definition, Reading};
use super::written::identity::digest;
use crate::base::{Digest, Problems, files, parse_yaml};
use crate::guard::mask_secrets;

/// Longest chain of includes that is followed.
const DEEPEST: usize = 8;

impl Registry {
    /// Digest of the version file at `path`, equal to that of the prompt it holds.
    pub(super) fn quick_digest(&self, path: &Path) -> Option<Digest> {
        let shown = self.shown(path);
        let inside = files::inside(&self.root, &self.root, shown.to_str()?).ok()?;
        let source = files::read_source(&inside, shown).ok()?;
        let mut problems = Problems::new();
        mask_secrets(&source, &mut problems);
        if !problems.is_empty() {
            return None;
        }
        let node = parse_yaml(&source, &mut problems)?;
        let folder = self.folder_of(source.path());
        let reading = Reading { source: &source, folder: &folder, root: &self.root };
        let definition = Definition::read(&node, "prompt version", &reading, &mut problems)?;
        let variables = definition.variables.as_ref()?;
        // Examples are checked against everything else.
        if definition.has_examples {
            return None;
        }
        definition.truncate.check(variables, &mut problems);
        definition.overrides.0.iter().for_each(|over| over.truncate.check(variables, &mut problems));
        let mut used = Used { partials: &self.partials, found: BTreeMap::new(), names: HashMap::new() };
        let mut names = BTreeSet::new();
        for text in definition.texts() {
            let scan = check_template(text, &mut problems)?;
            names.append(&mut used.names_of(&scan, DEEPEST)?);
        }
        let is_declared = names.len() == variables.len() && names.iter().all(|name| variables.contains_key(name));
        (problems.is_empty() && is_declared).then(|| digest(&definition, &used.found, variables, None))
    }
}

/// Partials that are used, and the names that each of them needs.
struct Used<'r> {
    partials: &'r Partials,
    found: BTreeMap<String, Arc<Partial>>,
    names: HashMap<String, BTreeSet<String>>,
}

impl Used<'_> {
    /// The names that a text and what it includes need; `None` when an include cannot be followed.
    fn names_of(&mut self, scan: &Scan, depth: usize) -> Option<BTreeSet<String>> {
        let mut names: BTreeSet<String> = scan.uses.iter().map(|used| used.name.clone()).collect();
        for include in &scan.includes {
            let inner = self.included(&include.name, depth.checked_sub(1)?)?;
            names.extend(inner.into_iter().filter(|name| !include.bound.contains(name)));
        }
        Some(names)
    }

    fn included(&mut self, name: &str, depth: usize) -> Option<BTreeSet<String>> {
        if let Some(known) = self.names.get(name) {
            return Some(known.clone());
        }
        // Nothing may be told of a partial here: it would not be told again where it belongs.
        let partial = self.partials.known(name)?;
        let names = self.names_of(&partial.scan, depth)?;
        self.found.insert(name.to_owned(), partial);
        self.names.insert(name.to_owned(), names.clone());
        Some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Project;

    /// The quick digest of `prompts/p/1.0.0.yaml` once its partials are known, and the digest of the prompt.
    fn digests(files: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let project = Project::new(files);
        let registry = project.registry();
        let (prompt, _) = project.resolve("p@1.0.0");
        for name in registry.partials.names() {
            registry.partials.get(&name, &mut super::Problems::new()).ok();
        }
        let path = registry.prompts.join("p/1.0.0.yaml");
        (registry.quick_digest(&path).map(|d| d.to_string()), prompt.map(|prompt| prompt.digest.to_string()))
    }

    const SOUND: &[&str] = &[
        "template: Hi\nvariables: {}\n",
        "template: Hi {{ name }}\nvariables: {name: string}\n",
        "about: x\nmessages:\n  - {role: system, content: \"{% include 'a.txt' %}\"}\n  - {role: user, content: [\"{{ x }}\", {image: \"{{ url }}\"}]}\nvariables: {x: {max_chars: 5}, url: string, name: {default: Ada}}\nparams: {seed: 1}\nmodels: {\"a/*\": {params: {seed: 2}}}\noutput: {schema: {type: object}}\n",
        "template: \"{% for name in list %}{% include 'b.txt' %}{% endfor %}\"\nvariables: {list: list}\n",
    ];

    #[test]
    fn the_quick_digest_is_the_digest() {
        for text in SOUND {
            let (quick, full) = digests(&[
                ("prompts/p/1.0.0.yaml", text),
                ("prompts/_partials/a.txt", "A {% include 'b.txt' %}"),
                ("prompts/_partials/b.txt", "B {{ name }}"),
            ]);
            assert!(quick.is_some() && quick == full, "{text}: {quick:?} {full:?}");
        }
    }

    #[test]
    fn whatever_is_to_be_remarked_is_left_to_the_usual_way() {
        for text in [
            "template: Hi {{ name }}\n",
            "template: Hi {{ name }}\nvariables: {nam: string}\n",
            "template: Hi\nvariables: {unused: string}\n",
            "template: Hi {{\nvariables: {}\n",
            "template: Hi {{ a | nope }}\nvariables: {a: string}\n",
            "template: \"{% include 'circle.txt' %}\"\nvariables: {}\n",
            "template: \"{% include 'missing.txt' %}\"\nvariables: {}\n",
            "template: \"{% include 'broken.txt' %}\"\nvariables: {}\n",
            "template: [\n",
            "template: Hi\nvariables: {}\nextra: 1\n",
        ] {
            let (quick, _) = digests(&[
                ("prompts/p/1.0.0.yaml", text),
                ("prompts/_partials/circle.txt", "{% include 'circle.txt' %}"),
                ("prompts/_partials/broken.txt", "{{ a b }}"),
            ]);
            assert_eq!(quick, None, "{text}");
        }
    }

    #[test]
    fn the_bundled_prompts_have_their_digest_either_way() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let registry = super::Registry::open(&root.join("prompts"), root);
        let mut problems = super::Problems::new();
        for reference in
            ["code-review@1.0.0", "code-review@1.1.0", "document-classifier@1.0.0", "support-answers@1.0.0"]
        {
            let from = crate::base::Place::of_file(std::path::Path::new("test"));
            let prompt = registry.resolve(reference, &from, &mut problems).expect(reference);
            let path = root.join("prompts").join(format!("{}.yaml", reference.replace('@', "/")));
            assert_eq!(registry.quick_digest(&path), Some(prompt.digest), "{reference}");
        }
    }
}

//! A small project on disk for tests.

use std::fs;
use std::path::PathBuf;

use crate::base::Problems;
use crate::config::{Config, Env, Overrides};
use crate::prompt::Registry;
use crate::suite::{LoadContext, LoadedCase, Selection, Suite, Survey, discover, load, selected, survey_all};

/// Head of a suite that is sound; cases follow.
pub(super) const HEAD: &str = "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\ndefaults: {checks: [{contains: x}]}\n";

pub(super) struct Project {
    pub(super) folder: tempfile::TempDir,
    pub(super) overrides: Overrides,
}

impl Project {
    /// A project with the prompt `ask`, which has the one variable `q`.
    pub(super) fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { folder: tempfile::tempdir().expect("temp"), overrides: Overrides::default() };
        let prompt = "messages:\n  - {role: user, content: \"{{ q }}\"}\nvariables:\n  q: {required: true}\n";
        project.write("prompts/ask/1.0.0.yaml", prompt.as_bytes());
        project.write("karat.yaml", b"providers: {mock: {type: mock}}\n");
        for (path, text) in files {
            project.write(path, text.as_bytes());
        }
        project
    }

    /// A project with one suite: [`HEAD`] and this.
    pub(super) fn suite(rest: &str) -> Project {
        Project::new(&[("evals/demo.yaml", &format!("{HEAD}{rest}"))])
    }

    /// A project with one suite over a dataset.
    pub(super) fn dataset(name: &str, content: &[u8]) -> Project {
        let project = Project::suite(&format!("cases: cases/{name}\n"));
        project.write(&format!("evals/cases/{name}"), content);
        project
    }

    pub(super) fn write(&self, path: &str, content: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("dirs");
        fs::write(path, content).expect("write");
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn root(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).expect("root")
    }

    pub(super) fn load(&self, suites: &[&str]) -> (Vec<Suite>, Problems) {
        let mut problems = Problems::new();
        let root = self.root();
        let config = Config::load(&root, &Env::default(), &self.overrides, &mut problems);
        let registry = Registry::open(&root.join("prompts"), &root);
        let suites: Vec<String> = suites.iter().map(|name| (*name).to_owned()).collect();
        let paths = discover(&root.join("evals"), &mut problems);
        let context = LoadContext { config: &config, registry: &registry, suites: &suites };
        (load(&paths, &context, &mut problems), problems)
    }

    /// Loads and surveys with `selection`.
    pub(super) fn survey(&self, selection: &Selection) -> (Vec<Suite>, Vec<Survey>, Problems) {
        let (suites, mut problems) = self.load(&[]);
        let surveys = survey_all(&suites, selection, &mut problems);
        (suites, surveys, problems)
    }

    /// All problems of load and survey as text.
    pub(super) fn told(&self) -> String {
        self.survey(&Selection::default()).2.render(false)
    }

    /// The cases of the only suite, which must be sound.
    pub(super) fn cases(&self) -> Vec<LoadedCase> {
        let (suites, problems) = self.load(&[]);
        assert!(problems.is_empty(), "{}", problems.render(false));
        suites[0].cases().map(|case| case.map_err(|problems| problems.render(false)).expect("sound")).collect()
    }

    /// Ids of the second pass, with their index and whether they are skipped; the survey must agree with it.
    pub(super) fn picked(&self, selection: &Selection) -> Vec<(u64, String, bool)> {
        let (suites, surveys, problems) = self.survey(selection);
        assert!(!problems.has_errors(), "{}", problems.render(false));
        let picked: Vec<(u64, String, bool)> = selected(&suites[0], selection, &surveys[0])
            .map(|item| item.map_err(|problems| problems.render(false)).expect("unchanged"))
            .map(|(index, loaded)| (index, loaded.case.id.to_string(), loaded.skip.is_some()))
            .collect();
        let count = |skip: bool| picked.iter().filter(|(_, _, skipped)| *skipped == skip).count() as u64;
        assert_eq!((count(false), count(true)), (surveys[0].selected, surveys[0].skipped));
        picked
    }

    /// Ids of the second pass.
    pub(super) fn ids(&self, selection: &Selection) -> Vec<String> {
        self.picked(selection).into_iter().map(|(_, id, _)| id).collect()
    }
}

/// Asserts that `text` has all of `wanted`.
pub(super) fn assert_has(text: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(text.contains(part), "`{part}` not in\n{text}");
    }
}

//! A suite as it is meant, and its walk over the cases.

use std::path::PathBuf;
use std::sync::Arc;

use super::adversarial::{Attacker, Attacks, Ground, Target};
use super::checks::{CheckSet, Folders};
use super::dataset::Feed;
use super::matrix::Matrix;
use super::reader::Cases;
use super::{Goal, Variant};
use crate::base::{Digest, DigestBuilder, Kind, ModelRef, Node, Place, Problems, SafeName, Source, parse_yaml};
use crate::prompt::Prompt;
use crate::record::Vars;
use crate::score::{CheckModels, PassRule};

/// One suite: what to ask, of which models, and how to judge the answers. Its cases are walked by [`Suite::cases`].
pub struct Suite {
    /// Its name, unique in the project.
    pub name: SafeName,
    /// What it is for.
    pub about: Option<String>,
    /// Its file, as shown to the user.
    pub path: PathBuf,
    /// Where its name stands.
    pub place: Place,
    /// Where its cases are named.
    pub(super) cases_place: Place,
    /// Prompts × models with their parameters, in the order of the file.
    pub variants: Vec<Variant>,
    /// The model that judges, where a check asks one.
    pub judge: Option<ModelRef>,
    /// The models that its checks ask.
    pub(super) check_models: Arc<CheckModels>,
    /// How often each case is asked, 1..=1000; a case may say otherwise.
    pub repeat: u32,
    /// What must be reached.
    pub goal: Goal,
    /// The labels there are, in order, when the suite sorts; empty when it does not say which.
    pub classification: Option<Vec<String>>,
    /// How scores make a trial pass.
    pub rule: PassRule,
    /// Most trials that may error or stay ungraded before the verdict is undecided.
    pub max_errors: u32,
    pub(super) root: PathBuf,
    pub(super) base_dir: PathBuf,
    pub(super) source: Source,
    pub(super) prompts: Vec<Arc<Prompt>>,
    pub(super) defaults: Defaults,
    pub(super) feeds: Vec<Feed>,
    pub(super) matrix: Matrix,
    /// What attacks go into.
    pub(super) target: Target,
    /// The attacks that its cases are run with instead of as they are.
    pub(super) attacks: Option<Arc<Attacks>>,
    pub(super) gaps: Gaps,
}

/// What `defaults:` gives every case.
pub(super) struct Defaults {
    pub(super) checks: CheckSet,
    pub(super) tags: Vec<String>,
    pub(super) weight: f64,
    pub(super) vars: Vars,
}

/// Parts that were named but could not be read: what follows from them is not reported again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Gaps {
    pub(super) prompts: bool,
    pub(super) checks: bool,
    pub(super) cases: bool,
}

impl Suite {
    /// Whether the suite's file, or a list of cases that it reads as a whole, has this word in its text: a file that it
    /// names stands there.
    pub fn mentions(&self, word: &str) -> bool {
        let has = |source: &Source| source.text().contains(word);
        let in_feed = |feed: &Feed| match feed {
            Feed::List { source, .. } => has(source),
            Feed::File { path, .. } => path.file_name().is_some_and(|name| name.to_string_lossy() == word),
        };
        has(&self.source) || self.feeds.iter().any(in_feed)
    }

    /// Where the suite sets a parameter for a model: in the model's entry, or for all models; `None` where it does not.
    pub fn place_of_param(&self, param: &str, model: &ModelRef) -> Option<Place> {
        let node = parse_yaml(&self.source, &mut Problems::new())?;
        let name = model.to_string();
        let key_in = |params: &Node| {
            let set = params.as_map()?.iter().find(|(key, value)| key.text == param && value.kind != Kind::Null);
            set.map(|(key, _)| self.source.place(key.span))
        };
        let entries = node.get("models").and_then(Node::as_list).unwrap_or_default();
        let own = entries.iter().filter(|entry| entry.get("model").and_then(Node::as_text) == Some(name.as_str()));
        let own = own.filter_map(|entry| key_in(entry.get("params")?)).next();
        own.or_else(|| key_in(node.get("params")?))
    }

    /// Where the suite names a model, or itself.
    pub fn place_of_model(&self, model: &ModelRef) -> Place {
        let name = model.to_string();
        let named = parse_yaml(&self.source, &mut Problems::new()).and_then(|node| {
            let models = node.get("models")?;
            let entries = models.as_list().unwrap_or(std::slice::from_ref(models));
            let is_it =
                |entry: &&Node| entry.as_text().or_else(|| entry.get("model")?.as_text()) == Some(name.as_str());
            entries.iter().find(is_it).map(|entry| self.source.place(entry.span))
        });
        named.unwrap_or_else(|| self.place.clone())
    }

    /// All cases in the order of the files, each matrix combination on its own. Restartable; datasets are streamed.
    ///
    /// A row with problems is one `Err`, and the walk goes on after it.
    pub fn cases(&self) -> Cases<'_> {
        Cases::of(self)
    }

    /// Digest of everything but the cases: variants, judge, repeats, default checks, goal, pass rule.
    pub(super) fn definition(&self) -> Digest {
        let judge = self.judge.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut builder = DigestBuilder::new("suite")
            .part(judge.as_bytes())
            .part(&self.repeat.to_be_bytes())
            .part(&self.max_errors.to_be_bytes())
            .part(self.defaults.checks.digest.as_bytes())
            .part(rule_text(&self.rule).as_bytes())
            .json(&self.goal.to_json());
        if let Some(attacks) = &self.attacks {
            builder = builder.part(b"attacks").part(attacks.digest().as_bytes());
        }
        for variant in &self.variants {
            builder = builder.part(variant.digest.as_bytes());
        }
        builder.finish()
    }

    /// The same with every case attacked by all of these instead of as it is.
    pub fn attack(&mut self, attacks: Arc<Attacks>) {
        self.attacks = Some(attacks);
    }

    /// The attacks that it is run with.
    pub fn attacks(&self) -> Option<&Attacks> {
        self.attacks.as_deref()
    }

    /// Who makes the attacked cases, when there are some.
    pub(super) fn attacker(&self) -> Option<Attacker<'_>> {
        let ground = Ground {
            suite: &self.name,
            prompts: &self.prompts,
            target: &self.target,
            folders: self.folders(),
            source: &self.source,
        };
        self.attacks.as_deref().map(|attacks| Attacker::new(attacks, ground))
    }

    pub(super) fn folders(&self) -> Folders<'_> {
        Folders { root: &self.root, base_dir: &self.base_dir, models: &self.check_models }
    }
}

/// The pass rule as digests hold it.
pub(super) fn rule_text(rule: &PassRule) -> String {
    match rule {
        PassRule::All => "all".to_owned(),
        PassRule::Threshold(share) => format!(">= {}", share.get()),
    }
}

//! Which examples a case gets, and why.

use std::fmt;

use serde::Serialize;

use super::index::Measure;
use super::mmr::mmr;
use super::set::Shots;
use super::settings::By;
use super::vectors::Nearby;
use crate::record::Vars;

/// An example that was picked for a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PickedExample {
    /// Its place in the file, from 0.
    pub index: usize,
    /// Its id, or `#3` for the third.
    pub id: String,
    /// How near it is to the case: 0 to 1 by words, -1 to 1 by embeddings; `None` when examples are not compared.
    pub score: Option<f64>,
    /// Why it was picked.
    pub why: Why,
}

/// Why an example was picked.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Why {
    /// It comes early in the file.
    First,
    /// Chance, by the prompt's seed.
    Random {
        /// The seed.
        seed: u64,
    },
    /// It is near to the case.
    Similarity {
        /// What examples were compared by: `bm25`, `tfidf` or `embedding`.
        with: &'static str,
        /// Its rank among the examples that could be picked, from 1.
        rank: usize,
    },
    /// It is near to the case and unlike those picked before it.
    Mmr {
        /// What examples were compared by: `bm25`, `tfidf` or `embedding`.
        with: &'static str,
        /// Its rank by similarity alone, from 1.
        rank: usize,
        /// How near it is to the nearest example picked before it.
        redundancy: f64,
        /// `(1 − diversity) · score − diversity · redundancy`.
        value: f64,
    },
    /// Too few examples reach the threshold, and it is among the most similar of the others.
    Fallback {
        /// What examples were compared by: `bm25`, `tfidf` or `embedding`.
        with: &'static str,
        /// Its rank by similarity alone, from 1.
        rank: usize,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::First => f.write_str("first in the file"),
            Why::Random { seed } => write!(f, "random, seed {seed}"),
            Why::Similarity { with, rank } => write!(f, "rank {rank} by {with}"),
            Why::Mmr { with, rank, redundancy, value } => {
                write!(f, "rank {rank} by {with}, redundancy {redundancy:.3}, mmr {value:.3}")
            }
            Why::Fallback { with, rank } => write!(f, "rank {rank} by {with}, below the threshold"),
        }
    }
}

/// The picks of one case, in the order in which they are sent, and what else is worth knowing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::prompt) struct Picks {
    pub(in crate::prompt) examples: Vec<PickedExample>,
    pub(in crate::prompt) notes: Vec<String>,
}

impl Shots {
    /// Picks for a case with these variables, defaults included.
    pub(in crate::prompt) fn pick(&self, vars: &Vars, nearby: Option<Nearby<'_>>) -> Picks {
        self.pick_some(vars, nearby, self.settings.pick)
    }

    /// The same with so many examples, whatever the prompt says.
    pub(in crate::prompt) fn pick_some(&self, vars: &Vars, nearby: Option<Nearby<'_>>, pick: usize) -> Picks {
        let mut notes = Vec::new();
        let candidates = self.candidates(vars, &mut notes);
        let plain = |indices: Vec<usize>, why: &Why| {
            indices.into_iter().take(pick).filter_map(|index| self.picked(index, None, why.clone())).collect()
        };
        let examples: Vec<PickedExample> = match self.settings.by {
            By::First => plain(candidates, &Why::First),
            By::Random => plain(self.shuffled(candidates), &Why::Random { seed: self.settings.seed }),
            By::Similarity | By::Mmr => self.nearest(&candidates, vars, nearby, pick, &mut notes),
        };
        if examples.len() < pick {
            notes.push(format!("{} of {pick} examples are sent: there are no more", examples.len()));
        }
        Picks { examples, notes }
    }

    /// The longest examples that a case with these variables may get.
    pub(in crate::prompt) fn longest(&self, vars: &Vars) -> Picks {
        let mut candidates = self.candidates(vars, &mut Vec::new());
        let length = |index: &usize| {
            let example = self.examples.get(*index)?;
            let texts =
                example.vars.values().map(|value| value.as_str().map_or_else(|| value.to_string().len(), str::len));
            Some(example.output_text().len() + texts.sum::<usize>())
        };
        candidates.sort_by_cached_key(|index| std::cmp::Reverse(length(index)));
        let picked = candidates.into_iter().take(self.settings.pick);
        let examples = picked.filter_map(|index| self.picked(index, None, Why::First)).collect();
        Picks { examples, notes: Vec::new() }
    }

    /// Examples that may be picked: all but the case itself. An example that is the case would give the answer away.
    fn candidates(&self, vars: &Vars, notes: &mut Vec<String>) -> Vec<usize> {
        let mut candidates = Vec::with_capacity(self.examples.len());
        for (index, example) in self.examples.iter().enumerate() {
            let is_case =
                !example.vars.is_empty() && example.vars.iter().all(|(name, value)| vars.get(name) == Some(value));
            if is_case {
                let text = format!("example `{}` (line {}) is left out: it is this case", example.id, example.line);
                notes.push(text);
            } else {
                candidates.push(index);
            }
        }
        candidates
    }

    /// In the order of the draw.
    fn shuffled(&self, mut candidates: Vec<usize>) -> Vec<usize> {
        let draw = self.draw();
        candidates.sort_by_key(|index| draw.get(*index).copied());
        candidates
    }

    fn nearest(
        &self,
        candidates: &[usize],
        vars: &Vars,
        nearby: Option<Nearby<'_>>,
        pick: usize,
        notes: &mut Vec<String>,
    ) -> Vec<PickedExample> {
        let (measure, scores) = self.compare(vars, nearby, notes);
        let with = measure.word();
        let score = |index: usize| scores.get(index).copied().unwrap_or(0.0);
        let mut order = candidates.to_vec();
        // Stable: of equals the first in the file wins.
        order.sort_by(|a, b| score(*b).total_cmp(&score(*a)));
        let rank = |index: usize| order.iter().position(|other| *other == index).map_or(0, |at| at + 1);
        let reaches = |index: &usize| self.settings.threshold.is_none_or(|least| score(*index) >= least);
        let near: Vec<usize> = order.iter().copied().filter(reaches).collect();
        let mut picked: Vec<PickedExample> = if self.settings.by == By::Mmr {
            let steps = mmr(&scores, &near, pick, self.settings.diversity, |index| measure.near_one(index));
            let picked = steps.into_iter().filter_map(|step| {
                let (redundancy, value) = (step.redundancy, step.value);
                let why = Why::Mmr { with, rank: rank(step.index), redundancy, value };
                self.picked(step.index, Some(score(step.index)), why)
            });
            picked.collect()
        } else {
            let why = |index| Why::Similarity { with, rank: rank(index) };
            near.iter().take(pick).filter_map(|index| self.picked(*index, Some(score(*index)), why(*index))).collect()
        };
        if let Some(threshold) = self.settings.threshold.filter(|_| picked.len() < pick && near.len() < order.len()) {
            let text = "examples reach the threshold";
            notes.push(format!("{} of {} {text} {threshold}; the most similar others follow", near.len(), order.len()));
            let missing = pick - picked.len();
            let rest = order.iter().filter(|index| !reaches(index)).take(missing);
            let why = |index| Why::Fallback { with, rank: rank(index) };
            picked.extend(rest.filter_map(|index| self.picked(*index, Some(score(*index)), why(*index))));
        }
        picked
    }

    /// How near every example is to the case: by embeddings when there are some, by words otherwise.
    fn compare<'s>(
        &'s self,
        vars: &Vars,
        nearby: Option<Nearby<'s>>,
        notes: &mut Vec<String>,
    ) -> (Measure<'s>, Vec<f64>) {
        if let Some(nearby) = nearby.filter(|_| self.may_embed()) {
            let fits = nearby.examples.count() == self.examples.len();
            match nearby.examples.near(nearby.query) {
                Ok(scores) if fits => return (Measure::Vectors(nearby.examples), scores),
                Ok(_) => notes.push("the embeddings are not those of these examples; words are compared".to_owned()),
                Err(problem) => notes.push(format!("words are compared: {problem}")),
            }
        } else if self.must_embed() {
            notes.push("there are no embeddings here; words are compared (bm25)".to_owned());
        }
        let words = self.words();
        (Measure::Words(words), words.near(&self.text_of(vars)))
    }

    fn picked(&self, index: usize, score: Option<f64>, why: Why) -> Option<PickedExample> {
        let example = self.examples.get(index)?;
        Some(PickedExample { index, id: example.id.clone(), score, why })
    }
}

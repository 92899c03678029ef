//! `examples:` of a prompt: where they come from, how many, and how they are chosen.
//!
//! ```yaml
//! examples:
//!   from: examples.jsonl       # in the prompt's folder: {"vars": {…}, "output": "…" or JSON, "id": "…"} per line
//!   pick: 2                    # how many; 3 unless given
//!   by: similarity             # first (the default) | random | similarity | mmr
//!   seed: 7                    # random: another seed, another choice; 0 unless given
//!   on: [code]                 # similarity, mmr: variables that are compared; all texts of the user's message unless given
//!   with: bm25                 # similarity, mmr: bm25 | tfidf | embedding
//!   threshold: 0.2             # similarity, mmr: least similarity; when too few reach it, the most similar others follow
//!   diversity: 0.5             # mmr: 0 is similarity alone, 1 is difference alone
//! ```
//!
//! Without `with`, embeddings are compared where the project has a model for them (`embedding:` in karat.yaml), and words
//! by BM25 where it has none. A line may say `"input": "…"` instead of `vars` when there is one variable to ask with.

use serde_json::{Value, json};

use crate::base::{Diagnostic, Fields, Node, Place, Problems, Source};

/// Examples picked when nobody says how many.
const DEFAULT_PICK: usize = 3;

/// Weight of being different, for `mmr`.
const DEFAULT_DIVERSITY: f64 = 0.5;

/// How examples are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prompt) enum By {
    First,
    Random,
    Similarity,
    Mmr,
}

impl By {
    const ALL: &[(&str, By)] =
        &[("first", By::First), ("random", By::Random), ("similarity", By::Similarity), ("mmr", By::Mmr)];

    fn word(self) -> &'static str {
        By::ALL.iter().find(|(_, by)| *by == self).map_or("first", |(word, _)| word)
    }

    /// Whether examples are compared with the case.
    pub(in crate::prompt) fn compares(self) -> bool {
        match self {
            By::Similarity | By::Mmr => true,
            By::First | By::Random => false,
        }
    }
}

/// What examples are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prompt) enum With {
    Bm25,
    TfIdf,
    Embedding,
}

impl With {
    const ALL: &[(&str, With)] = &[("bm25", With::Bm25), ("embedding", With::Embedding), ("tfidf", With::TfIdf)];

    fn word(self) -> &'static str {
        With::ALL.iter().find(|(_, with)| *with == self).map_or("bm25", |(word, _)| word)
    }
}

/// `examples:` as written, checked alone.
#[derive(Debug, Clone)]
pub(in crate::prompt) struct Settings {
    pub(super) pick: usize,
    pub(super) by: By,
    pub(super) seed: u64,
    /// Variables that are compared; `None` means all that hold text.
    pub(super) on: Option<Vec<(String, Place)>>,
    /// `None`: embeddings when the project has an embedding model, words otherwise.
    pub(super) with: Option<With>,
    pub(super) diversity: f64,
    pub(super) threshold: Option<f64>,
    /// Where the mapping stands.
    pub(super) place: Place,
}

impl Settings {
    /// Reads the mapping; the path of the file comes with it.
    pub(super) fn read<'n>(node: &'n Node, source: &'n Source, problems: &mut Problems) -> Option<(&'n str, Settings)> {
        let mut fields = Fields::of(node, "examples mapping", source, problems)?;
        let before = problems.error_count();
        let from = fields.required_text("from", problems);
        let pick = fields.whole("pick", 1..=1_000, problems);
        let by = fields.choice("by", By::ALL, problems);
        let seed = fields.whole("seed", 0..=i64::MAX, problems);
        let on = fields.texts("on", problems);
        let with = fields.choice("with", With::ALL, problems);
        let diversity = fields.number("diversity", 0.0..=1.0, problems);
        let threshold = fields.number("threshold", -1.0..=1.0, problems);
        let by = by.unwrap_or(By::First);
        let needs: [(&str, bool, &[By]); 5] = [
            ("seed", seed.is_some(), &[By::Random]),
            ("on", on.is_some(), &[By::Similarity, By::Mmr]),
            ("with", with.is_some(), &[By::Similarity, By::Mmr]),
            ("threshold", threshold.is_some(), &[By::Similarity, By::Mmr]),
            ("diversity", diversity.is_some(), &[By::Mmr]),
        ];
        if problems.error_count() == before {
            for (key, is_given, ways) in needs {
                if is_given && !ways.contains(&by) {
                    problems.push(useless(key, by, ways, &fields));
                }
            }
        }
        if on.as_ref().is_some_and(Vec::is_empty) {
            fields.invalid("on", "`on` is empty: there is nothing to compare", problems);
        }
        fields.finish(problems);
        let on = on.map(|names| names.into_iter().map(|(name, span)| (name.to_owned(), source.place(span))).collect());
        let settings = Settings {
            pick: pick.and_then(|pick| usize::try_from(pick).ok()).unwrap_or(DEFAULT_PICK),
            by,
            seed: seed.and_then(|seed| u64::try_from(seed).ok()).unwrap_or(0),
            on,
            with,
            diversity: diversity.unwrap_or(DEFAULT_DIVERSITY),
            threshold,
            place: source.place(node.span),
        };
        from.filter(|_| problems.error_count() == before).map(|from| (from, settings))
    }

    /// What of it can change a request. A setting that `by` does not look at is not in it.
    pub(super) fn identity(&self) -> Value {
        let mut identity = json!({"pick": self.pick, "by": self.by.word()});
        let mut put = |key: &str, value: Value| {
            if let Value::Object(fields) = &mut identity {
                fields.insert(key.to_owned(), value);
            }
        };
        match self.by {
            By::First => {}
            By::Random => put("seed", json!(self.seed)),
            By::Similarity | By::Mmr => {
                put("on", json!(self.on.as_ref().map(|on| on.iter().map(|(name, _)| name).collect::<Vec<_>>())));
                put("with", json!(self.with.map(With::word)));
                put("threshold", json!(self.threshold));
                if self.by == By::Mmr {
                    put("diversity", json!(self.diversity));
                }
            }
        }
        identity
    }
}

fn useless(key: &str, by: By, ways: &[By], fields: &Fields<'_>) -> Diagnostic {
    let span = fields.key_span(key).unwrap_or(fields.span());
    let words: Vec<String> = ways.iter().map(|by| format!("`by: {}`", by.word())).collect();
    let words = words.join(" or ");
    Diagnostic::error("examples-setting", format!("`{key}` means nothing with `by: {}`, it is for {words}", by.word()))
        .at(fields.source().place(span))
        .help(format!("remove `{key}`, or write {words}"))
}

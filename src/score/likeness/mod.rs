//! How like the output is to a reference text, one file per check. The figures come from `measure`.

pub(super) mod bleu;
pub(super) mod cer;
pub(super) mod chrf;
pub(super) mod exact_match;
pub(super) mod f1;
pub(super) mod levenshtein;
pub(super) mod meteor_no_synonyms;
pub(super) mod references;
pub(super) mod rouge;
pub(super) mod ter;
pub(super) mod tfidf_cosine;
pub(super) mod wer;

//! "did you mean": the nearest known word.

/// The candidate nearest to `word`, when it is near enough to be a likely typo (Damerau–Levenshtein, at most a
/// third of the longer word, at least 1).
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&word, &other);
            let allowed = (word.chars().count().max(other.chars().count()) / 3).max(1);
            (distance <= allowed).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn typos_find_their_word_and_strangers_do_not() {
        let words = ["contains", "equals", "regex"];
        assert_eq!(closest("contian", words), Some("contains"));
        assert_eq!(closest("Regexp", words), Some("regex"));
        assert_eq!(closest("levenshtein", words), None);
        assert_eq!(closest("", words), None);
    }
}

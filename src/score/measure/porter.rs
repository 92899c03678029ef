//! The Porter stemmer (Porter 1980) with the extensions of NLTK, which rouge-score and METEOR use. Snowball's English
//! stemmer gives other stems.

/// Words whose stem is a matter of record.
const IRREGULAR: &[(&str, &str)] = &[
    ("skies", "sky"),
    ("sky", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// The stem of a word, in lower case.
pub(in crate::score) fn stem(word: &str) -> String {
    let lower = word.to_lowercase();
    if let Some((_, stem)) = IRREGULAR.iter().find(|(known, _)| *known == lower) {
        return (*stem).to_owned();
    }
    let word: Vec<char> = lower.chars().collect();
    if word.len() <= 2 {
        return lower;
    }
    let word = step_1c(step_1b(step_1a(word)));
    let word = step_5b(step_5a(step_4(step_3(step_2(word)))));
    word.into_iter().collect()
}

fn is_consonant(word: &[char], at: usize) -> bool {
    match word.get(at) {
        Some('a' | 'e' | 'i' | 'o' | 'u') => false,
        Some('y') => at == 0 || !is_consonant_before(word, at),
        _ => true,
    }
}

/// Whether the letter in front of `at` is a consonant; a run of `y` alternates, so that this takes no recursion.
fn is_consonant_before(word: &[char], at: usize) -> bool {
    let run = word.get(..at).unwrap_or_default().iter().rev().take_while(|c| **c == 'y').count();
    let first_of_run = at - run;
    let before_run = first_of_run > 0 && is_consonant(word, first_of_run - 1);
    let mut consonant = if run == 0 { return before_run } else { first_of_run == 0 || !before_run };
    for _ in 1..run {
        consonant = !consonant;
    }
    consonant
}

/// Number of vowel-consonant sequences.
fn measure(word: &[char]) -> usize {
    let kinds: Vec<bool> = (0..word.len()).map(|at| is_consonant(word, at)).collect();
    kinds.windows(2).filter(|pair| matches!(pair, [false, true])).count()
}

fn has_vowel(word: &[char]) -> bool {
    (0..word.len()).any(|at| !is_consonant(word, at))
}

fn ends_with_double_consonant(word: &[char]) -> bool {
    matches!(word, [.., a, b] if a == b) && is_consonant(word, word.len() - 1)
}

/// Consonant, vowel, consonant at the end, the last not w, x or y; or two letters, vowel and consonant.
fn ends_with_cvc(word: &[char]) -> bool {
    match word {
        [_, _] => !is_consonant(word, 0) && is_consonant(word, 1),
        [.., _, _, last] => {
            let end = word.len();
            is_consonant(word, end - 3)
                && !is_consonant(word, end - 2)
                && is_consonant(word, end - 1)
                && !matches!(last, 'w' | 'x' | 'y')
        }
        _ => false,
    }
}

/// The word without `suffix`, when it ends in it.
fn without<'w>(word: &'w [char], suffix: &str) -> Option<&'w [char]> {
    let end: Vec<char> = suffix.chars().collect();
    word.strip_suffix(end.as_slice())
}

fn joined(stem: &[char], suffix: &str) -> Vec<char> {
    stem.iter().copied().chain(suffix.chars()).collect()
}

type Condition = fn(&[char]) -> bool;

/// The first rule whose suffix fits decides, whether or not its condition holds.
fn apply(word: Vec<char>, rules: &[(&str, &str, Condition)]) -> Vec<char> {
    for (suffix, to, holds) in rules {
        if let Some(stem) = without(&word, suffix) {
            return if holds(stem) { joined(stem, to) } else { word };
        }
    }
    word
}

fn always(_: &[char]) -> bool {
    true
}

fn positive(stem: &[char]) -> bool {
    measure(stem) > 0
}

fn above_one(stem: &[char]) -> bool {
    measure(stem) > 1
}

fn step_1a(word: Vec<char>) -> Vec<char> {
    if word.len() == 4
        && let Some(stem) = without(&word, "ies")
    {
        return joined(stem, "ie");
    }
    apply(word, &[("sses", "ss", always), ("ies", "i", always), ("ss", "ss", always), ("s", "", always)])
}

fn step_1b(word: Vec<char>) -> Vec<char> {
    if let Some(stem) = without(&word, "ied") {
        return joined(stem, if word.len() == 4 { "ie" } else { "i" });
    }
    if let Some(stem) = without(&word, "eed") {
        return if measure(stem) > 0 { joined(stem, "ee") } else { word };
    }
    let stem = ["ed", "ing"].iter().find_map(|suffix| without(&word, suffix).filter(|stem| has_vowel(stem)));
    let Some(stem) = stem else { return word };
    if ["at", "bl", "iz"].iter().any(|suffix| without(stem, suffix).is_some()) {
        return joined(stem, "e");
    }
    if ends_with_double_consonant(stem) {
        return match stem.split_last() {
            Some((last, rest)) if !matches!(last, 'l' | 's' | 'z') => rest.to_vec(),
            _ => stem.to_vec(),
        };
    }
    if measure(stem) == 1 && ends_with_cvc(stem) { joined(stem, "e") } else { stem.to_vec() }
}

fn step_1c(word: Vec<char>) -> Vec<char> {
    match without(&word, "y") {
        Some(stem) if stem.len() > 1 && is_consonant(stem, stem.len() - 1) => joined(stem, "i"),
        _ => word,
    }
}

fn step_2(word: Vec<char>) -> Vec<char> {
    if let Some(stem) = without(&word, "alli").filter(|stem| positive(stem)) {
        return step_2(joined(stem, "al"));
    }
    // `logi` looks at the word without three letters, not four.
    if without(&word, "logi").is_some() {
        let holds = word.get(..word.len() - 3).is_some_and(positive);
        return match without(&word, "logi") {
            Some(stem) if holds => joined(stem, "log"),
            _ => word,
        };
    }
    apply(
        word,
        &[
            ("ational", "ate", positive),
            ("tional", "tion", positive),
            ("enci", "ence", positive),
            ("anci", "ance", positive),
            ("izer", "ize", positive),
            ("bli", "ble", positive),
            ("alli", "al", positive),
            ("entli", "ent", positive),
            ("eli", "e", positive),
            ("ousli", "ous", positive),
            ("ization", "ize", positive),
            ("ation", "ate", positive),
            ("ator", "ate", positive),
            ("alism", "al", positive),
            ("iveness", "ive", positive),
            ("fulness", "ful", positive),
            ("ousness", "ous", positive),
            ("aliti", "al", positive),
            ("iviti", "ive", positive),
            ("biliti", "ble", positive),
            ("fulli", "ful", positive),
        ],
    )
}

fn step_3(word: Vec<char>) -> Vec<char> {
    apply(
        word,
        &[
            ("icate", "ic", positive),
            ("ative", "", positive),
            ("alize", "al", positive),
            ("iciti", "ic", positive),
            ("ical", "ic", positive),
            ("ful", "", positive),
            ("ness", "", positive),
        ],
    )
}

fn step_4(word: Vec<char>) -> Vec<char> {
    apply(
        word,
        &[
            ("al", "", above_one),
            ("ance", "", above_one),
            ("ence", "", above_one),
            ("er", "", above_one),
            ("ic", "", above_one),
            ("able", "", above_one),
            ("ible", "", above_one),
            ("ant", "", above_one),
            ("ement", "", above_one),
            ("ment", "", above_one),
            ("ent", "", above_one),
            ("ion", "", |stem| above_one(stem) && matches!(stem.last(), Some('s' | 't'))),
            ("ou", "", above_one),
            ("ism", "", above_one),
            ("ate", "", above_one),
            ("iti", "", above_one),
            ("ous", "", above_one),
            ("ive", "", above_one),
            ("ize", "", above_one),
        ],
    )
}

fn step_5a(word: Vec<char>) -> Vec<char> {
    match without(&word, "e") {
        Some(stem) if measure(stem) > 1 || (measure(stem) == 1 && !ends_with_cvc(stem)) => stem.to_vec(),
        _ => word,
    }
}

fn step_5b(mut word: Vec<char>) -> Vec<char> {
    let without_last = word.split_last().map(|(_, rest)| measure(rest));
    if without(&word, "ll").is_some() && without_last > Some(1) {
        word.pop();
    }
    word
}

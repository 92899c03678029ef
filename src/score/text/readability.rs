//! `readability`: how hard the output is to read, by a formula.

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of};
use super::super::spec::{Build, CheckSpec, OptionKind, OptionSpec, Prepared, ValueRule};

const FORMULAS: &[(&str, &str)] = &[
    ("flesch_reading_ease", "flesch_reading_ease"),
    ("flesch_kincaid_grade", "flesch_kincaid_grade"),
    ("gunning_fog", "gunning_fog"),
    ("smog", "smog"),
    ("coleman_liau", "coleman_liau"),
    ("automated_readability", "automated_readability"),
];
/// Largest bound in either direction: formulas stay far below on any text.
const MOST: f64 = 100_000.0;

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "readability",
    family: "text",
    about: "the output is as easy or hard to read as wanted, by a formula for English",
    version: 1,
    pass_at: 1.0,
    short: "formula",
    value: ValueRule::Optional,
    options: &[
        OptionSpec {
            name: "formula",
            kind: OptionKind::Word(FORMULAS),
            takes: "flesch_reading_ease, flesch_kincaid_grade, gunning_fog, smog, coleman_liau or automated_readability",
            about: "what is computed: ease from about 0 (hard) to 100 (easy), which is meant unless given, or years of \
                    school in the United States",
        },
        OptionSpec::fixed("min", "a number", "the lowest figure that passes"),
        OptionSpec::fixed("max", "a number", "the highest figure that passes"),
    ],
    degenerate: &[
        "reading ease = 206.835 - 1.015 words/sentence - 84.6 syllables/word (Flesch 1948); grade = 0.39 words/sentence + \
         11.8 syllables/word - 15.59 (Kincaid et al. 1975)",
        "fog = 0.4 (words/sentence + 100 hard words/words) (Gunning 1952); SMOG = 1.0430 sqrt(30 hard words/sentences) + \
         3.1291 (McLaughlin 1969); a hard word has three syllables or more, whatever its ending",
        "Coleman-Liau = 0.0588 letters/100 words - 0.296 sentences/100 words - 15.8 (1975); automated = 4.71 \
         characters/word + 0.5 words/sentence - 21.43 (Senter and Smith 1967), characters being letters and digits",
        "words and sentences are those of Unicode (UAX 29); a word has a letter or digit, a sentence a word; a line break \
         ends a sentence",
        "syllables are runs of the vowels aeiouy; an e, es or ed at the end counts only where it is heard (table, boxes, \
         wanted); a word has one at least. Dictionaries differ in about one word of ten",
        "a text without words, or with fewer than half of its letters from a to z, is ungraded",
    ],
    example: "- readability: {formula: flesch_kincaid_grade, max: 8}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let formula = settings.word("formula", "flesch_reading_ease").to_owned();
    let known =
        settings.get("formula").is_none_or(Value::is_string) && FORMULAS.iter().any(|(word, _)| *word == formula);
    let mut faults = Vec::new();
    if !known {
        let names: Vec<&str> = FORMULAS.iter().map(|(word, _)| *word).collect();
        let fault = Fault::new("formula", format!("`{formula}` is not a formula"));
        faults.push(fault.help(format!("one of {}", names.join(", "))));
    }
    let mut bound = |option| match number(settings, option) {
        Ok(bound) => bound,
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let (min, max) = (bound("min"), bound("max"));
    match (min, max) {
        (Some(min), Some(max)) if min > max => {
            faults.push(Fault::new("min", format!("`min` is {min}, above `max`, which is {max}")));
        }
        (None, None) if faults.is_empty() => {
            let fault = Fault::new("formula", "there is no bound").code("missing-field");
            faults.push(fault.help("write `{formula: flesch_kincaid_grade, max: 8}`"));
        }
        _ => {}
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let bounded = |bound: Option<f64>| bound.map_or(Value::Null, |bound| json!(bound));
    let shown = if formula == "flesch_reading_ease" { Value::Null } else { json!(formula) };
    Ok(Prepared::new(Readability { formula, min, max })
        .canonical("formula", shown)
        .canonical("min", bounded(min))
        .canonical("max", bounded(max)))
}

fn number(settings: &Settings, option: &'static str) -> Result<Option<f64>, Fault> {
    let Some(value) = settings.get(option) else { return Ok(None) };
    let number = value.as_f64().filter(|number| number.abs() <= MOST);
    number.map(Some).ok_or_else(|| {
        let seen = if value.is_number() { value.to_string() } else { kind_of(value).to_owned() };
        Fault::new(option, format!("`{option}` must be a number, this is {seen}")).code("wrong-type")
    })
}

struct Readability {
    formula: String,
    min: Option<f64>,
    max: Option<f64>,
}

impl Scorer for Readability {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.reply.text;
        let counts = Counts::of(text);
        if counts.words == 0 || counts.sentences == 0 {
            return Finding::Ungraded(format!("there are no words in {}", reason::quote(text)));
        }
        if 2 * counts.latin < counts.letters {
            return Finding::Ungraded("the formulas are for English, and most letters are not from a to z".to_owned());
        }
        let figure = counts.figure(&self.formula);
        let name = self.formula.replace('_', " ");
        let holds = self.min.is_none_or(|min| figure >= min) && self.max.is_none_or(|max| figure <= max);
        let seen = format!(
            "{name} {figure:.2} ({} words, {} sentences, {} syllables) of {}",
            counts.words,
            counts.sentences,
            counts.syllables,
            reason::quote(text)
        );
        let wanted = match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, Some(max)) => format!("at most {max}"),
            (None, None) => "any".to_owned(),
        };
        Finding::of_bool(holds, seen, wanted)
    }
}

/// What the formulas count.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    words: u32,
    sentences: u32,
    syllables: u32,
    /// Words of three syllables or more.
    hard: u32,
    letters: u32,
    digits: u32,
    /// Letters from a to z.
    latin: u32,
}

impl Counts {
    fn of(text: &str) -> Counts {
        let mut counts = Counts::default();
        for sentence in text.lines().flat_map(UnicodeSegmentation::unicode_sentences) {
            let before = counts.words;
            for word in sentence.unicode_words() {
                let syllables = syllables(word);
                counts.words += 1;
                counts.syllables += syllables;
                counts.hard += u32::from(syllables >= 3);
                for c in word.chars() {
                    counts.letters += u32::from(c.is_alphabetic());
                    counts.latin += u32::from(c.is_ascii_alphabetic());
                    counts.digits += u32::from(c.is_numeric());
                }
            }
            counts.sentences += u32::from(counts.words > before);
        }
        counts
    }

    fn figure(&self, formula: &str) -> f64 {
        let [words, sentences, syllables, hard, letters, digits] =
            [self.words, self.sentences, self.syllables, self.hard, self.letters, self.digits].map(f64::from);
        match formula {
            "flesch_kincaid_grade" => 0.39 * words / sentences + 11.8 * syllables / words - 15.59,
            "gunning_fog" => 0.4 * (words / sentences + 100.0 * hard / words),
            "smog" => 1.0430 * (hard * 30.0 / sentences).sqrt() + 3.1291,
            "coleman_liau" => 0.0588 * (100.0 * letters / words) - 0.296 * (100.0 * sentences / words) - 15.8,
            "automated_readability" => 4.71 * (letters + digits) / words + 0.5 * words / sentences - 21.43,
            _ => 206.835 - 1.015 * words / sentences - 84.6 * syllables / words,
        }
    }
}

/// Syllables of an English word, by its letters; at least one.
fn syllables(word: &str) -> u32 {
    let letters: Vec<char> = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let is_vowel = |c: &char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let mut runs = 0_u32;
    let mut inside = false;
    for letter in &letters {
        let vowel = is_vowel(letter);
        runs += u32::from(vowel && !inside);
        inside = vowel;
    }
    runs.saturating_sub(u32::from(ends_silently(&letters, is_vowel))).max(1)
}

/// Whether the last e is not heard: `make`, `makes`, `baked`; it is in `table`, `boxes`, `wanted` and `be`.
fn ends_silently(letters: &[char], is_vowel: impl Fn(&char) -> bool) -> bool {
    match letters {
        // Behind a consonant and l the e stands for a syllable of its own: table, apples.
        [.., before, 'l', 'e'] | [.., before, 'l', 'e', 's' | 'd'] if !is_vowel(before) => false,
        [.., before, 'e'] => !is_vowel(before),
        [.., before, 'e', 'd'] => !is_vowel(before) && !matches!(before, 't' | 'd'),
        [.., 'c' | 's', 'h', 'e', 's'] => false,
        [.., before, 'e', 's'] => !is_vowel(before) && !matches!(before, 's' | 'x' | 'z' | 'c' | 'g'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of, ungraded};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn syllables_are_counted_by_letters() {
        for (word, wanted) in [
            ("the", 1),
            ("be", 1),
            ("make", 1),
            ("makes", 1),
            ("baked", 1),
            ("wanted", 2),
            ("table", 2),
            ("apples", 2),
            ("boxes", 2),
            ("wishes", 2),
            ("reading", 2),
            ("syllable", 3),
            ("beautiful", 3),
            ("rhythm", 1),
            ("xyz", 1),
            ("tree", 1),
            ("education", 4),
            ("nth", 1),
            ("42", 1),
        ] {
            assert_eq!(syllables(word), wanted, "{word}");
        }
    }

    #[test]
    fn the_formulas_give_what_they_give_by_hand() {
        // 2 sentences, 9 words, 11 syllables, 1 hard word, 33 letters.
        let counts = Counts::of("The cat sat on the mat. Education helped her.");
        let wanted = Counts { words: 9, sentences: 2, syllables: 12, hard: 1, letters: 35, digits: 0, latin: 35 };
        assert_eq!(counts, wanted);
        let close = |formula: &str, wanted: f64| {
            let figure = counts.figure(formula);
            assert!((figure - wanted).abs() < 1e-9, "{formula}: {figure}");
        };
        close("flesch_reading_ease", 206.835 - 1.015 * 4.5 - 84.6 * 12.0 / 9.0);
        close("flesch_kincaid_grade", 0.39 * 4.5 + 11.8 * 12.0 / 9.0 - 15.59);
        close("gunning_fog", 0.4 * (4.5 + 100.0 / 9.0));
        close("smog", 1.0430 * 15.0_f64.sqrt() + 3.1291);
        close("coleman_liau", 0.0588 * 3500.0 / 9.0 - 0.296 * 200.0 / 9.0 - 15.8);
        close("automated_readability", 4.71 * 35.0 / 9.0 + 2.25 - 21.43);
    }

    #[test]
    fn the_figure_must_lie_within_the_bounds() {
        let easy = "The cat sat on the mat. It was red.";
        let hard = "Institutional considerations necessitate comprehensive organisational restructuring.";
        assert!(passes("readability: {min: 90}", easy) && fails("readability: {min: 90}", hard));
        assert!(passes("readability: {formula: flesch_kincaid_grade, max: 5}", easy));
        assert!(fails("readability: {formula: flesch_kincaid_grade, max: 5}", hard));
        assert!(passes("readability: {max: -10}", hard) && fails("not_readability: {max: 0}", hard));
        assert!(reason_of("readability: {min: 200}", easy).contains("(9 words, 2 sentences, 9 syllables)"));
    }

    #[test]
    fn what_is_not_english_or_has_no_words_is_ungraded() {
        for text in ["", "...", "これは日本語の文章です。", "Это русский текст."] {
            assert!(!ungraded("not_readability: {min: 0}", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn bad_options_are_reported() {
        assert!(problems_of("readability").contains("there is no bound"));
        assert!(problems_of("readability: flesh").contains("`flesh` is not a formula"));
        assert!(problems_of("readability: {min: 5, max: 2}").contains("above `max`"));
        assert!(problems_of("readability: {max: low}").contains("must be a number"));
    }

    proptest! {
        #[test]
        fn any_text_with_words_has_finite_figures(text in any::<String>()) {
            let counts = Counts::of(&text);
            if counts.words > 0 {
                prop_assert!(counts.sentences > 0);
                for (formula, _) in FORMULAS {
                    prop_assert!(counts.figure(formula).is_finite());
                }
            }
        }
    }
}

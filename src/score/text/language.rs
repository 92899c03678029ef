//! `language`: the output is in this language.

use serde_json::{Value, json};
use whatlang::{Lang, detect};

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::reason;
use super::super::settings::{Fault, Settings, kind_of, texts_of};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::super::structure::fence::blocks;
use crate::base::closest;

/// Fewest letters that say something of a language.
const FEWEST_LETTERS: u64 = 20;
/// The least confidence unless the user sets another.
const LEAST: f64 = 0.5;
/// ISO 639-1 codes of the languages whatlang knows by ISO 639-3, with other codes for them.
const SHORT: &[(&str, &str)] = &[
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bn", "ben"),
    ("bg", "bul"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("zh", "cmn"),
    ("zho", "cmn"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("et", "est"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("jv", "jav"),
    ("ja", "jpn"),
    ("kn", "kan"),
    ("ka", "kat"),
    ("km", "khm"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lv", "lav"),
    ("lt", "lit"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("mk", "mkd"),
    ("my", "mya"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("nb", "nob"),
    ("no", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("fa", "pes"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("es", "spa"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("tl", "tgl"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zu", "zul"),
    ("chinese", "cmn"),
    ("norwegian", "nob"),
    ("farsi", "pes"),
];

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "language",
    family: "text",
    about: "the output is in this language, or one of these",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::OrExpected,
    options: &[
        OptionSpec::value(
            "value",
            "a language or a list",
            "ISO 639 codes (`de`, `deu`) or English names (`german`); 70 languages",
        ),
        OptionSpec::fixed(
            "confidence",
            "a number from 0 to 1",
            "below this confidence the language is not told, and the check is ungraded; 0.5 unless given",
        ),
    ],
    degenerate: &[
        "fewer than 20 letters, or less confidence than asked for, are ungraded; fenced blocks of code are left out",
        "confidence is that of the detector (whatlang: trigrams and alphabets): 1 where the script decides, low between \
         near languages such as Danish and Norwegian. It is no probability",
        "a text in several languages counts as the one with the most of it",
        "of a region (`pt-BR`) only the language counts",
    ],
    example: "- language: de",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let mut languages = Vec::new();
    let mut faults = Vec::new();
    for text in texts_of("value", settings.value()?)? {
        match read(&text) {
            Some(language) => languages.push(language),
            None => {
                let names: Vec<String> = Lang::all().iter().map(|lang| lang.eng_name().to_lowercase()).collect();
                let near = closest(&text.to_lowercase(), names.iter().map(String::as_str).filter(|_| text.len() > 3));
                let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                faults.push(
                    Fault::new(
                        "value",
                        format!("`{}` is not a language that karat can tell{near}", reason::message(&text)),
                    )
                    .help("write an ISO 639 code such as `de`, or an English name such as `german`"),
                );
            }
        }
    }
    let least = match settings.get("confidence") {
        None => LEAST,
        Some(value) => value.as_f64().filter(|least| (0.0..=1.0).contains(least)).unwrap_or_else(|| {
            let seen = if value.is_number() { value.to_string() } else { kind_of(value).to_owned() };
            faults.push(Fault::new("confidence", format!("`confidence` must be a number from 0 to 1, this is {seen}")));
            LEAST
        }),
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let codes: Vec<&str> = languages.iter().map(|language| language.code()).collect();
    let (value, confidence) =
        (json!(codes), if (least - LEAST).abs() < f64::EPSILON { Value::Null } else { json!(least) });
    Ok(Prepared::new(Language { languages, least }).canonical("value", value).canonical("confidence", confidence))
}

/// A language by its code or English name.
fn read(text: &str) -> Option<Lang> {
    let lower = text.trim().to_lowercase();
    let bare = lower.split(['-', '_']).next().unwrap_or(&lower);
    let long = SHORT.iter().find(|(short, _)| *short == bare).map_or(bare, |(_, long)| *long);
    Lang::from_code(long).or_else(|| Lang::all().iter().find(|lang| lang.eng_name().to_lowercase() == lower).copied())
}

struct Language {
    languages: Vec<Lang>,
    least: f64,
}

impl Scorer for Language {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = without_code(&input.reply.text);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        if u64::try_from(letters).unwrap_or(u64::MAX) < FEWEST_LETTERS {
            return Finding::Ungraded(format!(
                "{letters} letters are too few to tell a language, {FEWEST_LETTERS} are enough"
            ));
        }
        let Some(info) = detect(&text) else {
            return Finding::Ungraded(format!("no language can be told in {}", reason::quote(&text)));
        };
        let confidence = info.confidence();
        let found = format!("{} ({}, confidence {confidence:.2})", info.lang().eng_name(), info.lang().code());
        if confidence < self.least {
            return Finding::Ungraded(format!("the language is not sure: {found} in {}", reason::quote(&text)));
        }
        let names: Vec<&str> = self.languages.iter().map(|language| language.eng_name()).collect();
        let seen = format!("{found} in {}", reason::quote(&text));
        Finding::of_bool(self.languages.contains(&info.lang()), seen, names.join(" or "))
    }
}

/// The text without its fenced blocks.
fn without_code(text: &str) -> String {
    let mut rest = text.to_owned();
    for block in blocks(text) {
        if !block.body.is_empty() {
            rest = rest.replacen(block.body, "\n", 1);
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{case, fails, passes, problems_of, reason_of, ungraded, with_case};
    use super::*;

    const GERMAN: &str =
        "Die Rückgabe ist innerhalb von dreißig Tagen nach dem Kauf möglich, wenn die Ware unbenutzt ist.";
    const ENGLISH: &str = "You can return the goods within thirty days of the purchase if they have not been used.";
    const RUSSIAN: &str = "Вы можете вернуть товар в течение тридцати дней после покупки.";

    #[test]
    fn the_language_is_told_by_code_or_name() {
        for (check, text) in [
            ("language: de", GERMAN),
            ("language: [fr, German]", GERMAN),
            ("language: eng", ENGLISH),
            ("language: en-US", ENGLISH),
            ("language: russian", RUSSIAN),
            ("language: ja", "これは返品についての日本語の説明です。三十日以内です。"),
            ("language: zh", "商品可以在购买后三十天内退回，如果没有使用过的话。请联系客服。"),
        ] {
            assert!(passes(check, text), "{check}: {}", reason_of(check, text));
        }
        assert!(
            fails("language: de", ENGLISH) && fails("language: [fr, es]", GERMAN) && passes("not_language: en", GERMAN)
        );
        assert!(reason_of("language: en", GERMAN).starts_with("saw German (deu, confidence "));
    }

    #[test]
    fn short_or_unsure_texts_are_ungraded() {
        assert!(ungraded("not_language: de", "Ja, gern.").contains("too few"));
        assert!(!ungraded("language: de", "").is_empty());
        assert!(
            ungraded("language: {value: en, confidence: 1}", "Den var helt fin, jeg kom hjem i går kveld.")
                .contains("not sure")
        );
        let code = format!("{GERMAN}\n```\n{ENGLISH} {ENGLISH} {ENGLISH}\n```\n");
        assert!(passes("language: de", &code));
    }

    #[test]
    fn every_language_can_be_named_and_bad_names_are_reported() {
        for lang in Lang::all() {
            assert_eq!(read(lang.code()), Some(*lang));
            assert!(SHORT.iter().any(|(_, long)| *long == lang.code()), "{lang:?} has no short code");
        }
        assert!(SHORT.iter().all(|(short, _)| read(short).is_some()));
        assert!(problems_of("language: xx").contains("`xx` is not a language"));
        assert!(problems_of("language: germna").contains("did you mean `german`?"));
        assert!(problems_of("language: {value: de, confidence: 2}").contains("from 0 to 1"));
        let from_case = with_case("language", GERMAN, &case(serde_json::json!({}), Some(serde_json::json!("de"))));
        assert!(from_case.is_pass());
    }
}

//! `invisible_characters`: the output holds characters that readers do not see.

use std::collections::BTreeMap;

use super::super::check::{Finding, ScoreInput, Scorer};
use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, OptionSpec, Prepared, ValueRule};
use super::settings::words;
use super::told::{Places, listed, nothing};
use crate::guard::{find_invisible, invisible_names};

/// What control characters are called here: terminals obey them.
const CONTROL: &str = "control character";

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "invisible_characters",
    family: "safety",
    about: "the output holds invisible or reordering characters; usually written `not_invisible_characters`",
    version: 1,
    pass_at: 1.0,
    short: "",
    value: ValueRule::None,
    options: &[OptionSpec::fixed(
        "allow",
        "a list of names",
        "those that may stand there, by the names that reasons use: `soft hyphen`, `zero width space`, `control character`",
    )],
    degenerate: &[
        "an empty output holds none; `not_invisible_characters` passes on it",
        "found are zero width characters, bidirectional controls, tags, variation selectors that vary nothing, fillers, and \
         control characters but tab and line ends",
        "what writing needs is left out: joiners in Arabic, Persian and Indian scripts and in emoji, flags, variants of \
         emoji and ideographs, a byte order mark at the very beginning",
    ],
    example: "- not_invisible_characters: {allow: [soft hyphen]}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    let known: Vec<&str> = invisible_names().chain(std::iter::once(CONTROL)).collect();
    let mut allowed = words(settings, "allow", &known)?;
    allowed.sort_unstable();
    allowed.dedup();
    Ok(Prepared::new(InvisibleCharacters { allowed }))
}

struct InvisibleCharacters {
    allowed: Vec<String>,
}

impl Scorer for InvisibleCharacters {
    fn grade(&self, input: &ScoreInput<'_>) -> Finding {
        let text = input.reply.text.as_str();
        let invisible = find_invisible(text).into_iter().map(|found| (found.start, found.name, found.character));
        let mut found: Vec<(usize, &str, char)> = invisible.chain(controls(text)).collect();
        found.retain(|(_, name, _)| !self.allowed.iter().any(|allowed| allowed == name));
        found.sort_unstable();
        // One hidden message is hundreds of characters: told once per kind, with the first place.
        let mut kinds: BTreeMap<&str, (usize, usize, char)> = BTreeMap::new();
        for (start, name, character) in &found {
            kinds.entry(name).or_insert((0, *start, *character)).0 += 1;
        }
        let mut firsts: Vec<(usize, String)> =
            kinds.iter().map(|(name, (count, start, c))| (*start, told(name, *count, *c))).collect();
        firsts.sort_unstable();
        let mut places = Places::of(text);
        let told = firsts.iter().map(|(start, what)| format!("{what} at character {}", places.character(*start)));
        let seen = if found.is_empty() { nothing("invisible character", text) } else { listed(firsts.len(), told) };
        Finding::of_bool(!found.is_empty(), seen, "invisible characters")
    }
}

fn told(name: &str, count: usize, first: char) -> String {
    let code = u32::from(first);
    if count == 1 { format!("1 {name} (U+{code:04X})") } else { format!("{count} × {name} (U+{code:04X} first)") }
}

fn controls(text: &str) -> impl Iterator<Item = (usize, &'static str, char)> {
    let is_found = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    text.char_indices().filter(move |(_, c)| is_found(*c)).map(|(at, c)| (at, CONTROL, c))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of};

    #[test]
    fn hidden_characters_are_told_by_kind_and_place() {
        let text = "pay\u{200b}pal\u{200b} \u{202e}x\u{e0041}";
        assert!(fails("not_invisible_characters", text) && passes("invisible_characters", text));
        assert_eq!(
            reason_of("not_invisible_characters", text),
            "saw 2 × zero width space (U+200B first) at character 4, 1 bidirectional override (U+202E) at character 10, \
             1 tag character (U+E0041) at character 12; wanted anything but invisible characters"
        );
        assert!(
            fails("not_invisible_characters", "\u{1b}[31mred")
                && fails("not_invisible_characters", "a\u{fe00}\u{fe01}")
        );
    }

    #[test]
    fn what_writing_needs_and_what_is_allowed_passes() {
        for text in
            ["", "Größe\r\n\t東京", "👩\u{200d}👧 ❤\u{fe0f} 1\u{fe0f}\u{20e3}", "می\u{200c}خواهم", "葛\u{e0100}"]
        {
            assert!(
                passes("not_invisible_characters", text),
                "{text:?}: {}",
                reason_of("not_invisible_characters", text)
            );
        }
        assert!(passes("not_invisible_characters: {allow: [soft hyphen]}", "Donau\u{ad}dampf"));
        assert!(fails("not_invisible_characters", "Donau\u{ad}dampf"));
        assert!(problems_of("not_invisible_characters: {allow: [soft hypen]}").contains("did you mean `soft hyphen`?"));
    }
}

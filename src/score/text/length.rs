//! `length`: the number of characters of the output is within bounds.

use super::super::settings::{Fault, Settings};
use super::super::spec::{Build, CheckSpec, Prepared, ValueRule};
use super::size::{self, Counter};

pub(crate) static SPEC: CheckSpec = CheckSpec {
    name: "length",
    family: "text",
    about: "the number of characters of the output is within bounds",
    version: 1,
    pass_at: 1.0,
    short: "value",
    value: ValueRule::Optional,
    options: size::OPTIONS,
    degenerate: &[
        "characters are Unicode code points, white space included: é written as two counts twice",
        "an empty output has 0 characters and passes where 0 is allowed",
    ],
    example: "- length: {min: 20, max: 400}",
    reads_text: true,
    build: Build::Scorer(prepare),
    ..CheckSpec::PLAIN
};

fn prepare(settings: &Settings) -> Result<Prepared, Vec<Fault>> {
    size::prepare(settings, Counter { count: |text| text.chars().count(), one: "character", many: "characters" })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{fails, passes, problems_of, reason_of};

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(
            passes("length: {min: 2, max: 2}", "日本")
                && passes("length: '== 4'", " ab ")
                && passes("length: '< 1'", "")
        );
        assert!(fails("length: '> 2'", "ab") && fails("length: {min: 1}", "") && fails("not_length: {max: 5}", ""));
        assert_eq!(reason_of("length: {min: 3, max: 9}", "é"), "saw 1 character; wanted 3 to 9 characters");
    }

    #[test]
    fn bad_bounds_are_reported() {
        for (check, wanted) in [
            ("length: 5", "`5` alone is not a comparison"),
            ("length", "there is no bound"),
            ("length: {min: 5, max: 2}", "`min` is 5, above `max`"),
            ("length: {min: -1}", "from 0, this is -1"),
            ("length: {max: few}", "this is text"),
            ("length: {value: '< 5', min: 1}", "both given"),
            ("length: {from: expected}", "must be written out"),
            ("length: {maximum: 5}", "is not a key of a check"),
        ] {
            let text = problems_of(check);
            assert!(text.contains(wanted), "{check}\n{text}");
        }
    }
}

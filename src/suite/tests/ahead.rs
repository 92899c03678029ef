//! Rows made ahead are the same cases, with the same problems at the same places, as rows read in turn.

use proptest::prelude::*;

use super::project::Project;
use crate::base::Problems;
use crate::suite::making::Making;
use crate::suite::survey::survey_by;
use crate::suite::{LoadedCase, Selection, Suite};

const SUITE: &str = "suite: demo\nprompts: [ask]\nmodels: [mock/echo]\ndefaults: {checks: [{contains: x}], vars: {more: 1}}\n\
                     cases: [cases/a.jsonl, {id: inline, vars: {q: 1}}, cases/b.jsonl]\n";

/// A line of a dataset, sound or not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let id = (0..40_u32).prop_map(|n| format!("case-{n}"));
    let key = ["gh", "p_", "Zq83Kd02mXpL5vT7rQe9Wy4Nb6Hs1Jc0Fa2G"].concat();
    let assigned = ["pass", "word = \\\"9fK2xQ7vLm4TzR8wYp3B\\\""].concat();
    let rest = prop::sample::select(vec![
        String::new(),
        ", \"tags\": [\"t\", \"u\"]".to_owned(),
        ", \"skip\": \"later\"".to_owned(),
        ", \"only\": true".to_owned(),
        ", \"params\": {\"temperature\": 1}".to_owned(),
        ", \"params\": {\"top_p\": 0.5, \"stop\": [\"a\"]}".to_owned(),
        ", \"repeat\": 3, \"weight\": 0.5, \"group\": \"g\"".to_owned(),
        ", \"checks\": [{\"icontains\": \"y\"}]".to_owned(),
        ", \"checks\": [{\"equals\": {\"from\": \"expected\"}}]".to_owned(),
        ", \"checks\": [{\"contian\": \"y\"}]".to_owned(),
        ", \"expected\": {\"a\": [1, 2.5, null, \"\\u00fc\"]}, \"context\": [\"c\", \"d\"]".to_owned(),
        ", \"tgas\": 1".to_owned(),
        ", \"repeat\": 0, \"weight\": \"heavy\"".to_owned(),
        ", \"id\": 7".to_owned(),
    ]);
    let vars = prop::sample::select(vec![
        "{\"q\": 1}".to_owned(),
        "{\"q\": \"long enough to fill a block of a few lines, and then some more of it, as long as that\"}".to_owned(),
        "{\"q\": {\"b\": 1, \"a\": []}}".to_owned(),
        "{\"Q\": 1}".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        format!("{{\"q\": \"{key}\"}}"),
        format!("{{\"q\": \"{assigned}\"}}"),
        "{\"q\": \"the secret of a password\"}".to_owned(),
    ]);
    let row = (prop::option::weighted(0.9, id), vars, rest).prop_map(|(id, vars, rest)| {
        let id = id.map(|id| format!("\"id\": \"{id}\", ")).unwrap_or_default();
        format!("{{{id}\"vars\": {vars}{rest}}}").into_bytes()
    });
    let sound = (0..2000_u32).prop_map(|n| format!("{{\"id\": \"s{n}\", \"vars\": {{\"q\": \"ü{n}\"}}}}").into_bytes());
    let broken = prop::sample::select(vec![
        b"".to_vec(),
        b" \t".to_vec(),
        b"{\"id\": \"x\"".to_vec(),
        b"[1, 2]".to_vec(),
        b"null".to_vec(),
        b"{\"id\": \"bad\xff\"}".to_vec(),
        b"{\"id\": \"n\0l\"}".to_vec(),
        b"{\"id\": \"big\", \"vars\": {\"q\": 99999999999999999999}}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
    ]);
    prop_oneof![6 => sound, 4 => row, 1 => broken]
}

/// Lines with their ends; the last may lack its own.
fn dataset() -> impl Strategy<Value = Vec<u8>> {
    let ended = (line(), any::<bool>()).prop_map(|(mut line, windows)| {
        line.extend_from_slice(if windows { b"\r\n" } else { b"\n" });
        line
    });
    (prop::collection::vec(ended, 0..60), any::<bool>()).prop_map(|(lines, cut)| {
        let mut all = lines.concat();
        if cut {
            all.pop();
        }
        all
    })
}

/// Everything a survey comes to.
fn found(suite: &Suite, selection: &Selection, making: Making) -> (String, Vec<String>, String) {
    let mut problems = Problems::new();
    let mut survey = survey_by(suite, selection, making, &mut problems);
    let shown = |loaded: &LoadedCase| {
        let LoadedCase { case, checks, params, repeat, examples, skip, only, stands, paraphrases, paraphrase: _ } =
            loaded;
        let checks: Vec<String> = checks.iter().map(|check| check.identity().to_string()).collect();
        format!("{case:?} {checks:?} {params:?} {repeat} {examples:?} {skip:?} {only} {stands:?} {paraphrases:?}")
    };
    let kept = survey.kept.take().map(|kept| kept.iter().map(shown).collect()).unwrap_or_default();
    (problems.render(false), kept, format!("{survey:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn rows_made_ahead_are_those_read_in_turn(
        one in dataset(),
        other in dataset(),
        threads in 1..4_usize,
        block in prop::sample::select(vec![64_usize, 200, 1000, 16_384]),
        first in prop::option::of(1..30_u64),
        sample in prop::option::of(1..30_u64),
    ) {
        let project = Project::new(&[("evals/demo.yaml", SUITE)]);
        project.write("evals/cases/a.jsonl", &one);
        project.write("evals/cases/b.jsonl", &other);
        let (suites, problems) = project.load(&[]);
        prop_assert!(problems.is_empty(), "{}", problems.render(false));
        let selection = Selection { first, sample, tags: vec!["!u".to_owned()], ..Selection::default() };
        let in_turn = found(&suites[0], &selection, Making { threads: 0, block, least: 0 });
        let ahead = found(&suites[0], &selection, Making { threads, block, least: 0 });
        prop_assert_eq!(in_turn, ahead);
    }
}

/// Where all rows are sound, all of them are made ahead, and second passes read the same.
#[test]
fn many_sound_rows_are_the_same_in_both_passes() {
    let rows: String = (0..12_000).map(|n| format!("{{\"id\": \"q{n}\", \"vars\": {{\"q\": {n}}}}}\n")).collect();
    let project = Project::dataset("d.jsonl", rows.as_bytes());
    let all = Selection::default();
    let (suites, surveys, problems) = project.survey(&all);
    assert!(problems.is_empty(), "{}", problems.render(false));
    assert!(surveys[0].kept.is_none() && surveys[0].total == 12_000);
    let walked = crate::suite::selected(&suites[0], &all, &surveys[0]);
    let indexes = walked.map(|item| item.map_err(|problems| problems.render(false)).expect("unchanged").0);
    assert!(indexes.eq(0..12_000));
}

use std::collections::HashMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::project::Project;
use crate::suite::Selection;

fn numbered(count: usize) -> Project {
    let mut text = String::new();
    for n in 0..count {
        writeln!(text, "{{\"id\": \"case-{n}\", \"vars\": {{\"q\": {n}}}}}").expect("write");
    }
    Project::dataset("d.jsonl", text.as_bytes())
}

fn sample(sample: u64, seed: u64) -> Selection {
    Selection { sample: Some(sample), seed, ..Selection::default() }
}

#[test]
fn a_sample_is_the_same_for_the_same_seed_whatever_the_order() {
    let forward = numbered(200);
    let text = std::fs::read_to_string(forward.path("evals/cases/d.jsonl")).expect("read");
    let reversed: String = text.lines().rev().fold(String::new(), |all, line| all + line + "\n");
    let backward = Project::dataset("d.jsonl", reversed.as_bytes());
    let mut one = forward.ids(&sample(20, 7));
    let mut other = backward.ids(&sample(20, 7));
    assert_eq!(one, forward.ids(&sample(20, 7)));
    one.sort();
    other.sort();
    assert_eq!(one, other);
    let mut third = forward.ids(&sample(20, 8));
    third.sort();
    assert_ne!(one, third);
}

#[test]
fn samples_are_uniform() {
    // 400 seeds draw 5 of 20: each case 100 times on average, with a standard deviation of 8.7.
    let project = numbered(20);
    let (suites, problems) = project.load(&[]);
    assert!(problems.is_empty());
    let mut drawn: HashMap<String, u32> = HashMap::new();
    for seed in 0..400 {
        let selection = sample(5, seed);
        let survey = crate::suite::survey(&suites[0], &selection, &mut crate::base::Problems::new());
        for item in crate::suite::selected(&suites[0], &selection, &survey) {
            let (_, loaded) = item.expect("unchanged");
            *drawn.entry(loaded.case.id.to_string()).or_default() += 1;
        }
    }
    assert_eq!(drawn.values().sum::<u32>(), 2000);
    // Pearson's chi-squared, 19 degrees of freedom: 43.8 is the 0.999 quantile. Draws without replacement vary less.
    let chi: f64 = drawn.values().map(|n| (f64::from(*n) - 100.0).powi(2) / 100.0).sum();
    assert!(drawn.len() == 20 && chi < 43.8, "{chi} {drawn:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// `picked` asserts that both passes agree; here they do so under any selection.
    #[test]
    fn survey_and_selection_agree(
        rows in prop::collection::vec((any::<bool>(), any::<bool>(), 0..3_u8), 1..30),
        first in prop::option::of(1..12_u64),
        sample in prop::option::of(1..12_u64),
        seed in any::<u64>(),
        tags in prop::sample::select(vec![vec![], vec!["t0".to_owned()], vec!["!t1".to_owned()], vec!["t*".to_owned(), "!t2".to_owned()]]),
    ) {
        // A first row of each tag that can run, so that no selection is empty.
        let fixed = [(false, true, 0), (false, true, 1), (false, true, 2)];
        let mut text = String::new();
        for (n, (skip, only, tag)) in fixed.into_iter().chain(rows).enumerate() {
            writeln!(text, "{{\"id\": \"{n}\", \"vars\": {{\"q\": 1}}, \"skip\": {skip}, \"only\": {only}, \"tags\": [\"t{tag}\"]}}").expect("write");
        }
        let project = Project::dataset("d.jsonl", text.as_bytes());
        let selection = Selection { first, sample, seed, tags, ..Selection::default() };
        let picked = project.picked(&selection);
        prop_assert!(!picked.is_empty());
        let most = [first, sample].into_iter().flatten().min().unwrap_or(u64::MAX);
        prop_assert!(picked.len() as u64 <= most);
        prop_assert!(picked.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

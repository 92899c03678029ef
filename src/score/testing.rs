//! Short ways to compile and apply a check in tests.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{Check, CompileContext, ScoreInput, compile, score};
use crate::base::{CaseId, Digest, Millis, Problems, Source, Usd, parse_yaml};
use crate::record::{Case, ChatReply, Score, ScoreState};

/// Compiles the YAML of one entry, without `- `, as file `t.yaml` of an empty project.
pub(super) fn try_compile(yaml: &str) -> (Option<Arc<Check>>, Problems) {
    compile_in(Path::new("/nonexistent/project"), yaml)
}

/// Compiles in the project at `root`.
pub(super) fn compile_in(root: &Path, yaml: &str) -> (Option<Arc<Check>>, Problems) {
    let source = Source::new("t.yaml", yaml);
    let mut problems = Problems::new();
    let node = parse_yaml(&source, &mut problems).expect("test YAML");
    let ctx = CompileContext { root, base_dir: root, source: &source };
    let check = compile(&node, &ctx, &mut problems);
    (check, problems)
}

/// Compiles an entry that is sound.
pub(super) fn check(yaml: &str) -> Arc<Check> {
    let (check, problems) = try_compile(yaml);
    check.unwrap_or_else(|| panic!("{yaml}\n{}", problems.render(false)))
}

/// The diagnostics of an entry that is not sound.
pub(super) fn problems_of(yaml: &str) -> String {
    let (check, problems) = try_compile(yaml);
    assert!(check.is_none() && problems.has_errors(), "{yaml} should not compile");
    problems.render(false)
}

/// A case with variables and an expected value.
pub(super) fn case(vars: Value, expected: Option<Value>) -> Case {
    let Value::Object(vars) = vars else { panic!("variables are a mapping") };
    Case {
        id: CaseId::parse("c1").expect("valid"),
        digest: Digest::of_bytes(b"c1"),
        vars,
        expected,
        context: Vec::new(),
        tags: Vec::new(),
        group: None,
        weight: 1.0,
    }
}

/// The score of a check on a whole reply.
pub(super) fn on_reply(yaml: &str, reply: &ChatReply) -> Score {
    on_call(yaml, reply, Millis(1200), None)
}

/// The score of a check on a reply with its latency and cost.
pub(super) fn on_call(yaml: &str, reply: &ChatReply, latency: Millis, cost: Option<Usd>) -> Score {
    let case = case(serde_json::json!({}), None);
    score(&check(yaml), &ScoreInput { reply, latency, cost, case: &case, tools: &[] })
}

/// The score of a check on a text with this case.
pub(super) fn with_case(yaml: &str, text: &str, case: &Case) -> Score {
    let reply = ChatReply::of_text(text);
    score(&check(yaml), &ScoreInput { reply: &reply, latency: Millis(0), cost: None, case, tools: &[] })
}

/// The score of a check on a text.
pub(super) fn on_text(yaml: &str, text: &str) -> Score {
    on_reply(yaml, &ChatReply::of_text(text))
}

pub(super) fn passes(yaml: &str, text: &str) -> bool {
    on_text(yaml, text).is_pass()
}

pub(super) fn fails(yaml: &str, text: &str) -> bool {
    on_text(yaml, text).is_fail()
}

pub(super) fn reason_of(yaml: &str, text: &str) -> String {
    on_text(yaml, text).reason
}

/// The value, when it is scored.
pub(super) fn value_of(yaml: &str, text: &str) -> Option<f64> {
    match on_text(yaml, text).state {
        ScoreState::Scored { value, .. } => Some(value.get()),
        ScoreState::Ungraded | ScoreState::NotApplicable => None,
    }
}

/// The reason of a score that must be ungraded.
pub(super) fn ungraded(yaml: &str, text: &str) -> String {
    let score = on_text(yaml, text);
    assert_eq!(score.state, ScoreState::Ungraded, "{yaml}: {}", score.reason);
    score.reason
}

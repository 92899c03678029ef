//! Runs a metric with its judges: every member of the panel, every sample, and the cascade.

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::super::among::Among;
use super::super::check::{Finding, ScoreInput};
use super::super::settings::{Fault, Settings};
use super::super::spec::{CheckSpec, Prepared};
use super::super::world::{Asking, Asks, Examined, World};
use super::ask::Seat;
use super::metric::{Failure, Metric, Opinion};
use super::options::Judges;
use super::vote::{Average, Settled, settle};
use crate::base::{ModelRef, Ratio};

/// A number this near to the threshold is one that the cascade's judge should look at.
const BAND: f64 = 0.1;
/// Calls that one question may take: itself, and one repair.
const CALLS_PER_QUESTION: u32 = 2;

/// A check of this metric, which asks each judge at most so many questions about one reply.
pub(super) fn prepare(
    settings: &Settings,
    spec: &'static CheckSpec,
    questions: u32,
    metric: impl Metric + 'static,
) -> Result<Prepared, Vec<Fault>> {
    let panel = Panel::of(settings, spec)?;
    let (warnings, canonical) = (panel.judges.warnings(settings), panel.judges.canonical());
    Ok(finished(Prepared::asking(Bench { panel, questions, metric: Box::new(metric) }), warnings, canonical))
}

/// A check of variants, which a panel judges. What it asks is for `among` to say.
pub(super) fn prepare_among(
    settings: &Settings,
    spec: &'static CheckSpec,
    among: impl FnOnce(Panel) -> Box<dyn Among>,
) -> Result<Prepared, Vec<Fault>> {
    let panel = Panel::of(settings, spec)?;
    let (warnings, canonical) = (panel.judges.warnings(settings), panel.judges.canonical());
    Ok(finished(Prepared::among(among(panel)), warnings, canonical))
}

fn finished(prepared: Prepared, warnings: Vec<Fault>, canonical: Vec<(&'static str, Value)>) -> Prepared {
    let prepared = canonical.into_iter().fold(prepared, |prepared, (option, value)| prepared.canonical(option, value));
    warnings.into_iter().fold(prepared, Prepared::warn)
}

/// The judges of a check, and where they look twice.
pub(super) struct Panel {
    judges: Judges,
    /// The lowest value that passes.
    line: f64,
}

/// What is judged: an output, and the metric that it is judged by.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub(super) metric: &'a dyn Metric,
    pub(super) input: &'a ScoreInput<'a>,
}

struct Bench {
    panel: Panel,
    questions: u32,
    metric: Box<dyn Metric>,
}

/// What some judges came to, with their ballots.
struct Round {
    settled: Settled,
    ballots: Vec<Value>,
    unsure: bool,
}

impl Panel {
    fn of(settings: &Settings, spec: &'static CheckSpec) -> Result<Panel, Vec<Fault>> {
        let line = settings.threshold().map_or(spec.pass_at, Ratio::get);
        Ok(Panel { judges: Judges::of(settings)?, line })
    }

    /// Whom a check asks that has so many questions for each of them.
    pub(super) fn asks(&self, questions: u32) -> Asks {
        let calls = questions.saturating_mul(CALLS_PER_QUESTION).saturating_mul(self.judges.samples);
        let judges = self.judges.all().map(|judge| (judge.clone(), calls)).collect();
        Asks { judges, longest_answer: Some(self.judges.manner.longest_answer()), ..Asks::default() }
    }

    /// Judges some outputs, one finding for each. Where the judges are unsure of one of them, the cascade's judge decides
    /// on all: of outputs that are compared none may be judged by somebody else than the others.
    pub(super) async fn examine(&self, all: &[Judged<'_>], world: &dyn World) -> Vec<Examined> {
        let mut rounds = Vec::with_capacity(all.len());
        for one in all {
            rounds.push(self.round(&self.judges.panel, *one, world).await);
        }
        let doubt = rounds.iter().find_map(|round| self.doubt(round));
        let mut examined = Vec::with_capacity(all.len());
        for (one, first) in all.iter().zip(rounds) {
            let mut details = Map::new();
            let settled = match (&self.judges.cascade, &doubt) {
                (Some(strong), Some(doubt)) => {
                    let second = self.round(std::slice::from_ref(strong), *one, world).await;
                    let before = first.settled.opinion.as_ref().ok().map(|opinion| opinion.value);
                    let cascade = json!({"asked": strong.to_string(), "because": doubt, "before": before});
                    details.insert("cascade".into(), cascade);
                    details.insert("ballots".into(), first.ballots.into_iter().chain(second.ballots).collect());
                    second.settled
                }
                _ => {
                    details.insert("ballots".into(), first.ballots.into());
                    first.settled
                }
            };
            if let Some(agreement) = settled.agreement {
                details.insert("agreement".into(), json!(agreement));
            }
            let finding = finding(settled, one.metric);
            examined.push(Examined { finding, details: Some(Value::Object(details)) });
        }
        examined
    }

    /// Asks these judges one after the other, so that the same run asks in the same order.
    async fn round(&self, models: &[ModelRef], judged: Judged<'_>, world: &dyn World) -> Round {
        let mut members = Vec::with_capacity(models.len());
        let mut ballots = Vec::new();
        let mut unsure = false;
        for model in models {
            let mut samples = Vec::new();
            for sample in 0..self.judges.samples {
                let seat = Seat::new(model, sample, &self.judges.manner, world);
                let opinion = judged.metric.judge(judged.input, &seat).await;
                let opinion = opinion.and_then(sound);
                let notes = seat.notes();
                unsure |= notes.unsure;
                let mut ballot = ballot(model, sample, &opinion);
                if !notes.unread.is_empty() {
                    ballot.insert("unread".into(), notes.unread.into());
                }
                if notes.plain {
                    ballot.insert("without_schema".into(), true.into());
                }
                ballots.push(Value::Object(ballot));
                samples.push(opinion);
            }
            let member = settle(&samples, self.line, Average::Mean, "samples");
            unsure |= member.agreement.is_some_and(|agreement| agreement < 1.0);
            members.push(member);
        }
        Round { settled: self.joined(members), ballots, unsure }
    }

    fn joined(&self, mut members: Vec<Settled>) -> Settled {
        match members.len() {
            // The agreement of the only judge's samples is that of the check.
            1 => members.remove(0),
            _ => {
                let opinions: Vec<_> = members.into_iter().map(|member| member.opinion).collect();
                settle(&opinions, self.line, Average::Median, "judges")
            }
        }
    }

    /// Why the first judges are unsure; `None` when they are not.
    fn doubt(&self, round: &Round) -> Option<String> {
        match &round.settled.opinion {
            Err(Failure::NotApplicable(_)) => None,
            Err(Failure::Ungraded(why)) => Some(why.clone()),
            Ok(_) if round.settled.agreement.is_some_and(|agreement| agreement < 1.0) => {
                Some("they do not agree".to_owned())
            }
            Ok(_) if round.unsure => Some("low confidence by their own word".to_owned()),
            Ok(opinion) if opinion.verdict.is_none() && (opinion.value - self.line).abs() <= BAND + 1e-9 => {
                Some(format!("{:.3} is within {BAND} of the threshold {}", opinion.value, self.line))
            }
            Ok(_) => None,
        }
    }
}

fn finding(settled: Settled, metric: &dyn Metric) -> Finding {
    match settled.opinion {
        Ok(opinion) => {
            Finding::Graded { value: Ratio::clamped(opinion.value), seen: opinion.seen, wanted: metric.wanted() }
        }
        Err(Failure::Ungraded(why)) => Finding::Ungraded(why),
        Err(Failure::NotApplicable(why)) => Finding::NotApplicable(why),
    }
}

/// No metric may let a number slip through that is none.
fn sound(opinion: Opinion) -> Result<Opinion, Failure> {
    if opinion.value.is_finite() && (-1e-9..=1.0 + 1e-9).contains(&opinion.value) {
        // Adding 0 turns the −0 of an empty sum into 0.
        return Ok(Opinion { value: opinion.value.clamp(0.0, 1.0) + 0.0, ..opinion });
    }
    Err(Failure::Ungraded(format!("internal error: the metric gave {}, not a number from 0 to 1", opinion.value)))
}

fn ballot(model: &ModelRef, sample: u32, opinion: &Result<Opinion, Failure>) -> Map<String, Value> {
    let mut ballot = Map::new();
    ballot.insert("judge".into(), model.to_string().into());
    ballot.insert("sample".into(), sample.into());
    match opinion {
        Ok(opinion) => {
            ballot.insert("value".into(), opinion.value.into());
            if let Some(verdict) = &opinion.verdict {
                ballot.insert("verdict".into(), verdict.as_str().into());
            }
            if !opinion.parts.is_null() {
                ballot.insert("parts".into(), opinion.parts.clone());
            }
        }
        Err(Failure::Ungraded(why)) => {
            ballot.insert("ungraded".into(), why.as_str().into());
        }
        Err(Failure::NotApplicable(why)) => {
            ballot.insert("not_applicable".into(), why.as_str().into());
        }
    }
    ballot
}

impl Asking for Bench {
    fn grade<'a>(&'a self, input: &'a ScoreInput<'a>, world: &'a dyn World) -> BoxFuture<'a, Examined> {
        Box::pin(async move {
            let judged = [Judged { metric: self.metric.as_ref(), input }];
            let nothing = || Finding::Ungraded("internal error: nothing was judged".to_owned()).into();
            self.panel.examine(&judged, world).await.pop().unwrap_or_else(nothing)
        })
    }

    fn asks(&self) -> Asks {
        Asks { embeddings: self.metric.embeddings(), ..self.panel.asks(self.questions) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::testing::{ScriptedWorld, asked, compile_with, try_compile};
    use super::super::super::{CheckModels, JudgeQuestion};
    use super::*;
    use crate::record::{
        CallError, ChatReply, CheckHook, CheckProgram, EmbeddingModel, ErrorKind, ModerationReply, OutputFormat, Score,
        ScoreState,
    };

    const PASS: &str = r#"{"reason": "good", "verdict": "pass", "confidence": "high"}"#;
    const FAIL: &str = r#"{"reason": "bad", "verdict": "fail", "confidence": "high"}"#;
    const DOUBT: &str = r#"{"reason": "hm", "verdict": "pass", "confidence": "low"}"#;

    fn details(score: &Score) -> &Value {
        score.details.as_ref().expect("details")
    }

    #[test]
    fn a_panel_needs_a_strict_majority_of_all_its_members() {
        let yaml = "rubric: {value: kind, judge: [mock/a, mock/b, mock/c]}";
        let score = asked(yaml, "x", &ScriptedWorld::judging(&[PASS, FAIL, PASS]));
        assert!(score.is_pass(), "{}", score.reason);
        assert!(score.reason.starts_with("saw \"pass\": \"good\" (by 2 of 3 judges)"), "{}", score.reason);
        let votes = details(&score)["ballots"].as_array().expect("ballots");
        let votes: Vec<_> = votes.iter().map(|vote| (vote["judge"].as_str(), vote["verdict"].as_str())).collect();
        assert_eq!(
            votes,
            [(Some("mock/a"), Some("pass")), (Some("mock/b"), Some("fail")), (Some("mock/c"), Some("pass"))]
        );
        // One of three says nothing, the others disagree; then one says pass and two say nothing.
        for answers in [&[PASS, FAIL, "?", "?"][..], &[PASS, "?", "?", "?", "?"]] {
            let score = asked(yaml, "x", &ScriptedWorld::judging(answers));
            assert_eq!(score.state, ScoreState::Ungraded, "{}", score.reason);
            assert!(score.reason.starts_with("no strict majority of 3 judges: 1 say `pass`"), "{}", score.reason);
        }
    }

    #[test]
    fn samples_are_asked_apart_and_their_agreement_is_told() {
        let world = ScriptedWorld::judging(&[PASS, FAIL, PASS]);
        let score = asked("rubric: {value: kind, samples: 3}", "x", &world);
        assert!(score.is_pass() && score.reason.contains("(by 2 of 3 samples)"), "{}", score.reason);
        let agreement = details(&score)["agreement"].as_f64().expect("a number");
        assert!((agreement - 2.0 / 3.0).abs() < 1e-12);
        let questions = world.questions.lock().expect("no panic");
        assert_eq!(questions.iter().map(|question| question.sample).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(questions.windows(2).all(|pair| pair[0].request == pair[1].request));
    }

    #[test]
    fn the_strong_judge_decides_only_where_the_first_is_unsure() {
        let yaml = "rubric: {value: kind, cascade: mock/strong}";
        let ask = |answers: &[&str]| {
            let world = ScriptedWorld::judging(answers);
            let score = asked(yaml, "x", &world);
            let models = world.questions.lock().expect("no panic").iter().map(|q| q.model.model.clone()).collect();
            let models: Vec<String> = models;
            (score, models)
        };
        let (sure, models) = ask(&[PASS]);
        assert!(sure.is_pass() && models == ["judge"] && details(&sure).get("cascade").is_none());
        let (unsure, models) = ask(&[DOUBT, FAIL]);
        assert!(unsure.is_fail() && models == ["judge", "strong"], "{}", unsure.reason);
        assert_eq!(details(&unsure)["cascade"]["because"], "low confidence by their own word");
        let (unread, models) = ask(&["?", "?", PASS]);
        assert!(unread.is_pass() && models == ["judge", "judge", "strong"], "{}", unread.reason);
        let (lost, _) = ask(&[DOUBT]);
        assert_eq!(lost.state, ScoreState::Ungraded, "the doubtful verdict does not stand: {}", lost.reason);
    }

    #[test]
    fn a_number_near_the_threshold_is_looked_at_again() {
        let yaml = "geval: {steps: [a], threshold: 0.7, cascade: mock/strong}";
        let grade = |grade: i64| format!("{{\"reason\": \"r\", \"score\": {grade}, \"confidence\": \"high\"}}");
        for (first, questions) in [(6, 2), (7, 2), (8, 2), (9, 1), (5, 1)] {
            let world = ScriptedWorld::judging(&[&grade(first), &grade(10)]);
            let score = asked(yaml, "x", &world);
            assert_eq!(world.questions.lock().expect("no panic").len(), questions, "{first}: {}", score.reason);
        }
    }

    #[test]
    fn an_unreadable_answer_is_kept_and_the_judge_is_told_what_is_wrong() {
        let world = ScriptedWorld::judging(&["Well, \u{1b}[31mpass I guess", "still prose"]);
        let score = asked("rubric: kind", "x", &world);
        assert_eq!(score.state, ScoreState::Ungraded);
        let unread = &details(&score)["ballots"][0]["unread"];
        assert_eq!(unread[0]["raw"], "Well, pass I guess");
        assert_eq!(
            unread[1],
            json!({"raw": "still prose", "finish": "stop", "problem": "its answer could not be read, twice: there is no JSON object in it"})
        );
        let questions = world.questions.lock().expect("no panic");
        let again = questions[1].request.messages.last().expect("a message").joined_text();
        assert!(again.starts_with("This answer cannot be read: there is no JSON object in it."), "{again}");
        assert_eq!(questions[1].request.messages.len(), 4);
    }

    #[test]
    fn without_a_judge_the_suite_is_refused_and_kin_are_warned_of_once() {
        let (check, problems) = compile_with(&Arc::default(), std::path::Path::new("/"), "rubric: kind");
        let problems = problems.render(false);
        assert!(
            check.is_none() && problems.contains("error[no-judge]") && problems.contains("`judge: provider/model`"),
            "{problems}"
        );
        let (check, problems) =
            try_compile("all_of: [{rubric: {value: a, judge: mock/tested}}, {quality: {judge: mock/tested}}]");
        let problems = problems.render(false);
        assert!(
            check.is_some() && problems.matches("warning[judge-family]: `mock/tested` judges itself").count() == 1,
            "{problems}"
        );
        let model = |name: &str| ModelRef::parse(name).expect("valid");
        let models = CheckModels {
            judge: Some(model("openai/gpt-5")),
            under_test: vec![model("azure/gpt-4o")],
            ..CheckModels::default()
        };
        let (_, problems) = compile_with(&Arc::new(models), std::path::Path::new("/"), "rubric: kind");
        assert!(problems.render(false).contains("another OpenAI model: judges favour their own family"));
    }

    /// A provider that takes no schemas.
    struct Plain;

    impl World for Plain {
        fn chat(&self, question: JudgeQuestion) -> BoxFuture<'_, Result<ChatReply, CallError>> {
            let plain = question.request.output == OutputFormat::Text;
            let error = CallError {
                kind: ErrorKind::BadRequest,
                message: "no schemas".into(),
                status: Some(400),
                request_id: None,
            };
            Box::pin(std::future::ready(if plain { Ok(ChatReply::of_text(PASS)) } else { Err(error) }))
        }

        fn embed<'a>(
            &'a self,
            _: &'a EmbeddingModel,
            _: &'a [String],
        ) -> BoxFuture<'a, Result<Vec<Vec<f32>>, CallError>> {
            unreachable!("nobody asks for vectors")
        }

        fn moderate<'a>(
            &'a self,
            _: &'a ModelRef,
            _: &'a [String],
        ) -> BoxFuture<'a, Result<Vec<ModerationReply>, CallError>> {
            unreachable!("nobody asks for moderation")
        }

        fn run<'a>(&'a self, _: &'a Arc<CheckProgram>, _: Value) -> BoxFuture<'a, Result<Value, String>> {
            unreachable!("nobody runs programs")
        }

        fn post<'a>(&'a self, _: &'a CheckHook, _: Value) -> BoxFuture<'a, Result<Value, String>> {
            unreachable!("nobody asks addresses")
        }
    }

    #[test]
    fn a_provider_without_schemas_is_asked_in_words() {
        let reply = ChatReply::of_text("x");
        let case = super::super::super::testing::case(json!({}), None);
        let input =
            ScoreInput { reply: &reply, latency: crate::base::Millis(0), cost: None, case: &case, request: None };
        let check = super::super::super::testing::check("rubric: kind");
        let score = futures_util::FutureExt::now_or_never(super::super::super::score_asking(&check, &input, &Plain));
        let score = score.expect("it never waits");
        assert!(score.is_pass(), "{}", score.reason);
        assert_eq!(details(&score)["ballots"][0]["without_schema"], true);
    }
}

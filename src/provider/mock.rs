//! The built-in mock: scripted answers, latency and faults, the same for the same seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::app::last_user;
use super::mock_rules::{Fault, Rule, load};
use super::settings::MockSettings;
use super::spec::{Answers, Failure, ProviderSpec};
use crate::base::{Digest, DigestBuilder, Problems};
use crate::record::{ChatReply, ChatRequest, ErrorKind, Role};

/// The mock; it has no wire, no address and no key.
pub(super) static SPEC: ProviderSpec = ProviderSpec {
    name: "mock",
    about: "scripted answers without a network, for trying things out and for tests",
    keys: &[],
    base_url: "mock:",
    base_url_env: None,
    env_headers: &[],
    hosts: &[],
    wire: None,
    answers: Answers::Mock,
    ..ProviderSpec::PLAIN
};

/// The echo: a mock without rules that answers with the question.
pub(super) static ECHO: ProviderSpec = ProviderSpec {
    name: "echo",
    about: "answers with the last user message, for trying checks out",
    base_url: "echo:",
    answers: Answers::Echo,
    ..ProviderSpec::PLAIN
};

/// A mock with its rules.
#[derive(Debug)]
pub(super) struct Mock {
    settings: MockSettings,
    rules: Vec<Scripted>,
    seed: u64,
}

#[derive(Debug)]
struct Scripted {
    rule: Rule,
    uses: AtomicU64,
}

impl Mock {
    /// A mock with the rules of its file, if it has one; problems of the file go to `problems`.
    pub(super) fn new(settings: &MockSettings, seed: u64, problems: &mut Problems) -> Mock {
        let rules = settings.rules.as_deref().map(|path| load(path, problems)).unwrap_or_default();
        let rules = rules.into_iter().map(|rule| Scripted { rule, uses: AtomicU64::new(0) }).collect();
        Mock { settings: settings.clone(), rules, seed }
    }

    /// One attempt; `identity` and `attempt` decide on latency and faults, together with the seed.
    pub(super) async fn answer(
        &self,
        label: &str,
        request: &ChatRequest,
        identity: &Digest,
        attempt: u32,
    ) -> Result<ChatReply, Failure> {
        let mut random = self.random(identity, attempt);
        let jitter = random.random_range(0..=self.settings.jitter_ms);
        let fails = random.random::<f64>() < self.settings.fault_rate;
        let found = if fails { None } else { self.find(label, request) };
        let own = found.and_then(|(rule, _)| rule.latency_ms);
        let latency = own.unwrap_or(self.settings.latency_ms.saturating_add(jitter));
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        match found {
            _ if fails => Err(failure_of(Fault::Status(429))),
            Some((rule, turn)) => play(rule, turn, request),
            None if self.settings.echo => Ok(ChatReply::of_text(last_user(request))),
            None => Err(Failure::new(
                ErrorKind::Refused,
                format!(
                    "no rule of the mock matches `{label}` with model `{}`; add one, or set `echo: true`",
                    request.model
                ),
            )),
        }
    }

    fn random(&self, identity: &Digest, attempt: u32) -> ChaCha8Rng {
        let seed = DigestBuilder::new("mock")
            .part(&self.seed.to_be_bytes())
            .part(identity.as_bytes())
            .part(&attempt.to_be_bytes())
            .finish();
        ChaCha8Rng::from_seed(*seed.as_bytes())
    }

    /// The first rule that matches, and which of its uses this is.
    fn find(&self, label: &str, request: &ChatRequest) -> Option<(&Rule, u64)> {
        let user = last_user(request);
        let system = joined(request, Role::System);
        self.rules.iter().filter(|scripted| matches(&scripted.rule, label, request, &user, &system)).find_map(
            |scripted| {
                let turn = scripted.uses.fetch_add(1, Ordering::Relaxed);
                scripted.rule.times.is_none_or(|times| turn < times).then_some((&scripted.rule, turn))
            },
        )
    }
}

fn matches(rule: &Rule, label: &str, request: &ChatRequest, user: &str, system: &str) -> bool {
    rule.case.as_deref().is_none_or(|case| case == label)
        && rule.model.as_ref().is_none_or(|regex| regex.is_match(&request.model))
        && rule.last_user.as_ref().is_none_or(|regex| regex.is_match(user))
        && rule.system.as_ref().is_none_or(|regex| regex.is_match(system))
}

fn play(rule: &Rule, turn: u64, request: &ChatRequest) -> Result<ChatReply, Failure> {
    if let Some(fault) = rule.fault {
        return Err(failure_of(fault));
    }
    let count = u64::try_from(rule.replies.len()).unwrap_or(u64::MAX);
    let index = turn.checked_rem(count).and_then(|index| usize::try_from(index).ok());
    let scripted = index.and_then(|index| rule.replies.get(index)).cloned();
    let text = scripted.unwrap_or_else(|| if rule.echo { last_user(request) } else { String::new() });
    let mut reply = ChatReply::of_text(text);
    reply.finish = rule.finish;
    reply.usage = rule.usage;
    if let Some(refusal) = &rule.refusal {
        reply.finish = crate::record::Finish::Refusal;
        reply.refusal = Some(refusal.clone());
    }
    Ok(reply)
}

fn failure_of(fault: Fault) -> Failure {
    let kind = match fault {
        Fault::Status(401 | 403) => ErrorKind::Auth,
        Fault::Status(402) => ErrorKind::QuotaExhausted,
        Fault::Status(404) => ErrorKind::NotFound,
        Fault::Status(408) | Fault::Timeout => ErrorKind::Timeout,
        Fault::Status(413) => ErrorKind::ContextLength,
        Fault::Status(429) => ErrorKind::RateLimited,
        Fault::Status(503 | 529) => ErrorKind::Overloaded,
        Fault::Status(500..) => ErrorKind::Server,
        Fault::Status(_) => ErrorKind::BadRequest,
        Fault::Reset => ErrorKind::Network,
        Fault::Malformed => ErrorKind::Malformed,
    };
    let mut failure = Failure::new(kind, format!("the mock plays the fault `{}`", kind.word()));
    failure.timed_out = fault == Fault::Timeout;
    if let Fault::Status(status) = fault {
        failure.error.status = Some(status);
    }
    failure
}

fn joined(request: &ChatRequest, role: Role) -> String {
    let texts: Vec<String> = request
        .messages
        .iter()
        .filter(|message| message.role == role)
        .map(crate::record::Message::joined_text)
        .collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Finish, Message, OutputFormat, Params, ToolChoice};

    fn request(model: &str, text: &str) -> ChatRequest {
        ChatRequest {
            model: model.into(),
            messages: vec![Message::text(Role::System, "be brief"), Message::text(Role::User, text)],
            params: Params::default(),
            output: OutputFormat::Text,
            tools: vec![],
            parallel_tools: None,
            vars: None,
            prediction: None,
            tool_choice: ToolChoice::Auto,
        }
    }

    fn mock(rules: &str, settings: &MockSettings) -> Mock {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("rules.jsonl");
        std::fs::write(&path, rules).expect("write");
        let mut problems = Problems::new();
        let mock = Mock::new(&MockSettings { rules: Some(path), ..settings.clone() }, 7, &mut problems);
        assert!(problems.is_empty(), "{}", problems.render(false));
        mock
    }

    async fn said(mock: &Mock, label: &str, model: &str, text: &str) -> Result<String, ErrorKind> {
        let identity = Digest::of_bytes(text.as_bytes());
        mock.answer(label, &request(model, text), &identity, 1).await.map(|reply| reply.text).map_err(|f| f.error.kind)
    }

    #[tokio::test]
    async fn the_first_rule_that_matches_answers() {
        let rules = r#"{"case": "s/one", "reply": "by case"}
{"model": "^big", "match": "capital", "reply": "by model and text"}
{"system": "brief", "match": "turn", "replies": ["a", "b"]}
{"match": "flaky", "fault": 503, "times": 1}
{"match": "flaky", "reply": "at last"}
{"match": "same", "echo": true}"#;
        let mock = mock(rules, &MockSettings::default());
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(said(&mock, "s/one", "m", "capital").await, ok("by case"));
        assert_eq!(said(&mock, "s/two", "big-1", "capital of x").await, ok("by model and text"));
        assert_eq!(said(&mock, "s/two", "m", "turn").await, ok("a"));
        assert_eq!(said(&mock, "s/two", "m", "turn").await, ok("b"));
        assert_eq!(said(&mock, "s/two", "m", "turn").await, ok("a"));
        assert_eq!(said(&mock, "s/two", "m", "flaky").await, Err(ErrorKind::Overloaded));
        assert_eq!(said(&mock, "s/two", "m", "flaky").await, ok("at last"));
        assert_eq!(said(&mock, "s/two", "m", "the same").await, ok("the same"));
        assert_eq!(said(&mock, "s/two", "m", "nothing").await, Err(ErrorKind::Refused));
    }

    #[tokio::test]
    async fn refusals_and_echo_are_replies() {
        let mock =
            mock(r#"{"match": "bomb", "refusal": "no"}"#, &MockSettings { echo: true, ..MockSettings::default() });
        let reply = mock.answer("s/c", &request("m", "bomb"), &Digest::of_bytes(b""), 1).await.expect("reply");
        assert_eq!((reply.finish, reply.refusal.as_deref()), (Finish::Refusal, Some("no")));
        assert_eq!(said(&mock, "s/c", "m", "hi").await, Ok("hi".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn faults_and_latency_follow_from_the_seed() {
        let settings =
            MockSettings { echo: true, fault_rate: 0.5, jitter_ms: 100, latency_ms: 10, ..MockSettings::default() };
        let run = async || {
            let mock = mock("", &settings);
            let mut seen = Vec::new();
            for n in 0..40 {
                let start = tokio::time::Instant::now();
                let failed = said(&mock, "s/c", "m", &n.to_string()).await.is_err();
                seen.push((failed, start.elapsed().as_millis()));
            }
            seen
        };
        let first = run().await;
        assert_eq!(first, run().await);
        let failed = first.iter().filter(|(failed, _)| *failed).count();
        assert!((10..=30).contains(&failed), "{failed}");
        assert!(first.iter().all(|(_, ms)| (10..=111).contains(ms)));
    }
}

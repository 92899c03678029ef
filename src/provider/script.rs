//! The rules of a mock as a server plays them: an application has no labels and no run.

use std::path::Path;

use super::mock::Mock;
use super::settings::MockSettings;
use super::spec::Failure;
use crate::base::{Digest, Problems};
use crate::record::{ChatReply, ChatRequest, ErrorKind};

/// Rules, ready to answer.
#[derive(Debug)]
pub struct Script(Mock);

/// What the first rule that matches says.
#[derive(Debug)]
pub enum Played {
    /// An answer.
    Reply(Box<ChatReply>),
    /// A fault.
    Fault(Box<Failure>),
}

impl Script {
    /// Reads a file or folder of rules; problems of them go to `problems`.
    pub fn load(path: &Path, problems: &mut Problems) -> Script {
        let settings = MockSettings { rules: Some(path.to_path_buf()), ..MockSettings::default() };
        Script(Mock::new(&settings, 0, problems))
    }

    /// What the rules say to a request, after their latency; `None` when none of them matches. Rules for a case hold for
    /// the case whose recording would answer, `case`.
    pub async fn play(&self, case: &str, request: &ChatRequest) -> Option<Played> {
        match self.0.answer(case, request, &Digest::of_bytes(b""), 1).await {
            Ok(reply) => Some(Played::Reply(Box::new(reply))),
            Err(failure) if failure.error.kind == ErrorKind::Refused => None,
            Err(failure) => Some(Played::Fault(Box::new(failure))),
        }
    }
}

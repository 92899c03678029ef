//! A trial made ready for the writing thread: case, request and reply as JSON, without known secrets.
//!
//! This is done where the trial is sent, by many threads at once, so that the one thread that writes does nothing but
//! write.

use std::borrow::Cow;
use std::ops::Range;

use super::clean::{clean_case, clean_json, clean_reply, clean_request, clean_text};
use super::insert::short;
use super::words::json_into;
use crate::base::{DigestBuilder, Redactor};
use crate::record::{Case, TrialRecord};

/// What the rows of a trial take beside its texts.
const ROW_BYTES: usize = 500;

/// A trial and the texts of its call.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) trial: TrialRecord,
    text: String,
    request: Range<usize>,
    reply: Range<usize>,
    /// The case as JSON.
    pub(super) case: String,
    /// Of everything the stored case holds.
    pub(super) case_identity: [u8; 16],
    /// Whether the reply is what the provider said, to the letter.
    pub(super) intact: bool,
}

impl Ready {
    /// Encodes a trial. A known secret is cut out of the record as well as of the texts.
    pub(super) fn new(trial: TrialRecord, redactor: &Redactor) -> Ready {
        let (case, _) = clean_json(&*trial.case, redactor, clean_case);
        let ready = Ready::encode(trial, case);
        // All texts in one search: almost always there is nothing.
        if matches!(redactor.clean(&ready.text), Cow::Borrowed(_)) {
            return ready;
        }
        let Ready { mut trial, case, .. } = ready;
        let before = trial.call.as_ref().and_then(|call| call.reply.as_ref().ok()).cloned();
        clean_trial(&mut trial, redactor);
        let after = trial.call.as_ref().and_then(|call| call.reply.as_ref().ok());
        let intact = before.as_ref() == after;
        Ready { intact, ..Ready::encode(trial, case) }
    }

    fn encode(trial: TrialRecord, case: String) -> Ready {
        let mut text = String::new();
        let (mut request, mut reply) = (0..0, 0..0);
        if let Some(call) = &trial.call {
            request = json_into(&call.request, &mut text);
            match &call.reply {
                Ok(answer) => reply = json_into(answer, &mut text),
                Err(error) => text.push_str(&error.message),
            }
        }
        for line in trial.scores.iter().map(|score| score.reason.as_str()).chain(trial.note.as_deref()) {
            text.push('\n');
            text.push_str(line);
        }
        let case_identity = case_identity(&trial.case);
        Ready { trial, text, request, reply, case, case_identity, intact: true }
    }

    /// About the bytes that its rows take.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.case.len() + ROW_BYTES
    }

    /// The request as JSON; empty without a call.
    pub(super) fn request(&self) -> &str {
        self.text.get(self.request.clone()).unwrap_or("")
    }

    /// The reply as JSON, if there is one.
    pub(super) fn reply(&self) -> Option<&str> {
        self.text.get(self.reply.clone()).filter(|text| !text.is_empty())
    }
}

/// Of everything a stored case holds; 16 bytes are enough to tell cases apart and keep the index small.
fn case_identity(case: &Case) -> [u8; 16] {
    let mut builder = DigestBuilder::new("stored-case").part(case.id.as_str().as_bytes()).part(case.digest.as_bytes());
    builder = builder.part(&case.weight.to_bits().to_be_bytes());
    builder =
        builder.part(case.group.as_deref().map_or(&[][..], str::as_bytes)).part(&[u8::from(case.group.is_some())]);
    for tag in &case.tags {
        builder = builder.part(tag.as_bytes());
    }
    short(&builder.finish())
}

/// Cuts known secrets out of all free texts of a trial but its case, which is shared and cleaned when it is stored.
fn clean_trial(trial: &mut TrialRecord, redactor: &Redactor) {
    if let Some(call) = &mut trial.call {
        clean_request(&mut call.request, redactor);
        match &mut call.reply {
            Ok(reply) => clean_reply(reply, redactor),
            Err(error) => clean_text(&mut error.message, redactor),
        }
    }
    trial.scores.iter_mut().for_each(|score| clean_text(&mut score.reason, redactor));
    trial.note.iter_mut().for_each(|note| clean_text(note, redactor));
}

//! A trial made ready for the writing thread: case, request and reply as JSON, without known secrets.
//!
//! This is done where the trial is sent, by many threads at once, so that the one thread that writes does nothing but
//! write.

use std::borrow::Cow;
use std::ops::Range;

use super::clean::{clean_case, clean_json, clean_reply, clean_request, clean_text, clean_value};
use super::insert::short;
use super::words::json_into;
use crate::base::{DigestBuilder, Redactor};
use crate::record::{CallRecord, Case, ChatReply, Comparison, Durable, TrialRecord};

/// What the texts of most trials fit into.
const USUAL_BYTES: usize = 2048;

/// What the rows of a trial take beside its texts.
const ROW_BYTES: usize = 500;

/// Where the texts of a call stand.
#[derive(Debug, Clone, Default)]
struct Ranges {
    request: Range<usize>,
    reply: Range<usize>,
}

/// The texts of a call as JSON.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallText<'a> {
    /// The request.
    pub(super) request: &'a str,
    /// The reply, if there is one.
    pub(super) reply: Option<&'a str>,
    /// Whether the reply is what the provider said, to the letter.
    pub(super) intact: bool,
}

/// What of a trial is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Its calls: it has no outcome.
    Calls,
    /// Outcome and scores: the rest is there already. Its judges' calls are those of a comparison.
    Scores,
}

/// A trial and the texts of its calls.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) trial: Box<TrialRecord>,
    /// What of it is written.
    pub(super) part: Part,
    /// Who waits until it is durable.
    pub(super) durable: Option<Durable>,
    /// Further trials of the same comparison.
    pub(super) rest: Vec<Ready>,
    text: String,
    call: Ranges,
    judging: Vec<Ranges>,
    /// The case as JSON.
    pub(super) case: String,
    /// Of everything the stored case holds.
    pub(super) case_identity: [u8; 16],
    /// Whether the replies are what the providers said, to the letter.
    intact: bool,
}

impl Ready {
    /// Encodes a trial. A known secret is cut out of the record as well as of the texts.
    pub(super) fn new(trial: Box<TrialRecord>, redactor: &Redactor) -> Ready {
        let (case, _) = clean_json(&*trial.case, redactor, clean_case);
        let ready = Ready::encode(trial, case);
        // All texts in one search: almost always there is nothing.
        if matches!(redactor.clean(&ready.text), Cow::Borrowed(_)) {
            return ready;
        }
        let Ready { mut trial, case, .. } = ready;
        let replies = |trial: &TrialRecord| -> Vec<ChatReply> {
            let calls = trial.call.iter().chain(&trial.judging);
            calls.filter_map(|call| call.reply.as_ref().ok()).cloned().collect()
        };
        let before = replies(&trial);
        clean_trial(&mut trial, redactor);
        let intact = before == replies(&trial);
        Ready { intact, ..Ready::encode(trial, case) }
    }

    /// The same without an outcome.
    pub(super) fn with_calls_only(self, durable: Option<Durable>) -> Ready {
        Ready { part: Part::Calls, durable, ..self }
    }

    /// Encodes a comparison of trials; `None` when there are none.
    pub(super) fn compared(comparison: Comparison, redactor: &Redactor) -> Option<Ready> {
        let Comparison { trials, calls } = comparison;
        let mut calls = Some(calls);
        let mut ready = trials.into_iter().map(|trial| {
            let judging = calls.take().unwrap_or_default();
            let trial = TrialRecord { call: None, judging, ..trial };
            Ready { part: Part::Scores, ..Ready::new(Box::new(trial), redactor) }
        });
        let first = ready.next()?;
        Some(Ready { rest: ready.collect(), ..first })
    }

    fn encode(mut trial: Box<TrialRecord>, case: String) -> Ready {
        let mut text = Vec::with_capacity(USUAL_BYTES);
        let call = trial.call.as_mut().map(|call| write(call, &mut text)).unwrap_or_default();
        let judging = trial.judging.iter_mut().map(|call| write(call, &mut text)).collect();
        for line in trial.scores.iter().map(|score| score.reason.as_str()).chain(trial.note.as_deref()) {
            text.push(b'\n');
            text.extend_from_slice(line.as_bytes());
        }
        for details in trial.scores.iter().filter_map(|score| score.details.as_ref()) {
            json_into(details, &mut text);
        }
        // It is made of texts: the check of it is only what its type asks for.
        let text =
            String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        let case_identity = case_identity(&trial.case);
        Ready {
            trial,
            part: Part::Whole,
            rest: Vec::new(),
            durable: None,
            text,
            call,
            judging,
            case,
            case_identity,
            intact: true,
        }
    }

    /// About the bytes that its rows take.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.case.len() + ROW_BYTES + self.rest.iter().map(Ready::size).sum::<usize>()
    }

    /// The texts of the call under test; empty without one.
    pub(super) fn call_text(&self) -> CallText<'_> {
        self.text_at(&self.call)
    }

    /// Those of the judges' calls, in their order.
    pub(super) fn judging_texts(&self) -> impl Iterator<Item = CallText<'_>> {
        self.judging.iter().map(|ranges| self.text_at(ranges))
    }

    fn text_at(&self, ranges: &Ranges) -> CallText<'_> {
        CallText {
            request: self.text.get(ranges.request.clone()).unwrap_or(""),
            reply: self.text.get(ranges.reply.clone()).filter(|text| !text.is_empty()),
            intact: self.intact,
        }
    }
}

fn write(call: &mut CallRecord, text: &mut Vec<u8>) -> Ranges {
    // Taken, not read: once a secret was cut out of the request, it says so no more.
    let request = match call.written.take() {
        Some(written) => {
            let from = text.len();
            text.extend_from_slice(written.as_bytes());
            from..text.len()
        }
        None => json_into(&call.request, text),
    };
    let mut reply = 0..0;
    match &call.reply {
        Ok(answer) => reply = json_into(answer, text),
        Err(error) => text.extend_from_slice(error.message.as_bytes()),
    }
    Ranges { request, reply }
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
    for call in trial.call.iter_mut().chain(&mut trial.judging) {
        clean_request(&mut call.request, redactor);
        match &mut call.reply {
            Ok(reply) => clean_reply(reply, redactor),
            Err(error) => clean_text(&mut error.message, redactor),
        }
    }
    for score in &mut trial.scores {
        clean_text(&mut score.reason, redactor);
        score.details.iter_mut().for_each(|details| clean_value(details, redactor));
    }
    trial.note.iter_mut().for_each(|note| clean_text(note, redactor));
}

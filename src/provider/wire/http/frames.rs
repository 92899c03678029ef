//! Streams of an application, as `stream` says.

use std::sync::Arc;

use serde_json::Value;

use super::super::super::app::{beginning, reads_as_nothing};
use super::super::super::spec::Failure;
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::{errors, read};
use crate::config::{HttpApp, ResponseRules, StreamEnd, StreamRules, StreamText};
use crate::net::HttpReply;
use crate::record::ChatReply;

/// How the replies of one application stream.
#[derive(Debug)]
pub(super) struct AppStream {
    pub(super) app: Arc<HttpApp>,
    pub(super) rules: StreamRules,
}

impl StreamWire for AppStream {
    fn framing(&self) -> Framing {
        if self.rules.lines { Framing::Lines } else { Framing::Sse }
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(AppDecoder {
            app: Arc::clone(&self.app),
            rules: self.rules.clone(),
            read: ChatReply::of_text(""),
            frames: 0,
            texts: 0,
            ended: false,
            first: String::new(),
        })
    }
}

struct AppDecoder {
    app: Arc<HttpApp>,
    rules: StreamRules,
    read: ChatReply,
    frames: u64,
    /// Frames that had a text, be it an empty one.
    texts: u64,
    ended: bool,
    first: String,
}

impl StreamDecoder for AppDecoder {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        let data = frame.data.trim();
        if let Some(StreamEnd::Text(mark)) = &self.rules.done
            && (data == mark || frame.event.as_deref() == Some(mark))
        {
            self.ended = true;
            return Ok(Sign::End);
        }
        if data.is_empty() && self.rules.text != StreamText::Data {
            return Ok(Sign::Nothing);
        }
        self.frames += 1;
        if self.frames == 1 {
            data.clone_into(&mut self.first);
        }
        let parsed: Option<Value> = serde_json::from_str(data).ok();
        // The usual name of a frame that reports a failure.
        if frame.event.as_deref() == Some("error") {
            let told = parsed.unwrap_or_else(|| Value::String(data.to_owned()));
            let inner = told.get("error").cloned().unwrap_or(told);
            return Err(errors::of_error(&inner, &streamed()));
        }
        let StreamText::At(path) = self.rules.text.clone() else { return Ok(self.raw(frame)) };
        let Some(value) = parsed else {
            let message =
                format!("a frame of the stream is not JSON: {}; write `text: data` for plain text", beginning(data));
            return Err(errors::unreadable(&streamed(), message));
        };
        self.json(&value, &path)
    }

    fn finish(mut self: Box<Self>) -> Result<ChatReply, Failure> {
        if self.rules.done.is_some() && !self.ended {
            return Err(Failure::cut_off("the stream of the application ended before the frame that `done` names"));
        }
        if self.texts == 0 && self.read.tool_calls.is_empty() && self.read.refusal.is_none() {
            let looked = match &self.rules.text {
                StreamText::At(path) => format!("nothing at `{}`, where `stream.text` looks, in any", path.shown),
                StreamText::Data => "no text in any".to_owned(),
            };
            let message = format!("{looked} of {} frames; the first is {}", self.frames, beginning(&self.first));
            return Err(errors::unreadable(&streamed(), message));
        }
        read::finish(&mut self.read);
        Ok(self.read)
    }
}

impl AppDecoder {
    fn raw(&mut self, frame: &Frame) -> Sign {
        self.read.text.push_str(&frame.data);
        if self.rules.lines {
            // The cut between two lines is part of a text that streams line by line.
            self.read.text.push('\n');
        }
        self.texts += 1;
        if frame.data.is_empty() { Sign::Nothing } else { Sign::Visible }
    }

    fn json(&mut self, value: &Value, path: &crate::config::Extract) -> Result<Sign, Failure> {
        let calls = self.read.tool_calls.len();
        if let Some(rules) = &self.app.response {
            read::apply(&mut self.read, value, rules, &streamed())?;
        } else {
            read::apply(&mut self.read, value, &ResponseRules::default(), &streamed())?;
        }
        let mut visible = self.read.tool_calls.len() > calls;
        let found = path.path.query(value).all();
        for piece in found.into_iter().filter(|piece| !piece.is_null()) {
            let piece = super::super::super::app::text_of(piece);
            visible |= !piece.is_empty();
            self.read.text.push_str(&piece);
            self.texts += 1;
        }
        if let Some(StreamEnd::At(path)) = &self.rules.done
            && path.path.query(value).all().into_iter().any(|found| !reads_as_nothing(found))
        {
            self.ended = true;
            return Ok(Sign::End);
        }
        Ok(if visible { Sign::Visible } else { Sign::Nothing })
    }
}

/// The reply that frames belong to, as far as messages need it.
fn streamed() -> HttpReply {
    HttpReply { status: 200, ..HttpReply::default() }
}

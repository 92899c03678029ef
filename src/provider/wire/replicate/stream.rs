//! The stream of a prediction: events `output` with plain text, `logs`, `error` and `done`. It tells no usage:
//! the prediction itself is looked at for that when its stream has ended.

use serde_json::Value;

use super::super::super::spec::{Failure, Retry};
use super::super::super::stream::{Frame, Framing, Sign, StreamDecoder, StreamWire};
use super::super::body::clean;
use super::decode::failed;
use crate::record::{ChatReply, ErrorKind};

/// The stream.
#[derive(Debug)]
pub(in crate::provider) struct PredictionStream;

impl StreamWire for PredictionStream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn decoder(&self) -> Box<dyn StreamDecoder> {
        Box::new(Events::default())
    }
}

#[derive(Debug, Default)]
struct Events {
    text: String,
    done: bool,
}

impl StreamDecoder for Events {
    fn frame(&mut self, frame: &Frame) -> Result<Sign, Failure> {
        match frame.event.as_deref() {
            Some("output") => {
                self.text.push_str(&frame.data);
                Ok(if frame.data.is_empty() { Sign::Nothing } else { Sign::Visible })
            }
            Some("error") => Err(failed(Some(&said(&frame.data)))),
            Some("done") => {
                let data: Value = serde_json::from_str(&frame.data).unwrap_or_default();
                match data.get("reason").and_then(Value::as_str) {
                    None => {
                        self.done = true;
                        Ok(Sign::End)
                    }
                    Some("error") => Err(failed(None)),
                    Some(reason) => {
                        let message = format!("the prediction ended before it was done: {}", clean(reason));
                        Err(Failure { retry: Retry::Never, ..Failure::new(ErrorKind::Server, message) })
                    }
                }
            }
            _ => Ok(Sign::Nothing),
        }
    }

    fn partial(&self) -> Option<String> {
        Some(self.text.clone())
    }

    fn finish(self: Box<Self>) -> Result<ChatReply, Failure> {
        if !self.done {
            return Err(Failure::cut_off("the stream ended before the prediction was done"));
        }
        Ok(ChatReply { finish_raw: Some("done".to_owned()), ..ChatReply::of_text(self.text) })
    }
}

/// What went wrong: text, or JSON with a `detail`.
fn said(data: &str) -> Value {
    let json: Option<Value> = serde_json::from_str(data).ok();
    json.and_then(|json| json.get("detail").cloned()).unwrap_or_else(|| Value::String(data.to_owned()))
}

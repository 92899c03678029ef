//! The wire of one application: made of its settings.

use std::sync::Arc;

use super::super::super::app::{App, Scope};
use super::super::super::spec::{Encoded, Endpoint, Failure, Wire};
use super::super::super::stream::StreamWire;
use super::super::body::refused;
use super::fill::Filler;
use super::frames::AppStream;
use super::{errors, read};
use crate::config::{AppConfig, HttpApp};
use crate::net::HttpReply;
use crate::record::{CallError, ChatReply, ChatRequest};

/// How one application speaks.
#[derive(Debug)]
pub(in crate::provider) struct AppWire {
    state: Arc<App>,
    app: Arc<HttpApp>,
    stream: Option<AppStream>,
}

impl AppWire {
    /// The wire of an application over HTTP; `None` for one that is started here.
    pub(in crate::provider) fn new(state: &Arc<App>) -> Option<AppWire> {
        let AppConfig::Http(app) = &state.config else { return None };
        let app = Arc::new((**app).clone());
        let stream = app.stream.clone().map(|rules| AppStream { app: Arc::clone(&app), rules });
        Some(AppWire { state: Arc::clone(state), app, stream })
    }
}

impl Wire for AppWire {
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError> {
        let session = self.app.session.as_ref();
        let filler = Filler { scope: Some(Scope::of(request)), session, nonce: &self.state.nonce };
        let mut http = filler.request(&self.app.request, endpoint.base_url).map_err(refused)?;
        let accepts = http.headers.iter().any(|(name, _)| name == "accept");
        if let Some(stream) = self.stream.as_ref().filter(|_| endpoint.stream && !accepts) {
            let kind = if stream.rules.lines { "application/x-ndjson" } else { "text/event-stream" };
            http.headers.push(("accept".to_owned(), kind.to_owned()));
        }
        Ok(Encoded { http, warnings: Vec::new() })
    }

    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure> {
        if (200..300).contains(&reply.status) {
            read::whole(reply, self.app.response.as_ref())
        } else {
            Err(errors::of_status(reply))
        }
    }

    fn thinks_long(&self, _: &ChatRequest) -> bool {
        // An application may ask several models, one after another, before it answers.
        true
    }

    fn streaming(&self) -> Option<&dyn StreamWire> {
        self.stream.as_ref().map(|stream| stream as &dyn StreamWire)
    }
}

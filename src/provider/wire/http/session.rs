//! Sessions of an application: a login before the first question, or before each, and its values in the requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::super::super::app::{App, SessionValues, beginning, text_of};
use super::super::super::authority::{Access, Authority};
use super::super::super::settings::ProviderSettings;
use super::super::super::spec::Failure;
use super::super::body::text_of as body_text;
use super::errors;
use super::fill::{Filler, Manner};
use crate::base::Secret;
use crate::config::{AppConfig, Every, HttpApp, SessionRules, SessionValue};
use crate::net::{HttpReply, HttpRequest};
use crate::record::ErrorKind;

/// A refusal is laid to the session only when it is older than this: calls that were sent with an old one and refused
/// after it was renewed must not end the new one.
const SETTLED: Duration = Duration::from_secs(1);

/// The authority of an application: fills the values of its session into requests.
pub(in crate::provider) fn authority(settings: &ProviderSettings) -> Arc<dyn Authority> {
    Arc::new(SessionAuthority { app: settings.app.clone(), kept: Mutex::default() })
}

struct SessionAuthority {
    app: Option<Arc<App>>,
    kept: Mutex<Option<(SessionValues, Instant)>>,
}

impl fmt::Debug for SessionAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionAuthority")
    }
}

impl SessionAuthority {
    fn parts(&self) -> Option<(&Arc<App>, &HttpApp)> {
        let state = self.app.as_ref()?;
        let AppConfig::Http(app) = &state.config else { return None };
        Some((state, app))
    }
}

impl Authority for SessionAuthority {
    fn authorize<'a>(&'a self, request: &'a mut HttpRequest, access: Access<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let Some((state, app)) = self.parts() else { return Ok(()) };
            let asks = app.session.as_ref().is_some_and(|session| session.request.is_some());
            if !asks && !has_marks(request, &state.nonce) {
                return Ok(());
            }
            let every = app.session.as_ref().map_or(Every::Case, |session| session.every);
            let values = match every {
                Every::Case => begin(state, app, access).await?,
                Every::Run => {
                    // Whoever comes first logs in, the others wait for it.
                    let mut kept = self.kept.lock().await;
                    match kept.as_ref() {
                        Some((values, _)) => Arc::clone(values),
                        None => {
                            let values = begin(state, app, access).await?;
                            *kept = Some((Arc::clone(&values), Instant::now()));
                            values
                        }
                    }
                }
            };
            fill(request, &state.nonce, &values)
        })
    }

    fn refused(&self, reply: &HttpReply) -> bool {
        let renews = |session: &SessionRules| session.every == Every::Run && session.request.is_some();
        if reply.status != 401 || !self.parts().is_some_and(|(_, app)| app.session.as_ref().is_some_and(renews)) {
            return false;
        }
        // While it is locked, somebody is logging in already.
        if let Ok(mut kept) = self.kept.try_lock()
            && kept.as_ref().is_some_and(|(_, begun)| begun.elapsed() >= SETTLED)
        {
            *kept = None;
        }
        true
    }
}

/// Begins a session.
async fn begin(state: &Arc<App>, app: &HttpApp, access: Access<'_>) -> Result<SessionValues, Failure> {
    let mut values = vec![("id".to_owned(), Secret::new(format!("karat-{:024x}", rand::random::<u128>() >> 32)))];
    let rules = app.session.as_ref();
    if let Some((rules, template)) = rules.and_then(|rules| Some((rules, rules.request.as_ref()?))) {
        let filler = Filler { scope: None, session: None, nonce: &state.nonce };
        let filled = filler.request(template, access.settings.base_url());
        let mut request = filled.map_err(|why| Failure::new(ErrorKind::Refused, why))?;
        fill(&mut request, &state.nonce, &values)?;
        let timeouts = access.settings.timeouts.resolve(false);
        let reply = access.transport.send(&request, &timeouts).await.map_err(|error| {
            let failure = super::super::super::attempt::net_failure(&error, &template.address(), &timeouts);
            of_session(failure)
        })?;
        if !(200..300).contains(&reply.status) {
            return Err(of_session(errors::of_status(&reply)));
        }
        let body = body_text(&reply);
        let json = serde_json::from_str(body.trim()).unwrap_or(serde_json::Value::Null);
        for (name, place) in &rules.extract {
            let found = find(place, &reply, &json);
            // Neither the reply nor a part of it is shown: it holds what is secret.
            let found = found.ok_or_else(|| missing(name, place, &json, &reply))?;
            values.push((name.clone(), Secret::new(found)));
        }
    }
    let values = Arc::new(values);
    state.hide(&values);
    Ok(values)
}

fn of_session(mut failure: Failure) -> Failure {
    failure.error.message = format!("the session cannot begin: {}", failure.error.message);
    failure
}

fn missing(name: &str, place: &SessionValue, json: &serde_json::Value, reply: &HttpReply) -> Failure {
    let place = match place {
        SessionValue::At(path) => format!("nothing at `{}`", path.shown),
        SessionValue::Header(name) => format!("no header `{name}`"),
        SessionValue::Cookie(name) => format!("no cookie `{name}`"),
    };
    let keys: Vec<&str> = json.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let seen = if keys.is_empty() { String::new() } else { format!("; it has {}", beginning(&keys.join(", "))) };
    let message = format!("the session cannot begin: {place}, where `extract.{name}` looks in the reply{seen}");
    errors::unreadable(reply, message)
}

fn find(place: &SessionValue, reply: &HttpReply, json: &serde_json::Value) -> Option<String> {
    let found = match place {
        SessionValue::At(path) => text_of(path.path.query(json).all().first()?),
        SessionValue::Header(name) => reply.header(name)?.to_owned(),
        SessionValue::Cookie(name) => {
            let set = reply.headers.iter().filter(|(known, _)| *known == "set-cookie");
            set.filter_map(|(_, value)| value.split(';').next()?.split_once('='))
                .find(|(known, _)| known.trim() == name)
                .map(|(_, value)| value.trim().to_owned())?
        }
    };
    (!found.is_empty()).then_some(found)
}

fn has_marks(request: &HttpRequest, nonce: &str) -> bool {
    request.url.contains(nonce)
        || request.headers.iter().any(|(_, value)| value.contains(nonce))
        || request.body.windows(nonce.len()).any(|window| window == nonce.as_bytes())
}

/// Writes a session's values where their marks stand.
fn fill(request: &mut HttpRequest, nonce: &str, values: &[(String, Secret)]) -> Result<(), Failure> {
    let wrong = |why: String| Failure::new(ErrorKind::Refused, format!("a value of the session cannot be sent: {why}"));
    if request.url.contains(nonce) {
        request.url = replaced(&request.url, nonce, values).map_err(wrong)?;
    }
    for (_, value) in &mut request.headers {
        if value.contains(nonce) {
            *value = replaced(value, nonce, values).map_err(wrong)?;
        }
    }
    if let Ok(body) = str::from_utf8(&request.body)
        && body.contains(nonce)
    {
        request.body = replaced(body, nonce, values).map_err(wrong)?.into_bytes();
    }
    Ok(())
}

fn replaced(text: &str, nonce: &str, values: &[(String, Secret)]) -> Result<String, String> {
    let mut parts = text.split(nonce);
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let mark = part.split_once('z').and_then(|(mark, rest)| {
            let mut letters = mark.chars();
            let letter = letters.next()?;
            let (_, manner) = Manner::ALL.iter().find(|(known, _)| *known == letter)?;
            Some((*manner, letters.as_str().parse::<usize>().ok()?, rest))
        });
        let (manner, index, rest) = mark.ok_or("internal error: a mark of the session is broken")?;
        let (_, secret) = values.get(index).ok_or("internal error: the session has no such value")?;
        out.push_str(&manner.write(secret.expose())?);
        out.push_str(rest);
    }
    Ok(out)
}

//! Gets Google's access tokens, and keeps each until shortly before it expires.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::super::authority::{Access, Authority};
use super::super::super::settings::ProviderSettings;
use super::super::super::spec::Failure;
use super::super::body::{clean, text_at};
use super::super::error_body::{describe, kind_of_status};
use super::super::percent::percent_encode;
use super::credentials::{Grant, grant_of};
use super::jwt::{Claims, signed};
use crate::base::{Redactor, Secret, Timestamp};
use crate::net::{Auth, HttpReply, HttpRequest, Method, NetError, Timeouts, is_loopback_url};
use crate::record::ErrorKind;

/// What tokens are for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(60);

/// How long a token holds when the answer does not say.
const USUAL_SECONDS: u64 = 3600;

/// Tokens that are kept out of texts: each lives for an hour.
const HIDDEN: usize = 16;

/// A token that was fetched within this time before a refusal is not the reason of the refusal.
const FRESH: Duration = Duration::from_secs(30);

/// Makes the authority of a provider.
pub(super) fn new(_settings: &ProviderSettings) -> Arc<dyn Authority> {
    Arc::new(Tokens::default())
}

#[derive(Debug, Default)]
struct Tokens {
    kept: Mutex<Option<Token>>,
    /// The latest tokens, and what keeps them out of texts.
    hidden: Mutex<(Vec<Secret>, Option<Arc<Redactor>>)>,
    /// Held while a token is fetched, so that calls that begin together fetch one. It guards no data: whoever is
    /// dropped while holding it leaves nothing half done.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Token {
    secret: Secret,
    fetched: Timestamp,
    expires: Timestamp,
    last_used: Timestamp,
}

impl Authority for Tokens {
    fn authorize<'a>(&'a self, request: &'a mut HttpRequest, access: Access<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            // A key that the user named is there already.
            if access.settings.key.is_some() {
                return Ok(());
            }
            let grant = grant_of(access.settings).map_err(|problem| Failure::new(ErrorKind::Auth, problem))?;
            // A server of one's own may ask for nothing; Google's own address is refused before the run.
            let Some(grant) = grant else { return Ok(()) };
            if request.url.starts_with("http://") && !is_loopback_url(&request.url) {
                let message = "Google's access token would travel unencrypted; use an `https://` address";
                return Err(Failure::new(ErrorKind::Auth, message));
            }
            let secret = match grant {
                Grant::Token(token) => token,
                grant => self.token(&grant, access).await?,
            };
            request.auth = Some(Auth { header: "authorization".to_owned(), prefix: "Bearer ", secret });
            Ok(())
        })
    }

    fn refused(&self, reply: &HttpReply) -> bool {
        if reply.status != 401 {
            return false;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = kept.as_ref() else { return false };
        // Many calls may be refused for one old token: the first of them drops it, the others find a fresh one.
        if token.last_used >= token.fetched.plus(FRESH) {
            *kept = None;
        }
        true
    }

    fn redactor(&self) -> Option<Arc<Redactor>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl Tokens {
    /// A token that has ended is still no text for a report.
    fn hide(&self, secret: &Secret) {
        let mut hidden = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.0.push(secret.clone());
        let surplus = hidden.0.len().saturating_sub(HIDDEN);
        hidden.0.drain(..surplus);
        hidden.1 = Some(Arc::new(Redactor::new(&hidden.0)));
    }

    /// The token in force, fetched when there is none.
    async fn token(&self, grant: &Grant, access: Access<'_>) -> Result<Secret, Failure> {
        if let Some(secret) = self.kept(access.now) {
            return Ok(secret);
        }
        let turn = self.fetching.lock().await;
        if let Some(secret) = self.kept(access.now) {
            return Ok(secret);
        }
        let token = fetch(grant, access).await?;
        let secret = token.secret.clone();
        self.hide(&secret);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        drop(turn);
        Ok(secret)
    }

    fn kept(&self, now: Timestamp) -> Option<Secret> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let token = kept.as_mut().filter(|token| now.plus(MARGIN) < token.expires)?;
        token.last_used = token.last_used.max(now);
        Some(token.secret.clone())
    }
}

async fn fetch(grant: &Grant, access: Access<'_>) -> Result<Token, Failure> {
    let request = token_request(grant, access.now).map_err(|problem| Failure::new(ErrorKind::Auth, problem))?;
    let reply = access.transport.send(&request, &Timeouts::default()).await.map_err(|error| unreachable(&error))?;
    token_of(&reply, access.now)
}

fn unreachable(error: &NetError) -> Failure {
    let kind = if matches!(error, NetError::Timeout(_)) { ErrorKind::Timeout } else { ErrorKind::Network };
    let mut failure = Failure::new(kind, format!("Google's token endpoint: {error}"));
    failure.unreachable = matches!(error, NetError::Connect(_));
    failure
}

/// The request that exchanges what is there for a token.
fn token_request(grant: &Grant, now: Timestamp) -> Result<HttpRequest, String> {
    let (token_url, fields) = match grant {
        Grant::Token(_) => return Err("internal error: this token needs no exchange".to_owned()),
        Grant::ServiceAccount { email, key, key_id, token_url } => {
            let claims = Claims { issuer: email, scope: SCOPE, audience: token_url };
            let assertion = signed(&claims, key, key_id.as_deref(), now)?;
            let kind = "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned();
            (token_url, vec![("grant_type", kind), ("assertion", assertion)])
        }
        Grant::User { client_id, client_secret, refresh_token, token_url } => {
            let fields = vec![
                ("grant_type", "refresh_token".to_owned()),
                ("client_id", client_id.clone()),
                ("client_secret", client_secret.expose().to_owned()),
                ("refresh_token", refresh_token.expose().to_owned()),
            ];
            (token_url, fields)
        }
    };
    if !token_url.starts_with("https://") && !is_loopback_url(token_url) {
        return Err("`token_uri` of the credentials file is not an `https://` address".to_owned());
    }
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", percent_encode(value, ""))).collect();
    Ok(HttpRequest {
        method: Method::Post,
        url: token_url.clone(),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        auth: None,
        body: pairs.join("&").into_bytes(),
    })
}

fn token_of(reply: &HttpReply, now: Timestamp) -> Result<Token, Failure> {
    let body = serde_json::from_slice::<Value>(&reply.body).unwrap_or(Value::Null);
    if (200..300).contains(&reply.status) {
        let Some(secret) = text_at(&body, "access_token").map(Secret::new) else {
            return Err(Failure::new(ErrorKind::Malformed, "Google's token endpoint answered without a token"));
        };
        let seconds = body.get("expires_in").and_then(Value::as_u64).unwrap_or(USUAL_SECONDS);
        return Ok(Token { secret, fetched: now, expires: now.plus(Duration::from_secs(seconds)), last_used: now });
    }
    let kind = match kind_of_status(reply.status) {
        // `invalid_grant` and its like come as a plain 400.
        ErrorKind::BadRequest => ErrorKind::Auth,
        kind => kind,
    };
    let said = [text_at(&body, "error"), text_at(&body, "error_description")];
    let said: Vec<String> = said.into_iter().flatten().map(|text| clean(&text)).collect();
    let message = if kind == ErrorKind::Auth {
        let what = if said.is_empty() { format!("HTTP {}", reply.status) } else { said.join(": ") };
        format!(
            "Google refuses the credentials ({what}); run `gcloud auth application-default login`, or check the key file"
        )
    } else {
        format!("Google's token endpoint: {} (HTTP {})", describe(kind), reply.status)
    };
    let mut failure = Failure::new(kind, message);
    failure.error.status = Some(reply.status);
    Err(failure)
}

#[cfg(test)]
#[path = "authority_test.rs"]
mod authority_test;

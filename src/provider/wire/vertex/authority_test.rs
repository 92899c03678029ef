//! Tokens against a scripted endpoint.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::super::SPEC;
use super::super::jwt::tests::{new_key, parts};
use super::*;
use crate::base::SafeName;
use crate::net::Transport;

const NOW: Timestamp = Timestamp(1_795_271_407_000);

/// Answers the `n`th request with the `n`th token, and keeps what was sent.
#[derive(Debug)]
struct Endpoint {
    status: u16,
    asked: AtomicU64,
    sent: Mutex<Vec<(String, String)>>,
}

impl Endpoint {
    fn new(status: u16) -> Endpoint {
        Endpoint { status, asked: AtomicU64::new(0), sent: Mutex::default() }
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Transport for Endpoint {
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        _timeouts: &'a Timeouts,
    ) -> BoxFuture<'a, Result<HttpReply, NetError>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let body = String::from_utf8(request.body.clone()).expect("text");
        self.sent.lock().expect("lock").push((request.url.clone(), body));
        let body = match self.status {
            200 => json!({"access_token": format!("token-{number}"), "expires_in": 3600, "token_type": "Bearer"}),
            _ => json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}),
        };
        let reply = HttpReply { status: self.status, body: body.to_string().into_bytes(), ..HttpReply::default() };
        Box::pin(async move {
            tokio::task::yield_now().await;
            Ok(reply)
        })
    }
}

fn settings(file: &Value) -> ProviderSettings {
    let mut settings = ProviderSettings::new(SafeName::parse("vertex").expect("name"), &SPEC);
    settings.credentials.insert("application_default_credentials.json", Secret::new(file.to_string()));
    settings
}

fn user(token_uri: &str) -> ProviderSettings {
    settings(
        &json!({"type": "authorized_user", "client_id": "id", "client_secret": "canary-s&", "refresh_token": "canary/r",
        "token_uri": token_uri}),
    )
}

async fn ask(
    tokens: &Tokens,
    settings: &ProviderSettings,
    endpoint: &Endpoint,
    now: Timestamp,
) -> Result<String, Failure> {
    let url = "https://aiplatform.googleapis.com/v1/x".to_owned();
    let mut request = HttpRequest { method: Method::Post, url, headers: vec![], auth: None, body: vec![] };
    tokens.authorize(&mut request, Access { settings, transport: endpoint, now }).await?;
    Ok(request.auth.map(|auth| format!("{}{}", auth.prefix, auth.secret.expose())).unwrap_or_default())
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept_until_a_minute_before_its_end() {
    let (tokens, endpoint) = (Tokens::default(), Endpoint::new(200));
    let settings = user("https://oauth2.example/token");
    let first = |now| ask(&tokens, &settings, &endpoint, now);
    let (one, two) = tokio::join!(first(NOW), first(NOW));
    assert_eq!((one, two, endpoint.asked()), (Ok("Bearer token-1".to_owned()), Ok("Bearer token-1".to_owned()), 1));
    let late = NOW.plus(Duration::from_secs(3539));
    assert_eq!(ask(&tokens, &settings, &endpoint, late).await, Ok("Bearer token-1".to_owned()));
    let end = NOW.plus(Duration::from_secs(3540));
    assert_eq!(ask(&tokens, &settings, &endpoint, end).await, Ok("Bearer token-2".to_owned()));
    // Neither the token in force nor the one before may stand in a text.
    let clean = tokens.redactor().expect("redactor").clean("x token-1 y token-2 z").into_owned();
    assert!(!clean.contains("token-1") && !clean.contains("token-2") && clean.starts_with("x "), "{clean}");
    let sent = endpoint.sent.lock().expect("lock");
    let body = "grant_type=refresh_token&client_id=id&client_secret=canary-s%26&refresh_token=canary%2Fr";
    assert_eq!(sent[0], ("https://oauth2.example/token".to_owned(), body.to_owned()));
}

#[tokio::test]
async fn a_refusal_drops_an_old_token_once_and_never_a_fresh_one() {
    let (tokens, endpoint) = (Tokens::default(), Endpoint::new(200));
    let settings = user("https://oauth2.example/token");
    let refused = HttpReply { status: 401, ..HttpReply::default() };
    assert!(!tokens.refused(&refused), "nothing was fetched");
    assert_eq!(ask(&tokens, &settings, &endpoint, NOW).await, Ok("Bearer token-1".to_owned()));
    let later = NOW.plus(Duration::from_secs(600));
    assert_eq!(ask(&tokens, &settings, &endpoint, later).await, Ok("Bearer token-1".to_owned()));
    assert!(!tokens.refused(&HttpReply { status: 403, ..HttpReply::default() }));
    assert!(tokens.refused(&refused));
    assert_eq!(ask(&tokens, &settings, &endpoint, later).await, Ok("Bearer token-2".to_owned()));
    // A call that was under way with the old token is refused only now.
    assert!(tokens.refused(&refused));
    assert_eq!(ask(&tokens, &settings, &endpoint, later).await, Ok("Bearer token-2".to_owned()));
    assert_eq!(endpoint.asked(), 2);
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    let (pem, _) = new_key();
    let file = json!({"type": "service_account", "client_email": "a@b", "private_key": pem, "private_key_id": "k1",
        "token_uri": "http://127.0.0.1:1/token"});
    let endpoint = Endpoint::new(200);
    assert_eq!(ask(&Tokens::default(), &settings(&file), &endpoint, NOW).await, Ok("Bearer token-1".to_owned()));
    let sent = endpoint.sent.lock().expect("lock");
    let (grant, assertion) = sent[0].1.split_once("&assertion=").expect("fields");
    assert_eq!(grant, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let payload: Value = serde_json::from_slice(&parts(assertion)[1]).expect("json");
    assert_eq!((&payload["iss"], &payload["aud"]), (&json!("a@b"), &json!("http://127.0.0.1:1/token")));
    assert_eq!(payload["scope"], SCOPE);
}

#[tokio::test]
async fn refusals_say_what_to_do_and_nothing_secret() {
    let endpoint = Endpoint::new(400);
    let failure =
        ask(&Tokens::default(), &user("https://oauth2.example/token"), &endpoint, NOW).await.expect_err("refused");
    assert_eq!(failure.error.kind, ErrorKind::Auth);
    let message = &failure.error.message;
    assert!(
        message.contains("invalid_grant") && message.contains("gcloud auth") && !message.contains("canary"),
        "{message}"
    );
    let outage = ask(&Tokens::default(), &user("https://x/token"), &Endpoint::new(503), NOW).await.expect_err("outage");
    assert_eq!(outage.error.kind, ErrorKind::Overloaded);
    // Secrets go to no plain address.
    let plain = ask(&Tokens::default(), &user("http://oauth2.example/token"), &endpoint, NOW).await.expect_err("plain");
    assert!(plain.error.message.contains("https://"), "{}", plain.error.message);
    assert_eq!(endpoint.asked(), 1);
}

//! Signs requests to Bedrock, or sends its bearer key.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::super::super::authority::{Access, Authority};
use super::super::super::settings::ProviderSettings;
use super::super::super::spec::Failure;
use super::credentials::{BEARER, keys_of};
use super::sigv4::{Scope, sign};
use crate::net::{Auth, HttpRequest, is_loopback_url};
use crate::record::ErrorKind;

/// The name under which Bedrock's requests are signed, that of its runtime included.
const SERVICE: &str = "bedrock";

/// Makes the authority of a provider.
pub(super) fn new(_settings: &ProviderSettings) -> Arc<dyn Authority> {
    Arc::new(Signer)
}

#[derive(Debug)]
struct Signer;

impl Authority for Signer {
    fn authorize<'a>(&'a self, request: &'a mut HttpRequest, access: Access<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        let result = prove(request, access);
        Box::pin(async move { result })
    }
}

fn prove(request: &mut HttpRequest, access: Access<'_>) -> Result<(), Failure> {
    let settings = access.settings;
    // A key that the user named is there already.
    if settings.key.is_some() {
        return Ok(());
    }
    let refuse = |what: &str| Failure::new(ErrorKind::Auth, what);
    if let Some(bearer) = settings.credentials.get(BEARER) {
        if request.url.starts_with("http://") && !is_loopback_url(&request.url) {
            return Err(refuse("the Bedrock key would travel unencrypted; use an `https://` address"));
        }
        request.auth = Some(Auth { header: "authorization".to_owned(), prefix: "Bearer ", secret: bearer.clone() });
        return Ok(());
    }
    let Some(keys) = keys_of(settings) else {
        // A server of one's own may ask for no proof; Amazon's own address is refused before the run.
        return Ok(());
    };
    let region = settings.options.region.as_deref();
    let region = region
        .ok_or_else(|| refuse("there is no AWS region to sign for: set AWS_REGION, or `region` of the provider"))?;
    let signature = sign(request, &keys, Scope { region, service: SERVICE }, access.now);
    let own = ["authorization", "x-amz-date", "x-amz-security-token"];
    request.headers.retain(|(name, _)| !own.iter().any(|known| name.eq_ignore_ascii_case(known)));
    request.headers.push(("x-amz-date".to_owned(), signature.date));
    // The signature holds for this one request and a few minutes; the session's token is the secret.
    request.headers.push(("authorization".to_owned(), signature.authorization));
    request.auth = keys.token.map(|secret| Auth { header: "x-amz-security-token".to_owned(), prefix: "", secret });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{SafeName, Secret, Timestamp};
    use crate::net::{HttpClient, Method, NetOptions};

    fn proven(credentials: &[(&'static str, &str)], url: &str) -> Result<HttpRequest, Failure> {
        let mut settings = ProviderSettings::new(SafeName::parse("bedrock").expect("name"), &super::super::SPEC);
        settings.credentials = credentials.iter().map(|(name, value)| (*name, Secret::new(*value))).collect();
        settings.options.region = Some("us-east-1".to_owned());
        let transport = HttpClient::new(NetOptions::default());
        let access = Access { settings: &settings, transport: &transport, now: Timestamp(1_795_271_407_000) };
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let mut request = HttpRequest { method: Method::Post, url: url.to_owned(), headers, auth: None, body: vec![] };
        prove(&mut request, access)?;
        // Every attempt proves anew.
        prove(&mut request, access)?;
        Ok(request)
    }

    const URL: &str = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse";

    #[test]
    fn a_signed_request_has_one_signature_and_hides_the_sessions_token() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "canary-t")];
        let request = proven(&keys, URL).expect("signed");
        let of = |name: &str| request.headers.iter().filter(|(known, _)| known == name).count();
        assert_eq!([of("authorization"), of("x-amz-date"), of("x-amz-security-token")], [1, 1, 0]);
        let auth = request.auth.as_ref().expect("token");
        assert_eq!((auth.header.as_str(), auth.secret.expose()), ("x-amz-security-token", "canary-t"));
        assert!(!format!("{request:?}").contains("canary-t"));
    }

    #[test]
    fn the_bearer_key_wins_and_never_travels_unencrypted() {
        let both = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "s"), (BEARER, "token")];
        let request = proven(&both, URL).expect("bearer");
        let auth = request.auth.expect("auth");
        assert_eq!((auth.header.as_str(), auth.prefix, auth.secret.expose()), ("authorization", "Bearer ", "token"));
        assert!(proven(&both, "http://127.0.0.1:1/model/m/converse").is_ok());
        let failure = proven(&both, "http://example.org/model/m/converse").expect_err("refused");
        assert_eq!(failure.error.kind, ErrorKind::Auth);
    }
}

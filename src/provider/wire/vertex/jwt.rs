//! Tokens that a service account signs for itself: JWT with RS256 (RFC 7523, RFC 7515).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::base::{Secret, Timestamp, base64_decode, base64_encode};

/// How long a signed token holds; Google takes no more.
const LIFETIME_SECONDS: i64 = 3600;

/// What a service account says of itself.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    /// Its e-mail address.
    pub(super) issuer: &'a str,
    /// What the token is for.
    pub(super) scope: &'a str,
    /// Where it is exchanged.
    pub(super) audience: &'a str,
}

/// A signed token. `key` is a PEM text.
///
/// # Errors
/// What is wrong with the key, without a word of it.
pub(super) fn signed(
    claims: &Claims<'_>,
    key: &Secret,
    key_id: Option<&str>,
    now: Timestamp,
) -> Result<String, String> {
    let pair = key_pair(key.expose())?;
    let mut header = json!({"alg": "RS256", "typ": "JWT"});
    if let (Some(id), Some(map)) = (key_id, header.as_object_mut()) {
        map.insert("kid".to_owned(), json!(id));
    }
    let seconds = now.0.div_euclid(1000);
    let payload = json!({"iss": claims.issuer, "scope": claims.scope, "aud": claims.audience, "iat": seconds,
        "exp": seconds.saturating_add(LIFETIME_SECONDS)});
    let part = |value: &Value| url_safe(value.to_string().as_bytes());
    let text = format!("{}.{}", part(&header), part(&payload));
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
        .map_err(|_| "the private key cannot sign".to_owned())?;
    Ok(format!("{text}.{}", url_safe(&signature)))
}

/// Base64 for URLs, without padding.
fn url_safe(bytes: &[u8]) -> String {
    base64_encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

fn key_pair(pem: &str) -> Result<RsaKeyPair, String> {
    let wrong = || "the private key is not an RSA key in PEM form".to_owned();
    let inner = |kind: &str| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {kind}-----"))?;
        let (text, _) = rest.split_once(&format!("-----END {kind}-----"))?;
        base64_decode(&text.split_whitespace().collect::<String>())
    };
    if let Some(bytes) = inner("PRIVATE KEY") {
        return RsaKeyPair::from_pkcs8(&bytes).map_err(|_| wrong());
    }
    let bytes = inner("RSA PRIVATE KEY").ok_or_else(wrong)?;
    RsaKeyPair::from_der(&bytes).map_err(|_| wrong())
}

#[cfg(test)]
pub(super) mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    /// A new key as PEM, with its public half. No key stands in the repository.
    pub(in super::super) fn new_key() -> (String, Vec<u8>) {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("key");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("der");
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", base64_encode(der.as_ref()));
        (pem, pair.public_key().as_ref().to_vec())
    }

    pub(in super::super) fn parts(token: &str) -> Vec<Vec<u8>> {
        let padded = |part: &str| {
            let text = part.replace('-', "+").replace('_', "/");
            format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
        };
        token.split('.').map(|part| base64_decode(&padded(part)).expect("base64")).collect()
    }

    #[test]
    fn the_token_says_who_for_what_and_until_when_and_its_signature_holds() {
        let (pem, public) = new_key();
        let claims = Claims { issuer: "a@b", scope: "s", audience: "https://t" };
        let now = Timestamp(1_795_271_407_999);
        let token = signed(&claims, &Secret::new(pem), Some("k1"), now).expect("signed");
        let parts = parts(&token);
        let json = |at: usize| serde_json::from_slice::<Value>(&parts[at]).expect("json");
        assert_eq!(json(0), json!({"alg": "RS256", "typ": "JWT", "kid": "k1"}));
        let wanted =
            json!({"iss": "a@b", "scope": "s", "aud": "https://t", "iat": 1_795_271_407, "exp": 1_795_275_007});
        assert_eq!(json(1), wanted);
        let (text, _) = token.rsplit_once('.').expect("parts");
        let verifier = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        assert!(verifier.verify(text.as_bytes(), &parts[2]).is_ok());
        assert!(verifier.verify(b"another text", &parts[2]).is_err());
    }

    #[test]
    fn a_broken_key_is_refused_without_quoting_it() {
        let claims = Claims { issuer: "a", scope: "s", audience: "t" };
        for body in ["canary", "-----BEGIN PRIVATE KEY-----\ncanary=\n-----END PRIVATE KEY-----"] {
            let error = signed(&claims, &Secret::new(body), None, Timestamp(0)).expect_err("refused");
            assert!(error.contains("PEM") && !error.contains("canary"), "{error}");
        }
    }
}

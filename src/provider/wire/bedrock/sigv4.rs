//! Signature Version 4 of AWS: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;

use super::super::percent::percent_encode;
use crate::base::{Digest, Secret, Timestamp};
use crate::net::HttpRequest;

/// Who signs.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) id: Secret,
    pub(super) secret: Secret,
    pub(super) token: Option<Secret>,
}

/// For what a signature holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// What goes onto a signed request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    /// For `x-amz-date`.
    pub(super) date: String,
    /// For `authorization`.
    pub(super) authorization: String,
}

/// The signature of a request, made now. The headers `host`, `content-type` and those of AWS are part of it.
pub(super) fn sign(request: &HttpRequest, keys: &Keys, scope: Scope<'_>, now: Timestamp) -> Signature {
    let date = amz_date(now);
    let day: String = date.chars().take(8).collect();
    let headers = signed_headers(request, keys, &date);
    let names = headers.keys().cloned().collect::<Vec<_>>().join(";");
    let canonical = canonical_request(request, &headers, &names);
    let place = format!("{day}/{}/{}/aws4_request", scope.region, scope.service);
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{place}\n{}", Digest::of_bytes(canonical.as_bytes()));
    let mut key = format!("AWS4{}", keys.secret.expose()).into_bytes();
    for part in [day.as_str(), scope.region, scope.service, "aws4_request"] {
        key = hmac_sha256(&key, part.as_bytes());
    }
    let signature: String = hmac_sha256(&key, text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let id = keys.id.expose();
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={id}/{place}, SignedHeaders={names}, Signature={signature}");
    Signature { date, authorization }
}

fn hmac_sha256(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// `20261121T143000Z`.
fn amz_date(now: Timestamp) -> String {
    let whole = now.to_rfc3339();
    let seconds: String = whole.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{seconds}Z")
}

fn signed_headers(request: &HttpRequest, keys: &Keys, date: &str) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        if name == "content-type" || name.starts_with("x-amz-") {
            headers.insert(name, value.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    headers.insert("host".to_owned(), split(&request.url).0);
    headers.insert("x-amz-date".to_owned(), date.to_owned());
    match &keys.token {
        Some(token) => headers.insert("x-amz-security-token".to_owned(), token.expose().to_owned()),
        None => headers.remove("x-amz-security-token"),
    };
    headers
}

/// Method, path, query, headers and body in the one form that both sides sign.
fn canonical_request(request: &HttpRequest, headers: &BTreeMap<String, String>, names: &str) -> String {
    let (_, path, query) = split(&request.url);
    // What is already encoded is encoded once more, for every service but S3.
    let path = percent_encode(&path, "/");
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
        .collect();
    pairs.sort();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let body = Digest::of_bytes(&request.body);
    format!("{}\n{path}\n{}\n{lines}\n{names}\n{body}", request.method.word(), pairs.join("&"))
}

/// Host as the client sends it, path and query of a URL.
fn split(url: &str) -> (String, String, String) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let rest = rest.split('#').next().unwrap_or(rest);
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, tail) = rest.split_at(at);
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let usual = if scheme.eq_ignore_ascii_case("http") { ":80" } else { ":443" };
    let host = host.strip_suffix(usual).unwrap_or(host).to_ascii_lowercase();
    (host, if path.is_empty() { "/".to_owned() } else { path.to_owned() }, query.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::Value;

    use super::*;
    use crate::net::Method;

    /// Signatures that botocore made, see the note in the file.
    #[test]
    fn signatures_equal_those_of_botocore() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/sigv4/botocore.jsonl");
        let text = fs::read_to_string(path).expect("vectors");
        let mut seen = 0;
        for line in text.lines() {
            let vector: Value = serde_json::from_str(line).expect(line);
            let word = |name: &str| vector[name].as_str().expect(name).to_owned();
            let headers = vector["headers"].as_object().expect("headers").iter();
            let request = HttpRequest {
                method: Method::Post,
                url: word("url"),
                headers: headers.map(|(name, value)| (name.clone(), value.as_str().expect(name).to_owned())).collect(),
                auth: None,
                body: word("body").into_bytes(),
            };
            let keys = Keys {
                id: Secret::new(word("key_id")),
                secret: Secret::new(word("secret")),
                token: vector["token"].as_str().map(Secret::new),
            };
            let (region, service) = (word("region"), word("service"));
            let now = Timestamp(vector["now_ms"].as_i64().expect("now"));
            let found = sign(&request, &keys, Scope { region: &region, service: &service }, now);
            let wanted = Signature { date: word("date"), authorization: word("authorization") };
            assert_eq!(found, wanted, "{}", word("url"));
            seen += 1;
        }
        assert!(seen >= 8, "{seen}");
    }
}

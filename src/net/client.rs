//! Sends requests over pooled connections, with a timeout for every step and a cap on the reply.

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use futures_util::future::BoxFuture;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout, timeout_at};

use super::body::{Body, OpenReply};
use super::pool::{Need, Pools};
use super::{Auth, HttpReply, HttpRequest, Method, NetError, TimeoutStage, Timeouts};

/// Sets of headers that are remembered; requests that are signed have new ones each time.
const MAX_HEADERS: usize = 8;

/// Parsed URLs that are remembered.
const MAX_URLS: usize = 64;

/// Whatever carries a request to its server. Production has [`HttpClient`]; tests bring their own.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Does what is done once before the first request of this kind, such as reading certificates, which may block for a
    /// moment. What goes wrong is told by the request itself.
    fn prepare(&self, _request: &HttpRequest, _timeouts: &Timeouts) {}

    /// Sends one request and reads the whole reply.
    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        timeouts: &'a Timeouts,
    ) -> BoxFuture<'a, Result<HttpReply, NetError>>;

    /// Sends one request and gives its reply as soon as the head is there; `timeouts.total` holds for the body too.
    ///
    /// By default the body is read whole and comes as one chunk.
    fn open<'a>(
        &'a self,
        request: &'a HttpRequest,
        timeouts: &'a Timeouts,
    ) -> BoxFuture<'a, Result<OpenReply, NetError>> {
        Box::pin(async move { self.send(request, timeouts).await.map(OpenReply::whole) })
    }
}

/// Settings of the client.
#[derive(Debug, Clone)]
pub struct NetOptions {
    /// Largest reply that is read, in bytes.
    pub max_reply_bytes: usize,
    /// Proxy that all requests go through. Without one those of the environment hold (`HTTPS_PROXY`, `NO_PROXY`), except
    /// for this machine itself.
    pub proxy: Option<String>,
    /// Certificates of further authorities, beside those of the system; PEM.
    pub ca_pem: Option<Vec<u8>>,
}

impl Default for NetOptions {
    fn default() -> NetOptions {
        NetOptions { max_reply_bytes: 16 * 1024 * 1024, proxy: None, ca_pem: None }
    }
}

/// The HTTP client. Connections are pooled.
pub struct HttpClient {
    options: NetOptions,
    pools: Pools,
    /// URLs that were parsed before: a run has one or a few, and thousands of calls.
    urls: RwLock<BTreeMap<String, Url>>,
    /// Headers of earlier requests: those of a provider are mostly the same.
    headers: RwLock<Vec<Written>>,
}

/// Headers as they were given, and as they are sent.
struct Written {
    given: Vec<(String, String)>,
    auth: Option<Auth>,
    sent: HeaderMap,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").field("options", &self.options).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// A client without connections; nothing is built yet.
    pub fn new(options: NetOptions) -> HttpClient {
        HttpClient { options, pools: Pools::default(), urls: RwLock::default(), headers: RwLock::default() }
    }

    /// Sends one request and reads the whole reply; any status is a reply.
    ///
    /// Redirects are followed for reads on the same origin only. Dropping the future ends the request.
    ///
    /// # Errors
    /// [`NetError`] when there is no complete reply.
    pub async fn send(&self, request: &HttpRequest, timeouts: &Timeouts) -> Result<HttpReply, NetError> {
        let end = Instant::now() + timeouts.total;
        let response = self.begin(request, timeouts).await?;
        match timeout_at(end, read(response, self.options.max_reply_bytes)).await {
            Ok(read) => read,
            Err(_) => Err(NetError::Timeout(TimeoutStage::Total)),
        }
    }

    /// Sends one request and gives its reply as soon as the head is there; redirects as in [`send`](Self::send).
    ///
    /// # Errors
    /// [`NetError`] when there is no head.
    pub async fn open(&self, request: &HttpRequest, timeouts: &Timeouts) -> Result<OpenReply, NetError> {
        let end = Instant::now() + timeouts.total;
        let response = self.begin(request, timeouts).await?;
        let head = head_of(&response);
        let cap = self.options.max_reply_bytes;
        if announced(&response) > cap {
            return Err(NetError::TooLarge(cap));
        }
        Ok(OpenReply::new(head, Box::new(Arriving { response, cap, left: cap }), Some(end)))
    }

    /// From the request to the head of its reply.
    async fn begin(&self, request: &HttpRequest, timeouts: &Timeouts) -> Result<reqwest::Response, NetError> {
        let url = self.url(&request.url)?;
        let client = self.pools.get(Need::of(&url, request.method, timeouts.connect), &self.options)?;
        let mut wire = reqwest::Request::new(reqwest_method(request.method), url);
        *wire.headers_mut() = self.headers(request)?;
        *wire.body_mut() = Some(request.body.clone().into());
        match timeout(timeouts.first_byte.min(timeouts.total), client.execute(wire)).await {
            Ok(answered) => answered.map_err(|error| net_error(&error)),
            Err(_) if timeouts.first_byte < timeouts.total => Err(NetError::Timeout(TimeoutStage::FirstByte)),
            Err(_) => Err(NetError::Timeout(TimeoutStage::Total)),
        }
    }

    fn headers(&self, request: &HttpRequest) -> Result<HeaderMap, NetError> {
        let known = self.headers.read().unwrap_or_else(PoisonError::into_inner);
        let same = known.iter().find(|known| known.given == request.headers && known.auth == request.auth);
        if let Some(same) = same {
            return Ok(same.sent.clone());
        }
        let is_full = known.len() >= MAX_HEADERS;
        drop(known);
        let sent = headers_of(request)?;
        if !is_full {
            let written = Written { given: request.headers.clone(), auth: request.auth.clone(), sent: sent.clone() };
            self.headers.write().unwrap_or_else(PoisonError::into_inner).push(written);
        }
        Ok(sent)
    }

    fn url(&self, text: &str) -> Result<Url, NetError> {
        if let Some(url) = self.urls.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(url.clone());
        }
        let url = Url::parse(text).map_err(|error| NetError::Other(format!("the URL is not valid: {error}")))?;
        let mut urls = self.urls.write().unwrap_or_else(PoisonError::into_inner);
        if urls.len() < MAX_URLS {
            urls.insert(text.to_owned(), url.clone());
        }
        Ok(url)
    }
}

impl Transport for HttpClient {
    fn prepare(&self, request: &HttpRequest, timeouts: &Timeouts) {
        if let Ok(url) = self.url(&request.url) {
            drop(self.pools.get(Need::of(&url, request.method, timeouts.connect), &self.options));
        }
    }

    fn send<'a>(
        &'a self,
        request: &'a HttpRequest,
        timeouts: &'a Timeouts,
    ) -> BoxFuture<'a, Result<HttpReply, NetError>> {
        Box::pin(HttpClient::send(self, request, timeouts))
    }

    fn open<'a>(
        &'a self,
        request: &'a HttpRequest,
        timeouts: &'a Timeouts,
    ) -> BoxFuture<'a, Result<OpenReply, NetError>> {
        Box::pin(HttpClient::open(self, request, timeouts))
    }
}

/// What is wrong with a base URL, if anything: a message for a diagnostic.
pub fn base_url_problem(text: &str) -> Option<String> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(format!("`{}` is not a URL: {error}", without_query(text))),
    };
    let shown = without_query(text);
    if !matches!(url.scheme(), "http" | "https") {
        return Some(format!("`{shown}` must begin with `https://` or `http://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("a base URL must not carry a user name or password; name the key's variable instead".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some(format!("`{shown}` must not carry a query or fragment"));
    }
    None
}

/// The host of a URL, lowercase; `None` when it is not a URL.
pub fn host_of(text: &str) -> Option<String> {
    Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_ascii_lowercase))
}

/// Whether two URLs have the same scheme, host and port.
pub fn same_origin(one: &str, other: &str) -> bool {
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    origin(one).is_some_and(|found| Some(found) == origin(other))
}

/// Where a redirect from `url` leads, when it stays on its origin.
pub fn redirected(url: &str, location: &str) -> Option<String> {
    let from = Url::parse(url).ok()?;
    let to = from.join(location).ok()?;
    (to.origin() == from.origin()).then(|| to.to_string())
}

/// Whether a URL points at this machine.
pub fn is_loopback_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_loopback(&url))
}

fn without_query(text: &str) -> &str {
    // A user name in front of the host may be a key as well: show nothing up to it.
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let shown = text.get(..end).unwrap_or("");
    if shown.contains('@') { "(redacted)" } else { shown }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn reqwest_method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}

fn headers_of(request: &HttpRequest) -> Result<HeaderMap, NetError> {
    // With room for those that are added on the way, such as the host.
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 6);
    for (name, value) in &request.headers {
        let bad = |_| NetError::Other(format!("`{name}` is not a valid header"));
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(()))?;
        headers.insert(known, HeaderValue::from_str(value).map_err(|_| bad(()))?);
    }
    if let Some(auth) = &request.auth {
        let bad = || NetError::Other(format!("the key cannot be sent in the header `{}`", auth.header));
        let name = HeaderName::from_bytes(auth.header.as_bytes()).map_err(|_| bad())?;
        let text = format!("{}{}", auth.prefix, auth.secret.expose());
        let mut value = HeaderValue::from_str(&text).map_err(|_| bad())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn head_of(response: &reqwest::Response) -> HttpReply {
    let shown = response.headers().iter().map(|(name, value)| (name, String::from_utf8_lossy(value.as_bytes())));
    HttpReply { status: response.status().as_u16(), headers: shown.collect(), body: Vec::new() }
}

/// How long the body says that it is; 0 when it does not.
fn announced(response: &reqwest::Response) -> usize {
    response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX))
}

async fn read(mut response: reqwest::Response, cap: usize) -> Result<HttpReply, NetError> {
    let head = head_of(&response);
    let announced = announced(&response);
    if announced > cap {
        return Err(NetError::TooLarge(cap));
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = response.chunk().await.map_err(|error| cut_off(&error))? {
        if body.len() + chunk.len() > cap {
            return Err(NetError::TooLarge(cap));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpReply { body, ..head })
}

/// A body under way.
struct Arriving {
    response: reqwest::Response,
    cap: usize,
    left: usize,
}

impl Body for Arriving {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<u8>>, NetError>> {
        Box::pin(async move {
            let Some(chunk) = self.response.chunk().await.map_err(|error| cut_off(&error))? else { return Ok(None) };
            self.left = self.left.checked_sub(chunk.len()).ok_or(NetError::TooLarge(self.cap))?;
            Ok(Some(chunk.to_vec()))
        })
    }
}

/// The connection broke after the head of the reply.
fn cut_off(error: &reqwest::Error) -> NetError {
    match net_error(error) {
        NetError::Reset(text) => NetError::CutOff(text),
        other => other,
    }
}

fn net_error(error: &reqwest::Error) -> NetError {
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => NetError::Timeout(TimeoutStage::Connect),
        (true, false) => NetError::Connect(text_of(error)),
        (false, true) => NetError::Timeout(TimeoutStage::Total),
        (false, false) if error.is_builder() => NetError::Other(text_of(error)),
        (false, false) => NetError::Reset(text_of(error)),
    }
}

/// The innermost cause of an error. The outermost text is left out: reqwest prints the URL there.
pub(super) fn text_of(error: &reqwest::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    let mut source = StdError::source(error);
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    match causes.last() {
        Some(deepest) => deepest.clone(),
        None if error.is_builder() => "the request cannot be built".to_owned(),
        None => "the exchange did not complete".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;
    use crate::net::Auth;
    use axum::Router;
    use axum::http::{HeaderMap as AxumHeaders, StatusCode};
    use axum::response::Redirect;
    use axum::routing::{get, post};
    use std::time::Duration;

    async fn serve(router: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move { axum::serve(listener, router).await.expect("serve") });
        format!("http://{address}")
    }

    fn request(method: Method, url: String) -> HttpRequest {
        HttpRequest { method, url, headers: vec![], auth: None, body: vec![] }
    }

    fn client() -> HttpClient {
        HttpClient::new(NetOptions { max_reply_bytes: 1000, ..NetOptions::default() })
    }

    #[tokio::test]
    async fn a_post_carries_key_agent_and_body() {
        let echo = |headers: AxumHeaders, body: String| async move {
            let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("-").to_owned();
            (
                StatusCode::CREATED,
                [("X-Seen", "yes")],
                format!("{} {} {body}", header("authorization"), header("user-agent")),
            )
        };
        let url = serve(Router::new().route("/x", post(echo))).await;
        let mut request = request(Method::Post, format!("{url}/x"));
        request.body = b"hello".to_vec();
        request.auth =
            Some(Auth { header: "authorization".into(), prefix: "Bearer ", secret: Secret::new("sk-test-secret") });
        let reply = client().send(&request, &Timeouts::default()).await.expect("reply");
        let agent = concat!("karat/", env!("CARGO_PKG_VERSION"));
        assert_eq!(String::from_utf8_lossy(&reply.body), format!("Bearer sk-test-secret {agent} hello"));
        assert_eq!((reply.status, reply.header("x-seen")), (201, Some("yes")));
        assert!(!format!("{request:?}").contains("sk-test"));
    }

    #[tokio::test]
    async fn large_replies_are_cut_off() {
        let url = serve(Router::new().route("/big", get(|| async { "x".repeat(1001) }))).await;
        let got = client().send(&request(Method::Get, format!("{url}/big")), &Timeouts::default()).await;
        assert_eq!(got, Err(NetError::TooLarge(1000)));
    }

    #[tokio::test]
    async fn redirects_stay_on_the_origin_and_a_post_is_never_redirected() {
        let other = serve(Router::new().route("/end", get(|| async { "other" }))).await;
        let away = format!("{other}/end");
        let router = Router::new()
            .route("/near", get(|| async { Redirect::temporary("/end") }))
            .route("/end", get(|| async { "end" }).post(|| async { "posted" }))
            .route("/post", post(|| async { Redirect::temporary("/end") }))
            .route("/far", get(move || async move { Redirect::temporary(&away) }));
        let url = serve(router).await;
        let send = async |method, path: &str| {
            client().send(&request(method, format!("{url}{path}")), &Timeouts::default()).await.expect("reply").status
        };
        assert_eq!(send(Method::Get, "/near").await, 200);
        assert_eq!(send(Method::Get, "/far").await, 307);
        assert_eq!(send(Method::Post, "/post").await, 307);
    }

    #[tokio::test]
    async fn each_failure_has_its_class_and_no_url() {
        let slow = || async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            "late"
        };
        let url = serve(Router::new().route("/slow", get(slow))).await;
        let quick = Timeouts { first_byte: Duration::from_millis(50), ..Timeouts::default() };
        let late = client().send(&request(Method::Get, format!("{url}/slow")), &quick).await;
        assert_eq!(late, Err(NetError::Timeout(TimeoutStage::FirstByte)));
        let total = Timeouts { total: Duration::from_millis(50), ..Timeouts::default() };
        let late = client().send(&request(Method::Get, format!("{url}/slow")), &total).await;
        assert_eq!(late, Err(NetError::Timeout(TimeoutStage::Total)));

        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        drop(listener);
        let refused = client().send(&request(Method::Get, format!("http://{address}/?key=secret")), &quick).await;
        let Err(NetError::Connect(text)) = refused else { panic!("{refused:?}") };
        assert!(text.contains("refused") && !text.contains("secret"), "{text}");
    }

    #[tokio::test]
    async fn a_connection_that_breaks_half_way_is_cut_off() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut seen = [0; 1024];
                let _read = tokio::io::AsyncReadExt::read(&mut stream, &mut seen).await;
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf";
                tokio::io::AsyncWriteExt::write_all(&mut stream, head).await.expect("write");
            }
        });
        let got =
            client().send(&request(Method::Post, format!("http://{address}/x?key=s3cret")), &Timeouts::default()).await;
        let Err(NetError::CutOff(text)) = got else { panic!("{got:?}") };
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn bad_base_urls_are_told_without_their_secrets() {
        for bad in ["", "api.openai.com", "ftp://x/y", "https://user:pw@x/v1", "https://x/v1?key=abc", "not a url"] {
            let problem = base_url_problem(bad).expect(bad);
            assert!(!problem.contains("abc") && !problem.contains("pw"), "{problem}");
        }
        assert_eq!(base_url_problem("https://api.openai.com/v1/"), None);
        assert!(
            is_loopback_url("http://[::1]:8080/v1")
                && is_loopback_url("http://LOCALHOST")
                && !is_loopback_url("http://10.0.0.1")
        );
    }
}

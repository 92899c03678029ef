//! Replies that come piece by piece, and the ways in which requests travel: proxies, authorities of one's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::*;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// What a server does after its bytes.
#[derive(Clone, Copy)]
enum Then {
    Close,
    Hang,
}

/// A server that sends these bytes, each after its wait, to every request.
async fn serve(script: Vec<(u64, Vec<u8>)>, then: Then) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let script = script.clone();
            tokio::spawn(async move {
                read_head(&mut stream).await;
                for (wait, bytes) in script {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                if let Then::Hang = then {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    format!("http://{address}/x")
}

/// Reads up to the end of a request's head and gives it.
async fn read_head<S: AsyncReadExt + Unpin>(stream: &mut S) -> String {
    let mut seen = Vec::new();
    while !seen.windows(4).any(|four| four == b"\r\n\r\n") {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}

fn chunk(text: &str) -> Vec<u8> {
    format!("{:x}\r\n{text}\r\n", text.len()).into_bytes()
}

fn request(method: Method, url: &str) -> HttpRequest {
    HttpRequest { method, url: url.to_owned(), headers: vec![], auth: None, body: vec![] }
}

fn client(options: NetOptions) -> HttpClient {
    HttpClient::new(options)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

async fn read_all(url: &str, timeouts: Timeouts, idle: Duration) -> Result<String, NetError> {
    let small = client(NetOptions { max_reply_bytes: 1000, ..NetOptions::default() });
    let mut open = small.open(&request(Method::Post, url), &timeouts).await?;
    let mut body = Vec::new();
    while let Some(chunk) = open.chunk(idle).await? {
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn every_chunk_comes_when_it_is_there_and_begins_the_idle_time_anew() {
    let mut script = vec![(0, HEAD.to_vec())];
    script.extend((0..6).map(|_| (60, chunk("a"))));
    script.push((0, b"0\r\n\r\n".to_vec()));
    let url = serve(script, Then::Hang).await;
    let mut open =
        client(NetOptions::default()).open(&request(Method::Post, &url), &Timeouts::default()).await.expect("head");
    assert_eq!((open.head.status, open.head.header("content-type")), (200, Some("text/event-stream")));
    let begun = Instant::now();
    assert_eq!(open.chunk(ms(200)).await, Ok(Some(b"a".to_vec())));
    assert!(begun.elapsed() < ms(300), "the first chunk waits for no other");
    for _ in 1..6 {
        assert_eq!(open.chunk(ms(200)).await, Ok(Some(b"a".to_vec())));
    }
    // In all it took longer than the idle time.
    assert!(begun.elapsed() > ms(300));
    assert_eq!(open.chunk(ms(200)).await, Ok(None));
}

#[tokio::test]
async fn a_stream_ends_at_the_idle_time_the_total_time_or_its_size() {
    let usual = Timeouts::default();
    let silent = serve(vec![(0, HEAD.to_vec()), (0, chunk("a"))], Then::Hang).await;
    let idle = NetError::Timeout(TimeoutStage::Idle);
    assert_eq!(read_all(&silent, usual, ms(50)).await, Err(idle));

    let mut drip = vec![(0, HEAD.to_vec())];
    drip.extend((0..100).map(|_| (20, chunk("a"))));
    let drip = serve(drip, Then::Hang).await;
    let total = NetError::Timeout(TimeoutStage::Total);
    let short = Timeouts { total: ms(200), ..usual };
    assert_eq!(read_all(&drip, short, ms(100)).await, Err(total.clone()));
    // A reply that is read whole has no idle time; the total time ends it.
    assert_eq!(client(NetOptions::default()).send(&request(Method::Post, &drip), &short).await, Err(total));

    let endless = serve([vec![(0, HEAD.to_vec())], vec![(0, chunk(&"x".repeat(400))); 9]].concat(), Then::Hang).await;
    assert_eq!(read_all(&endless, usual, ms(500)).await, Err(NetError::TooLarge(1000)));
    let announced =
        serve(vec![(0, b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n".to_vec())], Then::Hang).await;
    assert_eq!(read_all(&announced, usual, ms(500)).await, Err(NetError::TooLarge(1000)));
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_not_one_that_ends() {
    let broken = serve(vec![(0, HEAD.to_vec()), (0, chunk("a"))], Then::Close).await;
    let found = read_all(&broken, Timeouts::default(), ms(500)).await;
    assert!(matches!(found, Err(NetError::CutOff(_))), "{found:?}");
    let whole = [HEAD.to_vec(), chunk("a"), b"0\r\n\r\n".to_vec()].concat();
    let whole = serve(vec![(0, whole)], Then::Close).await;
    assert_eq!(read_all(&whole, Timeouts::default(), ms(500)).await.as_deref(), Ok("a"));
}

#[tokio::test]
async fn streams_follow_redirects_of_reads_on_their_origin_only() {
    use axum::response::Redirect;
    use axum::routing::get;
    let away = serve(vec![(0, [HEAD, b"0\r\n\r\n"].concat())], Then::Close).await;
    let router = axum::Router::new()
        .route("/near", get(|| async { Redirect::temporary("/end") }).post(|| async { Redirect::temporary("/end") }))
        .route("/far", get(move || async move { Redirect::temporary(&away) }))
        .route("/end", get(|| async { "end" }).post(|| async { "posted" }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("serve") });
    let client = client(NetOptions::default());
    for (method, path, status) in [(Method::Get, "near", 200), (Method::Get, "far", 307), (Method::Post, "near", 307)] {
        let open = client.open(&request(method, &format!("{url}/{path}")), &Timeouts::default()).await.expect("head");
        assert_eq!(open.head.status, status, "{} {path}", method.word());
    }
}

#[tokio::test]
async fn a_released_stream_gives_its_connection_back() {
    let connections = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}/x", listener.local_addr().expect("address"));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(async move {
                while !read_head(&mut stream).await.is_empty() {
                    stream.write_all(&[HEAD.to_vec(), chunk("[DONE]")].concat()).await.expect("write");
                    tokio::time::sleep(ms(30)).await;
                    stream.write_all(b"0\r\n\r\n").await.expect("write");
                }
            });
        }
    });
    let client = client(NetOptions::default());
    for _ in 0..3 {
        let mut open = client.open(&request(Method::Post, &url), &Timeouts::default()).await.expect("head");
        assert_eq!(open.chunk(ms(500)).await, Ok(Some(b"[DONE]".to_vec())));
        open.release();
        tokio::time::sleep(ms(150)).await;
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

/// A server with TLS that answers `secure`, its address, and the certificate of its authority.
async fn serve_tls() -> (String, String) {
    let authority_key = rcgen::KeyPair::generate().expect("key");
    let mut authority = rcgen::CertificateParams::default();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).expect("authority");
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let key = rcgen::KeyPair::generate().expect("key");
    let names = vec!["127.0.0.1".to_owned(), "karat.test".to_owned()];
    let leaf = rcgen::CertificateParams::new(names).expect("names").signed_by(&key, &issuer).expect("leaf");
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)
        .expect("config");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                read_head(&mut stream).await;
                let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecure";
                stream.write_all(reply).await.expect("write");
                stream.shutdown().await.expect("shutdown");
            });
        }
    });
    (address.to_string(), certificate.pem())
}

#[tokio::test]
async fn a_server_is_trusted_when_its_authority_is_named_and_not_otherwise() {
    let (address, pem) = serve_tls().await;
    let (_, other) = serve_tls().await;
    let url = format!("https://{address}/x");
    let get = async |ca_pem: Option<String>| {
        let options = NetOptions { ca_pem: ca_pem.map(String::into_bytes), ..NetOptions::default() };
        client(options).send(&request(Method::Get, &url), &Timeouts::default()).await
    };
    assert_eq!(get(Some(pem.clone())).await.map(|reply| reply.body), Ok(b"secure".to_vec()));
    // Beside another authority in one file.
    assert_eq!(get(Some(format!("{other}\n{pem}"))).await.map(|reply| reply.status), Ok(200));
    let refused = get(Some(other)).await;
    assert!(matches!(&refused, Err(NetError::Connect(text)) if text.contains("ertificate")), "{refused:?}");
}

#[test]
fn a_file_without_certificates_is_told() {
    assert!(ca_problem(b"").is_some_and(|problem| problem.contains("no certificate")));
    assert!(ca_problem(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").is_some());
}

/// A forward proxy: tunnels for `CONNECT`, its own answer for anything else. Every request goes to `target`.
async fn serve_proxy(target: String) -> (String, Arc<std::sync::Mutex<Vec<String>>>) {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (log, target) = (Arc::clone(&log), target.clone());
            tokio::spawn(async move {
                let head = read_head(&mut stream).await;
                log.lock().expect("log").push(head.lines().next().unwrap_or_default().to_owned());
                if head.starts_with("CONNECT ") {
                    let mut server = TcpStream::connect(&target).await.expect("target");
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.expect("write");
                    let _copied = copy_bidirectional(&mut stream, &mut server).await;
                } else {
                    let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy";
                    stream.write_all(reply).await.expect("write");
                }
            });
        }
    });
    (url, seen)
}

#[tokio::test]
async fn a_proxy_of_ones_own_carries_plain_and_secure_requests() {
    let (address, pem) = serve_tls().await;
    let (proxy, seen) = serve_proxy(address).await;
    let options = NetOptions { proxy: Some(proxy), ca_pem: Some(pem.into_bytes()), ..NetOptions::default() };
    let client = client(options);
    let send = async |url: &str| {
        let reply = client.send(&request(Method::Post, url), &Timeouts::default()).await.expect("reply");
        String::from_utf8_lossy(&reply.body).into_owned()
    };
    // The names do not exist: only the proxy can have answered.
    assert_eq!(send("http://karat.test/v1/chat").await, "proxy");
    assert_eq!(send("https://karat.test/v1/chat").await, "secure");
    // Even for this machine, when it is named.
    assert_eq!(send("http://127.0.0.1:9/x").await, "proxy");
    let lines = seen.lock().expect("log").clone();
    assert_eq!(
        lines,
        [
            "POST http://karat.test/v1/chat HTTP/1.1",
            "CONNECT karat.test:443 HTTP/1.1",
            "POST http://127.0.0.1:9/x HTTP/1.1"
        ]
    );
}

#[test]
fn origins_are_scheme_host_and_port() {
    assert!(same_origin("https://x/a", "https://X:443/b?c"));
    for other in ["http://x/a", "https://x:8443/", "https://y.x/", "nonsense"] {
        assert!(!same_origin("https://x/a", other), "{other}");
    }
    assert!(!same_origin("nonsense", "nonsense"));
}

//! Connection pools: one per way in which requests travel.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use reqwest::{Certificate, Proxy, Url, redirect};

use super::client::{NetOptions, text_of};
use super::{Method, NetError, is_loopback};

/// Redirects that are followed on one origin.
const MAX_REDIRECTS: usize = 5;

/// Pools by need. They are built on first need, because building one for TLS fails on a machine without CA certificates
/// even when only plain `http:` is wanted.
#[derive(Default)]
pub(super) struct Pools(RwLock<BTreeMap<Need, reqwest::Client>>);

impl Pools {
    /// The pool for this need, built if it is the first time.
    pub(super) fn get(&self, need: Need, options: &NetOptions) -> Result<reqwest::Client, NetError> {
        if let Some(client) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&need) {
            return Ok(client.clone());
        }
        let mut pools = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = pools.get(&need) {
            return Ok(client.clone());
        }
        let client = need.build(options).map_err(|error| {
            NetError::Other(format!(
                "the HTTP client cannot be set up ({}); are CA certificates there?",
                text_of(&error)
            ))
        })?;
        pools.insert(need, client.clone());
        Ok(client)
    }
}

/// What a pool is for: these differ in ways that are settings of the client, not of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Need {
    tls: bool,
    loopback: bool,
    follow: bool,
    connect: Duration,
}

impl Need {
    pub(super) fn of(url: &Url, method: Method, connect: Duration) -> Need {
        Need { tls: url.scheme() == "https", loopback: is_loopback(url), follow: method.is_read(), connect }
    }

    fn build(self, options: &NetOptions) -> reqwest::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("karat/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect)
            .pool_max_idle_per_host(10_000)
            .tcp_nodelay(true)
            .referer(false)
            // Retries are the caller's: it counts them, and they cost money.
            .retry(reqwest::retry::never().max_retries_per_request(0))
            .redirect(if self.follow { same_origin() } else { redirect::Policy::none() });
        let proxy = options.proxy.as_deref();
        if !self.tls && !proxy.is_some_and(|proxy| proxy.starts_with("https:")) {
            builder = builder.tls_certs_only([]);
        } else if let Some(pem) = &options.ca_pem {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
        }
        match proxy {
            // The user's own word beats both the environment and the rule for this machine.
            Some(proxy) => builder = builder.proxy(Proxy::all(proxy)?),
            None if self.loopback => builder = builder.no_proxy(),
            None => {}
        }
        builder.build()
    }
}

/// What is wrong with the certificates of a CA file, if anything: a message for a diagnostic.
pub fn ca_problem(pem: &[u8]) -> Option<String> {
    match Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => {
            Some("it holds no certificate; a PEM file with `-----BEGIN CERTIFICATE-----` is needed".to_owned())
        }
        Ok(_) => None,
        Err(_) => Some("it is not a PEM file of certificates".to_owned()),
    }
}

fn same_origin() -> redirect::Policy {
    redirect::Policy::custom(|attempt| {
        let stays = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
        if stays && attempt.previous().len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
    })
}

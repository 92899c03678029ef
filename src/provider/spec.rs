//! What a provider is: its names, its addresses, and its wire, a pair of pure functions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::authority::Authority;
use super::batch::BatchWire;
use super::settings::ProviderSettings;
use super::side_wire::{EmbeddingWire, ModerationWire, RerankWire};
use super::stream::StreamWire;
use crate::base::Secret;
use crate::net::{HttpReply, HttpRequest, host_of};
use crate::record::{CallError, ChatReply, ChatRequest, ErrorKind, Warning};

/// How a key travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySource {
    /// Environment variable that holds the key.
    pub env: &'static str,
    /// Header that carries it.
    pub header: &'static str,
    /// What stands before it in the header.
    pub prefix: &'static str,
}

/// A key as it was found, with the way it travels.
#[derive(Debug, Clone)]
pub struct ProviderKey {
    /// The key.
    pub secret: Secret,
    /// Header that carries it.
    pub header: &'static str,
    /// What stands before it in the header.
    pub prefix: &'static str,
}

/// Makes the authority of a provider.
pub type NewAuthority = fn(&ProviderSettings) -> Arc<dyn Authority>;

/// Takes into the settings what stands in files outside of the project, such as the credentials of a cloud. What cannot
/// be read is left out: [`Lacks`] speaks of it where it is needed.
pub type Load = fn(&mut ProviderSettings);

/// What is missing before a call could be made, and what to do about it; `None` when all is there.
pub type Lacks = fn(&ProviderSettings) -> Option<(String, String)>;

/// One kind of provider: everything about it that is not a user's setting.
#[derive(Debug)]
pub struct ProviderSpec {
    /// Its name, both as `type:` in `karat.yaml` and as the provider that exists without any configuration.
    pub name: &'static str,
    /// One line for the docs.
    pub about: &'static str,
    /// Where its key comes from; the first variable that is set wins. Empty: it takes no key.
    pub keys: &'static [KeySource],
    /// Base URL unless the user gives one.
    pub base_url: &'static str,
    /// Environment variable that overrides the base URL.
    pub base_url_env: Option<&'static str>,
    /// Environment variables that become headers: variable, header.
    pub env_headers: &'static [(&'static str, &'static str)],
    /// Hosts of the vendor itself; its subdomains count too. Other hosts are compatible servers or gateways.
    pub hosts: &'static [&'static str],
    /// The wire; `None` for the mock, which answers without one.
    pub wire: Option<&'static dyn Wire>,
    /// Further environment variables that hold secrets, such as `AWS_SECRET_ACCESS_KEY`.
    pub credentials: &'static [&'static str],
    /// Environment variables that fill the options of [`WireOptions`]: option, variables of which the first that is set
    /// wins.
    pub option_envs: &'static [(&'static str, &'static [&'static str])],
    /// Makes what proves to the provider who asks, where a key in a header is not enough.
    pub authority: Option<NewAuthority>,
    /// Reads credentials that stand in files.
    pub load: Option<Load>,
    /// Says what is missing beside a key.
    pub lacks: Option<Lacks>,
    /// Who answers.
    pub answers: Answers,
}

/// Who answers the calls to a kind of provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// A server that speaks the wire of the kind.
    Wire,
    /// The scripted mock.
    Mock,
    /// Nobody: the last user message comes back.
    Echo,
    /// The user's application over HTTP: its wire is made of its settings.
    Http,
    /// The user's program.
    Process,
}

impl ProviderSpec {
    /// A kind with nothing but a name and a wire; specs are written as what differs from it.
    pub const PLAIN: ProviderSpec = ProviderSpec {
        name: "",
        about: "",
        keys: &[],
        base_url: "",
        base_url_env: None,
        env_headers: &[],
        hosts: &[],
        wire: None,
        credentials: &[],
        option_envs: &[],
        authority: None,
        load: None,
        lacks: None,
        answers: Answers::Wire,
    };
}

impl ProviderSpec {
    /// The key found by `lookup` (environment variable → value), empty values left out.
    pub fn key_from(&self, lookup: impl Fn(&str) -> Option<String>) -> Option<ProviderKey> {
        self.keys.iter().find_map(|source| {
            let value = lookup(source.env).filter(|value| !value.trim().is_empty())?;
            Some(self.key_of(Secret::new(value.trim()), Some(source)))
        })
    }

    /// A key from another variable than the usual ones; it travels as the first source says.
    pub fn key_of(&self, secret: Secret, source: Option<&KeySource>) -> ProviderKey {
        let source = source.or(self.keys.first());
        ProviderKey {
            secret,
            header: source.map_or("authorization", |source| source.header),
            prefix: source.map_or("Bearer ", |source| source.prefix),
        }
    }

    /// Whether `base_url` is the vendor's own, so that its parameter rules are known.
    pub(super) fn is_official(&self, base_url: &str) -> bool {
        let Some(host) = host_of(base_url) else { return false };
        self.hosts.iter().any(|known| host == *known || host.strip_suffix(known).is_some_and(|sub| sub.ends_with('.')))
    }
}

/// What only some kinds take; absent is the kind's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireOptions {
    /// Version of the API, such as Azure's date.
    pub api_version: Option<String>,
    /// Region of the cloud (Bedrock).
    pub region: Option<String>,
    /// Project of the cloud (Vertex).
    pub project: Option<String>,
    /// Location of the cloud (Vertex).
    pub location: Option<String>,
    /// Address of all services of a cloud, where the provider's own is not moved.
    pub endpoint_url: Option<String>,
    /// Name of the credentials in a file of several.
    pub profile: Option<String>,
    /// File of credentials.
    pub credentials_file: Option<String>,
    /// The user's folder, where clouds keep credentials.
    pub home: Option<String>,
    /// The folder of the cloud's own tool, where that is moved.
    pub config_folder: Option<String>,
}

impl WireOptions {
    /// Nothing said.
    pub const NONE: WireOptions = WireOptions {
        api_version: None,
        region: None,
        project: None,
        location: None,
        endpoint_url: None,
        profile: None,
        credentials_file: None,
        home: None,
        config_folder: None,
    };

    /// Fills an option that is not set; unknown names are ignored.
    pub(super) fn fill(&mut self, name: &str, value: Option<String>) {
        let option = match name {
            "api_version" => &mut self.api_version,
            "region" => &mut self.region,
            "project" => &mut self.project,
            "location" => &mut self.location,
            "endpoint_url" => &mut self.endpoint_url,
            "profile" => &mut self.profile,
            "credentials_file" => &mut self.credentials_file,
            "home" => &mut self.home,
            "config_folder" => &mut self.config_folder,
            _ => return,
        };
        *option = option.take().or(value);
    }
}

/// Where a request goes, and how.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    /// Base URL, with or without a trailing slash.
    pub base_url: &'a str,
    /// Whether it is the vendor's own host.
    pub official: bool,
    /// Whether the reply is wanted as a stream. Never set for a wire without [`Wire::streaming`].
    pub stream: bool,
    /// What only some kinds take.
    pub options: &'a WireOptions,
    /// The model behind the name that is asked, where the user said so; see [`ProviderSettings::models`].
    pub known_as: Option<&'a str>,
}

impl<'a> Endpoint<'a> {
    /// An address, without a stream and without options.
    pub const fn new(base_url: &'a str, official: bool) -> Endpoint<'a> {
        Endpoint { base_url, official, stream: false, options: &WireOptions::NONE, known_as: None }
    }
}

/// A request as it will be sent (its key still missing), and what had to be changed for it.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The request, without key.
    pub http: HttpRequest,
    /// Parameters that were dropped or changed.
    pub warnings: Vec<Warning>,
}

/// How an API speaks: two pure functions, without I/O, clock or key.
pub trait Wire: Send + Sync + fmt::Debug {
    /// The HTTP request for a chat request.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] when the API has no words for the request.
    fn encode(&self, request: &ChatRequest, endpoint: Endpoint<'_>) -> Result<Encoded, CallError>;

    /// The reply, whatever its status and shape.
    ///
    /// # Errors
    /// [`Failure`] with its class and whether a retry can help.
    fn decode(&self, reply: &HttpReply) -> Result<ChatReply, Failure>;

    /// Whether the model thinks long before its first byte, so that the wait for it must be longer.
    fn thinks_long(&self, request: &ChatRequest) -> bool;

    /// Whether it has chat models at all; without them, encoding refuses every request.
    fn chats(&self) -> bool {
        true
    }

    /// How it speaks of embeddings, if it has them.
    fn embeddings(&self) -> Option<&dyn EmbeddingWire> {
        None
    }

    /// How it takes many requests at once, to answer them within a day at a lower price, if it can.
    fn batches(&self) -> Option<&dyn BatchWire> {
        None
    }

    /// How it ranks documents, if it does.
    fn rerank(&self) -> Option<&dyn RerankWire> {
        None
    }

    /// How it judges whether texts are harmful, if it does.
    fn moderation(&self) -> Option<&dyn ModerationWire> {
        None
    }

    /// How its replies stream, if they can.
    fn streaming(&self) -> Option<&dyn StreamWire> {
        None
    }

    /// The next request of an exchange that takes several, such as polling for a prediction; `None` when `reply` is the
    /// last one. `step` counts from 0.
    fn follow(&self, _reply: &HttpReply, _endpoint: Endpoint<'_>, _step: u32) -> Option<Follow> {
        None
    }

    /// A look at what was streamed once it has ended, for the usage that the stream does not tell; `begun` is the reply
    /// that named the stream. Its reply is decoded as any other.
    fn after_stream(&self, _begun: &HttpReply, _endpoint: Endpoint<'_>) -> Option<HttpRequest> {
        None
    }
}

/// One more request before the answer is there.
#[derive(Debug, Clone)]
pub struct Follow {
    /// The request, without key: it gets that of the first one.
    pub http: HttpRequest,
    /// How long to wait before it is sent.
    pub after: Duration,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// No.
    Never,
    /// Yes, after the usual wait.
    Soon,
    /// Yes, but slowly: the provider is overloaded.
    Slowly,
}

/// Why one attempt gave no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the user gets to see if this was the last attempt.
    pub error: CallError,
    /// Whether trying again can help.
    pub retry: Retry,
    /// How long the server asks to wait.
    pub wait: Option<Duration>,
    /// The server could not be reached at all: nothing was sent.
    pub unreachable: bool,
    /// The attempt timed out after it was sent.
    pub timed_out: bool,
    /// The answer was begun and not finished in time: the provider bills it.
    pub total_timeout: bool,
    /// Field of the request that the provider does not take, as it stands in the body; dots lead into mappings.
    pub param: Option<String>,
    /// The visible text that a stream brought before it broke off.
    pub partial: Option<Box<str>>,
}

impl Failure {
    /// A failure of this class; [`Retry`] follows from the class.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Failure {
        let retry = match kind {
            ErrorKind::RateLimited
            | ErrorKind::Server
            | ErrorKind::Timeout
            | ErrorKind::Network
            | ErrorKind::Malformed => Retry::Soon,
            ErrorKind::Overloaded => Retry::Slowly,
            ErrorKind::Auth
            | ErrorKind::NotFound
            | ErrorKind::QuotaExhausted
            | ErrorKind::BadRequest
            | ErrorKind::ContextLength
            | ErrorKind::Filtered
            | ErrorKind::NotRecorded
            | ErrorKind::CircuitOpen
            | ErrorKind::Cancelled
            | ErrorKind::Refused
            | ErrorKind::Pending => Retry::Never,
        };
        Failure {
            error: CallError { kind, message: message.into(), status: None, request_id: None },
            retry,
            wait: None,
            unreachable: false,
            timed_out: false,
            total_timeout: false,
            param: None,
            partial: None,
        }
    }

    /// A stream that ended before the protocol's end mark.
    pub fn cut_off(what: impl Into<String>) -> Failure {
        let mut failure = Failure::new(ErrorKind::Malformed, what);
        // What was generated up to there is billed all the same.
        failure.timed_out = true;
        failure
    }

    /// Whether it says something about the provider's health (reference §18): 4xx, filters and our own decoding do not, streams that break off do.
    pub(super) fn counts_for_breaker(&self) -> bool {
        // Nor does what no retry can help: it is about this request.
        let kind = self.error.kind;
        self.retry != Retry::Never
            && (matches!(kind, ErrorKind::Server | ErrorKind::Overloaded | ErrorKind::Timeout | ErrorKind::Network)
                // A stream that was cut off; a whole reply that we cannot read is not one.
                || (kind == ErrorKind::Malformed && self.timed_out))
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::{anthropic, openai};

    #[test]
    fn the_first_variable_that_is_set_is_the_key() {
        let lookup = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let both = lookup(&[("ANTHROPIC_API_KEY", " one "), ("ANTHROPIC_AUTH_TOKEN", "two")]);
        let key = anthropic::SPEC.key_from(both).expect("key");
        assert_eq!((key.secret.expose(), key.header, key.prefix), ("one", "x-api-key", ""));
        let bearer = lookup(&[("ANTHROPIC_API_KEY", ""), ("ANTHROPIC_AUTH_TOKEN", "two")]);
        let key = anthropic::SPEC.key_from(bearer).expect("key");
        assert_eq!((key.secret.expose(), key.header, key.prefix), ("two", "authorization", "Bearer "));
        assert!(openai::SPEC.key_from(|_| None).is_none());
    }

    #[test]
    fn only_the_vendors_own_hosts_are_official() {
        for url in ["https://api.openai.com/v1", "https://eu.api.openai.com/v1/"] {
            assert!(openai::SPEC.is_official(url), "{url}");
        }
        for url in ["https://api.openai.com.evil.net/v1", "http://127.0.0.1:1/v1", "https://notapi.openai.com/v1"] {
            assert!(!openai::SPEC.is_official(url), "{url}");
        }
    }
}

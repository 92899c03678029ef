//! The kinds of providers, as `type:` names them. What each one is stands in the room `provider`.

/// The protocol a provider speaks; `type:` in `karat.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WireName(&'static str);

/// What settings need to know of a kind.
pub(super) struct Kind {
    /// Its word.
    pub(super) word: &'static str,
    /// Variable of its key; `None` when it takes none, or more than one.
    pub(super) key: Option<&'static str>,
    /// Variable that moves its base URL.
    pub(super) base_url: Option<&'static str>,
    /// Whether it exists without a word in `karat.yaml`.
    pub(super) built_in: bool,
}

const fn kind(word: &'static str, key: Option<&'static str>, base_url: Option<&'static str>) -> Kind {
    Kind { word, key, base_url, built_in: true }
}

/// A server of one's own: it needs no key, its usual variable is read where nothing else is said.
const fn local(word: &'static str, base_url: Option<&'static str>) -> Kind {
    Kind { word, key: None, base_url, built_in: true }
}

/// A kind that only `karat.yaml` can bring to life.
const fn named(word: &'static str) -> Kind {
    Kind { word, key: None, base_url: None, built_in: false }
}

/// Every kind, sorted by word; a test holds them equal to those of the room `provider`.
pub(super) const KINDS: &[Kind] = &[
    kind("anthropic", Some("ANTHROPIC_API_KEY"), Some("ANTHROPIC_BASE_URL")),
    kind("azure", Some("AZURE_OPENAI_API_KEY"), Some("AZURE_OPENAI_ENDPOINT")),
    kind("bedrock", None, Some("AWS_ENDPOINT_URL_BEDROCK_RUNTIME")),
    kind("cohere", Some("CO_API_KEY"), Some("CO_API_URL")),
    kind("deepseek", Some("DEEPSEEK_API_KEY"), Some("DEEPSEEK_BASE_URL")),
    kind("echo", None, None),
    named("exec"),
    kind("fireworks", Some("FIREWORKS_API_KEY"), Some("FIREWORKS_BASE_URL")),
    kind("gemini", Some("GOOGLE_API_KEY"), Some("GOOGLE_GEMINI_BASE_URL")),
    kind("groq", Some("GROQ_API_KEY"), Some("GROQ_BASE_URL")),
    named("http"),
    named("javascript"),
    local("llamacpp", Some("LLAMACPP_BASE_URL")),
    local("lmstudio", Some("LMSTUDIO_BASE_URL")),
    kind("mistral", Some("MISTRAL_API_KEY"), Some("MISTRAL_BASE_URL")),
    named("mock"),
    kind("ollama", None, Some("OLLAMA_HOST")),
    kind("openai", Some("OPENAI_API_KEY"), Some("OPENAI_BASE_URL")),
    kind("openai-responses", Some("OPENAI_API_KEY"), Some("OPENAI_BASE_URL")),
    kind("openrouter", Some("OPENROUTER_API_KEY"), Some("OPENROUTER_BASE_URL")),
    kind("perplexity", Some("PERPLEXITY_API_KEY"), Some("PERPLEXITY_BASE_URL")),
    named("python"),
    kind("replicate", Some("REPLICATE_API_TOKEN"), Some("REPLICATE_BASE_URL")),
    kind("tei", None, None),
    local("tgi", Some("TGI_BASE_URL")),
    kind("together", Some("TOGETHER_API_KEY"), Some("TOGETHER_BASE_URL")),
    kind("vertex", None, Some("GOOGLE_VERTEX_BASE_URL")),
    local("vllm", Some("VLLM_BASE_URL")),
    kind("voyage", Some("VOYAGE_API_KEY"), None),
    kind("xai", Some("XAI_API_KEY"), Some("XAI_BASE_URL")),
];

impl WireName {
    /// OpenAI Chat Completions, and everything compatible with it.
    pub const OPENAI: WireName = WireName("openai");
    /// Anthropic Messages.
    pub const ANTHROPIC: WireName = WireName("anthropic");
    /// Scripted replies without a network.
    pub const MOCK: WireName = WireName("mock");
    /// Answers with the last user message.
    pub const ECHO: WireName = WireName("echo");
    /// A user's application over HTTP.
    pub const HTTP: WireName = WireName("http");
    /// A user's program.
    pub const EXEC: WireName = WireName("exec");
    /// A function of a user's Python file.
    pub const PYTHON: WireName = WireName("python");
    /// A function of a user's JavaScript file.
    pub const JAVASCRIPT: WireName = WireName("javascript");

    /// Whether it is a user's own application: it gets the case's variables, its price is what it reports, and it needs
    /// no model.
    pub fn is_app(self) -> bool {
        self == WireName::HTTP || self.runs_code()
    }

    /// Whether it runs a user's program on this machine.
    pub fn runs_code(self) -> bool {
        [WireName::EXEC, WireName::PYTHON, WireName::JAVASCRIPT].contains(&self)
    }

    /// Whether it answers here and costs nothing.
    pub fn is_free(self) -> bool {
        self == WireName::MOCK || self == WireName::ECHO
    }

    /// All kinds.
    pub fn all() -> impl Iterator<Item = WireName> {
        KINDS.iter().map(|kind| WireName(kind.word))
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        self.0
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<WireName> {
        KINDS.iter().find(|kind| kind.word == word).map(|kind| WireName(kind.word))
    }

    /// Whether it is the first kind whose base URL this variable moves.
    pub(super) fn is_first_with(self, variable: &str) -> bool {
        KINDS.iter().find(|kind| kind.base_url == Some(variable)).is_some_and(|kind| kind.word == self.0)
    }

    pub(super) fn kind(self) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.word == self.0)
    }
}

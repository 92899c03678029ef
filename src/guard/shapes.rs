//! The shapes of keys that providers hand out, in one table.

/// A key that begins with a fixed prefix and goes on with a run of characters of one class.
pub(super) struct Shape {
    /// Kebab-case name of what it is.
    pub(super) kind: &'static str,
    pub(super) prefix: &'static str,
    pub(super) class: CharClass,
    /// Characters after the prefix, at least.
    pub(super) min: usize,
    /// Characters after the prefix, at most.
    pub(super) max: usize,
}

/// Characters that the rest of a key is made of.
#[derive(Clone, Copy)]
pub(super) enum CharClass {
    /// Letters and digits.
    Alnum,
    /// Letters, digits and `_`.
    Word,
    /// Letters, digits, `_` and `-`.
    Dashed,
    /// Letters, digits, `_`, `-` and `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
    /// Capital letters and 2 to 7.
    Base32,
    /// Hexadecimal digits.
    Hex,
    /// Path characters of a URL.
    Path,
}

impl CharClass {
    pub(super) fn has(self, byte: u8) -> bool {
        let alnum = byte.is_ascii_alphanumeric();
        match self {
            CharClass::Alnum => alnum,
            CharClass::Word => alnum || byte == b'_',
            CharClass::Dashed => alnum || matches!(byte, b'_' | b'-'),
            CharClass::Dotted => alnum || matches!(byte, b'_' | b'-' | b'.'),
            CharClass::Base64 => alnum || matches!(byte, b'+' | b'/' | b'='),
            CharClass::Base32 => byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte),
            CharClass::Hex => byte.is_ascii_hexdigit(),
            CharClass::Path => alnum || matches!(byte, b'_' | b'-' | b'/'),
        }
    }
}

const fn shape(kind: &'static str, prefix: &'static str, class: CharClass, min: usize, max: usize) -> Shape {
    Shape { kind, prefix, class, min, max }
}

/// Known shapes; of prefixes that contain one another, the longer stands first. Lengths are facts as published by the
/// vendors or seen in public detectors; where keys of several lengths exist, the shortest plausible one counts, so that a
/// cut or newer key is found as well.
pub(super) const SHAPES: &[Shape] = &[
    shape("anthropic-key", "sk-ant-", CharClass::Dashed, 20, 200),
    shape("openrouter-key", "sk-or-v1-", CharClass::Hex, 40, 64),
    shape("langfuse-key", "sk-lf-", CharClass::Dashed, 36, 36),
    shape("openai-key", "sk-proj-", CharClass::Dashed, 20, 240),
    shape("openai-key", "sk-svcacct-", CharClass::Dashed, 20, 240),
    shape("openai-key", "sk-admin-", CharClass::Dashed, 20, 240),
    shape("openai-key", "sk-", CharClass::Alnum, 32, 64),
    shape("aws-key", "AKIA", CharClass::Base32, 16, 16),
    shape("aws-key", "ASIA", CharClass::Base32, 16, 16),
    shape("aws-key", "ABIA", CharClass::Base32, 16, 16),
    shape("aws-key", "ACCA", CharClass::Base32, 16, 16),
    shape("aws-bedrock-key", "ABSK", CharClass::Base64, 109, 269),
    shape("github-token", "ghp_", CharClass::Alnum, 36, 255),
    shape("github-token", "gho_", CharClass::Alnum, 36, 255),
    shape("github-token", "ghu_", CharClass::Alnum, 36, 255),
    shape("github-token", "ghs_", CharClass::Alnum, 36, 255),
    shape("github-token", "ghr_", CharClass::Alnum, 36, 255),
    shape("github-token", "github_pat_", CharClass::Word, 60, 255),
    shape("gitlab-token", "glpat-", CharClass::Dotted, 20, 320),
    shape("google-key", "AIza", CharClass::Dashed, 35, 35),
    shape("slack-token", "xoxb-", CharClass::Dashed, 20, 255),
    shape("slack-token", "xoxp-", CharClass::Dashed, 20, 255),
    shape("slack-token", "xoxa-", CharClass::Dashed, 20, 255),
    shape("slack-token", "xoxr-", CharClass::Dashed, 20, 255),
    shape("slack-token", "xoxs-", CharClass::Dashed, 20, 255),
    shape("slack-token", "xoxe-", CharClass::Dashed, 20, 255),
    shape("slack-token", "xapp-", CharClass::Dashed, 20, 255),
    shape("slack-webhook", "hooks.slack.com/services/", CharClass::Path, 40, 80),
    shape("stripe-key", "sk_live_", CharClass::Alnum, 16, 247),
    shape("stripe-key", "rk_live_", CharClass::Alnum, 16, 247),
    shape("stripe-key", "sk_prod_", CharClass::Alnum, 16, 247),
    shape("sendgrid-key", "SG.", CharClass::Dotted, 66, 66),
    shape("huggingface-token", "hf_", CharClass::Alnum, 34, 40),
    shape("groq-key", "gsk_", CharClass::Alnum, 48, 56),
    shape("xai-key", "xai-", CharClass::Word, 80, 80),
    shape("replicate-token", "r8_", CharClass::Dashed, 37, 37),
    shape("perplexity-key", "pplx-", CharClass::Alnum, 48, 56),
    shape("nvidia-key", "nvapi-", CharClass::Dashed, 60, 70),
    shape("pinecone-key", "pcsk_", CharClass::Word, 60, 80),
    shape("langsmith-key", "lsv2_pt_", CharClass::Word, 43, 43),
    shape("langsmith-key", "lsv2_sk_", CharClass::Word, 43, 43),
    shape("npm-token", "npm_", CharClass::Alnum, 36, 36),
    shape("pypi-token", "pypi-AgEIcHlwaS5vcmc", CharClass::Dashed, 50, 400),
    shape("vault-token", "hvs.", CharClass::Dashed, 90, 120),
    shape("databricks-token", "dapi", CharClass::Hex, 32, 32),
];

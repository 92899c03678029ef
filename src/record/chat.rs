//! One chat request, in words that every provider's wire can be mapped to.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Params;
use crate::base::{Digest, DigestBuilder, canonical_json, json_text};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

impl Role {
    /// Word and role, in one table.
    pub const ALL: &[(&str, Role)] =
        &[("system", Role::System), ("user", Role::User), ("assistant", Role::Assistant), ("tool", Role::Tool)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Role::ALL.iter().find(|(_, role)| *role == self).map_or("user", |(word, _)| word)
    }
}

/// An image or file: where it is, or its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// An `https:` URL.
    Url(String),
    /// Base64 of the bytes, with their MIME type.
    Base64 {
        /// Standard base64 with padding.
        data: String,
        /// Such as `image/png`.
        mime: String,
    },
}

/// A tool call that the model asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Arguments as the model wrote them: JSON text, possibly invalid.
    pub arguments: String,
    /// The provider's id of the call.
    pub id: String,
    /// The tool's name.
    pub name: String,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Text.
    Text(String),
    /// An image.
    Image(Media),
    /// A document.
    File {
        /// Its content.
        media: Media,
        /// Its name.
        name: String,
    },
    /// A tool call in an assistant message.
    ToolCall(ToolCall),
    /// The result of a tool call.
    ToolResult {
        /// Id of the call it answers.
        id: String,
        /// Whether the tool failed.
        is_error: bool,
        /// Its text.
        text: String,
    },
    /// Thinking of an earlier turn, sent back unchanged where the API wants that.
    Reasoning {
        /// What only the provider can read: a signature, or encrypted thinking, in the words of its API.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<String>,
        /// The thinking, as far as it was shown.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
}

/// How long the provider is asked to keep the prompt up to a mark in its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CacheTtl {
    /// Five minutes, or what the provider's shortest lifetime is.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// One hour.
    #[serde(rename = "1h")]
    OneHour,
}

impl CacheTtl {
    /// Word and lifetime, in one table.
    pub const ALL: &[(&str, CacheTtl)] = &[("5m", CacheTtl::FiveMinutes), ("1h", CacheTtl::OneHour)];

    /// Its word.
    pub fn word(self) -> &'static str {
        CacheTtl::ALL.iter().find(|(_, ttl)| *ttl == self).map_or("5m", |(word, _)| word)
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Asks the provider to cache the prompt up to the end of this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheTtl>,
    /// What is said; at least one part.
    pub parts: Vec<Part>,
    /// Who speaks.
    pub role: Role,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Message {
        Message { cache: None, role, parts: vec![Part::Text(text.into())] }
    }

    /// The texts of the message, joined.
    pub fn joined_text(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None })
            .collect();
        texts.join("\n")
    }
}

/// How much the model may think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// The least.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// All it can.
    Max,
}

impl Effort {
    /// Word and effort, in one table.
    pub const ALL: &[(&str, Effort)] = &[
        ("none", Effort::None),
        ("minimal", Effort::Minimal),
        ("low", Effort::Low),
        ("medium", Effort::Medium),
        ("high", Effort::High),
        ("xhigh", Effort::Xhigh),
        ("max", Effort::Max),
    ];

    /// The word that users and APIs write.
    pub fn word(self) -> &'static str {
        Effort::ALL.iter().find(|(_, effort)| *effort == self).map_or("none", |(word, _)| word)
    }
}

/// The form the answer must have.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    /// Free text.
    #[default]
    Text,
    /// Any JSON object.
    Json,
    /// JSON that follows a schema.
    JsonSchema {
        /// Name of the schema on the wire: letters, digits, `_`, `-`.
        name: String,
        /// The schema.
        schema: Value,
    },
}

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// Whether the model may or must call a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Named(String),
}

/// What is asked, without saying of whom: the provider's name, base URL and key are the caller's.
///
/// Its serialized form is the request's identity: cache and cassette keys are made of it, so fields are only added
/// with `skip_serializing_if` defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The conversation, system messages included.
    pub messages: Vec<Message>,
    /// What the API calls the model.
    pub model: String,
    /// Form of the answer.
    #[serde(default, skip_serializing_if = "is_text")]
    pub output: OutputFormat,
    /// Whether the model may ask for several tools at once; absent is the provider's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel_tools: Option<bool>,
    /// Parameters.
    #[serde(default)]
    pub params: Params,
    /// Text that much of the answer is expected to equal, where the API can use that (predicted output).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
    /// Whether a tool may or must be called.
    #[serde(default, skip_serializing_if = "is_auto")]
    pub tool_choice: ToolChoice,
    /// Tools on offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// The case's variables, for the user's own application as the thing under test; absent for models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vars: Option<Map<String, Value>>,
}

fn is_text(output: &OutputFormat) -> bool {
    *output == OutputFormat::Text
}

fn is_auto(choice: &ToolChoice) -> bool {
    *choice == ToolChoice::Auto
}

impl ChatRequest {
    /// Digest of provider and request: the identity under which cassettes keep the reply.
    pub fn digest(&self, provider: &str) -> Digest {
        DigestBuilder::new("chat-request").part(provider.as_bytes()).part(self.canonical().as_bytes()).finish()
    }

    /// The request as canonical JSON, see [`canonical_json`].
    ///
    /// The fields of these types stand in the order of their names, so that writing them out is canonical already;
    /// only JSON that users wrote needs its keys sorted. A test holds the two ways equal.
    pub fn canonical(&self) -> String {
        if self.is_canonical() {
            return json_text(self).unwrap_or_default();
        }
        canonical_json(&serde_json::to_value(self).unwrap_or(Value::Null))
    }

    /// Whether writing it out is canonical: it holds no JSON of the user's.
    pub fn is_canonical(&self) -> bool {
        self.params.extra.is_empty()
            && self.tools.is_empty()
            && self.vars.is_none()
            && !matches!(self.output, OutputFormat::JsonSchema { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_of_null_takes_a_parameter_away() {
        let warm = Params { temperature: Some(0.5), seed: Some(1), stop: vec!["a".to_owned()], ..Params::default() };
        let none = |names: &[&str]| Params {
            unset: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Params::default()
        };
        let cold = warm.overlaid(&none(&["temperature", "stop"]));
        assert_eq!((cold.temperature, cold.seed, cold.stop.len()), (None, Some(1), 0));
        // Layers may be put together in any grouping.
        let layers = [warm.clone(), none(&["temperature"]), Params { temperature: Some(1.0), ..Params::default() }];
        let left = layers[0].overlaid(&layers[1]).overlaid(&layers[2]).settled();
        let right = layers[0].overlaid(&layers[1].overlaid(&layers[2])).settled();
        assert_eq!((left.temperature, &left), (Some(1.0), &right));
        let both = none(&["seed"]).overlaid(&none(&["temperature"]));
        assert_eq!(warm.overlaid(&both).settled(), Params { stop: vec!["a".to_owned()], ..Params::default() });
        let every = none(Params::NAMES);
        assert!(Params::NAMES.iter().all(|name| !warm.overlaid(&every).sets(name)));
    }

    #[test]
    fn writing_a_request_out_is_canonical() {
        let media = Media::Base64 { data: "AA==".to_owned(), mime: "image/png".to_owned() };
        let parts = vec![
            Part::Text("é \"x\"".to_owned()),
            Part::Image(Media::Url("https://example.org/a.png".to_owned())),
            Part::File { media, name: "a.png".to_owned() },
            Part::ToolCall(ToolCall { arguments: "{}".to_owned(), id: "1".to_owned(), name: "f".to_owned() }),
            Part::ToolResult { id: "1".to_owned(), is_error: true, text: "no".to_owned() },
            Part::Reasoning { opaque: Some("sig".to_owned()), text: "hm".to_owned() },
        ];
        let params = Params {
            effort: Some(Effort::Low),
            frequency_penalty: Some(0.5),
            logprobs: Some(3),
            max_tokens: Some(5),
            presence_penalty: Some(-1.0),
            seed: Some(7),
            service_tier: Some("flex".to_owned()),
            stop: vec!["\n".to_owned()],
            temperature: Some(0.0),
            thinking_budget: Some(1024),
            top_k: Some(2),
            top_p: Some(0.9),
            ..Params::default()
        };
        let mut request = ChatRequest {
            messages: vec![Message { cache: Some(CacheTtl::OneHour), parts, role: Role::User }],
            model: "m".to_owned(),
            output: OutputFormat::Json,
            parallel_tools: Some(false),
            vars: None,
            params,
            prediction: Some("p".to_owned()),
            tool_choice: ToolChoice::Named("f".to_owned()),
            tools: Vec::new(),
        };
        let sorted = |request: &ChatRequest| canonical_json(&serde_json::to_value(request).expect("json"));
        assert_eq!(request.canonical(), sorted(&request));
        request.params.extra.insert("z".to_owned(), serde_json::json!({"b": 1, "a": 2}));
        assert_eq!(request.canonical(), sorted(&request));
        assert!(request.canonical().contains(r#""z":{"a":2,"b":1}"#));
        request.params.extra.clear();
        request.vars = serde_json::json!({"b": {"y": 1, "x": 2}, "a": 3}).as_object().cloned();
        assert_eq!(request.canonical(), sorted(&request));
        assert!(request.canonical().ends_with(r#""vars":{"a":3,"b":{"x":2,"y":1}}}"#));
    }
}

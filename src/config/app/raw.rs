//! The keys of applications as one layer of `karat.yaml` writes them, and what they come to.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::base::{Diagnostic, Fields, Kind, Node, Place, Problems, closest};
use crate::config::kind::WireName;
use crate::config::layer::Reading;
use crate::config::value::{self, place_of};

use super::AppConfig;
use super::extract::{ResponseRules, StreamRules};
use super::http::{HttpApp, SessionRules};
use super::process::{ProcessApp, ProcessKind, ProcessMode, ProcessReply, read_command, read_env, read_set_env};
use super::request::{QUESTION, RequestTemplate};

/// Keys of `type: http`.
const HTTP_KEYS: &[&str] = &["request", "response", "session"];
/// Keys of `type: exec`, `python` and `javascript`.
const PROCESS_KEYS: &[&str] = &["command", "cwd", "env", "set_env"];
/// Keys of `type: exec` alone.
const EXEC_KEYS: &[&str] = &["mode", "reply"];
/// Keys of `type: python` and `javascript`.
const FILE_KEYS: &[&str] = &["file", "function", "config"];

/// The keys of applications in one layer.
#[derive(Clone, Default)]
pub(in crate::config) struct RawApp {
    request: Option<RequestTemplate>,
    response: Option<ResponseRules>,
    /// `Some(None)` is `stream: false`.
    stream: Option<Option<StreamRules>>,
    session: Option<SessionRules>,
    command: Option<Vec<String>>,
    cwd: Option<PathBuf>,
    env: Option<Vec<String>>,
    set_env: Vec<(String, String)>,
    mode: Option<ProcessMode>,
    reply: Option<ProcessReply>,
    file: Option<PathBuf>,
    function: Option<String>,
    config: Option<Value>,
    /// Variables that were filled in: their values are secrets.
    variables: Vec<String>,
    /// The keys with their values as they were written, and where; for the identity, and for what does not belong.
    written: Map<String, Value>,
    places: Vec<(&'static str, Place)>,
}

impl RawApp {
    /// Takes the keys of applications. A `stream` that is `true` or `false` is left to others.
    pub(in crate::config) fn read(fields: &mut Fields<'_>, reading: Reading<'_>, problems: &mut Problems) -> RawApp {
        let source = reading.source;
        let mut variables = Vec::new();
        let stream = fields.node("stream").cloned();
        let mut raw = RawApp {
            request: fields.node("request").and_then(|node| {
                RequestTemplate::read(node, "`request` mapping", QUESTION, reading, &mut variables, problems)
            }),
            response: fields.node("response").and_then(|node| ResponseRules::read(node, source, problems)),
            stream: match stream.as_ref().map(|node| &node.kind) {
                Some(Kind::Map(_)) => {
                    stream.as_ref().and_then(|node| StreamRules::read(node, source, problems)).map(Some)
                }
                Some(Kind::Bool(false)) => Some(None),
                _ => None,
            },
            session: fields
                .node("session")
                .and_then(|node| SessionRules::read(node, reading, &mut variables, problems)),
            command: read_command(fields, problems),
            cwd: value::path_inside(fields, "cwd", reading.root, problems).map(|(path, _)| path),
            env: read_env(fields, problems),
            set_env: fields.node("set_env").map(|node| read_set_env(node, source, problems)).unwrap_or_default(),
            mode: fields.choice("mode", &[("once", ProcessMode::Once), ("worker", ProcessMode::Worker)], problems),
            reply: fields.choice("reply", &[("json", ProcessReply::Json), ("text", ProcessReply::Text)], problems),
            file: value::path_inside(fields, "file", reading.root, problems).map(|(path, _)| path),
            function: fields.text("function", problems).map(str::to_owned),
            config: fields.node("config").map(Node::to_json),
            variables,
            written: Map::new(),
            places: Vec::new(),
        };
        for name in HTTP_KEYS.iter().chain(PROCESS_KEYS).chain(EXEC_KEYS).chain(FILE_KEYS) {
            raw.note(fields, name);
        }
        if matches!(stream.map(|node| node.kind), Some(Kind::Map(_))) {
            raw.note(fields, "stream");
        }
        raw
    }

    fn note(&mut self, fields: &mut Fields<'_>, name: &'static str) {
        if let Some(node) = fields.node(name) {
            self.written.insert(name.to_owned(), node.to_json());
            self.places.push((name, place_of(fields, name)));
        }
    }

    /// This layer with `over` on top, key by key.
    pub(in crate::config) fn overlaid(mut self, over: RawApp) -> RawApp {
        self.set_env.retain(|(name, _)| !over.set_env.iter().any(|(other, _)| other == name));
        self.set_env.extend(over.set_env);
        self.variables.extend(over.variables);
        self.written.extend(over.written);
        self.places.retain(|(name, _)| !over.places.iter().any(|(other, _)| other == name));
        self.places.extend(over.places);
        RawApp {
            request: over.request.or(self.request),
            response: over.response.or(self.response),
            stream: over.stream.or(self.stream),
            session: over.session.or(self.session),
            command: over.command.or(self.command),
            cwd: over.cwd.or(self.cwd),
            env: over.env.or(self.env),
            set_env: self.set_env,
            mode: over.mode.or(self.mode),
            reply: over.reply.or(self.reply),
            file: over.file.or(self.file),
            function: over.function.or(self.function),
            config: over.config.or(self.config),
            variables: self.variables,
            written: self.written,
            places: self.places,
        }
    }

    /// What the keys come to for a provider of this kind, with the names of the variables that are secrets.
    pub(in crate::config) fn settle(self, about: &About<'_>, problems: &mut Problems) -> Settled {
        let wire = about.wire;
        let allowed: &[&[&str]] = match wire {
            WireName::HTTP => &[HTTP_KEYS, &["stream"]],
            WireName::EXEC => &[PROCESS_KEYS, EXEC_KEYS],
            WireName::PYTHON | WireName::JAVASCRIPT => &[PROCESS_KEYS, FILE_KEYS],
            _ => &[],
        };
        for (name, place) in &self.places {
            if !allowed.iter().any(|keys| keys.contains(name)) {
                let message = format!("`{name}` is for {}, this provider is `{}`", owner(name), wire.word());
                problems.push(Diagnostic::error("invalid-value", message).at(place.clone()));
            }
        }
        let written = Value::Object(self.written.clone());
        let mut variables = self.variables.clone();
        variables.extend(self.env.iter().flatten().cloned());
        let app = match wire {
            WireName::HTTP => self.http(about, problems).map(|app| AppConfig::Http(Box::new(app))),
            WireName::EXEC | WireName::PYTHON | WireName::JAVASCRIPT => {
                self.process(about, problems).map(|app| AppConfig::Process(Box::new(app)))
            }
            _ => None,
        };
        Settled { app, variables, written }
    }

    fn http(self, about: &About<'_>, problems: &mut Problems) -> Option<HttpApp> {
        let Some(request) = self.request else {
            self.lacks(
                "request",
                "request: {url: \"http://127.0.0.1:8080/chat\", body: {message: \"{{ input }}\"}}",
                about,
                problems,
            );
            return None;
        };
        let stream = self.stream.flatten();
        let response = self.response;
        if response.as_ref().is_some_and(|rules| rules.text.is_none()) && stream.is_none() {
            let place = self.places.iter().find(|(name, _)| *name == "response").map(|(_, place)| place.clone());
            let diagnostic = Diagnostic::error("missing-field", "this `response` has no `text`")
                .help("add `text: $.answer`, or `text: body` when the whole body is the answer");
            problems.push(Diagnostic { place, ..diagnostic });
        }
        let requests = [Some(&request), self.session.as_ref().and_then(|session| session.request.as_ref())];
        for (index, one) in requests.into_iter().enumerate().filter_map(|(index, one)| Some((index, one?))) {
            about.check_address(one, problems);
            for slot in one.slots().into_iter().filter(|slot| slot.root() == "session") {
                let name = slot.path.get(1).map_or("", String::as_str);
                let known = match &self.session {
                    // A session's own request is sent before there are any values.
                    Some(session) if index == 0 => session.gives(name),
                    _ => name == "id",
                };
                if slot.path.len() != 2 || !known {
                    let names = self.session.iter().flat_map(|session| &session.extract).map(|(name, _)| name.as_str());
                    let names: Vec<&str> = std::iter::once("id").chain(names).collect();
                    problems.push(
                        Diagnostic::error("unknown-slot", format!("a session has no `{}`", slot.shown()))
                            .at(one.place.clone())
                            .did_you_mean(closest(name, names.iter().copied()))
                            .help(format!(
                                "it has {}; more are named under `session: {{extract: …}}`",
                                names.join(", ")
                            )),
                    );
                }
            }
        }
        Some(HttpApp { request, response, stream, session: self.session })
    }

    fn process(self, about: &About<'_>, problems: &mut Problems) -> Option<ProcessApp> {
        let file = if about.wire == WireName::EXEC {
            None
        } else if let Some(file) = &self.file {
            Some(file.clone())
        } else {
            self.lacks("file", "file: app.py", about, problems);
            return None;
        };
        let function = self.function.clone();
        let (kind, usual) = match (about.wire, file) {
            (WireName::PYTHON, Some(file)) => (ProcessKind::Python { file, function }, Some("python3")),
            (_, Some(file)) => (ProcessKind::JavaScript { file, function }, Some("node")),
            (_, None) => (ProcessKind::Command, None),
        };
        let Some(command) = self.command.clone().or(usual.map(|program| vec![program.to_owned()])) else {
            self.lacks("command", "command: [python3, app.py]", about, problems);
            return None;
        };
        let mode =
            self.mode.unwrap_or(if kind == ProcessKind::Command { ProcessMode::Once } else { ProcessMode::Worker });
        if mode == ProcessMode::Worker && self.reply == Some(ProcessReply::Text) {
            let place = self.places.iter().find(|(name, _)| *name == "reply").map(|(_, place)| place.clone());
            let message = "`reply: text` is for `mode: once`: a worker's answers are lines of JSON";
            problems.push(Diagnostic { place, ..Diagnostic::error("invalid-value", message) });
        }
        Some(ProcessApp {
            kind,
            command,
            cwd: self.cwd.unwrap_or_else(|| about.root.to_path_buf()),
            env: self.env.unwrap_or_default(),
            set_env: self.set_env,
            mode,
            reply: self.reply.unwrap_or(ProcessReply::Json),
            config: self.config.unwrap_or_else(|| Value::Object(Map::new())),
        })
    }

    /// Reports a key without which nothing can be done; not when it is there and wrong, which has been reported.
    fn lacks(&self, name: &str, example: &str, about: &About<'_>, problems: &mut Problems) {
        if self.places.iter().any(|(known, _)| *known == name) {
            return;
        }
        let message = format!("provider `{}` has no `{name}`", about.name);
        problems
            .push(Diagnostic::error("missing-field", message).at(about.place.clone()).help(format!("add `{example}`")));
    }
}

/// The provider that the keys belong to.
pub(in crate::config) struct About<'a> {
    pub(in crate::config) name: &'a str,
    pub(in crate::config) wire: WireName,
    pub(in crate::config) place: &'a Place,
    pub(in crate::config) root: &'a std::path::Path,
    /// Whether it has a `base_url`.
    pub(in crate::config) has_base_url: bool,
}

impl About<'_> {
    fn check_address(&self, request: &RequestTemplate, problems: &mut Problems) {
        let message = match (request.is_relative(), self.has_base_url) {
            (true, false) => format!("`url` of `{}` is a path, and there is no `base_url` before it", self.name),
            (false, true) => format!("`{}` has a `base_url`, and a `url` that is an address of its own", self.name),
            _ => return,
        };
        let help = "write `base_url: http://127.0.0.1:8080` and `url: /chat`, or the whole address as `url`";
        problems.push(Diagnostic::error("invalid-url", message).at(request.place.clone()).help(help));
    }
}

/// What the keys come to.
pub(in crate::config) struct Settled {
    pub(in crate::config) app: Option<AppConfig>,
    pub(in crate::config) variables: Vec<String>,
    /// What was written, for the identity of replies.
    pub(in crate::config) written: Value,
}

fn owner(name: &str) -> &'static str {
    match name {
        "request" | "response" | "session" => "`type: http`",
        "stream" => "`type: http` as a mapping",
        "file" | "function" | "config" => "`type: python` and `type: javascript`",
        "mode" | "reply" => "`type: exec`",
        _ => "`type: exec`, `type: python` and `type: javascript`",
    }
}

/// The names of applications that a project file names, its environments included: a model may be named by them alone.
pub(in crate::config) fn app_names(node: &Node) -> Vec<String> {
    let layers = node.get("environments").and_then(Node::as_map).into_iter().flatten().map(|(_, layer)| layer);
    let entries = std::iter::once(node).chain(layers).filter_map(|layer| layer.get("providers")?.as_map()).flatten();
    let is_app = |provider: &Node, name: &str| {
        let word = provider.get("type").and_then(Node::as_text).unwrap_or(name);
        WireName::parse(word).is_some_and(WireName::is_app)
    };
    let apps = entries.filter(|(key, provider)| is_app(provider, &key.text)).map(|(key, _)| key.text.clone());
    apps.chain(std::iter::once(WireName::ECHO.word().to_owned())).collect()
}

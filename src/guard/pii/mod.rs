//! Finds and redacts personal data in text, by form and check digit: addresses, numbers of telephones, cards, accounts,
//! persons and networks. Names of persons and places have no form and are not found.

mod checksum;
mod detector;
mod find;
mod mask;
mod national;
mod online;
mod payment;
mod phone;

pub use find::{PiiMatch, PiiRule, find_pii};
pub use mask::{mask_pii, redact_pii};
pub(super) use online::is_real_email;
pub(super) use payment::{is_real_card, is_real_iban};
pub(super) use phone::is_real_telephone;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_searched_and_redacted_without_a_panic(
            text in "(\\PC{0,6}|[0-9]{1,16}|[ ./:+()-]|[A-Z]{1,6}|@|phone |order |BSN |DE|::|[a-z]{1,8}\\.(com|io)){0,24}"
        ) {
            let rule = PiiRule { private_ips: true, offices: true, ..PiiRule::default() };
            let mut last = 0;
            let found = find_pii(&text, &rule);
            for hit in &found {
                prop_assert!(hit.start >= last && hit.end > hit.start && text.get(hit.start..hit.end).is_some());
                let value = &text[hit.start..hit.end];
                let masked = mask_pii(hit.kind, value);
                prop_assert_eq!(masked.chars().count(), value.chars().count());
                prop_assert!(masked.contains('•'), "{} of {}", masked, value);
                last = hit.end;
            }
            let redacted = redact_pii(&text, &rule);
            prop_assert!(find_pii(&redacted, &rule).is_empty(), "{:?} as {:?}", text, redacted);
            prop_assert_eq!(found.is_empty(), redacted == text.as_str());
        }

        #[test]
        fn an_address_is_found_wherever_it_stands(before in "[ ,;:!?(\"<>\n]{0,12}", after in "[ ,;!?\\)\"][\\PC&&[^@]]{0,12}") {
            let text = format!("{before}maria.lopez@initech.io{after}");
            let wanted = PiiMatch { kind: "email", phrase: "an e-mail address", start: before.len(), end: before.len() + 22 };
            prop_assert!(find_pii(&text, &PiiRule::default()).contains(&wanted), "{:?}", text);
        }
    }

    #[test]
    fn masks_show_no_more_than_receipts_do() {
        for (kind, value, wanted) in [
            ("card", "4539 1488 0343 6467", "•••• •••• •••• ••67"),
            ("us_ssn", "536-90-4399", "•••-••-••99"),
            ("email", "maria@initech.io", "m••••@•••••••.••"),
            ("ip", "81.2.69.1", "••.•.••.•"),
        ] {
            assert_eq!(mask_pii(kind, value), wanted);
        }
    }

    #[test]
    fn all_expressions_compile_and_kinds_are_unique() {
        let kinds = PiiRule::known_kinds();
        let mut names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), kinds.len()), (53, 53));
        assert_eq!(find::ready_count(), 6 + 1 + 1 + kinds.len() - 7);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for part in ["1 ", "+1", "a@", "a@b.", "4111 ", "1.", "::", "2a00:", "AB12 ", "phone 1-", "(1", "12-34-"] {
            let text = part.repeat(400_000 / part.len());
            let begun = std::time::Instant::now();
            drop(find_pii(&text, &PiiRule::default()));
            assert!(begun.elapsed().as_secs() < 20, "{part}: {:?}", begun.elapsed());
        }
    }
}

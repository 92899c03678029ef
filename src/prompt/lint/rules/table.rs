//! The table of rules, by code.

use super::super::rule::Rule;
use super::{
    contradictory_limits, deprecated_model, example_violates_schema, exceeds_context, invisible_character,
    max_tokens_above_model, non_nfc, output_without_schema, personal_data, reading, rejected_param,
    released_file_edited, shadowed_variable, trailing_space, undelimited_variable, unknown_model, unreferenced_version,
    unsupported_feature, variable_in_system_message,
};

/// Every rule, by code.
pub(in crate::prompt::lint) static RULES: &[&Rule] = &[
    &contradictory_limits::RULE,
    &deprecated_model::RULE,
    &example_violates_schema::RULE,
    &exceeds_context::RULE,
    &invisible_character::RULE,
    &reading::LABEL_TO_MISSING_VERSION,
    &reading::LIKELY_SECRET,
    &max_tokens_above_model::RULE,
    &non_nfc::RULE,
    &output_without_schema::RULE,
    &personal_data::RULE,
    &rejected_param::RULE,
    &released_file_edited::RULE,
    &reading::SECRET,
    &shadowed_variable::RULE,
    &trailing_space::RULE,
    &reading::UNDECLARED_VARIABLE,
    &undelimited_variable::RULE,
    &unknown_model::RULE,
    &unreferenced_version::RULE,
    &unsupported_feature::RULE,
    &reading::UNUSED_VARIABLE,
    &reading::VARIABLE_DEFAULT,
    &variable_in_system_message::RULE,
    &reading::VARIABLE_RULES,
    &exceeds_context::WITH_VARIABLES,
    &reading::VERSION_NOT_SEMVER,
];

/// Every rule, by code.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// The rule with this code.
pub fn rule_of(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_rule_is_explained() {
        assert!(RULES.windows(2).all(|pair| pair[0].code < pair[1].code));
        for rule in RULES {
            let is_kebab = rule.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            assert!(is_kebab, "{}", rule.code);
            assert!(rule.about.len() <= 90 && !rule.about.ends_with('.'), "{}", rule.code);
            assert!(rule.why.len() > 60 && rule.why.ends_with('.'), "{}", rule.code);
            assert!(!rule.bad.is_empty() && rule.bad != rule.good, "{}", rule.code);
        }
        assert!(rule_of("trailing-space").is_some() && rule_of("nope").is_none());
    }
}

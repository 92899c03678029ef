//! The checks karat knows, one line each.

use std::collections::BTreeSet;

use super::spec::CheckSpec;
use super::{
    among, asking, call, classification, format, group, judge, likeness, reasoning, retrieval, safety, script, sql,
    structure, text, tools,
};
use crate::base::closest;
use crate::record::MetricVersion;

static CHECKS: &[&CheckSpec] = &[
    &text::equals::SPEC,
    &text::one_of::SPEC,
    &text::contains::SPEC,
    &text::contains_any::SPEC,
    &text::contains_all::SPEC,
    &text::icontains::SPEC,
    &text::icontains_any::SPEC,
    &text::icontains_all::SPEC,
    &text::starts_with::SPEC,
    &text::ends_with::SPEC,
    &text::regex::SPEC,
    &text::number::SPEC,
    &text::length::SPEC,
    &text::word_count::SPEC,
    &text::quantity::SPEC,
    &text::date::SPEC,
    &text::readability::SPEC,
    &text::language::SPEC,
    &likeness::exact_match::SPEC,
    &likeness::f1::SPEC,
    &likeness::rouge::SPEC,
    &likeness::bleu::SPEC,
    &likeness::chrf::SPEC,
    &likeness::meteor_no_synonyms::SPEC,
    &likeness::ter::SPEC,
    &likeness::levenshtein::SPEC,
    &likeness::wer::SPEC,
    &likeness::cer::SPEC,
    &likeness::tfidf_cosine::SPEC,
    &asking::similarity::SPEC,
    &asking::moderation::SPEC,
    &judge::rubric::SPEC,
    &judge::geval::SPEC,
    &judge::quality::SPEC,
    &judge::factuality::SPEC,
    &judge::closed_qa::SPEC,
    &judge::faithfulness::SPEC,
    &judge::answer_relevance::SPEC,
    &judge::hallucination::SPEC,
    &judge::instruction_adherence::SPEC,
    &judge::pairwise::SPEC,
    &judge::select_best::SPEC,
    &judge::dag::SPEC,
    &judge::context_precision::SPEC,
    &judge::context_recall::SPEC,
    &judge::context_relevance::SPEC,
    &judge::context_entity_recall::SPEC,
    &judge::answer_correctness::SPEC,
    &judge::noise_sensitivity::SPEC,
    &judge::summarization::SPEC,
    &judge::toxicity::SPEC,
    &judge::bias::SPEC,
    &judge::role_adherence::SPEC,
    &judge::task_completion::SPEC,
    &judge::conversation_relevance::SPEC,
    &judge::conversation_completeness::SPEC,
    &judge::knowledge_retention::SPEC,
    &judge::topic_adherence::SPEC,
    &judge::personal_names::SPEC,
    &retrieval::ranking::SPEC,
    &retrieval::context_match::SPEC,
    &retrieval::context_overlap::SPEC,
    &structure::json::SPEC,
    &structure::json_schema::SPEC,
    &structure::jsonpath::SPEC,
    &structure::contains_json::SPEC,
    &structure::tool_carries::SPEC,
    &structure::json_diff::SPEC,
    &sql::check::SPEC,
    &format::xml::SPEC,
    &format::html::SPEC,
    &format::yaml::SPEC,
    &format::csv::SPEC,
    &format::code_block::SPEC,
    &tools::tool_call_valid::SPEC,
    &tools::tool_correctness::SPEC,
    &tools::tool_args::SPEC,
    &tools::trajectory::SPEC,
    &reasoning::check::SPEC,
    &reasoning::consistency::SPEC,
    &reasoning::progression::SPEC,
    &reasoning::calibration::SPEC,
    &safety::pii::SPEC,
    &safety::secrets::SPEC,
    &safety::injection::SPEC,
    &safety::system_prompt_leak::SPEC,
    &safety::invisible_characters::SPEC,
    &safety::unsafe_links::SPEC,
    &classification::label::SPEC,
    &script::javascript::SPEC,
    &script::python::SPEC,
    &script::exec::SPEC,
    &script::webhook::SPEC,
    &call::finish_reason::SPEC,
    &call::refusal::SPEC,
    &call::latency::SPEC,
    &call::cost::SPEC,
    &among::max_score::SPEC,
    &group::all_of::SPEC,
    &group::any_of::SPEC,
];

/// What other tools call these checks, for suggestions only.
const FOREIGN: &[(&str, &str)] = &[
    ("is_json", "json"),
    ("is_valid_json", "json"),
    ("is_refusal", "refusal"),
    ("ndcg", "retrieval"),
    ("mrr", "retrieval"),
    ("recall_at_k", "retrieval"),
    ("non_llm_context_precision_with_reference", "context_match"),
    ("nonllmcontextprecisionwithreference", "context_match"),
    ("non_llm_context_recall", "context_match"),
    ("nonllmcontextrecall", "context_match"),
    ("id_based_context_precision", "context_match"),
    ("idbasedcontextprecision", "context_match"),
    ("id_based_context_recall", "context_match"),
    ("idbasedcontextrecall", "context_match"),
    ("k_precision", "context_overlap"),
    ("corpus_bleu", "bleu"),
    ("sacrebleu", "bleu"),
    ("rouge_n", "rouge"),
    ("rouge_l", "rouge"),
    ("rouge1", "rouge"),
    ("rougel", "rouge"),
    ("meteor", "meteor_no_synonyms"),
    ("damerau_levenshtein", "levenshtein"),
    ("jaro_winkler", "levenshtein"),
    ("edit_distance", "levenshtein"),
    ("token_f1", "f1"),
    ("chrf_plus_plus", "chrf"),
    ("word_error_rate", "wer"),
    ("cosine", "tfidf_cosine"),
    ("exact", "equals"),
    ("equal", "equals"),
    ("eq", "equals"),
    ("match", "regex"),
    ("matches", "regex"),
    ("pattern", "regex"),
    ("schema", "json_schema"),
    ("json_path", "jsonpath"),
    ("includes", "contains"),
    ("substring", "contains"),
    ("in", "one_of"),
    ("enum", "one_of"),
    ("words", "word_count"),
    ("assert_set", "all_of"),
    ("all", "all_of"),
    ("any", "any_of"),
    ("and", "all_of"),
    ("or", "any_of"),
    ("max_latency", "latency"),
    ("max_cost", "cost"),
    ("numeric", "number"),
    ("llm_rubric", "rubric"),
    ("model_graded", "rubric"),
    ("llm_judge", "rubric"),
    ("judge", "rubric"),
    ("model_graded_closedqa", "closed_qa"),
    ("closedqa", "closed_qa"),
    ("model_graded_fact", "factuality"),
    ("factual", "factuality"),
    ("context_faithfulness", "faithfulness"),
    ("groundedness", "faithfulness"),
    ("answer_relevancy", "answer_relevance"),
    ("response_relevancy", "answer_relevance"),
    ("prompt_alignment", "instruction_adherence"),
    ("instruction_following", "instruction_adherence"),
    ("grade", "quality"),
    ("g_eval", "geval"),
    ("arena_g_eval", "pairwise"),
    ("battle", "pairwise"),
    ("compare", "pairwise"),
    ("deep_acyclic_graph", "dag"),
    ("contextual_precision", "context_precision"),
    ("contextual_recall", "context_recall"),
    ("contextual_relevancy", "context_relevance"),
    ("context_relevancy", "context_relevance"),
    ("context_entities_recall", "context_entity_recall"),
    ("factual_correctness", "answer_correctness"),
    ("correctness", "answer_correctness"),
    ("noise", "noise_sensitivity"),
    ("summarisation", "summarization"),
    ("summary", "summarization"),
    ("toxic", "toxicity"),
    ("names", "personal_names"),
    ("person_names", "personal_names"),
    ("role", "role_adherence"),
    ("goal_accuracy", "task_completion"),
    ("agent_goal_accuracy", "task_completion"),
    ("turn_relevancy", "conversation_relevance"),
    ("conversation_relevancy", "conversation_relevance"),
    ("chain_of_thought", "reasoning"),
    ("brier", "reasoning_calibration"),
    ("confidence", "reasoning_calibration"),
    ("pii_leakage", "pii"),
    ("personal_data", "pii"),
    ("prompt_injection", "injection"),
    ("prompt_extraction", "system_prompt_leak"),
    ("prompt_leak", "system_prompt_leak"),
    ("ascii_smuggling", "invisible_characters"),
    ("secret", "secrets"),
    ("links", "unsafe_links"),
    ("urls", "unsafe_links"),
    ("steps", "reasoning"),
    ("accuracy", "label"),
    ("category", "label"),
    ("classification", "label"),
    ("js", "javascript"),
    ("script", "javascript"),
    ("quickjs", "javascript"),
    ("py", "python"),
    ("python3", "python"),
    ("get_assert", "python"),
    ("ruby", "exec"),
    ("shell", "exec"),
    ("bash", "exec"),
    ("command", "exec"),
    ("program", "exec"),
    ("process", "exec"),
    ("http", "webhook"),
    ("url", "webhook"),
    ("hook", "webhook"),
    ("is_valid_openai_function_call", "tool_call_valid"),
    ("is_valid_openai_tools_call", "tool_call_valid"),
    ("is_valid_function_call", "tool_call_valid"),
    ("tool_call_f1", "tool_correctness"),
    ("tool_call_accuracy", "tool_correctness"),
    ("tool_correctness_metric", "tool_correctness"),
    ("tools_called", "tool_correctness"),
    ("argument_correctness", "tool_args"),
    ("jsondiff", "json_diff"),
    ("json_compare", "json_diff"),
    ("json_correctness", "json_schema"),
    ("is_sql", "sql"),
    ("contains_sql", "sql"),
    ("is_xml", "xml"),
    ("contains_xml", "xml"),
    ("is_html", "html"),
    ("contains_html", "html"),
    ("is_yaml", "yaml"),
    ("is_csv", "csv"),
    ("code", "code_block"),
    ("contains_code", "code_block"),
    ("contains_n_of", "contains_any"),
    ("unit", "quantity"),
    ("date_equals", "date"),
    ("flesch", "readability"),
    ("flesch_kincaid", "readability"),
    ("reading_ease", "readability"),
    ("lang", "language"),
    ("detect_language", "language"),
    ("regex_captures", "regex"),
    ("skill_used", "trajectory"),
    ("tool_used", "trajectory"),
    ("tool_sequence", "trajectory"),
    ("step_count", "trajectory"),
    ("trajectory:tool_used", "trajectory"),
    ("trajectory:tool_sequence", "trajectory"),
    ("trajectory:step_count", "trajectory"),
    ("trajectory:tool_args_match", "tool_args"),
];

/// All checks, by family: name, options, degenerate cases, version, example.
pub fn catalogue() -> &'static [&'static CheckSpec] {
    CHECKS
}

/// Today's version of every check: what scores of other days are compared with.
pub fn metric_versions() -> BTreeSet<MetricVersion> {
    CHECKS.iter().map(|spec| MetricVersion::of(spec.name, spec.version)).collect()
}

/// The check of a word, and whether `not_` negates it.
pub(super) fn find(word: &str) -> Option<(&'static CheckSpec, bool)> {
    let by_name = |name: &str| CHECKS.iter().find(|spec| spec.name == name).copied();
    by_name(word)
        .map(|spec| (spec, false))
        .or_else(|| word.strip_prefix("not_").and_then(by_name).map(|spec| (spec, true)))
}

/// The known word nearest to an unknown one: another tool's name for it, other separators, or a typo.
pub(super) fn suggest(word: &str) -> Option<String> {
    let plain = word.trim().to_lowercase().replace(['-', ' '], "_");
    let (not, bare) = plain.strip_prefix("not_").map_or(("", plain.as_str()), |bare| ("not_", bare));
    let known = CHECKS.iter().map(|spec| spec.name);
    let same = known.clone().find(|name| *name == bare || name.replace('_', "") == bare.replace('_', ""));
    let foreign = || FOREIGN.iter().find(|(name, _)| *name == bare).map(|(_, ours)| *ours);
    same.or_else(foreign).or_else(|| closest(bare, known)).map(|name| format!("{not}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_is_complete_and_its_name_unique() {
        let mut names = std::collections::HashSet::new();
        for spec in catalogue() {
            assert!(names.insert(spec.name), "{} twice", spec.name);
            assert!(!spec.name.starts_with("not_") && !spec.about.is_empty(), "{}", spec.name);
            assert!(!spec.degenerate.is_empty(), "{} says nothing on degenerate cases", spec.name);
            assert!(spec.example.starts_with("- "), "{}", spec.name);
            assert!(spec.version >= 1 && !spec.about.ends_with('.'), "{}", spec.name);
            assert!(spec.short.is_empty() || spec.options.iter().any(|option| option.name == spec.short));
        }
        assert_eq!(names.len(), 100);
    }

    #[test]
    fn foreign_names_and_typos_lead_to_ours() {
        let pairs = [
            ("contian", "contains"),
            ("is-json", "json"),
            ("not-contains", "not_contains"),
            ("not_contians", "not_contains"),
            ("starts-with", "starts_with"),
            ("Regex", "regex"),
            ("jsonschema", "json_schema"),
        ];
        for (word, ours) in pairs {
            assert_eq!(suggest(word).as_deref(), Some(ours), "{word}");
        }
        assert_eq!(suggest("llm-rubric").as_deref(), Some("rubric"));
        assert_eq!(suggest("frobnicate"), None);
    }

    #[test]
    fn negation_is_one_prefix() {
        assert_eq!(find("not_json").map(|(spec, not)| (spec.name, not)), Some(("json", true)));
        assert!(find("not_not_json").is_none() && find("not_").is_none());
    }
}

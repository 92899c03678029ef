//! The billing vectors, all of them, and the laws that every bill must keep.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{PriceTable, Terms, normalize};
use crate::base::{Timestamp, Usd};
use crate::record::Usage;

#[derive(Deserialize)]
struct Vector {
    id: String,
    provider: Option<String>,
    model: String,
    region: Option<String>,
    api: Option<String>,
    service: Option<String>,
    at: Option<String>,
    #[serde(default)]
    multipliers: Vec<String>,
    usage: Value,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    status: String,
    price_id: Option<String>,
    #[serde(rename = "match")]
    matched: String,
    usd: Option<String>,
    reported_usd: Option<String>,
    billed_usd: Option<String>,
    #[serde(default)]
    notes: BTreeSet<String>,
    #[serde(default)]
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    class: String,
    tokens: Option<u64>,
    count: Option<u64>,
    rate: String,
    usd: String,
}

fn moment(text: Option<&str>) -> Timestamp {
    let moment: jiff::Timestamp = text.unwrap_or("2026-11-18T08:30:00Z").parse().expect("time");
    Timestamp(moment.as_millisecond())
}

/// One vector's reported charge is written as the binary expansion of a double, with more digits than any price has.
/// Charges are compared as they are kept: to the picodollar.
fn picos(text: Option<&str>) -> Option<Usd> {
    let cut: String = text?.chars().take(24).collect();
    Usd::from_decimal(cut.parse().expect("decimal"))
}

#[test]
fn every_billing_vector_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/vectors/cost/billing.jsonl");
    let text = fs::read_to_string(path).expect("vectors");
    let table = PriceTable::bundled().expect("bundled");
    let mut seen = 0;
    for line in text.lines() {
        let vector: Vector = serde_json::from_str(line).expect(line);
        check(table, &vector);
        seen += 1;
    }
    assert_eq!(seen, 119);
}

fn check(table: &PriceTable, vector: &Vector) {
    let (id, expected) = (&vector.id, &vector.expected);
    let provider = vector.provider.as_deref();
    let usage = normalize(table.dialect(provider, &vector.model, vector.api.as_deref()), &vector.usage);
    let multipliers: Vec<&str> = vector.multipliers.iter().map(String::as_str).collect();
    let terms = Terms {
        service_tier: vector.service.as_deref(),
        at: moment(vector.at.as_deref()),
        multipliers: &multipliers,
        reported: table.reported_cost(provider, &vector.model, &vector.usage),
    };
    let resolution = table.resolve(provider, &vector.model, vector.region.as_deref());
    let bill = resolution.bill(&usage, &terms);
    assert_eq!(bill.status.word(), expected.status, "{id}: status");
    assert_eq!(bill.price_id, expected.price_id, "{id}: price");
    assert_eq!(bill.matched.word(), expected.matched, "{id}: match");
    assert_eq!(bill.usd.map(|usd| usd.to_string()), expected.usd, "{id}: usd");
    assert_eq!(bill.reported.and_then(Usd::from_decimal), picos(expected.reported_usd.as_deref()), "{id}: reported");
    assert_eq!(bill.billed, picos(expected.billed_usd.as_deref()), "{id}: billed");
    assert_eq!(bill.notes, expected.notes, "{id}: notes");
    assert_eq!(resolution.cost(&usage, &terms), bill.billed, "{id}: the light path");
    let found: BTreeMap<&str, (u64, String, String)> =
        bill.lines.iter().map(|line| (line.class, (line.count, line.rate.to_string(), line.usd.to_string()))).collect();
    let wanted: BTreeMap<&str, (u64, String, String)> = expected
        .lines
        .iter()
        .map(|line| {
            let count = line.tokens.or(line.count).expect("count");
            (line.class.as_str(), (count, line.rate.clone(), line.usd.clone()))
        })
        .collect();
    assert_eq!(found, wanted, "{id}: lines");
    assert_eq!(bill.lines.len(), expected.lines.len(), "{id}: number of lines");
}

#[test]
fn an_unstated_count_makes_the_cost_unknown() {
    let table = PriceTable::bundled().expect("bundled");
    let model = table.resolve(Some("openai"), "gpt-4o", None);
    let terms = Terms::at(moment(None));
    for usage in [
        Usage::default(),
        Usage { input: Some(10), ..Usage::default() },
        Usage { output: Some(10), ..Usage::default() },
    ] {
        let bill = model.bill(&usage, &terms);
        assert_eq!((bill.usd, bill.billed, model.cost(&usage, &terms)), (None, None, None), "{usage:?}");
        assert!(bill.notes.contains("unknown_usage"), "{:?}", bill.notes);
    }
    let local = table.resolve(Some("ollama"), "llama3.2:3b", None);
    let free = local.cost(&Usage { output: Some(10), ..Usage::default() }, &terms);
    assert_eq!(free, Some(Usd::ZERO), "what is free is free whatever was counted");
}

#[test]
fn numbers_too_large_to_hold_are_unknown() {
    let table = PriceTable::bundled().expect("bundled");
    let model = table.resolve(Some("openai"), "gpt-4o", None);
    let terms = Terms::at(moment(None));
    assert_eq!(model.cost(&Usage::plain(u64::MAX, u64::MAX), &terms), None);
    let reported = Terms { reported: Some(Decimal::MAX), ..terms };
    let bill = model.bill(&Usage::plain(1, 1), &reported);
    assert!(bill.billed.is_none() && bill.is_disputed());
}

#[test]
fn unlisted_multipliers_and_units_are_remarked() {
    let table = PriceTable::bundled().expect("bundled");
    let model = table.resolve(Some("openai"), "gpt-4", None);
    let usage = Usage { search_queries: Some(2), ..Usage::plain(1, 1) };
    let bill = model.bill(&usage, &Terms { multipliers: &["speed:warp"], ..Terms::at(moment(None)) });
    let notes: Vec<&str> = bill.notes.iter().map(String::as_str).collect();
    assert_eq!(notes, ["no_multiplier:speed:warp", "no_unit_price:search_query"]);
}

#[test]
fn an_assumed_price_is_unknown_when_strict() {
    let table = PriceTable::bundled().expect("bundled");
    let assumed = table.resolve(Some("openai"), "gpt-5.4-2027-01-15", None);
    assert!(assumed.price().is_some_and(super::ModelPrice::is_assumed));
    assert!(assumed.strict().price().is_none());
    assert!(table.resolve(Some("openai"), "gpt-5.4", None).strict().is_known());
}

/// Models with tiers, caches, thinking and fees; below every long-context bound the price is linear.
const MODELS: &[&str] = &["gpt-5.4", "gpt-6-sol", "gpt-audio", "o3"];

fn usage() -> impl Strategy<Value = Usage> {
    let count = 0_u64..20_000;
    (count.clone(), count.clone(), count.clone(), count.clone(), count).prop_map(
        |(input, read, write, output, thinking)| Usage {
            cache_read: Some(read),
            cache_write: Some(write),
            reasoning: Some(thinking),
            ..Usage::plain(input, output)
        },
    )
}

fn plus(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    Some(a.unwrap_or(0) + b.unwrap_or(0))
}

proptest! {
    #[test]
    fn cost_is_additive_and_never_falls(model in 0..MODELS.len(), a in usage(), b in usage()) {
        let table = PriceTable::bundled().expect("bundled");
        let price = table.resolve(Some("openai"), MODELS[model], None);
        let terms = Terms::at(moment(None));
        let both = Usage {
            input: plus(a.input, b.input), cache_read: plus(a.cache_read, b.cache_read),
            cache_write: plus(a.cache_write, b.cache_write), output: plus(a.output, b.output),
            reasoning: plus(a.reasoning, b.reasoning), ..a
        };
        let of = |usage: &Usage| price.bill(usage, &terms).usd.expect("priced");
        prop_assert_eq!(of(&a) + of(&b), of(&both));
        prop_assert!(of(&both) >= of(&a));
        let lines: Decimal = price.bill(&both, &terms).lines.iter().map(|line| line.usd).sum();
        prop_assert_eq!(lines, of(&both));
    }

    #[test]
    fn every_usage_object_is_billed_without_panic(text in "\\PC{0,40}", count in any::<i64>(), more in any::<f64>()) {
        let table = PriceTable::bundled().expect("bundled");
        let raw = serde_json::json!({
            "prompt_tokens": count, "completion_tokens": more, "input_tokens": more, "output_tokens": count,
            "promptTokenCount": count, "cost": more, "cost_in_usd_ticks": count, &text: count,
        });
        for (_, dialect) in super::Dialect::ALL {
            let usage = normalize(*dialect, &raw);
            for model in ["openai/gpt-5.4", "xai/grok-4.7", "openrouter/x/y", &text] {
                let terms = Terms { reported: table.reported_cost(None, model, &raw), ..Terms::at(Timestamp(count)) };
                let resolution = table.resolve(None, model, Some(&text));
                prop_assert_eq!(resolution.cost(&usage, &terms), resolution.bill(&usage, &terms).billed);
            }
        }
    }
}

//! Charges that providers state in their usage objects.

use rust_decimal::Decimal;
use serde_json::Value;

use super::dialect::RawUsage;

/// The charge at the field that the price data names for a provider, in USD. A path that is not known here is not read:
/// its unit would be a guess.
pub fn charge_stated<'v>(path: &str, usage: impl Into<RawUsage<'v>>) -> Option<Decimal> {
    let usage = usage.into();
    match path {
        "usage.cost" => {
            let fee = amount(usage.get("cost")?)?;
            let own_key = usage.get("is_byok").is_some_and(|own| own.to_value() == Value::Bool(true));
            if !own_key {
                return Some(fee);
            }
            // With the user's own key the router charges its fee only. Without the vendor's part the charge is unknown.
            fee.checked_add(amount(usage.get("cost_details")?.get("upstream_inference_cost")?)?)
        }
        "usage.cost.total_cost" => amount(usage.get("cost")?.get("total_cost")?),
        // One tick is 1e-10 USD.
        "usage.cost_in_usd_ticks" => amount(usage.get("cost_in_usd_ticks")?)?.checked_mul(Decimal::new(1, 10)),
        _ => None,
    }
    .map(|charge| charge.normalize())
}

/// An amount as the provider wrote it: the shortest decimal of the number, not its binary expansion.
fn amount(value: RawUsage<'_>) -> Option<Decimal> {
    let text = match value.to_value() {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let amount = text.parse().or_else(|_| Decimal::from_scientific(&text)).ok()?;
    (amount >= Decimal::ZERO).then_some(amount)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn charges_are_read_where_they_are_documented() {
        for (path, usage, expected) in [
            ("usage.cost", json!({"cost": 0.00492}), Some("0.00492")),
            ("usage.cost", json!({"cost": 1e-7}), Some("0.0000001")),
            ("usage.cost", json!({"cost": 0}), Some("0")),
            (
                "usage.cost",
                json!({"cost": 0.00035, "is_byok": true, "cost_details": {"upstream_inference_cost": 0.007}}),
                Some("0.00735"),
            ),
            (
                "usage.cost",
                json!({"cost": 0.5, "is_byok": false, "cost_details": {"upstream_inference_cost": 7}}),
                Some("0.5"),
            ),
            ("usage.cost.total_cost", json!({"cost": {"total_cost": 0.022_558}}), Some("0.022558")),
            ("usage.cost_in_usd_ticks", json!({"cost_in_usd_ticks": 49_800_000}), Some("0.00498")),
            ("usage.cost", json!({"cost": 0.5, "is_byok": true}), None),
            ("usage.cost", json!({"cost": -1}), None),
            ("usage.cost", json!({"cost": {"total_cost": 1}}), None),
            ("usage.cost", json!({}), None),
            ("usage.price", json!({"price": 1}), None),
        ] {
            assert_eq!(charge_stated(path, &usage).map(|usd| usd.to_string()).as_deref(), expected, "{path} {usage}");
        }
    }
}

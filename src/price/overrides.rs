//! The user's own prices, from `prices:` in `karat.yaml`.

use std::collections::HashSet;

use rust_decimal::Decimal;

use super::facts::Mode;
use super::rates::Rates;
use super::record::{Record, Zero};
use super::table::PriceTable;
use crate::base::{Diagnostic, Fields, Kind, Node, Problems, Source, closest};

/// One price of the user's own. It wins over the published price of the same model.
///
/// ```yaml
/// prices:
///   - {model: openai/my-model, input: "0.5", output: "1.5", cache_read: "0.05"}   # USD per 1,000,000 tokens
///   - {model: azure/prod-chat, like: azure/gpt-4o}                                # a deployment's model
///   - {model: local/llama, input: 0, output: 0}                                   # free
/// ```
///
/// Rates: `input` (needed unless `like` is given), `output`, `cache_read`, `cache_write`, `cache_write_1h`,
/// `cache_write_12h`, `reasoning`, `input_audio`, `output_audio`, `input_image`, `output_image`. Numbers keep every digit
/// that is written; quote those with more than 15. A rate that is not given follows the rules of published ones; without
/// `output`, requests that have output are of unknown cost. `like` copies another model's price and limits, then the rates
/// given beside it replace the copied ones.
#[derive(Debug, Clone)]
pub struct PriceOverride {
    pub(super) record: Record,
}

impl PriceOverride {
    /// Reads the entries of `prices:`; `table` has the models that `like` may name. Reports everything that is wrong with
    /// them, and leaves out entries that have an error.
    pub fn parse_all(
        nodes: &[Node],
        table: &PriceTable,
        source: &Source,
        problems: &mut Problems,
    ) -> Vec<PriceOverride> {
        let mut seen = HashSet::new();
        let mut overrides = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Some(own) = parse(node, table, source, problems) else { continue };
            if seen.insert(own.record.id.to_ascii_lowercase()) {
                overrides.push(own);
            } else {
                let message = format!("`{}` has two prices", own.record.id);
                problems.push(Diagnostic::error("duplicate-price", message).at(source.place(node.span)));
            }
        }
        overrides
    }
}

fn parse(node: &Node, table: &PriceTable, source: &Source, problems: &mut Problems) -> Option<PriceOverride> {
    let before = problems.error_count();
    let mut fields = Fields::of(node, "price", source, problems)?;
    let model = fields.required_text("model", problems).map(str::trim);
    if let Some(model) = model.filter(|model| !is_model(model)) {
        let message = format!("`{model}` is not a model, write `provider/model`");
        fields.invalid("model", message, problems);
    }
    let copied = fields.text("like", problems).and_then(|like| copy_of(like, table, &fields, problems));
    let has_base = fields.node("like").is_some();
    let mut record = copied.unwrap_or_else(Record::empty);
    let given = read_rates(&mut fields, &mut record.rates, problems);
    if !has_base && !given {
        fields.missing("input", problems);
    }
    fields.finish(problems);
    if problems.error_count() > before {
        return None;
    }
    model?.clone_into(&mut record.id);
    record.zero = (record.rates == Rates::free()).then_some(Zero::Free);
    record.mode = if record.rates.output.is_none() && !has_base { Mode::Embedding } else { record.mode };
    Some(PriceOverride { record })
}

fn is_model(text: &str) -> bool {
    text.split_once('/').is_some_and(|(provider, name)| !provider.is_empty() && !name.is_empty())
}

/// A copy of the record of `like`, as of today: no past and no announced prices.
fn copy_of(like: &str, table: &PriceTable, fields: &Fields<'_>, problems: &mut Problems) -> Option<Record> {
    let resolution = table.resolve(None, like, None).strict();
    if resolution.is_known()
        && let Some(record) = resolution.price().and_then(|price| table.find(price.id()))
    {
        return Some(Record { status: None, history: Vec::new(), scheduled: Vec::new(), ..Record::clone(&record) });
    }
    let span = fields.value_span("like");
    problems.push(
        Diagnostic::error("unknown-price", format!("`{like}` has no known price"))
            .at(fields.source().place(span))
            .did_you_mean(closest(like, table.ids()))
            .help("give `input` and `output` in USD per 1,000,000 tokens instead"),
    );
    None
}

/// Reads the rates that are given; says whether `input` is among them.
fn read_rates(fields: &mut Fields<'_>, rates: &mut Rates, problems: &mut Problems) -> bool {
    let slots: [(&'static str, &mut Option<Decimal>); 11] = [
        ("input", &mut rates.input),
        ("output", &mut rates.output),
        ("cache_read", &mut rates.cache_read),
        ("cache_write", &mut rates.cache_write),
        ("cache_write_1h", &mut rates.cache_write_1h),
        ("cache_write_12h", &mut rates.cache_write_12h),
        ("reasoning", &mut rates.reasoning),
        ("input_audio", &mut rates.input_audio),
        ("output_audio", &mut rates.output_audio),
        ("input_image", &mut rates.input_image),
        ("output_image", &mut rates.output_image),
    ];
    let mut has_input = false;
    for (name, slot) in slots {
        let Some(node) = fields.node(name) else { continue };
        has_input |= name == "input";
        match amount(node) {
            Some(rate) => *slot = Some(rate),
            None => {
                let message = format!("`{name}` is not a price, write USD per 1,000,000 tokens such as `\"0.5\"`");
                fields.invalid(name, message, problems);
            }
        }
    }
    has_input
}

/// An exact amount that is not negative. A float gives its shortest decimal, which is what was written.
fn amount(node: &Node) -> Option<Decimal> {
    let amount = match &node.kind {
        Kind::Int(number) => Decimal::from(*number),
        Kind::Float(number) => number.to_string().parse().ok()?,
        Kind::Text(text) => {
            let text = text.trim();
            text.strip_prefix('$').unwrap_or(text).parse().ok()?
        }
        Kind::Null | Kind::Bool(_) | Kind::List(_) | Kind::Map(_) => return None,
    };
    (amount >= Decimal::ZERO).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::super::{Resolution, Terms};
    use super::*;
    use crate::base::{Timestamp, parse_yaml};
    use crate::record::Usage;

    fn read(yaml: &str) -> (PriceTable, Problems) {
        let source = Source::new("karat.yaml", yaml);
        let mut problems = Problems::new();
        let list = parse_yaml(&source, &mut problems).expect("yaml");
        let bundled = PriceTable::bundled().expect("bundled");
        let own = PriceOverride::parse_all(list.as_list().expect("list"), bundled, &source, &mut problems);
        (bundled.with_overrides(own), problems)
    }

    fn cost(table: &PriceTable, provider: &str, model: &str, usage: Usage) -> Option<String> {
        let terms = Terms::at(Timestamp(1_795_271_400_000));
        table.resolve(Some(provider), model, None).bill(&usage, &terms).usd.map(|usd| usd.to_string())
    }

    #[test]
    fn own_prices_win_and_keep_every_digit() {
        let (table, problems) = read(
            "- {model: openai/My-FT, input: \"0.123456789012345678\", output: 1.5, cache_read: 0.05}\n\
             - {model: openai/gpt-4o, input: 0.1, output: 2}\n\
             - {model: corner/llama, input: 0, output: 0}\n\
             - {model: azure/prod-chat, like: azure/gpt-4o, output: $7}\n\
             - {model: corner/embed, input: 1}\n\
             - {model: google/new-flash, input: 3, output: 4}\n",
        );
        assert!(problems.is_empty(), "{}", problems.render(false));
        let million = Usage::plain(1_000_000, 1_000_000);
        assert_eq!(cost(&table, "openai", "my-ft", million).as_deref(), Some("1.623456789012345678"));
        assert_eq!(cost(&table, "openai", "gpt-4o", million).as_deref(), Some("2.1"));
        assert_eq!(cost(&table, "corner", "llama", million).as_deref(), Some("0"));
        assert_eq!(cost(&table, "azure", "prod-chat", million).as_deref(), Some("9.5"));
        assert_eq!(cost(&table, "google", "new-flash", million).as_deref(), Some("7"));
        assert_eq!(cost(&table, "corner", "other", million), None);
        // Output without a price: unknown, not the price of the input alone.
        assert_eq!(cost(&table, "corner", "embed", million), None);
        assert_eq!(
            cost(&table, "corner", "embed", Usage { input: Some(10), ..Usage::default() }).as_deref(),
            Some("0.00001")
        );
        let Resolution::Known(price) = table.resolve(Some("corner"), "llama", None) else { panic!("known") };
        assert!(price.is_free());
        let facts = table.resolve(Some("azure"), "prod-chat", None).facts().expect("facts");
        assert_eq!(facts.context_window, Some(128_000));
    }

    #[test]
    fn everything_wrong_is_reported_in_one_pass() {
        let (table, problems) = read(
            "- {model: gpt-4o, input: 1}\n- {model: a/b}\n- {model: a/c, input: -1}\n- {model: a/d, input: cheap}\n\
             - {model: a/e, input: 1, outptu: 2}\n- {model: a/f, like: openai/gpt-4p}\n- {model: a/g, input: 1}\n\
             - {model: A/G, input: 2}\n- 5\n- {input: 1}\n",
        );
        let text = problems.render(false);
        assert_eq!(problems.error_count(), 9, "{text}");
        for wanted in [
            "`gpt-4o` is not a model",
            "has no `input`",
            "`input` is not a price",
            "did you mean `output`?",
            "`openai/gpt-4p` has no known price",
            "`A/G` has two prices",
            "a price must be a mapping",
            "has no `model`",
        ] {
            assert!(text.contains(wanted), "{wanted} not in\n{text}");
        }
        assert_eq!(cost(&table, "a", "g", Usage::plain(1_000_000, 0)).as_deref(), Some("1"));
    }
}

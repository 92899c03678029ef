//! What a rendering may take: the filters and the function that [`super::meter`] puts into templates, and the filters of
//! tera that can make much from little.
//!
//! One unit is a byte or an item that is made, and a turn of a loop is [`TURN`] of them. The units are a property of
//! template and values, not of time: what renders once renders on every machine.

use std::cell::Cell;

use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

/// Weighs what is kept.
pub(in crate::prompt) const WEIGH: &str = "__karat_weigh";
/// Weighs what is written where output is captured.
pub(in crate::prompt) const WRITE: &str = "__karat_write";
/// Charges what a loop will run over.
pub(in crate::prompt) const LOOP: &str = "__karat_loop";
/// Charges a number.
pub(in crate::prompt) const TICK: &str = "__karat_tick";

/// Units that one message may take: a million turns of loops, or 16 MiB of texts and lists made on the way.
const UNITS: u64 = 16 * 1024 * 1024;

/// Units of one turn of a loop.
const TURN: u64 = 16;

/// Most numbers of one `range`, as in tera.
const MAX_RANGE: u128 = 100_000;

/// Deepest nesting of a value that a template makes: dropping and printing one is recursive.
const MAX_DEPTH: usize = 100;

/// Says that the units are spent; errors with it get a help of their own.
pub(in crate::prompt) const SPENT: &str =
    "this makes more than a prompt may take: a million loop turns, or 16 MiB of texts and lists";

thread_local! {
    /// Units left to the rendering of this thread. Filters get no state of ours, and a rendering never changes threads.
    static LEFT: Cell<u64> = const { Cell::new(UNITS) };
}

/// Fills up, at the beginning of a rendering.
pub(in crate::prompt) fn refill() {
    LEFT.set(UNITS);
}

fn charge(units: u64) -> TeraResult<()> {
    match LEFT.get().checked_sub(units) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => {
            LEFT.set(0);
            Err(Error::message(SPENT))
        }
    }
}

fn charge_size(size: usize) -> TeraResult<()> {
    charge(u64::try_from(size).unwrap_or(u64::MAX))
}

/// Charges a value with its size when written out; stops where the units are spent.
fn weigh(value: &Value, depth: usize) -> TeraResult<()> {
    if depth > MAX_DEPTH {
        return Err(Error::message(format!("this nests lists or mappings more than {MAX_DEPTH} deep")));
    }
    if let Some(text) = value.as_str() {
        return charge_size(text.len().saturating_add(1));
    }
    charge(1)?;
    if let Some(items) = value.as_array() {
        items.iter().try_for_each(|item| weigh(item, depth + 1))?;
    } else if let Some(entries) = value.as_map() {
        for (key, value) in entries {
            charge_size(key.as_str().map_or(1, str::len))?;
            weigh(value, depth + 1)?;
        }
    }
    Ok(())
}

/// Registers the meters, and tera's own filters that multiply, with a charge.
pub(in crate::prompt) fn register(tera: &mut Tera) {
    tera.register_filter(WEIGH, |value: &Value, _: Kwargs, _: &State<'_>| weigh(value, 0).map(|()| value.clone()));
    tera.register_filter(WRITE, |value: &Value, _: Kwargs, _: &State<'_>| {
        if value.is_undefined() {
            return Err(Error::message("the value is not defined"));
        }
        weigh(value, 0).map(|()| value.clone())
    });
    tera.register_filter(LOOP, charge_loop);
    tera.register_function(TICK, |kwargs: Kwargs, _: &State<'_>| -> TeraResult<String> {
        charge(kwargs.must_get::<u64>("n")?.saturating_add(TURN))?;
        Ok(String::new())
    });
    tera.register_function("range", range);
    tera.register_filter("replace", replace);
    tera.register_filter("join", join);
    tera.register_filter("indent", indent);
    tera.register_filter("unique", unique);
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn charge_loop(value: &Value, kwargs: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let per = kwargs.get::<u64>("per")?.unwrap_or(0);
    let turns = u64::try_from(value.len().unwrap_or(0)).unwrap_or(u64::MAX);
    charge(turns.saturating_mul(per.saturating_add(TURN)))?;
    Ok(value.clone())
}

/// `range(end=…, start=0, step_by=1)`, as tera's own, charged with the length of its list.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a function")]
fn range(kwargs: Kwargs, _: &State<'_>) -> TeraResult<Vec<i128>> {
    let start = kwargs.get::<i128>("start")?.unwrap_or_default();
    let end = kwargs.must_get::<i128>("end")?;
    let step = kwargs.get::<i128>("step_by")?.unwrap_or(1);
    let wrong = |what: &str| Err(Error::message(format!("function `range` was called with {what}")));
    if step == 0 {
        return wrong("a `step_by` argument of 0");
    }
    if step > 0 && start > end {
        return wrong("a `start` argument greater than the `end` one");
    }
    let length = if step < 0 && start <= end { 0 } else { start.abs_diff(end).div_ceil(step.unsigned_abs()) };
    if length > MAX_RANGE {
        return wrong(&format!("arguments that make {length} numbers, more than {MAX_RANGE}"));
    }
    charge(u64::try_from(length).unwrap_or(u64::MAX))?;
    let mut list = Vec::new();
    let mut next = start;
    while (step > 0 && next < end) || (step < 0 && next > end) {
        list.push(next);
        next = match next.checked_add(step) {
            Some(next) => next,
            None => break,
        };
    }
    Ok(list)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn replace(text: &str, kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let from = kwargs.must_get::<&str>("from")?;
    let to = kwargs.must_get::<&str>("to")?;
    let hits = text.matches(from).count();
    charge_size(hits.saturating_mul(to.len()).saturating_add(text.len()))?;
    Ok(text.replace(from, to))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn join(items: &[Value], kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let sep = kwargs.get::<&str>("sep")?.unwrap_or("");
    charge_size(items.len().saturating_mul(sep.len()))?;
    items.iter().try_for_each(|item| weigh(item, 0))?;
    Ok(items.iter().map(ToString::to_string).collect::<Vec<_>>().join(sep))
}

/// `indent(width=4, first=false, blank=false, indentation=" ")`: lines moved to the right, the first and blank ones only
/// when asked for.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn indent(text: &str, kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    let width = kwargs.get::<usize>("width")?.unwrap_or(4).min(1000);
    let mark = kwargs.get::<&str>("indentation")?.unwrap_or(" ");
    if mark.chars().count() != 1 {
        return Err(Error::message("the `indentation` argument must be one character"));
    }
    let first = kwargs.get::<bool>("first")?.unwrap_or(false);
    let blank = kwargs.get::<bool>("blank")?.unwrap_or(false);
    let margin = mark.repeat(width);
    charge_size(text.lines().count().saturating_mul(margin.len()).saturating_add(text.len()))?;
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if (index == 0 && first) || (index > 0 && (blank || !line.is_empty())) {
            out.push_str(&margin);
        }
        out.push_str(line);
    }
    if text.ends_with('\n') {
        out.push('\n');
    }
    Ok(out)
}

/// Each value once, at its first place; every value is compared with those before it.
fn unique(items: &[Value], _: Kwargs, _: &State<'_>) -> TeraResult<Vec<Value>> {
    let mut once: Vec<Value> = Vec::new();
    for item in items {
        charge_size(once.len())?;
        if !once.contains(item) {
            once.push(item.clone());
        }
    }
    Ok(once)
}

#[cfg(test)]
mod tests {
    use super::super::section::Style;
    use super::super::template::{Engine, Failed, Values};
    use super::*;
    use serde_json::json;
    use tera::Context;

    fn engine(template: &str, partial: &str) -> Engine {
        Engine::build([("#0".to_owned(), template), ("p.txt".to_owned(), partial)]).expect("builds")
    }

    fn render(template: &str, partial: &str) -> Result<String, Failed> {
        let mut values = Values::new(Style::Markdown);
        values.insert("big", &json!("x".repeat(1_000_000)));
        values.insert("list", &json!((0..5_000).collect::<Vec<_>>()));
        engine(template, partial).render("#0", &values)
    }

    #[test]
    fn whatever_grows_without_output_is_stopped() {
        let nested = "{% for a in range(end=100000) %}{% for b in range(end=100000) %}{% endfor %}{% endfor %}";
        let given = "{% for a in list %}{% for b in list %}{% for c in list %}{% endfor %}{% endfor %}{% endfor %}";
        let table = [
            (nested, ""),
            (given, ""),
            ("{% set s = 'ab' %}{% for i in range(end=60) %}{% set_global s = s ~ s %}{% endfor %}", ""),
            ("{% set l = [1] %}{% for i in range(end=60) %}{% set_global l = [l, l] %}{% endfor %}", ""),
            ("{% set l = [[a ~ b for a in range(end=3000)] for b in range(end=3000)] %}", ""),
            ("{% set l = [big ~ i for i in range(end=100000)] %}", ""),
            ("{% set s %}{% for i in range(end=100000) %}{{ big }}{% endfor %}{% endset %}", ""),
            ("{% filter upper %}{% for i in list %}{{ big }}{% endfor %}{% endfilter %}", ""),
            ("{% set s %}{% for i in list %}{% include 'p.txt' %}{% endfor %}{% endset %}", "{{ big }}"),
            (
                "{% set s %}{% for i in range(end=100000) %}{% include 'p.txt' %}{% endfor %}{% endset %}",
                "some text, long enough to be charged for: it is written a hundred thousand times, and that makes 20 MB in all of it, which is more than there may be of texts that are made on the way",
            ),
            ("{{ big | replace(from='x', to=big) | length }}", ""),
            ("{{ range(end=100000) | join(sep=big) | length }}", ""),
            ("{% set t = big | replace(from='x', to='\n') %}{{ t | indent(width=1000, blank=true) | length }}", ""),
            ("{{ range(end=100000) | unique | length }}", ""),
        ];
        for (template, partial) in table {
            let failed = render(template, partial).expect_err(template);
            let Failed::At { message, .. } = &failed else { panic!("{template}: {failed:?}") };
            assert!(message.contains(SPENT), "{template}: {message}");
        }
        let long =
            "{% set s %}{% for i in list %}TEXT{% endfor %}{% endset %}".replace("TEXT", &"long text ".repeat(400));
        assert!(matches!(render(&long, ""), Err(Failed::At { .. })));
    }

    #[test]
    fn nesting_is_bounded_before_a_stack_overflows() {
        let template = "{% set l = [1] %}{% for i in range(end=100000) %}{% set_global l = [l] %}{% endfor %}";
        let Err(Failed::At { message, .. }) = render(template, "") else { panic!("must fail") };
        assert!(message.contains("more than 100 deep"), "{message}");
    }

    #[test]
    fn ordinary_templates_are_far_from_the_bounds() {
        let template = "{% set s %}{% for i in list %}{{ i }},{% endfor %}{% endset %}{{ s | length }}";
        assert_eq!(render(template, ""), Ok("23890".to_owned()));
        assert_eq!(render("{% for i in list %}{% include 'p.txt' %}{% endfor %}", ""), Ok(String::new()));
        assert_eq!(render("{{ big | upper | length }}{% set s = big %}", ""), Ok("1000000".to_owned()));
        // Each message begins anew.
        let engine = engine("{% for i in range(end=100000) %}{% for j in range(end=5) %}{% endfor %}{% endfor %}", "");
        let values = Values::new(Style::Markdown);
        for _ in 0..3 {
            assert_eq!(engine.render("#0", &values), Ok(String::new()));
        }
        assert_eq!(render("fine", ""), Ok("fine".to_owned()));
    }

    #[test]
    fn filters_that_are_charged_do_what_those_of_tera_do() {
        let templates = [
            "{{ t | indent }}|{{ t | indent(width=2, first=true, blank=true) }}|{{ t | indent(indentation='>') }}|{{ '' | indent }}",
            "{{ t | replace(from='a', to='bb') }}|{{ t | replace(from='', to='-') }}",
            "{{ l | join }}|{{ l | join(sep=', ') }}|{{ [] | join(sep='x') }}|{{ ['a', 1.5, none, [2]] | join(sep=' ') }}",
            "{{ l | unique }}|{{ ['a', 'a', 1, 1.0] | unique }}",
            "{{ range(end=3) }}|{{ range(start=2, end=9, step_by=3) }}|{{ range(start=3, end=0, step_by=-1) }}|{{ range(end=0) }}|{{ range(start=0, end=4, step_by=-2) }}",
            "{{ range(start=4, end=1) }}",
            "{{ range(end=100001) }}",
            "{{ range(end=3, step_by=0) }}",
            "{{ 5 | indent }}",
            "{{ 'x' | join }}",
        ];
        for template in templates {
            let mut plain = Tera::default();
            plain.add_raw_template("#0", template).expect("sound");
            let mut context = Context::new();
            context.insert("t", "a b\n\n  c\r\nd\n");
            context.insert("l", &[3, 1, 3, 2]);
            let wanted = plain.render("#0", &context).ok();
            let mut values = Values::new(Style::Markdown);
            values.insert("t", &json!("a b\n\n  c\r\nd\n"));
            values.insert("l", &json!([3, 1, 3, 2]));
            assert_eq!(engine(template, "").render("#0", &values).ok(), wanted, "{template}");
        }
    }
}

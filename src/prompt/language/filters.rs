//! Filters of our own, on top of those of tera.

use indexmap::IndexMap;
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use super::section::{Style, is_section_name};

/// Where filters find the style of sections; no template can name it.
pub(in crate::prompt) const STYLE: &str = "#style";

/// Registers them; `group_by` takes the place of tera's, whose groups come in random order.
pub(in crate::prompt) fn register(tera: &mut Tera) {
    tera.register_filter("json", json_encode);
    tera.register_filter("json_encode", json_encode);
    tera.register_filter("section", section);
    tera.register_filter("group_by", group_by);
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn json_encode(value: &Value, kwargs: Kwargs, _: &State<'_>) -> TeraResult<String> {
    if value.is_undefined() {
        return Err(Error::message("`json_encode` was given an undefined value"));
    }
    let pretty = kwargs.get::<bool>("pretty")?.unwrap_or(false);
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map_err(|error| Error::message(format!("the value cannot be written as JSON: {error}")))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn section(value: &Value, kwargs: Kwargs, state: &State<'_>) -> TeraResult<String> {
    let name = kwargs.must_get::<&str>("name")?;
    if !is_section_name(name) {
        let message = format!("`{name}` is no name of a section: use letters, digits, `_` and `-`");
        return Err(Error::message(message));
    }
    if value.is_undefined() {
        return Err(Error::message("`section` was given an undefined value"));
    }
    let style = state.get::<String>(STYLE)?.and_then(|word| Style::parse(&word)).unwrap_or_default();
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string_pretty(value)
            .map_err(|error| Error::message(format!("the value cannot be written as JSON: {error}")))?,
    };
    Ok(style.section(name, &text))
}

/// Groups in the order in which each first appears; keys are text.
#[expect(clippy::needless_pass_by_value, reason = "the signature of a filter")]
fn group_by(items: &[Value], kwargs: Kwargs, _: &State<'_>) -> TeraResult<Value> {
    let attribute = kwargs.must_get::<&str>("attribute")?;
    let mut groups: IndexMap<String, Vec<Value>> = IndexMap::new();
    for (index, item) in items.iter().enumerate() {
        let Some(key) = item.get_from_path(attribute).cloned() else {
            return Err(Error::message(format!("item {index} has no `{attribute}` to group by")));
        };
        if key.is_none() {
            continue;
        }
        if key.is_map() || key.is_array() {
            return Err(Error::message(format!("`{attribute}` of item {index} is no text, number or boolean")));
        }
        groups.entry(key.to_string()).or_default().push(item.clone());
    }
    Ok(Value::from(groups))
}

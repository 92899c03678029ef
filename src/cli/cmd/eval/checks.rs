//! `karat eval --list-checks [CHECK]`.

use super::present::show;
use crate::base::closest;
use crate::cli::{Exit, Session, UsageError};
use crate::report::{CheckRow, ChecksReport, Format};
use crate::score::{CheckSpec, ValueRule, catalogue};

/// Prints all checks, or the one of this name; an empty name means all.
pub(super) fn run(name: &str, format: Format, session: &Session) -> anyhow::Result<Exit> {
    let wanted = name.strip_prefix("not_").unwrap_or(name);
    let rows: Vec<CheckRow> = catalogue()
        .iter()
        .filter(|spec| wanted.is_empty() || spec.name == wanted)
        .map(|spec| CheckRow {
            name: spec.name.to_owned(),
            about: spec.about.to_owned(),
            parameters: parameters(spec),
            edge_cases: spec.degenerate.join("; "),
            version: spec.version,
        })
        .collect();
    if rows.is_empty() {
        let near = closest(wanted, catalogue().iter().map(|spec| spec.name));
        let help = near.map_or_else(
            || "`karat eval --list-checks` prints them all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(UsageError::of("unknown-check", format!("`{name}` is not a check"), help).into());
    }
    show(&ChecksReport::of(rows), format, session)?;
    Ok(Exit::Passed)
}

/// The options of a check in one line: what its value is, then its own options with what they take.
fn parameters(spec: &CheckSpec) -> String {
    let value = match spec.value {
        ValueRule::OrExpected => Some("without a value: the case's `expected`".to_owned()),
        ValueRule::Optional => Some("may go without a value".to_owned()),
        ValueRule::None | ValueRule::Required => None,
    };
    let options = spec.options.iter().map(|option| format!("{} ({})", option.name, option.takes));
    value.into_iter().chain(options).collect::<Vec<_>>().join("; ")
}

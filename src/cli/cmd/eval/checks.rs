//! `karat eval --list-checks [CHECK]`.

use crate::base::closest;
use crate::cli::{Exit, Session, UsageError, show};
use crate::report::{CheckOption, CheckRow, ChecksReport, Format};
use crate::score::{COMMON_OPTIONS, CheckSpec, OptionSpec, ValueRule, catalogue};

/// Prints all checks, or explains the one of this name; an empty name means all.
pub(super) fn run(name: &str, format: Format, session: &Session) -> anyhow::Result<Exit> {
    let wanted = name.strip_prefix("not_").unwrap_or(name);
    let chosen = catalogue().iter().filter(|spec| wanted.is_empty() || spec.name == wanted);
    let rows: Vec<CheckRow> = chosen.map(|spec| row(spec)).collect();
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

fn row(spec: &CheckSpec) -> CheckRow {
    let option = |option: &OptionSpec, common| CheckOption {
        name: option.name.to_owned(),
        takes: option.takes.to_owned(),
        about: option.about.to_owned(),
        common,
    };
    let own = spec.options.iter().map(|own| option(own, false));
    // A check without a value has nothing to take from the case.
    let takes_value = spec.value != ValueRule::None;
    let common = COMMON_OPTIONS.iter().filter(|common| takes_value || common.name != "from");
    CheckRow {
        name: spec.name.to_owned(),
        about: spec.about.to_owned(),
        without_value: match spec.value {
            ValueRule::OrExpected => format!("without `{}` it takes the case's `expected`", spec.short),
            ValueRule::Optional => "it may go without a value".to_owned(),
            ValueRule::None | ValueRule::Required => String::new(),
        },
        example: spec.example.to_owned(),
        options: own.chain(common.map(|common| option(common, true))).collect(),
        edge_cases: spec.degenerate.iter().map(|&case| case.to_owned()).collect(),
        range: [0.0, 1.0],
        passes_from: spec.pass_at,
        calls: spec.calls.to_owned(),
        version: spec.version,
    }
}

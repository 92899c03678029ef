//! What each result shows.

mod attacks;
mod cache;
mod calibrate;
mod checks;
mod classification;
mod corpus;
mod doctor;
mod eval;
mod pings;
mod plan;
pub mod prompt;
mod providers;
mod repeats;
mod runs;
mod semantic;
mod trial;
mod unchanged;

pub use cache::CacheReport;
pub use checks::{CheckOption, CheckRow, ChecksReport};
pub use eval::EvalView;
pub use pings::{PingsReport, PlannedPing, PlannedPings};
pub use providers::{KeyState, ProviderRow, ProvidersReport};
pub use runs::{RunRow, RunsReport};
pub use trial::{CallReport, CaseFacts, TrialReport, TrialsReport};
pub use unchanged::NothingChanged;

use crate::base::Tokens;

/// A count of tokens in little space: `999`, `1.2k`, `12.3k`, `4.56M`.
fn short_tokens(tokens: Option<Tokens>) -> String {
    let Some(Tokens(count)) = tokens else { return "—".to_owned() };
    let scaled = |unit: u64, decimals: usize| {
        let part = 10_u64.pow(u32::try_from(decimals).unwrap_or(0));
        let rounded = (u128::from(count) * u128::from(part) + u128::from(unit) / 2) / u128::from(unit);
        let part = u128::from(part);
        format!("{}.{:0decimals$}", rounded / part, rounded % part)
    };
    match count {
        0..1_000 => count.to_string(),
        1_000..999_950 => format!("{}k", scaled(1_000, 1)),
        _ => format!("{}M", scaled(1_000_000, 2)),
    }
}

/// `1 case`, `25 cases`.
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", Tokens(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_counts_stay_short() {
        let shown: Vec<String> =
            [0, 999, 12_345, 999_949, 999_950, 4_560_000].map(|n| short_tokens(Some(Tokens(n)))).to_vec();
        assert_eq!(shown, ["0", "999", "12.3k", "999.9k", "1.00M", "4.56M"]);
        assert_eq!(short_tokens(None), "—");
    }
}

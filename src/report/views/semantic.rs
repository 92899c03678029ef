//! What the semantic cache did in a run: hits, and how often its answers agree with fresh ones.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use crate::base::Tokens;
use crate::eval::{AgreedShare, SemanticReport};

/// Adds what the semantic cache did.
pub(super) fn show(report: &SemanticReport, doc: &mut Doc) {
    let mut about = String::from("  ");
    about.push_str(report.model.as_deref().unwrap_or("embeddings"));
    if let Some(threshold) = report.threshold {
        about.push_str(&format!(" · similarity from {threshold}"));
    }
    doc.push(Block::Heading(Line::of("semantic cache", Tone::Strong).then(about, Tone::Dim)));
    let asked = Tokens(report.asked);
    let mut said = match report.hit_rate {
        Some(rate) => format!("{} of {asked} questions had a similar one: {}", Tokens(report.hits), shown(rate)),
        None => "no question came to it".to_owned(),
    };
    if report.hits > 0 {
        let verified = Tokens(report.verified);
        said.push_str(&match report.same_text {
            Some(same) => format!("; {verified} checked, {} answers the same: {}", same.agreed, shown(same)),
            None => "; none was checked, `--cache-verify 1` checks all".to_owned(),
        });
    }
    doc.push(Block::Paragraph(Line::from(said)));
    if report.buckets.is_empty() {
        return;
    }
    let columns = vec![
        Column::names("similarity"),
        Column::numbers("hits"),
        Column::numbers("checked"),
        Column::numbers("same answer (95 %)"),
        Column::numbers("same outcome (95 %)"),
    ];
    let cell = |share: Option<AgreedShare>| {
        share.map_or("—".to_owned(), |share| format!("{}/{} {}", share.agreed, share.of, shown(share)))
    };
    let rows = report.buckets.iter().map(|bucket| {
        vec![
            Line::from(format!("{:.2}–{:.2}", bucket.low, bucket.high)),
            Line::from(Tokens(bucket.hits).to_string()),
            Line::from(Tokens(bucket.verified).to_string()),
            Line::from(cell(bucket.same_text)),
            Line::from(cell(bucket.same_outcome)),
        ]
    });
    doc.push(Block::Table(Table { columns, rows: rows.collect() }));
}

#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 lose digits that no percentage shows")]
fn shown(share: AgreedShare) -> String {
    let rate = share.agreed as f64 / share.of as f64 * 100.0;
    format!("{rate:.0} % ({:.0}–{:.0})", share.low * 100.0, share.high * 100.0)
}

//! How well a variant sorts: figures, labels one by one, and who is taken for whom.

use super::super::doc::{Block, Column, Doc, Line, Table, Tone};
use super::counted;
use crate::eval::{ClassificationReport, Rate};

/// Most labels of a matrix on a page; JSON has all of them.
const MATRIX_LABELS: usize = 12;
/// Most labels of the table.
const TABLE_LABELS: usize = 40;
/// Longest label in the head of a column, in characters.
const HEAD_CHARS: usize = 16;

/// Appends the figures of one variant; `name` tells it from others and may be empty.
pub(super) fn show(found: &ClassificationReport, name: &str, doc: &mut Doc) {
    let mut heading =
        Line::of("labels", Tone::Strong).text("  ").text(counted(found.predictions, "prediction", "predictions"));
    if !name.is_empty() {
        heading = heading.then(format!(" · {name}"), Tone::Dim);
    }
    doc.push(Block::Heading(heading));
    doc.push(Block::Facts(figures(found)));
    if found.predictions > 0 {
        doc.push(Block::Table(classes(found)));
        if found.classes.len() <= MATRIX_LABELS {
            doc.push(Block::Table(matrix(found)));
        }
    }
    doc.push_list(notes(found));
}

fn figures(found: &ClassificationReport) -> Vec<(String, Line)> {
    let shown = |value: Option<f64>| value.map_or("—".to_owned(), |value| format!("{value:.3}"));
    let accuracy = found
        .accuracy
        .map_or("—".to_owned(), |rate: Rate| format!("{:.3} (95 % {:.3}–{:.3})", rate.estimate, rate.low, rate.high));
    let accuracy = format!("{accuracy}, balanced {}", shown(found.balanced_accuracy));
    let f1 = [
        ("macro", found.macro_average.map(|average| average.f1)),
        ("micro", found.micro_average.map(|average| average.f1)),
        ("weighted", found.weighted_average.map(|average| average.f1)),
    ];
    let f1: Vec<String> = f1.into_iter().map(|(word, value)| format!("{word} {}", shown(value))).collect();
    let mut facts = vec![
        ("accuracy".to_owned(), Line::from(accuracy)),
        ("F1".to_owned(), Line::from(f1.join(", "))),
        ("agreement".to_owned(), Line::from(format!("kappa {}, MCC {}", shown(found.kappa), shown(found.mcc)))),
    ];
    if found.confidences > 0 {
        let text = format!(
            "Brier {}, log loss {}, ROC area {}, calibration error {} in 10 bins, at most {} ({})",
            shown(found.brier),
            shown(found.log_loss),
            shown(found.roc_auc),
            shown(found.ece_10_bins),
            shown(found.mce_10_bins),
            counted(found.confidences, "confidence", "confidences")
        );
        facts.push(("confidence".to_owned(), Line::from(text)));
    }
    facts
}

fn classes(found: &ClassificationReport) -> Table {
    let shown = |value: Option<f64>| Line::from(value.map_or("—".to_owned(), |value| format!("{value:.3}")));
    let columns = vec![
        Column::names("label"),
        Column::numbers("precision"),
        Column::numbers("recall"),
        Column::numbers("F1"),
        Column::numbers("cases"),
        Column::numbers("predicted"),
    ];
    let rows = found.classes.iter().take(TABLE_LABELS).map(|class| {
        vec![
            Line::from(class.label.as_str()),
            shown(class.precision),
            shown(class.recall),
            shown(class.f1),
            Line::from(class.support.to_string()),
            Line::from(class.predicted.to_string()),
        ]
    });
    Table { columns, rows: rows.collect() }
}

/// Rows are the right labels, columns what the replies said.
fn matrix(found: &ClassificationReport) -> Table {
    let mut columns = vec![Column::names("right ↓ said →")];
    columns.extend(found.classes.iter().map(|class| Column::numbers(&head(&class.label))));
    let unread = found.no_label_total > 0;
    if unread {
        columns.push(Column::numbers("(no label)"));
    }
    let rows = found.classes.iter().enumerate().map(|(at, class)| {
        let counts = found.confusion.get(at).into_iter().flatten();
        let unread = found.no_label.get(at).filter(|_| unread);
        let mut row = vec![Line::from(class.label.as_str())];
        row.extend(counts.chain(unread).map(|count| Line::from(count.to_string())));
        row
    });
    Table { columns, rows: rows.collect() }
}

fn head(label: &str) -> String {
    if label.chars().count() <= HEAD_CHARS {
        return label.to_owned();
    }
    let short: String = label.chars().take(HEAD_CHARS - 1).collect();
    format!("{short}…")
}

fn notes(found: &ClassificationReport) -> Vec<Line> {
    let mut notes = Vec::new();
    let mut tell = |n: u64, text: String| {
        if n > 0 {
            notes.push(Line::from(text));
        }
    };
    tell(
        found.no_label_total,
        format!("{} without a readable label, counted as wrong", counted(found.no_label_total, "reply", "replies")),
    );
    tell(
        found.without_prediction,
        format!(
            "{} without a prediction (errors and ungraded), in none of these figures",
            counted(found.without_prediction, "trial", "trials")
        ),
    );
    tell(
        found.beyond_labels,
        format!(
            "{} beyond the first 200 labels, in none of these figures; give `labels` to `classification`",
            counted(found.beyond_labels, "prediction", "predictions")
        ),
    );
    let left = found.classes.len().saturating_sub(TABLE_LABELS);
    let matrix = found.classes.len() > MATRIX_LABELS;
    tell(u64::from(matrix), format!("the matrix of {} labels is in `--format json`", found.classes.len()));
    tell(u64::try_from(left).unwrap_or(0), format!("and {left} more labels, in `--format json`"));
    notes
}

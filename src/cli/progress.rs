//! What a person sees while a run is under way: a bar on a terminal, a plain line every few seconds elsewhere.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ui::Ui;
use crate::base::{Usd, format_duration};
use crate::record::Outcome;

/// Seconds between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// Counts of what is durable so far.
#[derive(Debug, Clone, Default)]
struct Tally {
    done: u64,
    passed: u64,
    graded: u64,
    errors: u64,
    spent: Usd,
    unknown: u64,
}

/// Progress of one run. Only durable trials are counted.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    plain: bool,
    total: u64,
    already: u64,
    tally: Tally,
    begun: Instant,
    last_line: Instant,
    ui: Ui,
}

impl Progress {
    /// Progress towards `total` trials, of which `already` are stored from before.
    pub(super) fn new(ui: &Ui, total: u64, already: u64) -> Progress {
        let on_terminal = ui.around.stderr_tty && !ui.around.ci && !ui.is_quiet();
        let bar = on_terminal.then(|| {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len}  {msg}  eta {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_position(already);
            bar.reset_eta();
            bar
        });
        let now = Instant::now();
        Progress {
            plain: bar.is_none() && !ui.is_quiet(),
            bar,
            total,
            already,
            tally: Tally::default(),
            begun: now,
            last_line: now,
            ui: ui.clone(),
        }
    }

    /// A trial became durable.
    pub(super) fn count(&mut self, outcome: Outcome, spent: Option<Usd>) {
        self.tally.done += 1;
        match outcome {
            Outcome::Pass => {
                self.tally.passed += 1;
                self.tally.graded += 1;
            }
            Outcome::Fail => self.tally.graded += 1,
            Outcome::Error | Outcome::Ungraded => self.tally.errors += 1,
            Outcome::Skipped => {}
        }
        self.pay(spent);
    }

    /// Something without a grade of its own became durable: a trial that will be compared with others, or a comparison.
    pub(super) fn count_ungraded_yet(&mut self, spent: Option<Usd>) {
        self.tally.done += 1;
        self.pay(spent);
    }

    fn pay(&mut self, spent: Option<Usd>) {
        match spent {
            Some(amount) => self.tally.spent = self.tally.spent.saturating_add(amount),
            None => self.tally.unknown += 1,
        }
    }

    /// Shows the counts: moves the bar, or prints a line when one is due.
    pub(super) fn show(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.already + self.tally.done);
            bar.set_message(self.figures());
        } else if self.plain && self.last_line.elapsed() >= EVERY {
            self.last_line = Instant::now();
            self.ui.note(&self.line());
        }
    }

    /// A line above the bar, or just a line.
    pub(super) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.ui.problem(text)),
            None => self.ui.problem(text),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self) -> String {
        let done = self.already + self.tally.done;
        let mut line = format!("{done}/{}  {}", self.total, self.figures());
        if let Some(left) = self.time_left() {
            let _ = write!(line, "  {} left", format_duration(left));
        }
        line
    }

    fn figures(&self) -> String {
        let tally = &self.tally;
        let mut parts = Vec::new();
        if let Some(percent) = (tally.passed * 100).checked_div(tally.graded) {
            parts.push(format!("{percent} % pass"));
        }
        if tally.errors > 0 {
            parts.push(format!("{} errors", tally.errors));
        }
        parts.push(format!("{}/s", self.rate()));
        let least = if tally.unknown > 0 { "≥ " } else { "" };
        parts.push(format!("{least}{}", tally.spent));
        parts.join("  ")
    }

    /// Trials per second since the start, in whole numbers from 10 up.
    fn rate(&self) -> String {
        let millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        let tenths = self.tally.done.saturating_mul(10_000) / millis;
        if tenths >= 100 { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
    }

    fn time_left(&self) -> Option<Duration> {
        let left = self.total.saturating_sub(self.already + self.tally.done);
        let spent = u64::try_from(self.begun.elapsed().as_millis()).ok()?;
        spent.saturating_mul(left).checked_div(self.tally.done).map(Duration::from_millis)
    }
}

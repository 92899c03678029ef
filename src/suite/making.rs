//! Makes cases of rows ahead of the walk over them, on several threads.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::Scope;

use super::Suite;
use super::case::read_draft;
use super::checks::CheckCache;
use super::dataset::{Ahead, Block, Job, Prepared, Row};
use super::loaded::{Finisher, LoadedCase};
use super::row_lint::{self, Places};
use crate::base::{Place, Problems, Source, parse_json_row};
use crate::guard::{find_secrets, may_have_secrets};

/// How much is made ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Making {
    /// Threads; none means that rows are read in turn.
    pub(super) threads: usize,
    /// Bytes of a block, about. Some hundred rows: what is under way stays small beside what is kept.
    pub(super) block: usize,
    /// Files shorter than this are read in turn: starting threads takes longer.
    pub(super) least: u64,
}

impl Making {
    /// What suits this machine. More threads than four wait for the one who puts their cases in order.
    pub(super) fn usual() -> Making {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        Making { threads, block: 16 * 1024, least: 64 * 1024 }
    }
}

/// Starts workers for the rows of a suite; they end with the last copy of what is returned. `None` where rows are to be
/// read in turn: combinations and attacks are made one after the other, and what is short is read at once.
pub(super) fn start<'scope, 'env: 'scope>(
    suite: &'env Suite,
    making: Making,
    scope: &'scope Scope<'scope, 'env>,
) -> Option<Ahead> {
    let longest = suite.feeds.iter().filter_map(super::dataset::Feed::jsonl_bytes).max()?;
    if making.threads == 0 || longest < making.least || !suite.matrix.is_empty() || suite.attacks().is_some() {
        return None;
    }
    let (jobs, taken) = mpsc::channel::<Job>();
    let taken = Arc::new(Mutex::new(taken));
    for _ in 0..making.threads {
        let taken = Arc::clone(&taken);
        scope.spawn(move || {
            let mut maker = Maker::new(suite, making.threads);
            loop {
                let job = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Job { block, done }) = job else { return };
                // Nobody waits for it when the walk was given up.
                done.send(maker.prepare(&block)).ok();
            }
        });
    }
    Some(Ahead { jobs, window: making.threads * 2, block: making.block, least: making.least })
}

struct Maker<'a> {
    suite: &'a Suite,
    cache: CheckCache<'a>,
    finisher: Finisher,
}

impl<'a> Maker<'a> {
    /// One of so many, which share the memory for compiled checks.
    fn new(suite: &'a Suite, makers: usize) -> Maker<'a> {
        let cache = CheckCache::new(&suite.defaults.checks, suite.folders()).shared_by(makers);
        Maker { suite, cache, finisher: Finisher::new(suite) }
    }

    fn prepare(&mut self, block: &Block) -> Vec<Prepared> {
        // One look at all rows; only where it finds something, each is looked at.
        let suspect = may_have_secrets(block.text());
        let rows = block.rows().map(|(line, range)| {
            let source = block.source(line, range.clone());
            let case = if suspect && !find_secrets(source.text()).is_empty() { None } else { self.make(source) };
            Prepared { line, range, case }
        });
        rows.collect()
    }

    /// The case of a row of which nothing is to be said.
    fn make(&mut self, source: Source) -> Option<Box<LoadedCase>> {
        let mut problems = Problems::new();
        let node = parse_json_row(&source, &mut problems)?;
        let row = Row { node, source };
        let draft = read_draft(self.suite, &row, &mut self.cache, &mut problems)?;
        let loaded = Box::new(self.finisher.finish(draft, Some((&row.source, row.node.span))));
        row_lint::check(self.suite, &loaded, &Nowhere(self.suite), &mut problems);
        problems.is_empty().then_some(loaded)
    }
}

/// Places nobody will see: a row with problems is read again.
struct Nowhere<'a>(&'a Suite);

impl Places for Nowhere<'_> {
    fn place(&self) -> Place {
        self.0.place.clone()
    }

    fn place_of_var(&self, _variable: &str, _name: bool) -> Place {
        self.0.place.clone()
    }
}

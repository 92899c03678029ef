//! `karat eval`: run suites, and look at stored runs.

mod accepted;
mod apps;
mod args;
mod asked;
mod attacks;
mod batch;
mod caches;
mod calibrate;
mod catalogue;
mod changed;
mod checks;
mod collect;
mod compare;
mod doctor;
mod drive;
mod examples;
mod export;
mod fuzz;
mod list;
mod listen;
mod load;
mod money;
mod options;
mod own_checks;
mod plan;
mod present;
mod providers;
mod resume;
mod routes;
mod run;
mod show;
mod shutdowns;
mod side_models;
mod start;
mod stored;
mod tally;
#[cfg(test)]
mod tally_test;

pub(in crate::cli) use apps::names as app_names;
pub use args::{
    BatchRestArg, CacheArg, CalibrateArgs, CallsArg, CollectArgs, DoctorArgs, EvalArgs, EvalCommand, ExportArgs,
    HowArgs, ListArgs, SelectArgs, ShowArgs, ShowRunArgs, UndecidedArg,
};
pub(in crate::cli) use providers::{own_transport, pricer, settings_of};
pub use start::run;

use crate::cli::format_parser;

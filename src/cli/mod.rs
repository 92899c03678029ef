//! The front door: arguments, session, progress, exit codes; one file per subcommand.

mod accepting;
mod args;
mod certificates;
pub mod cmd;
mod entry;
mod exit;
mod format;
mod prices;
mod progress;
mod session;
mod show;
mod signals;
mod ui;
mod vectors;

pub(crate) use accepting::Accepting;
pub use args::{Cli, Command, EXIT_CODES, GlobalArgs};
use entry::is_closed_pipe;
pub use entry::main;
pub use exit::Exit;
pub(crate) use format::format_parser;
pub(crate) use prices::price_table;
pub use session::{Session, UsageError};
pub(crate) use show::{look, show};
pub use ui::{ColorChoice, Surroundings, Ui};
pub use vectors::kept_vectors;

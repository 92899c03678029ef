//! The front door: arguments, session, progress, exit codes; one file per subcommand.

mod args;
pub mod cmd;
mod entry;
mod exit;
mod progress;
mod session;
mod signals;
mod ui;

pub use args::{Cli, Command, EXIT_CODES, GlobalArgs};
use entry::is_closed_pipe;
pub use entry::main;
pub use exit::Exit;
pub use session::{Session, UsageError};
pub use ui::{ColorChoice, Surroundings, Ui};

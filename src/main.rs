//! The `karat` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(karat::cli::main(std::env::args_os()))
}

//! The front door: arguments, session, progress, exit codes; one file per subcommand.

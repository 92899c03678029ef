//! The results store: SQLite, migrations, one writing thread.

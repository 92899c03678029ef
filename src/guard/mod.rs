//! Detectors for what must not be in a file or a report: secrets, invisible characters.

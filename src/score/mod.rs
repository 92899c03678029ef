//! Checks: pure scorers from a reply to a three-state score.

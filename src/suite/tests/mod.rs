//! Whole suites on disk: loading, surveying, selecting.

mod ahead;
mod cases;
mod loading;
mod project;
mod properties;
mod selecting;
mod surveying;

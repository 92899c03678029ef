//! The store on real files.

mod cache;
mod concurrent;
mod damage;
mod ledger;
mod records;
mod runs;
mod sample;

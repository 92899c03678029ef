//! The store on real files.

mod cache;
mod concurrent;
mod damage;
mod embedding;
mod ledger;
mod passing;
mod records;
mod runs;
mod sample;

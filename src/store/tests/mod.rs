//! The store on real files.

mod batch;
mod by_prompt;
mod cache;
mod comparison;
mod concurrent;
mod damage;
mod embedding;
mod ledger;
mod records;
mod route;
mod runs;
mod sample;
mod semantic;
mod settle;
mod tidy;
mod upkeep;

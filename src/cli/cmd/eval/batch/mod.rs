//! `karat eval --batch` and `karat eval collect`: a run whose calls go to their providers in batches.
//!
//! A run goes round: look for chunks whose id was lost, ask how the others stand, keep what has come back, grade what has
//! an answer, send what is still missing. Every step rests on what is stored, so any process can take the run up where
//! another one was killed. The states of a chunk, and why nothing is sent twice, stand with
//! [`BatchClient`](crate::provider::BatchClient).

mod advance;
mod answers;
mod end;
mod flow;
mod grade;
mod guard;
mod submit;

pub(super) use end::drive;
pub(super) use flow::{BatchWish, Patience};
pub(super) use guard::refuse_what_has_no_batch;

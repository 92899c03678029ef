//! Faults that the server plays, drawn by seed, request and attempt.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::exchange::{Outgoing, Piece};
use crate::base::{Digest, DigestBuilder};
use crate::provider::Failure;
use crate::record::ErrorKind;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An HTTP error.
    Status(u16),
    /// The connection closes before the head of the reply.
    Reset,
    /// The connection closes in the middle of the body.
    ResetMidBody,
    /// The body ends early, as if it were whole.
    Truncate,
    /// A 200 whose body is not what the API promises.
    Malformed,
    /// No answer at all.
    Hang,
    /// An answer that stops in the middle and stays open.
    HangMidBody,
}

impl Fault {
    /// Word, fault and what it does, in one table; beside them, a status from 400 to 599 is a fault.
    pub const ALL: &[(&str, Fault, &str)] = &[
        ("reset", Fault::Reset, "the connection closes before the reply"),
        ("reset-mid-body", Fault::ResetMidBody, "the connection closes in the middle of the reply"),
        ("truncate", Fault::Truncate, "the reply ends early, as if it were whole"),
        ("malformed", Fault::Malformed, "a 200 that is not JSON"),
        ("hang", Fault::Hang, "no answer at all"),
        ("hang-mid-body", Fault::HangMidBody, "the reply stops in the middle"),
    ];

    /// The fault of a rule that failed.
    pub(super) fn of_failure(failure: &Failure) -> Fault {
        match (failure.error.status, failure.error.kind) {
            (Some(status), _) => Fault::Status(status),
            (None, ErrorKind::Timeout) => Fault::Hang,
            (None, ErrorKind::Malformed) => Fault::Malformed,
            (None, _) => Fault::Reset,
        }
    }

    /// What is left of a reply; `None` when the connection just closes.
    pub(super) fn spoil(self, whole: Outgoing) -> Option<Outgoing> {
        let Outgoing { status, headers, body } = whole;
        let body = match self {
            Fault::Reset => return None,
            Fault::Status(_) => body,
            Fault::Malformed => vec![Piece::now(b"{\"this is\": not JSON".to_vec())],
            Fault::Hang => vec![Piece::Hang],
            Fault::Truncate => first_half(body),
            Fault::ResetMidBody => ended(first_half(body), Piece::Break),
            Fault::HangMidBody => ended(first_half(body), Piece::Hang),
        };
        Some(Outgoing { status, headers, body })
    }
}

fn ended(mut body: Vec<Piece>, end: Piece) -> Vec<Piece> {
    body.push(end);
    body
}

/// Half of the events, or of the bytes where there is but one piece.
fn first_half(mut body: Vec<Piece>) -> Vec<Piece> {
    if let [Piece::Bytes(bytes, _)] = body.as_mut_slice() {
        bytes.truncate(bytes.len() / 2);
        return body;
    }
    body.truncate((body.len() / 2).max(1));
    body
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(word: &str) -> Result<Fault, String> {
        if let Some((_, fault, _)) = Fault::ALL.iter().find(|(known, _, _)| *known == word) {
            return Ok(*fault);
        }
        match word.parse::<u16>() {
            Ok(status) if (400..600).contains(&status) => Ok(Fault::Status(status)),
            _ => {
                let words: Vec<&str> = Fault::ALL.iter().map(|(word, _, _)| *word).collect();
                Err(format!("it is an HTTP status from 400 to 599, or one of {}", words.join(", ")))
            }
        }
    }
}

/// Which requests fail, and how.
#[derive(Debug)]
pub(super) struct Dice {
    faults: Vec<Fault>,
    rate: f64,
    seed: u64,
    /// How often each request came.
    seen: Mutex<HashMap<Digest, u64>>,
}

impl Dice {
    pub(super) fn new(faults: Vec<Fault>, rate: f64, seed: u64) -> Dice {
        Dice { faults, rate, seed, seen: Mutex::default() }
    }

    /// The fault of this request, if it is to fail; the same for the same seed, request and attempt.
    pub(super) fn draw(&self, path: &str, body: &[u8]) -> Option<Fault> {
        if self.faults.is_empty() || self.rate <= 0.0 {
            return None;
        }
        let request = DigestBuilder::new("fault").part(path.as_bytes()).part(body).finish();
        let number = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let number = seen.entry(request).or_default();
            *number += 1;
            *number
        };
        let seed = DigestBuilder::new("draw")
            .part(&self.seed.to_be_bytes())
            .part(request.as_bytes())
            .part(&number.to_be_bytes())
            .finish();
        let mut random = ChaCha8Rng::from_seed(*seed.as_bytes());
        if random.random::<f64>() >= self.rate {
            return None;
        }
        self.faults.get(random.random_range(0..self.faults.len())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_statuses_are_faults() {
        for (word, fault, _) in Fault::ALL {
            assert_eq!(word.parse(), Ok(*fault));
        }
        assert_eq!("529".parse(), Ok(Fault::Status(529)));
        for bad in ["200", "600", "explode", ""] {
            assert!(bad.parse::<Fault>().expect_err(bad).contains("reset-mid-body"));
        }
    }

    #[test]
    fn the_dice_fall_the_same_for_the_same_seed_and_near_the_rate() {
        let draw = |seed, rate| {
            let dice = Dice::new(vec![Fault::Reset, Fault::Status(500)], rate, seed);
            (0..1000).map(|n: u32| dice.draw("/v1/x", &(n / 2).to_be_bytes())).collect::<Vec<_>>()
        };
        let once = draw(1, 0.1);
        assert_eq!(once, draw(1, 0.1));
        assert_ne!(once, draw(2, 0.1));
        let failed = once.iter().flatten().count();
        assert!((60..=150).contains(&failed), "{failed}");
        for fault in [Fault::Reset, Fault::Status(500)] {
            assert!(once.iter().flatten().filter(|drawn| **drawn == fault).count() > 15);
        }
        assert!(draw(1, 0.0).iter().all(Option::is_none) && draw(1, 1.0).iter().all(Option::is_some));
        // A retry is another draw.
        assert!(once.chunks(2).any(|pair| pair[0].is_some() && pair[1].is_none()));
    }

    #[test]
    fn a_spoilt_body_is_cut_where_its_fault_says() {
        let whole = || Outgoing { status: 200, headers: vec![], body: vec![Piece::now(b"12345678".to_vec())] };
        assert_eq!(Fault::Truncate.spoil(whole()).expect("reply").body, [Piece::now(b"1234".to_vec())]);
        assert_eq!(Fault::ResetMidBody.spoil(whole()).expect("reply").body.last(), Some(&Piece::Break));
        assert_eq!(Fault::HangMidBody.spoil(whole()).expect("reply").body.last(), Some(&Piece::Hang));
        assert_eq!(Fault::Reset.spoil(whole()), None);
        let events = Outgoing { body: (0..6).map(|n| Piece::now(vec![n])).collect(), ..whole() };
        assert_eq!(Fault::Truncate.spoil(events).expect("reply").bytes(), [0, 1, 2]);
    }
}

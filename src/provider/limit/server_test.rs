//! Against a server that allows 600 requests a minute and holds to it: counts, in simulated time.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::join_all;

use super::*;

const LONGEST: Duration = Duration::from_secs(120);

/// How the server counts.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// A bucket of so many requests that fills at 10 a second.
    Bucket(f64),
    /// 600 in any 60 seconds.
    Minute,
    /// 10 in any second.
    Second,
}

/// What the server tells.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tells {
    /// Limits in every reply, and when to come again to the millisecond.
    All,
    /// When to come again, to the millisecond.
    Exactly,
    /// When to come again, in whole seconds.
    Seconds,
}

struct Server {
    rule: Rule,
    tells: Tells,
    level: f64,
    filled: Instant,
    seen: Vec<Instant>,
    calls: u32,
    refused: u32,
}

impl Server {
    /// Decides on a request at the moment it arrives: the headers, or how long to wait.
    fn arrive(&mut self) -> Result<Vec<(String, String)>, Duration> {
        let now = Instant::now();
        self.calls += 1;
        let within = |seen: &[Instant], seconds| {
            seen.iter().filter(|at| now.duration_since(**at) < Duration::from_secs(seconds)).count()
        };
        let wait = match self.rule {
            Rule::Bucket(size) => {
                self.level = (self.level + now.duration_since(self.filled).as_secs_f64() * 10.0).min(size);
                self.filled = now;
                (self.level < 1.0).then(|| Duration::from_secs_f64((1.0 - self.level) / 10.0))
            }
            Rule::Minute => (within(&self.seen, 60) >= 600).then_some(Duration::from_secs(1)),
            Rule::Second => (within(&self.seen, 1) >= 10).then_some(Duration::from_millis(100)),
        };
        if let Some(wait) = wait {
            self.refused += 1;
            let whole = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
            return Err(if self.tells == Tells::Seconds { whole } else { wait.max(Duration::from_millis(1)) });
        }
        self.level -= 1.0;
        self.seen.push(now);
        if self.tells != Tells::All {
            return Ok(Vec::new());
        }
        let left = match self.rule {
            Rule::Bucket(_) => self.level.floor(),
            Rule::Minute => 600.0 - f64::from(u32::try_from(within(&self.seen, 60)).expect("few")),
            Rule::Second => 10.0 - f64::from(u32::try_from(within(&self.seen, 1)).expect("few")),
        };
        let stated = [("limit", "600".to_owned()), ("remaining", left.to_string()), ("reset", "100ms".to_owned())];
        Ok(stated.map(|(what, value)| (format!("x-ratelimit-{what}-requests"), value)).to_vec())
    }
}

/// Share of refused calls, and the share of the allowed rate that 300 calls used.
async fn run(limits: Limits, rule: Rule, tells: Tells, at_once: u32, latency_ms: u64) -> (f64, f64) {
    let level = if let Rule::Bucket(size) = rule { size } else { 0.0 };
    let server = Server { rule, tells, level, filled: Instant::now(), seen: Vec::new(), calls: 0, refused: 0 };
    let server = Rc::new(RefCell::new(server));
    let limiter = Rc::new(Limiter::new(limits, Some(at_once), true));
    let work: Rc<RefCell<u32>> = Rc::new(RefCell::new(300));
    let start = Instant::now();
    join_all((0..at_once).map(|_| {
        let (server, limiter, work) = (Rc::clone(&server), Rc::clone(&limiter), Rc::clone(&work));
        async move {
            while *work.borrow() > 0 {
                *work.borrow_mut() -= 1;
                let mut answered = false;
                while !answered {
                    answered = call(&limiter, &server, latency_ms).await;
                }
            }
        }
    }))
    .await;
    let server = server.borrow();
    (f64::from(server.refused) / f64::from(server.calls), 30.0 / start.elapsed().as_secs_f64())
}

/// One request: half a millisecond to the server; a refusal comes back at once, an answer after the latency.
async fn call(limiter: &Limiter, server: &RefCell<Server>, latency_ms: u64) -> bool {
    let slot = limiter.slot("m", Load::default(), LONGEST).await.expect("slot");
    tokio::time::sleep(Duration::from_micros(500)).await;
    let arrived = server.borrow_mut().arrive();
    match arrived {
        Ok(headers) => {
            tokio::time::sleep(Duration::from_millis(latency_ms)).await;
            limiter.learn("m", &HttpReply { status: 200, headers, body: vec![] }, Timestamp(0));
            limiter.settle(&slot, None);
            true
        }
        Err(wait) => {
            tokio::time::sleep(Duration::from_micros(500)).await;
            limiter.refused(&slot, Some(wait), wait, false);
            false
        }
    }
}

#[tokio::test(start_paused = true)]
async fn six_hundred_a_minute_are_used_and_not_exceeded() {
    let set = Limits { rpm: Some(600), ..Limits::default() };
    let mut bad = Vec::new();
    for (limits, how) in [(set, "set"), (Limits::default(), "learned")] {
        for rule in [Rule::Bucket(10.0), Rule::Bucket(100.0), Rule::Bucket(600.0), Rule::Minute, Rule::Second] {
            for tells in [Tells::All, Tells::Exactly, Tells::Seconds] {
                for (at_once, latency_ms) in [(20, 50), (20, 1500), (50, 50), (8, 500)] {
                    let (refused, used) = run(limits, rule, tells, at_once, latency_ms).await;
                    let line = format!(
                        "{how} {rule:?} {tells:?} {at_once}×{latency_ms}: {:.1} % {:.0} %",
                        refused * 100.0,
                        used * 100.0
                    );
                    println!("{line}");
                    if refused > 0.02 || used < 0.9 {
                        bad.push(line);
                    }
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

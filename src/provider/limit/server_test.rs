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
            Rule::Second => {
                let tenth = self.seen.len().checked_sub(10).and_then(|at| self.seen.get(at));
                tenth
                    .and_then(|at| Duration::from_secs(1).checked_sub(now.duration_since(*at)))
                    .filter(|w| !w.is_zero())
            }
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

/// Every combination that does not keep to these bounds.
async fn beyond(limits: Limits, rules: &[Rule], tells: &[Tells], most_refused: f64, least_used: f64) -> Vec<String> {
    let mut bad = Vec::new();
    for (rule, tells) in rules.iter().flat_map(|rule| tells.iter().map(move |tells| (*rule, *tells))) {
        for (at_once, latency_ms) in [(20, 50), (20, 1500), (8, 500), (50, 50)] {
            let (refused, used) = run(limits, rule, tells, at_once, latency_ms).await;
            let (refused, used) = (refused * 100.0, used * 100.0);
            let line = format!(
                "{rule:?} {tells:?} {at_once} at once, {latency_ms} ms: {refused:.1} % refused, {used:.0} % used"
            );
            println!("{line}");
            if refused > most_refused || used < least_used {
                bad.push(line);
            }
        }
    }
    bad
}

const BUCKETS: &[Rule] = &[Rule::Bucket(10.0), Rule::Bucket(100.0), Rule::Bucket(600.0), Rule::Minute];

#[tokio::test(start_paused = true)]
async fn six_hundred_a_minute_that_are_set_are_used_and_never_exceeded() {
    let set = Limits { rpm: Some(600), ..Limits::default() };
    let all = [Tells::All, Tells::Exactly, Tells::Seconds];
    let mut bad = beyond(set, BUCKETS, &all, 0.0, 90.0).await;
    bad.extend(beyond(set, &[Rule::Second], &all, 0.0, 90.0).await);
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn six_hundred_a_minute_that_headers_state_are_used_and_hardly_exceeded() {
    let mut bad = beyond(Limits::default(), BUCKETS, &[Tells::All], 2.0, 90.0).await;
    // A window without a bucket holds what the first wave did against us for a whole second.
    bad.extend(beyond(Limits::default(), &[Rule::Second], &[Tells::All], 3.0, 85.0).await);
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Nobody can know a limit that is not told before it is met: what is refused is what is under way then, and a few more
/// until the rate is measured.
#[tokio::test(start_paused = true)]
async fn six_hundred_a_minute_that_only_refusals_show_are_found_by_a_few_of_them() {
    let bad = beyond(Limits::default(), BUCKETS, &[Tells::Exactly, Tells::Seconds], 3.5, 90.0).await;
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

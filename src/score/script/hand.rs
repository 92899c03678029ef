//! Lets scripts run on a thread beside their caller, who goes on when a script outlasts its time.
//!
//! The engine looks at the time between the steps of a script; one step in a built-in function (`indexOf` of a long text
//! in a longer one, `flat` of lists in lists) cannot be stopped, and may take hours. Such a thread is left to itself and
//! counted; when too many of them are under way, no further script is started.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::answer::Answer;
use super::brief::is_little;
use super::engine::{Failure, Script};

/// How long after its time a script may still end by itself: the engine's look at the time, and a busy machine.
const GRACE: Duration = Duration::from_millis(500);

/// Threads that may be left to themselves at once. Each takes a core until it ends.
const MOST_LEFT: usize = 4;

/// Bytes of a thread's stack, four times what a script may take.
const STACK: usize = 2 * 1024 * 1024;

/// Threads that were left to themselves and have not ended.
static LEFT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static HAND: RefCell<Option<Hand>> = const { RefCell::new(None) };
}

/// One evaluation.
struct Task {
    script: Script,
    output: String,
    context: Option<String>,
    limit: Duration,
}

/// A thread that evaluates one task after the other. It ends when this is dropped.
struct Hand {
    tasks: SyncSender<Task>,
    answers: Receiver<Result<Answer, Failure>>,
    is_left: Arc<AtomicBool>,
}

/// Calls a script on an output and a context in JSON; returns within `limit` and half a second, whatever the script does.
///
/// # Errors
/// What it threw, which limit it met, or that no script may be started any more.
pub(super) fn call(script: &Script, output: &str, context: Option<&str>, limit: Duration) -> Result<Answer, Failure> {
    // To change threads and back takes longer than most scripts.
    if script.is_brief && is_little(output, context) {
        return script.call(output, context, limit);
    }
    let task = Task { script: script.clone(), output: output.to_owned(), context: context.map(str::to_owned), limit };
    HAND.with_borrow_mut(|slot| in_time(slot, task, &LEFT))
}

/// Has a task done by the thread in `slot`, which is started when there is none, and gone when it did not answer in time.
fn in_time(slot: &mut Option<Hand>, task: Task, left: &'static AtomicUsize) -> Result<Answer, Failure> {
    let under_way = left.load(Ordering::SeqCst);
    if under_way >= MOST_LEFT {
        let message = format!("no script is started while {under_way} others that took too long cannot be stopped");
        return Err(Failure::plain(message));
    }
    let hand = match slot.take() {
        Some(hand) => hand,
        None => Hand::start(left)?,
    };
    let limit = task.limit;
    let ended = || Failure::plain("internal error: the thread of the script ended".to_owned());
    hand.tasks.send(task).map_err(|_| ended())?;
    match hand.answers.recv_timeout(limit.saturating_add(GRACE)) {
        Ok(answer) => {
            *slot = Some(hand);
            answer
        }
        Err(RecvTimeoutError::Timeout) => {
            // Said before the thread can end, which happens once its channels are gone.
            left.fetch_add(1, Ordering::SeqCst);
            hand.is_left.store(true, Ordering::SeqCst);
            let millis = limit.as_millis();
            Err(Failure::plain(format!("it took longer than {millis} ms, in one step that cannot be stopped")))
        }
        Err(RecvTimeoutError::Disconnected) => Err(ended()),
    }
}

impl Hand {
    fn start(left: &'static AtomicUsize) -> Result<Hand, Failure> {
        // One place each: neither side waits for the other to listen.
        let (tasks, asked) = sync_channel::<Task>(1);
        let (told, answers) = sync_channel(1);
        let is_left = Arc::new(AtomicBool::new(false));
        let was_left = Arc::clone(&is_left);
        let work = move || {
            for task in asked {
                let Task { script, output, context, limit } = task;
                if told.send(script.call(&output, context.as_deref(), limit)).is_err() {
                    break;
                }
            }
            if was_left.load(Ordering::SeqCst) {
                left.fetch_sub(1, Ordering::SeqCst);
            }
        };
        let started = thread::Builder::new().name("script".to_owned()).stack_size(STACK).spawn(work);
        started.map_err(|error| Failure::plain(format!("no thread for the script can be started: {error}")))?;
        Ok(Hand { tasks, answers, is_left })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(script: &str, limit: Duration) -> Task {
        let script = Script::parse(script).expect("a script");
        Task { script, output: "x".to_owned(), context: None, limit }
    }

    #[test]
    fn threads_left_to_themselves_are_counted_and_the_next_script_has_another() {
        static OWN: AtomicUsize = AtomicUsize::new(0);
        let limit = Duration::from_millis(1);
        let mut slot = None;
        assert_eq!(in_time(&mut slot, task("output === 'x'", GRACE), &OWN), Ok(Answer::Holds(true)));
        assert!(slot.is_some());
        // Walks over 2^25 lists, which ends by itself.
        let slow = "let a = []; for (let i = 0; i < 25; i++) a = [a, a]; return a.flat(Infinity).length === 0";
        let failure = in_time(&mut slot, task(slow, limit), &OWN).expect_err("late");
        assert!(failure.message.starts_with("it took longer than 1 ms"), "{}", failure.message);
        // A fast machine may be done within the grace.
        assert_eq!(slot.is_none(), failure.message.contains("cannot be stopped"));
        assert_eq!(in_time(&mut slot, task("output === 'x'", GRACE), &OWN), Ok(Answer::Holds(true)));
        let end = std::time::Instant::now() + Duration::from_secs(60);
        while OWN.load(Ordering::SeqCst) > 0 {
            assert!(std::time::Instant::now() < end, "the thread did not end");
            thread::yield_now();
        }
    }

    #[test]
    fn no_script_is_started_beside_too_many_that_cannot_be_stopped() {
        static OWN: AtomicUsize = AtomicUsize::new(MOST_LEFT);
        let mut slot = None;
        let failure = in_time(&mut slot, task("true", GRACE), &OWN).expect_err("too many");
        assert_eq!(failure.message, "no script is started while 4 others that took too long cannot be stopped");
        assert!(slot.is_none());
        OWN.store(MOST_LEFT - 1, Ordering::SeqCst);
        assert_eq!(in_time(&mut slot, task("true", GRACE), &OWN), Ok(Answer::Holds(true)));
    }
}

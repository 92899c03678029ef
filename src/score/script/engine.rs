//! The door to `QuickJS`: compiles scripts and calls them, without files, network, clock or chance.
//!
//! Each thread keeps one engine, and each engine the functions of the scripts it has met. All evaluations of an engine
//! share one global object, which `prelude.js` freezes with everything reachable from it: a fresh one for each
//! evaluation would cost 80 µs, and the evaluation itself takes less than one. An engine that was interrupted, ran
//! out of memory or has jobs waiting is thrown away.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::{CatchResultExt, CaughtError, Context, Function, Persistent, Runtime, Value};

use super::answer::Answer;
use super::brief::is_brief;
use super::verdict;
use crate::base::Digest;

/// Bytes that the heap of one engine may take.
const MAX_MEMORY: usize = 32 * 1024 * 1024;
/// Bytes of the thread's stack that a script may take; threads have 2 MiB.
const MAX_STACK: usize = 512 * 1024;
/// Functions an engine keeps; more than any suite has scripts.
const MAX_FUNCTIONS: usize = 512;
/// Time to compile a script, which never runs it.
const COMPILE_TIME: Duration = Duration::from_secs(1);
/// What positions in error messages call the script.
const FILE: &str = "script";
const PRELUDE: &str = include_str!("prelude.js");

/// What scripts find: the language without `Date`, `performance`, weak references and everything of a host.
type Language = (
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// A script that parses: an expression, or a body with `return`.
#[derive(Debug, Clone)]
pub(super) struct Script {
    /// The function around what was written, which begins in its second line.
    code: Arc<str>,
    key: Digest,
    /// Whether it may look at `context`; making one costs more than most scripts.
    pub(super) wants_context: bool,
    /// Whether no step of it can take long on little data.
    pub(super) is_brief: bool,
}

/// What went wrong, and where in the script, both from 1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    /// The error's message, with its kind.
    pub(super) message: String,
    /// Line and column, when they are known.
    pub(super) at: Option<(u32, u32)>,
    /// Whether it names something that is not there.
    pub(super) is_unknown_name: bool,
}

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
}

impl Script {
    /// Parses what was written; it is not run.
    ///
    /// # Errors
    /// The first syntax error.
    pub(super) fn parse(written: &str) -> Result<Script, Failure> {
        let expression = written.trim_end().trim_end_matches(';');
        let as_expression = compile(&format!("{HEAD}return (\n{expression}\n);}})"))
            // A second pair of brackets: no text closes both and goes on outside the function.
            .and_then(|()| compile(&format!("{HEAD}return [\n{expression}\n];}})")));
        let Err(wrong) = as_expression else {
            return Ok(Script::of(written, format!("{HEAD}return (\n{expression}\n);}})")));
        };
        if !written.contains("return") {
            return Err(wrong);
        }
        let code = format!("{HEAD}\n{written}\n}})");
        compile(&code)?;
        compile(&format!("(class {{ static m(output, context) {{\n{written}\n}} }})"))?;
        Ok(Script::of(written, code))
    }

    fn of(written: &str, code: String) -> Script {
        // Other ways to say `context` than its name.
        let wants_context = ["context", "arguments", "\\u"].iter().any(|word| written.contains(word));
        let is_brief = is_brief(written);
        Script { key: Digest::of_bytes(code.as_bytes()), code: code.into(), wants_context, is_brief }
    }

    /// Calls the script on an output and a context in JSON, on this thread: see `hand` for those of users.
    ///
    /// # Errors
    /// What it threw, or which limit it met.
    pub(super) fn call(&self, output: &str, context: Option<&str>, limit: Duration) -> Result<Answer, Failure> {
        with_engine(limit, |engine| engine.call(self, output, context))
    }
}

const HEAD: &str = "(function (output, context) {\"use strict\";";

fn compile(code: &str) -> Result<(), Failure> {
    with_engine(COMPILE_TIME, |engine| engine.compile(code).map(drop))
}

/// Runs `action` on this thread's engine within a time limit. An engine that met a limit is replaced the next time.
fn with_engine<T>(limit: Duration, action: impl FnOnce(&mut Engine) -> Result<T, Failure>) -> Result<T, Failure> {
    ENGINE.with_borrow_mut(|slot| {
        let mut engine = match slot.take() {
            Some(engine) => engine,
            None => Engine::new().map_err(|error| Failure::plain(format!("the engine does not start: {error}")))?,
        };
        // A limit beyond the clock is none.
        let ends = Instant::now().checked_add(limit);
        engine.ends.set(ends);
        let result = action(&mut engine);
        let late = ends.is_some_and(|ends| Instant::now() >= ends);
        let out_of_memory = result.as_ref().is_err_and(|failure| failure.message == OUT_OF_MEMORY);
        let has_jobs = engine.runtime.is_job_pending();
        if !late && !out_of_memory && !has_jobs && engine.functions.len() <= MAX_FUNCTIONS {
            *slot = Some(engine);
        }
        match result {
            Err(_) if late => Err(Failure::plain(format!("it took longer than {} ms", limit.as_millis()))),
            result => result,
        }
    })
}

const OUT_OF_MEMORY: &str = "it needs more than 32 MiB of memory";

/// One engine with its functions. The order of the fields is the order in which they must go.
struct Engine {
    functions: HashMap<Digest, Persistent<Function<'static>>>,
    caller: Persistent<Function<'static>>,
    context: Context,
    runtime: Runtime,
    /// When the evaluation under way must end.
    ends: Rc<Cell<Option<Instant>>>,
}

impl Engine {
    fn new() -> rquickjs::Result<Engine> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(MAX_MEMORY);
        runtime.set_max_stack_size(MAX_STACK);
        let ends = Rc::new(Cell::new(None));
        let clock = Rc::clone(&ends);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            clock.get().is_some_and(|ends: Instant| Instant::now() >= ends)
        })));
        let context = Context::custom::<Language>(&runtime)?;
        let caller = context.with(|ctx| {
            let caller: Function<'_> = ctx.eval_with_options(PRELUDE, options("prelude"))?;
            Ok::<_, rquickjs::Error>(Persistent::save(&ctx, caller))
        })?;
        Ok(Engine { functions: HashMap::new(), caller, context, runtime, ends })
    }

    fn compile(&self, code: &str) -> Result<Persistent<Function<'static>>, Failure> {
        self.context.with(|ctx| {
            let made = ctx.eval_with_options::<Function<'_>, _>(code, options(FILE)).catch(&ctx);
            made.map(|function| Persistent::save(&ctx, function)).map_err(|error| Failure::of(&error))
        })
    }

    fn call(&mut self, script: &Script, output: &str, context: Option<&str>) -> Result<Answer, Failure> {
        let function = match self.functions.get(&script.key) {
            Some(function) => function.clone(),
            None => {
                let function = self.compile(&script.code)?;
                self.functions.insert(script.key, function.clone());
                function
            }
        };
        let caller = self.caller.clone();
        self.context.with(|ctx| {
            let called = (|| {
                let (caller, function) = (caller.restore(&ctx)?, function.restore(&ctx)?);
                caller.call::<_, Value<'_>>((function, output, context))
            })();
            // Getters of the result run here, within the same limits.
            let answer = called.and_then(|value| verdict::read(&value)).catch(&ctx);
            answer.map_err(|error| Failure::of(&error))?.map_err(Failure::plain)
        })
    }
}

fn options(file: &str) -> EvalOptions {
    let mut options = EvalOptions::default();
    options.filename = Some(file.to_owned());
    options.strict = false;
    options.backtrace_barrier = true;
    options
}

impl Failure {
    pub(super) fn plain(message: String) -> Failure {
        Failure { message, at: None, is_unknown_name: false }
    }

    fn of(error: &CaughtError<'_>) -> Failure {
        match error {
            CaughtError::Exception(exception) => {
                let message = exception.message().unwrap_or_default();
                if message.starts_with("out of memory") {
                    return Failure::plain(OUT_OF_MEMORY.to_owned());
                }
                let kind: Option<String> = exception.as_object().get("name").ok();
                let kind = kind.filter(|kind| !kind.is_empty()).unwrap_or_else(|| "Error".to_owned());
                let at = exception.stack().as_deref().and_then(position);
                let is_unknown_name = kind == "ReferenceError" && message.ends_with("is not defined");
                Failure { message: format!("{kind}: {message}"), at, is_unknown_name }
            }
            // What the engine throws when no memory is left for an error.
            CaughtError::Value(value) if value.is_null() => Failure::plain(OUT_OF_MEMORY.to_owned()),
            CaughtError::Value(value) => Failure::plain(format!("threw {}", verdict::describe(value))),
            CaughtError::Error(error) => Failure::plain(error.to_string()),
        }
    }
}

/// Line and column of the innermost frame in the script: `    at f (script:3:5)`, `    at script:2:1`.
fn position(stack: &str) -> Option<(u32, u32)> {
    stack.lines().find_map(|frame| {
        let place = frame.rsplit_once(&format!("{FILE}:"))?.1.trim_end().trim_end_matches(')');
        let (line, col) = place.split_once(':')?;
        // The first line is the head of the function around the script.
        Some((line.parse::<u32>().ok()?.checked_sub(1).filter(|line| *line > 0)?, col.parse().ok()?))
    })
}

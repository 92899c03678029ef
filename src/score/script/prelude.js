// Runs once in each fresh engine, before any script of a user. It takes away what differs between two evaluations
// (chance, jobs of their own), and freezes everything that scripts of different cases share: what one evaluation
// writes, no other one can read. Returns the function that calls a script.
(function () {
  "use strict";
  const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
  const { freeze, create, setPrototypeOf } = Object;
  const parse = JSON.parse;

  for (const name of ["eval", "queueMicrotask", "SharedArrayBuffer", "Atomics"]) delete globalThis[name];
  delete Math.random;
  delete String.raw;
  // Their setters keep state although their holder is frozen.
  for (const name of ["prepareStackTrace", "stackTraceLimit", "captureStackTrace"]) delete Error[name];

  // These walk over `length` places without a look at the time, and a length is written faster than it is walked.
  const MOST = 4000000;
  const bounded = (value) => {
    if (typeof value === "object" && value !== null && value.length > MOST) {
      throw new RangeError("a list of more than 4,000,000 places");
    }
  };
  const slow = "concat copyWithin flat flatMap join reverse shift slice sort splice toLocaleString unshift";
  for (const name of slow.split(" ")) {
    const native = Array.prototype[name];
    const guarded = {
      [name](...args) {
        bounded(this);
        if (name === "concat") for (let at = 0; at < args.length; at++) bounded(args[at]);
        return apply(native, this, args);
      },
    }[name];
    defineProperty(Array.prototype, name, { value: guarded, writable: true, enumerable: false, configurable: true });
  }

  // A property of a frozen prototype cannot be written on the objects below it, where JavaScript would write it on the
  // object itself: `counts["constructor"] = 1`. Accessors give that back.
  const own = (holder, key) => {
    const found = getOwnPropertyDescriptor(holder, key);
    if (!found || !("value" in found)) return;
    const { value, enumerable } = found;
    defineProperty(holder, key, {
      get() { return value; },
      set(given) {
        if (this === holder) throw new TypeError("what is built in cannot be changed");
        defineProperty(this, key, { value: given, writable: true, enumerable: true, configurable: true });
      },
      enumerable,
      configurable: false,
    });
  };
  const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
  for (const holder of [Object.prototype, ...errors.map((error) => error.prototype)]) {
    for (const key of ownKeys(holder)) own(holder, key);
  }

  // What a case or a reply does not have is told, instead of being compared as `undefined`.
  const absent = create(Object.prototype, {
    expected: { get() { throw new Error("the case has no `expected`"); } },
    cost_usd: { get() { throw new Error("what the reply costs is not known"); } },
    latency_ms: { get() { throw new Error("how long the reply took is not known"); } },
  });

  // Everything a script can reach: by name from the global object, and by syntax.
  const list = [globalThis, absent, apply];
  const iterators = [[].values(), [].values().map(String), new Map().values(), new Set().values(), ""[Symbol.iterator]()];
  const syntax = [function* () {}, async function () {}, async function* () {}, (() => {}), /a/, "".matchAll(/a/g)];
  list.push(...iterators, ...syntax, syntax[0](), syntax[2](), Iterator.from({ next() {} }), Promise.resolve());
  if (Iterator.concat) list.push(Iterator.concat([]));
  list.push(getOwnPropertyDescriptor((function () { return arguments; })(), "callee").get);
  const seen = new Set();
  while (list.length > 0) {
    const value = list.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    list.push(getPrototypeOf(value));
    for (const key of ownKeys(value)) {
      const found = getOwnPropertyDescriptor(value, key);
      list.push(found.value, found.get, found.set);
    }
  }
  for (const value of seen) freeze(value);

  return function (script, output, json) {
    const context = json === undefined ? undefined : setPrototypeOf(parse(json), absent);
    const result = script(output, context);
    return typeof result === "function" ? result(output, context) : result;
  };
})()

"""Answers karat's questions with a function of a file: one line of JSON in, one line out."""
import asyncio, dataclasses, importlib.util, inspect, json, os, sys, traceback

FILE, FUNCTION, CONFIG = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
OURS = ("input", "vars", "messages", "system", "model", "params", "config")

# The pipes are karat's: what the file prints goes to stderr, and what it reads is empty.
questions = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.dup2(2, 1)


def say(answer):
    try:
        line = json.dumps(answer, default=plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        line = json.dumps({"id": answer.get("id"), "error": {"message": "the answer is not JSON: %s" % error}})
    answers.write(line + "\n")
    answers.flush()


def plain(value):
    for method in ("model_dump", "to_dict", "dict"):
        if callable(getattr(value, method, None)):
            return getattr(value, method)()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def load():
    sys.argv = [FILE]
    sys.path.insert(0, os.path.dirname(os.path.abspath(FILE)))
    name = os.path.splitext(os.path.basename(FILE))[0]
    spec = importlib.util.spec_from_file_location(name, FILE)
    if spec is None:
        raise ImportError("%s is not a Python file" % FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    for wanted in [FUNCTION] if FUNCTION else ["call_api", "answer"]:
        if callable(getattr(module, wanted, None)):
            return getattr(module, wanted)
    own = [key for key, value in vars(module).items() if inspect.isfunction(value) and not key.startswith("_")]
    wanted = "function `%s`" % FUNCTION if FUNCTION else "function `call_api` or `answer`"
    raise AttributeError("%s has no %s; it has %s" % (FILE, wanted, ", ".join(own) or "none"))


def arguments(function, question):
    try:
        named = inspect.signature(function).parameters
    except (TypeError, ValueError):
        named = None  # written in C: it says nothing about its parameters
    kinds = [parameter.kind for parameter in (named or {}).values()]
    given = dict(question, config=CONFIG)
    if getattr(function, "__name__", "") == "call_api" or "prompt" in (named or {}):
        messages = question["messages"]
        alone = len(messages) == 1 and messages[0]["role"] == "user"
        prompt = question["input"] if alone else json.dumps(messages)
        context = {"vars": question["vars"], "prompt": {"raw": prompt, "label": prompt}}
        all_three = [prompt, {"id": "python:" + FILE, "config": CONFIG}, context]
        open_ended = inspect.Parameter.VAR_POSITIONAL in kinds
        return (all_three if open_ended or named is None else all_three[: len(named)]), {}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return [], {key: given[key] for key in OURS}
    if named and all(key in OURS for key in named):
        return [], {key: given[key] for key in named}
    return [given["input"], given["vars"]][: 2 if named is None else len(named)], {}


def normal(result):
    if result is None:
        return {"error": {"message": "the function returned None; return a text, or a dict with `output`"}}
    if not isinstance(result, (str, dict, list, int, float, bool)):
        result = plain(result)
    if not isinstance(result, dict) or not any(key in result for key in ("output", "error", "tool_calls", "refusal")):
        return {"output": result}
    answer = dict(result)
    tokens = answer.pop("tokenUsage", None)
    if isinstance(tokens, dict) and "usage" not in answer:
        answer["usage"] = {"input": tokens.get("prompt"), "output": tokens.get("completion")}
    return answer


def told(error):
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != "<string>"]
    where = " (%s:%s)" % (os.path.basename(frames[-1].filename), frames[-1].lineno) if frames else ""
    return "%s: %s%s" % (type(error).__name__, error, where)


def main():
    try:
        function = load()
    except BaseException as error:
        say({"karat": 1, "failed": told(error)})
        return
    say({"karat": 1})
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for line in questions:
        question = json.loads(line)
        try:
            positional, named = arguments(function, question)
            result = function(*positional, **named)
            if inspect.isawaitable(result):
                result = loop.run_until_complete(result)
            answer = normal(result)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": {"message": told(error)}}
        say(dict(answer, id=question["id"]))


main()

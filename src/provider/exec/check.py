"""Answers karat's questions about outputs with a function: one line of JSON in, one line out."""
import ast, asyncio, dataclasses, inspect, json, linecache, os, sys, traceback, types

# The pipes are karat's: what the code prints goes to stderr, and what it reads is empty.
questions = os.fdopen(os.dup(0), "r", encoding="utf-8", newline="\n")
answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
nothing = os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
os.dup2(2, 1)

GIVEN = json.loads(questions.readline())
FILE, CODE, FUNCTION = GIVEN["file"], GIVEN["code"], GIVEN["function"]
NAME = FILE or "check"


def say(answer):
    try:
        line = json.dumps(answer, default=plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        line = json.dumps({"id": answer.get("id"), "error": "its answer is not JSON: %s" % error})
    answers.write(line + "\n")
    answers.flush()


def plain(value):
    for method in ("model_dump", "to_dict", "dict", "item"):
        if callable(getattr(value, method, None)):
            return getattr(value, method)()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


def load():
    # Frames of errors show lines of the code that was digested, whatever has become of the file.
    linecache.cache[NAME] = (len(CODE), None, CODE.splitlines(True), NAME)
    if not FILE:
        return written()
    sys.argv = [FILE]
    sys.path.insert(0, os.path.dirname(FILE))
    name = os.path.splitext(os.path.basename(FILE))[0]
    module = types.ModuleType(name)
    module.__file__ = FILE
    sys.modules.setdefault(name, module)
    exec(compile(CODE, FILE, "exec"), module.__dict__)
    for wanted in [FUNCTION] if FUNCTION else ["check", "get_assert"]:
        if callable(getattr(module, wanted, None)):
            return getattr(module, wanted)
    own = [key for key, value in vars(module).items() if inspect.isfunction(value) and not key.startswith("_")]
    wanted = "function `%s`" % FUNCTION if FUNCTION else "function `check` or `get_assert`"
    raise AttributeError("%s has no %s; it has %s" % (os.path.basename(FILE), wanted, ", ".join(own) or "none"))


def written():
    """A function around code of the suite: an expression, or a body with `return`."""
    space = {"__name__": "check"}
    try:
        expression = compile(CODE.strip(), NAME, "eval")
    except SyntaxError:
        tree = ast.parse("def check(output, context): pass")
        tree.body[0].body = ast.parse(CODE, NAME).body
        exec(compile(tree, NAME, "exec"), space)
        return space["check"]

    def check(output, context):
        space.update(output=output, context=context)
        value = eval(expression, space)
        return value(output, context) if inspect.isfunction(value) else value

    return check


def arity(function):
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return 2
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return min(2, sum(parameter.kind in places for parameter in parameters))


def answer_of(result):
    if result is None:
        return {"error": "it returned None; it must return True, False, a number or a dict with `pass`"}
    if not isinstance(result, (bool, int, float, str, list, tuple, dict)):
        result = plain(result)
    if isinstance(result, dict) and "pass_" in result and "pass" not in result:
        result = dict(result)
        result["pass"] = result.pop("pass_")
    return {"answer": result}


def told(error):
    if isinstance(error, SyntaxError) and error.filename == NAME:
        return "%s: %s (%s:%s)" % (type(error).__name__, error.msg, os.path.basename(NAME), error.lineno)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != "<string>"]
    where = " (%s:%s)" % (os.path.basename(frames[-1].filename), frames[-1].lineno) if frames else ""
    return "%s: %s%s" % (type(error).__name__, error, where)


def main():
    try:
        function = load()
        takes = arity(function)
    except BaseException as error:
        say({"karat": 1, "failed": told(error)})
        return
    say({"karat": 1})
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    for line in questions:
        question = json.loads(line)
        try:
            result = function(*(question["output"], question["context"])[:takes])
            if inspect.isawaitable(result):
                result = loop.run_until_complete(result)
            answer = answer_of(result)
        except Exception as error:
            answer = {"error": "it raised " + told(error)}
        say(dict(answer, id=question["id"]))


main()

"""`karat eval` against aimock, which speaks the vendors' dialects, streams and errors in its own words."""

import json
import pathlib
import urllib.request

from kit import SCRATCH, Found, Project, Server, free_port

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = SCRATCH / "aimock/node_modules/.bin/llmock"
ENV = {"KEY": "sk-none", "AWS_ACCESS_KEY_ID": "AKIDNONE", "AWS_SECRET_ACCESS_KEY": "none"}
TEXT = "Hello from the mock. Ünï 🦊."

# (kind, path of its base URL, model, further settings)
DIALECTS = [
    ("openai", "/v1", "gpt-4o", {}),
    ("openai-responses", "/v1", "gpt-4o", {}),
    ("azure", "", "gpt-4o", {"api_version": "2024-10-21"}),
    ("anthropic", "", "claude-haiku-4-5", {}),
    ("gemini", "", "gemini-2.5-flash", {}),
    ("bedrock", "", "amazon.nova-lite-v1:0", {"region": "us-east-1"}),
    ("mistral", "", "mistral-small-latest", {}),
    ("cohere", "", "command-r-plus", {}),
    ("ollama", "", "llama3.2", {}),
    ("openrouter", "/api/v1", "openai/gpt-4o", {}),
]
# What aimock answers otherwise than the vendor does, by (kind, case): nothing of karat's is at fault there.
DEVIATIONS = {
    # It says `incomplete` without `incomplete_details`.
    ("openai-responses", "length"): {"finish": "other"},
    # The real API ends calls of tools with STOP.
    ("gemini", "weather"): {"finish": "other"},
    # It sends thinking as text.
    ("cohere", "think"): {"text": "six sevens42"},
    # It counts no tokens, and ends everything with `stop`.
    ("ollama", "hello"): {"usage": {"input": 0, "output": 0}},
    ("ollama", "length"): {"finish": "stop"},
    # Streams carry usage only where `stream_options` asks for it; Mistral sends it always and refuses that field.
    ("mistral-stream", "hello"): {"usage": None},
}
CASES = {name: f"{name} please" for name in ("hello", "weather", "think", "length", "overload")}


def start(*flags):
    folder = SCRATCH / "aimock-fixtures"
    folder.mkdir(exist_ok=True)
    (folder / "f.json").write_text((HERE / "aimock.json").read_text())
    port = free_port()
    command = [PROGRAM, "-p", port, "-f", folder, "--validate-on-load", "--strict", *flags]
    return Server(command, f"http://127.0.0.1:{port}/health"), f"http://127.0.0.1:{port}"


def project_at(url, attempts, **retries):
    providers, models = {}, []
    for kind, path, model, more in DIALECTS:
        for stream in (False, True):
            name = f"my-{kind}{'-stream' if stream else ''}"
            key = {} if kind == "bedrock" else {"key_env": "KEY"}
            providers[name] = {"type": kind, "base_url": url + path, "stream": stream, "retries": {"max_attempts": attempts, **retries}, **key, **more}
            models.append(f"{name}/{model}")
    project = Project(providers, embedding="my-openai/text-embedding-3-small", max_errors=1000)
    project.prompt("ask", params={"max_tokens": 100})
    return project, models


def asked(project, suite):
    report, trials, told = project.trials("--suite", suite, "--max-errors", "1000", env=ENV)
    return {(model, case): trial.get("call") or {} for (model, _, case), trial in trials.items()}, told


WANTED = {
    "hello": {"text": TEXT, "finish": "stop", "usage": {"input": 100, "output": 50}},
    "weather": {"text": "", "finish": "tool_calls", "calls": [("get_weather", {"city": "Paris"})]},
    "think": {"text": "42", "finish": "stop"},
    "length": {"text": "partial", "finish": "length"},
}
# aimock has words for thinking in these dialects.
THINKING = {"anthropic", "gemini", "bedrock", "mistral", "openrouter"}


def counts(usage):
    """Without what Cohere counts besides tokens."""
    return usage and {name: count for name, count in usage.items() if name != "search_units"}


def replies(url, found):
    project, models = project_at(url, attempts=1)
    project.suite("asks", models, CASES)
    seen, told = asked(project, "asks")
    for model in models:
        name = model.split("/")[0].removeprefix("my-")
        kind = name.removesuffix("-stream")
        for case, wanted in WANTED.items():
            call = seen.get((model, case)) or {}
            reply = call.get("reply") or {"error": call.get("error")}
            tools = [(tool["name"], json.loads(tool["arguments"])) for tool in reply.get("tool_calls", [])]
            got = {**reply, "calls": tools, "usage": counts(reply.get("usage"))}
            wanted = {**wanted, **DEVIATIONS.get((kind, case), {}), **DEVIATIONS.get((name, case), {})}
            found.equal(f"replies to {case}", model, {key: got.get(key) for key in wanted}, wanted)
            if name != kind:
                found.check("streams", f"{model} {case}", bool(reply.get("stream")), reply)
        if kind in THINKING:
            thought = ((seen.get((model, "think")) or {}).get("reply") or {}).get("reasoning")
            found.equal("thinking", model, thought, "six sevens")
        error = (seen.get((model, "overload")) or {}).get("error") or {}
        found.equal("529", model, error.get("kind"), "overloaded")
    project.remove()


def limits(url, found):
    """The server asks for 7 s each time: the second request comes after them, and soon after.

    Time bounds refused requests, not their number: within 10 s there is room for two of them.
    """
    project, models = project_at(url, attempts=1, deadline="10s")
    project.suite("limits", models, {"one": "limit please"})
    seen, told = asked(project, "limits")
    with urllib.request.urlopen(url + "/v1/_requests") as reply:
        journal = json.load(reply)
    at = {}
    for entry in journal:
        if (entry.get("response") or {}).get("status") == 429:
            at.setdefault((entry["path"], bool(entry["body"].get("stream"))), []).append(entry["timestamp"])
    found.check("429 with Retry-After: 7", "requests", sum(map(len, at.values())) == 2 * len(models), at)
    for model in models:
        error = (seen.get((model, "one")) or {}).get("error") or {}
        # So many refusals may end the run before each trial has a result: then stderr says why.
        limited = error.get("kind") == "rate_limited" or "limits the rate of requests" in told
        found.check("429 with Retry-After: 7", model, limited, f"{error} {told}")
    for key, times in at.items():
        waits = [later - earlier for earlier, later in zip(times, times[len(times) // 2:])]
        found.check("429 with Retry-After: 7", f"wait {key}", all(6990 <= wait < 20000 for wait in waits), times)
    project.remove()


def embeddings(url, found):
    project, _ = project_at(url, attempts=1)
    project.prompt("shots", examples={"from": "examples.jsonl", "pick": 1, "by": "similarity", "with": "embedding"})
    rows = [{"vars": {"question": f"question {n}"}, "output": f"answer {n}"} for n in range(3)]
    project.write("prompts/shots/examples.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    project.suite("shots", ["my-openai/gpt-4o"], {"one": "hello, question?"}, ["shots"])
    seen, told = asked(project, "shots")
    call = seen.get(("my-openai/gpt-4o", "one")) or {}
    found.check("embeddings", "an example is in the prompt", "answer" in json.dumps(call.get("request")), told)
    project.remove()


def chaos(flag, kinds, found):
    """Every reply is spoilt. A run ends where nothing but errors comes, so that each model is a run of its own.

    A connection that always breaks ends the run before a trial has a result: then stderr says why.
    """
    server, url = start(flag, "1")
    with server:
        project, models = project_at(url, attempts=1)
        project.suite("asks", models, {"one": "hello please"})
        for model in models:
            report, trials, told = project.trials("--suite", "asks", "--model", model, "--max-errors", "1000", env=ENV)
            call = (trials.get((model, "ask", "one")) or {}).get("call") or {}
            kind = (call.get("error") or {}).get("kind")
            broke = "network" in kinds and "the connection broke" in told
            found.check(flag, model, kind in kinds or broke, f"{kind}: {json.dumps(call)[:300]} {told[:500]}")
        project.remove()


def main():
    package = json.loads((SCRATCH / "aimock/node_modules/@copilotkit/aimock/package.json").read_text())
    print(f"aimock {package['version']}")
    found = Found()
    server, url = start()
    with server:
        replies(url, found)
        limits(url, found)
        embeddings(url, found)
    chaos("--chaos-malformed", {"malformed"}, found)
    chaos("--chaos-disconnect", {"network"}, found)
    chaos("--chaos-drop", {"server"}, found)
    found.end(least=250)


main()

"""`karat eval` against LiteLLM's proxy, whose replies, streams and counts nobody here wrote."""

import importlib.metadata
import json
import os
import pathlib
import sys

from kit import SCRATCH, Found, Project, Server, free_port

TEXT = "Hello from the mock."
HERE = pathlib.Path(__file__).resolve().parent


def start():
    port = free_port()
    config = SCRATCH / "litellm.yaml"
    config.write_text((HERE / "litellm.yaml").read_text().replace("PORT", str(port)))
    program = pathlib.Path(sys.executable).parent / "litellm"
    # Prices come with the package; nothing is fetched.
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONPATH": "", "NO_COLOR": "1"}
    command = [program, "--config", config, "--host", "127.0.0.1", "--port", port]
    return Server(command, f"http://127.0.0.1:{port}/health/liveliness", env), f"http://127.0.0.1:{port}"


def providers_at(url):
    bases = {"openai": url + "/v1", "openai-responses": url + "/v1", "anthropic": url, "gemini": url}
    providers = {}
    for kind, base in bases.items():
        for name, stream in ((kind.replace("openai-", ""), False), (kind.replace("openai-", "") + "-stream", True)):
            providers["my-" + name] = {"type": kind, "base_url": base, "key_env": "KEY", "stream": stream, "retries": {"max_attempts": 1}}
    return providers


# (provider/model, text, reason of the end, counts that must be just these; None: the proxy invents them)
REPLIES = [
    ("my-openai/mock-gpt", TEXT, "stop", None),
    ("my-openai-stream/mock-gpt", TEXT, "stop", None),
    ("my-openai/loop-vllm", TEXT, "stop", None),
    ("my-openai-stream/loop-vllm", TEXT, "stop", None),
    ("my-openai/mock-usage", "part", "length", "chat"),
    ("my-openai/loop-usage", "part", "length", "chat"),
    ("my-anthropic/mock-claude", TEXT, "stop", None),
    ("my-anthropic/loop-vllm", TEXT, "stop", None),
    ("my-anthropic-stream/loop-vllm", TEXT, "stop", None),
    ("my-anthropic/loop-usage", "part", "length", "cached"),
    ("my-gemini/mock-gemini", TEXT, "stop", None),
    ("my-gemini/loop-vllm", TEXT, "stop", None),
    ("my-gemini-stream/loop-vllm", TEXT, "stop", None),
    ("my-responses/mock-gpt", TEXT, "stop", None),
    ("my-responses/loop-mistral", TEXT, "stop", None),
    ("my-responses-stream/loop-mistral", TEXT, "stop", None),
    ("my-responses/loop-mistral-usage", "part", "length", "chat"),
]
# 100 in, of them 60 cached; 50 out, of them 40 thought. Messages have no word for thoughts.
USAGE = {
    "chat": {"input": 40, "cache_read": 60, "output": 10, "reasoning": 40},
    "cached": {"input": 40, "cache_read": 60, "output": 50},
}
ERRORS = {
    "my-openai/mock-429": "rate_limited",
    "my-openai/mock-500": "server",
    "my-openai/mock-ctx": "context_length",
    "my-anthropic/mock-429": "rate_limited",
    "my-anthropic/mock-ctx": "context_length",
}


def replies(project, found):
    project.suite("replies", [model for model, *_ in REPLIES], {"one": "Hello?"})
    report, trials, told = project.trials("--suite", "replies", env={"KEY": "sk-local"})
    for model, text, finish, usage in REPLIES:
        call = (trials.get((model, "ask", "one")) or {}).get("call") or {}
        reply = call.get("reply") or {}
        found.equal("texts", model, reply.get("text"), text) or print("     ", json.dumps(call.get("error")))
        found.equal("reasons of the end", model, reply.get("finish"), finish)
        if usage:
            found.equal("usage", model, reply.get("usage"), USAGE[usage])
        if "stream" in model:
            found.check("streams", model, bool(reply.get("stream")), f"no times of a stream in {reply}")


def errors(project, found):
    project.suite("errors", list(ERRORS), {"one": "Hello?"})
    report, trials, told = project.trials("--suite", "errors", env={"KEY": "sk-local"})
    for model, kind in ERRORS.items():
        call = (trials.get((model, "ask", "one")) or {}).get("call") or {}
        found.equal("errors", model, (call.get("error") or {}).get("kind"), kind)


def embeddings(project, found):
    """One text is compared with one example: the proxy answers one vector, however many texts it is asked for."""
    project.prompt("shots", examples={"from": "examples.jsonl", "pick": 1, "by": "similarity", "with": "embedding"})
    project.write("prompts/shots/examples.jsonl", json.dumps({"vars": {"question": "Good day!"}, "output": "an example"}) + "\n")
    project.suite("shots", ["my-openai/mock-gpt"], {"one": "Hello?"}, ["shots"])
    report, trials, told = project.trials("--suite", "shots", env={"KEY": "sk-local"})
    trial = trials.get(("my-openai/mock-gpt", "shots", "one")) or {}
    found.equal("embeddings", "outcome", trial.get("outcome"), "pass") or print(json.dumps(trial)[:2000], told)
    messages = ((trial.get("call") or {}).get("request") or {}).get("messages") or []
    found.check("embeddings", "the nearest example is in the prompt", "an example" in json.dumps(messages), messages)


def main():
    print(f"litellm {importlib.metadata.version('litellm')}")
    found = Found()
    server, url = start()
    with server:
        project = Project(providers_at(url), embedding="my-openai/mock-embed")
        project.prompt("ask")
        replies(project, found)
        errors(project, found)
        embeddings(project, found)
        project.remove()
    found.end(least=45)


main()

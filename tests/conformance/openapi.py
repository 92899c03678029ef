"""Request bodies for OpenAI's APIs, from the fixtures and from the running binary, against OpenAI's OpenAPI document.

JSON Schema Draft 2020-12. Bodies that must not pass are tried first: a validator that lets
one of them through proves nothing, and the script stops.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import sys

import jsonschema

from kit import ROOT, Found, Project
from recorder import Recorder

USER = {"role": "user", "content": "hi"}
CHAT = {"model": "gpt-4o", "messages": [USER]}
TOOL = {"name": "f", "parameters": {"type": "object", "properties": {}}}
CALL = {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
RESPONSE = {"model": "gpt-4o", "input": "hi"}
FLAT_TOOL = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": None}
FORMAT = {"type": "json_schema", "name": "a", "schema": {"type": "object"}}
EMBEDDINGS = {"model": "text-embedding-3-small", "input": ["a"]}
BATCH = {"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"}

# (path, body, whether it must pass)
CONTROLS = [
    ("/chat/completions", CHAT, True),
    ("/chat/completions", {**CHAT, "tools": [{"type": "function", "function": TOOL}], "stop": ["a", "b"]}, True),
    ("/chat/completions", {**CHAT, "messages": [{"role": "user", "content": [IMAGE]}]}, True),
    ("/chat/completions", {**CHAT, "messages": [USER, CALL, {"role": "tool", "tool_call_id": "c1", "content": "x"}]}, True),
    ("/chat/completions", {"model": "gpt-4o"}, False),
    ("/chat/completions", {**CHAT, "temperature": "hot"}, False),
    ("/chat/completions", {**CHAT, "messages": [{"role": "robot", "content": "hi"}]}, False),
    ("/chat/completions", {**CHAT, "tool_choice": "any"}, False),
    ("/chat/completions", {**CHAT, "messages": [USER, CALL, {"role": "tool", "content": "x"}]}, False),
    ("/chat/completions", {**CHAT, "max_token": 5}, False),
    ("/responses", RESPONSE, True),
    ("/responses", {**RESPONSE, "tools": [FLAT_TOOL]}, True),
    ("/responses", {**RESPONSE, "text": {"format": FORMAT}}, True),
    ("/responses", {**RESPONSE, "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]}, True),
    ("/responses", {**RESPONSE, "input": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}, False),
    ("/responses", {**RESPONSE, "input": [{"role": "robot", "content": "hi"}]}, False),
    ("/responses", {**RESPONSE, "tools": [{"type": "function", "function": TOOL}]}, False),
    ("/responses", {**RESPONSE, "text": {"format": {"type": "json_schema", "json_schema": FORMAT}}}, False),
    ("/responses", {**RESPONSE, "reasoning": {"effort": "enormous"}}, False),
    ("/responses", {**RESPONSE, "max_output_tokens": "many"}, False),
    ("/responses", {**RESPONSE, "max_tokens": 5}, False),
    ("/embeddings", EMBEDDINGS, True),
    ("/embeddings", {"model": "text-embedding-3-small"}, False),
    ("/embeddings", {**EMBEDDINGS, "speed": 1}, False),
    ("/moderations", {"input": ["a"], "model": "omni-moderation-latest"}, True),
    ("/moderations", {"model": "omni-moderation-latest"}, False),
    ("/batches", BATCH, True),
    ("/batches", {**BATCH, "completion_window": "48h"}, False),
]

# Hosts that speak OpenAI's dialect with words of their own; a fixture that differs by these alone is no mistake.
# Everything else of the body is still compared.
OWN_WORDS = {
    "mistral": {"random_seed", "prompt_mode", "safe_prompt", "prompt_cache_key"},
    "deepseek": {"thinking"},
    "fireworks": {"top_k", "context_length_exceeded_behavior", "prompt_cache_isolation_key"},
    "groq": {"reasoning_format", "include_reasoning"},
    "llamacpp": {"top_k", "cache_prompt", "chat_template_kwargs", "n_probs"},
    "lmstudio": {"top_k", "ttl"},
    "openrouter": {"top_k", "reasoning", "usage", "provider", "models"},
    "perplexity": {"top_k", "search_domain_filter"},
    "tgi": {"top_k"},
    "together": {"logprobs", "top_k", "reasoning", "chat_template_kwargs"},
    "vllm": {"top_k", "chat_template_kwargs"},
    "xai": {"deferred"},
}
# Differences that lie deeper, with the one place where they may be: Mistral's documents by URL, its thinking in parts,
# and its word `any` for tools that must be called.
OWN_PLACES = {"mistral/document": "/messages/0:", "mistral/thinking": "/messages/1:", "mistral/tools": "/tool_choice:"}
# Kinds that are held to the document's known fields, too: it lets unknown ones of chat and responses pass.
STRICT = {"openai", "openai-responses", "azure", "embeddings", "moderation", "running"}


class Document:
    def __init__(self, path):
        text = pathlib.Path(path).read_text()
        if path.endswith((".yaml", ".yml")):
            import yaml

            self.content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        else:
            self.content = json.loads(text)
        # An input message of `/responses` fits two alternatives of a `oneOf` at once, so that the document as it stands
        # refuses the examples of its own documentation. That alternatives overlap is no mistake of a request.
        any_of(self.content)
        self.schemas, self.validators = self.content["components"]["schemas"], {}

    def problems(self, path, body, own_words=frozenset(), strict=True):
        """What the document says against a body for a path such as `/responses`."""
        schema = self.content["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        if path not in self.validators:
            whole = {"components": self.content["components"], **schema}
            self.validators[path] = jsonschema.Draft202012Validator(whole)
        known = {key: value for key, value in body.items() if key not in own_words}
        found = [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in self.validators[path].iter_errors(known)]
        if strict:
            found += [f"unknown field `{key}`" for key in known if key not in self.fields(schema)]
        return found

    def fields(self, schema):
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        inner = schema.get("allOf", [])
        return set(schema.get("properties", {})).union(*(self.fields(part) for part in inner))


def any_of(node):
    """Every `oneOf` below becomes an `anyOf`."""
    for inner in node.values() if isinstance(node, dict) else node:
        if isinstance(inner, (dict, list)):
            any_of(inner)
    if isinstance(node, dict) and isinstance(node.get("oneOf"), list):
        node["anyOf"] = node.pop("oneOf")


def path_of(url):
    match = re.search(r"/(chat/completions|responses|embeddings|moderations)(\?|$)", url)
    return f"/{match[1]}" if match else None


def controls(document):
    for path, body, passes in CONTROLS:
        if (not document.problems(path, body)) != passes:
            sys.exit(f"the validator is no use: it {'refuses' if passes else 'accepts'} {path} {json.dumps(body)}")
    refused = sum(not passes for _, _, passes in CONTROLS)
    print(f"controls: {refused} bodies refused and {len(CONTROLS) - refused} accepted, as they must be")


def fixtures(document, found):
    folder = ROOT / "fixtures/http"
    for file in sorted(folder.glob("**/*.request.json")):
        kind, wire = file.relative_to(folder).parts[0], file.parent.name
        sent = json.loads(file.read_text()).get("sent") or {}
        path = path_of(sent.get("url", ""))
        # Only these hosts of embeddings speak as OpenAI does.
        if path is None or (kind == "embeddings" and wire not in ("openai", "azure")):
            continue
        body = dict(sent["body"])
        # Azure's classic URLs name the deployment instead.
        if deployment := re.search(r"/deployments/([^/]+)/", sent["url"]):
            body.setdefault("model", deployment[1])
        name = str(file.relative_to(folder)).removesuffix(".request.json")
        problems = document.problems(path, body, OWN_WORDS.get(kind, frozenset()), kind in STRICT)
        if name in OWN_PLACES:
            problems = [problem for problem in problems if not problem.startswith(OWN_PLACES[name])]
        found.check(f"fixtures of {kind}", name, not problems, "; ".join(problems))


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)
SCHEMA = {
    "title": "answer",
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
ASK = {"role": "user", "content": "{{ question }}"}
EVERYTHING = {
    "max_tokens": 60,
    "temperature": 0.5,
    "top_p": 0.9,
    "seed": 7,
    "stop": ["END", "STOP"],
    "presence_penalty": 0.1,
    "frequency_penalty": -0.1,
    "logprobs": 2,
    "service_tier": "auto",
}


def asking_project(recorder):
    providers = {
        "chat": {"type": "openai", "base_url": recorder.url + "/v1", "key_env": "KEY"},
        "streamed": {"type": "openai", "base_url": recorder.url + "/v1", "key_env": "KEY", "stream": True},
        "responses": {"type": "openai-responses", "base_url": recorder.url + "/v1", "key_env": "KEY"},
        "responses-streamed": {"type": "openai-responses", "base_url": recorder.url + "/v1", "key_env": "KEY", "stream": True},
    }
    project = Project(providers, embedding="chat/text-embedding-3-small")
    project.prompt("plain")
    project.prompt("parts", messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": [
        {"text": "{{ question }}"}, {"image": "dot.png"}, {"image": "https://example.com/a.png"}, {"file": "note.pdf"}]}])
    project.write("prompts/parts/dot.png", PIXEL)
    project.write("prompts/parts/note.pdf", b"%PDF-1.4\n%%EOF\n")
    project.prompt("turns", messages=[ASK, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Go on."}])
    project.prompt("everything", params=EVERYTHING)
    project.prompt("thinking", params={"effort": "high", "max_tokens": 500})
    project.prompt("json", output={"format": "json"}, messages=[{"role": "user", "content": "As JSON: {{ question }}"}])
    project.prompt("schema", output={"format": "json", "schema": SCHEMA})
    project.prompt("shots", examples={"from": "examples.jsonl", "pick": 1, "by": "similarity", "with": "embedding"})
    rows = [{"vars": {"question": f"example {n}"}, "output": f"answer {n}"} for n in range(3)]
    project.write("prompts/shots/examples.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    return project, list(providers)


def running(document, found):
    with Recorder() as recorder:
        project, providers = asking_project(recorder)
        prompts = ["plain", "parts", "turns", "everything", "json", "schema", "shots"]
        models = [f"{name}/gpt-4o" for name in providers]
        project.suite("asks", models, {"one": "What is it?"}, prompts)
        project.suite("thinks", [f"{name}/gpt-5.4-mini" for name in providers], {"one": "What is it?"}, ["thinking", "plain"])
        report, trials, told = project.trials(env={"KEY": "sk-none"})
        for (model, prompt, _), trial in trials.items():
            found.check("replies to the running binary", f"{model} {prompt}", trial["outcome"] == "pass", trial["note"])
        found.equal("replies to the running binary", "trials", len(trials), len(providers) * (len(prompts) + 2))
        for n, (path, body) in enumerate(recorder.seen):
            problems = document.problems(path.removeprefix("/v1"), body)
            found.check(f"bodies of the running binary, {path}", f"request {n}", not problems, "; ".join(problems))
        if "--batch" in project.karat("eval", "--help").stdout:
            batches(document, found, recorder, project)
        else:
            print("batch lines: not tried, this karat has no `eval --batch`")
        project.remove()


def batches(document, found, recorder, project):
    """Every line of an uploaded file, and the batch that is made of it."""
    told = project.karat("eval", "--batch", "--detach", "--no-cache", "--model", "chat/*", "--model", "responses/*", env={"KEY": "sk-none"})
    endpoints = document.schemas["CreateBatchRequest"]["properties"]["endpoint"]["enum"]
    found.check("batches", "files were uploaded", bool(recorder.files), told.stderr)
    for file in recorder.files:
        for line in map(json.loads, file.splitlines()):
            url = line["url"]
            shape = set(line) == {"custom_id", "method", "url", "body"} and line["method"] == "POST" and url in endpoints
            problems = document.problems(url.removeprefix("/v1"), line["body"])
            problems += ["it streams"] if line["body"].get("stream") else []
            found.check("lines of batches", line["custom_id"], shape and not problems, "; ".join(problems) or str(line))
    for batch in recorder.batches:
        problems = document.problems("/batches", batch)
        found.check("batches", batch.get("endpoint"), not problems, "; ".join(problems))


def main():
    document = Document(os.environ["OPENAPI"])
    info = document.content["info"]
    print(f"{info['title']} {info['version']}, jsonschema {importlib.metadata.version('jsonschema')}")
    controls(document)
    found = Found()
    fixtures(document, found)
    running(document, found)
    found.end(least=300)


main()

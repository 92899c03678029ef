"""Signatures (SigV4) of requests to Bedrock, judged by moto's server and by botocore.

moto checks a signature first and looks for the operation afterwards. It has no Converse, so what it says after the check
(500, not implemented) says nothing of us: accepted means what boto3 gets for the same call at the same server.
"""

import datetime
import importlib.metadata
import json
import pathlib
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.exceptions

from kit import Found, Project, Server, free_port

REGION = "us-east-1"
MODELS = [
    "amazon.nova-lite-v1",
    "amazon.nova-lite-v1:0",
    "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc",
    "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a~c",
]


class Relay:
    """Stands before moto, keeps what comes and what is answered, and lets it pass unchanged."""

    def __init__(self, upstream):
        self.seen = []
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                sent = {name: value for name, value in headers.items() if name not in ("connection", "accept-encoding")}
                request = urllib.request.Request(upstream + self.path, body, sent, method="POST")
                try:
                    with urllib.request.urlopen(request, timeout=60) as reply:
                        status, said, answer = reply.status, dict(reply.headers), reply.read()
                except urllib.error.HTTPError as error:
                    status, said, answer = error.code, dict(error.headers), error.read()
                relay.seen.append((self.path, headers, body, status, answer.decode(errors="replace")))
                self.send_response(status)
                kept = ("transfer-encoding", "content-length", "connection", "date", "server")
                for name, value in said.items():
                    if name.lower() not in kept:
                        self.send_header(name, value)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self):
        seen, self.seen = self.seen, []
        return seen


def verdict(status, answer):
    """What moto says of the signature: `rejected`, or where it went on to."""
    if status == 403:
        return "rejected: " + ("SignatureDoesNotMatch" if "SignatureDoesNotMatch" in answer else answer[:200])
    return f"accepted, then {status}"


def client(service, url, key, secret):
    retries = botocore.config.Config(retries={"total_max_attempts": 1})
    return boto3.client(
        service, endpoint_url=url, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret, config=retries
    )


def new_key(url):
    """The three calls that the server takes without a check: a user, who may do everything, with a key."""
    iam = client("iam", url, "none", "none")
    iam.create_user(UserName="karat")
    made = iam.create_access_key(UserName="karat")["AccessKey"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="karat", PolicyName="all", PolicyDocument=json.dumps(everything))
    return made["AccessKeyId"], made["SecretAccessKey"]


def by_boto3(relay, key, secret, model, stream):
    """What the server says to boto3 for the same call."""
    runtime = client("bedrock-runtime", relay.url, key, secret)
    call = runtime.converse_stream if stream else runtime.converse
    try:
        call(modelId=model, messages=[{"role": "user", "content": [{"text": "Hello?"}]}])
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
        pass
    (path, _, _, status, answer), = relay.take()
    return path, verdict(status, answer)


def by_karat(relay, key, secret, stream, token=None):
    """What the server says to karat, by the path of the request."""
    provider = {"type": "bedrock", "base_url": relay.url, "region": REGION, "stream": stream, "retries": {"max_attempts": 1}}
    project = Project({"aws": provider})
    project.prompt("ask")
    project.suite("signed", [f"aws/{model}" for model in MODELS], {"one": "Hello?"})
    env = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, **({"AWS_SESSION_TOKEN": token} if token else {})}
    sent, said = {}, {}
    # One run each: a run ends where a provider refuses its key, and the others would not be tried.
    for model in MODELS:
        said[model] = project.trials("--model", f"aws/{model}", env=env)[2]
        sent |= {path: (headers, body, verdict(status, answer)) for path, headers, body, status, answer in relay.take()}
    project.remove()
    return sent, said


def again_by_botocore(url, path, headers, body, key, secret, token=None):
    """`authorization` as botocore makes it for the request that karat sent."""
    signed = [name for name in headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")]
    kept = {name: headers[name] for name in signed if name not in ("host", "x-amz-date", "x-amz-security-token")}
    request = botocore.awsrequest.AWSRequest("POST", url + path, data=body, headers=kept)
    moment = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret, token), "bedrock", REGION)
    # The signer asks for the time by a name of its module, which has changed between versions.
    frozen = "get_current_datetime" if hasattr(botocore.auth, "get_current_datetime") else None
    if frozen:
        kept_clock, botocore.auth.get_current_datetime = botocore.auth.get_current_datetime, lambda *_, **__: moment
    else:
        kept_clock, botocore.auth.datetime = botocore.auth.datetime, FrozenModule(moment)
    try:
        signer.add_auth(request)
    finally:
        setattr(botocore.auth, frozen or "datetime", kept_clock)
    return request.headers["Authorization"]


class FrozenModule:
    """The module `datetime` with one moment for now."""

    def __init__(self, moment):
        class Frozen(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return moment

            @classmethod
            def now(cls, tz=None):
                return moment.replace(tzinfo=tz)

        self.datetime = Frozen

    def __getattr__(self, name):
        return getattr(datetime, name)


def try_all(relay, found):
    key, secret = new_key(relay.url)
    relay.take()
    for stream in (False, True):
        word = "streamed" if stream else "plain"
        right, _ = by_karat(relay, key, secret, stream)
        wrong, told = by_karat(relay, key, "x" + secret[1:], stream)
        found.equal("requests", f"{word}: one per model", (len(right), len(wrong)), (len(MODELS), len(MODELS)))
        for model in MODELS:
            path, wanted = by_boto3(relay, key, secret, model, stream)
            found.check("paths", f"{word} {model}", path in right, f"boto3 asks for {path}, karat for {sorted(right)}")
            said = right.get(path, (None, None, "nothing"))[2]
            found.equal("right secret: as boto3", f"{word} {model}", said, wanted)
            found.check("right secret: accepted", f"{word} {model}", said.startswith("accepted"), said)
            _, refused = by_boto3(relay, key, "x" + secret[1:], model, stream)
            found.equal("wrong secret, boto3 (control)", f"{word} {model}", refused, "rejected: SignatureDoesNotMatch")
            said = wrong.get(path, (None, None, "nothing"))[2]
            found.equal("wrong secret, karat", f"{word} {model}", said, "rejected: SignatureDoesNotMatch")
            refusal = "the provider refuses the key" in told[model]
            found.check("wrong secret, what karat says", f"{word} {model}", refusal, told[model])
        if right:
            print(f"{word}: the right secret is", ", ".join(sorted({said for *_, said in right.values()})))
    for token in (None, "IQoJb3JpZ2luX2VjEA//token+with==signs"):
        sent, _ = by_karat(relay, key, secret, False, token)
        for path, (headers, body, _) in sent.items():
            wanted = again_by_botocore(relay.url, path, headers, body, key, secret, token)
            found.equal("byte for byte as botocore", f"{path}{' with a token' if token else ''}", headers["authorization"], wanted)


def main():
    versions = {name: importlib.metadata.version(name) for name in ("moto", "boto3", "botocore")}
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    found, port = Found(), free_port()
    program = pathlib.Path(sys.executable).parent / "moto_server"
    command = [program, "-H", "127.0.0.1", "-p", str(port)]
    with Server(command, f"http://127.0.0.1:{port}/moto-api/", {"INITIAL_NO_AUTH_ACTION_COUNT": "3"}):
        try_all(Relay(f"http://127.0.0.1:{port}"), found)
    found.end(least=70)


main()

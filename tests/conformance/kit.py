"""What the scripts of this folder share: a project for karat, servers beside it, and a list of what was found."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
KARAT = os.environ["KARAT"]


class Found:
    """Counts what holds and what does not; `end` makes the exit code of it."""

    def __init__(self):
        self.held, self.broken, self.by_subject = 0, [], {}

    def check(self, subject, name, holds, detail=""):
        counts = self.by_subject.setdefault(subject, [0, 0])
        counts[0 if holds else 1] += 1
        if holds:
            self.held += 1
        else:
            self.broken.append(name)
            print(f"FAIL  {subject}: {name}: {detail}", flush=True)
        return holds

    def equal(self, subject, name, got, wanted):
        return self.check(subject, name, got == wanted, f"got {got!r}, wanted {wanted!r}")

    def end(self, least):
        """`least`: fewer checks than this mean that something was not tried, which is no success."""
        for subject, (held, broken) in self.by_subject.items():
            print(f"{subject}: {held} hold, {broken} do not")
        total = self.held + len(self.broken)
        if total < least:
            print(f"FAIL  only {total} of at least {least} checks were made")
            sys.exit(1)
        print(f"{'FAIL' if self.broken else 'ok'}: {self.held} of {total} checks hold")
        sys.exit(1 if self.broken else 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program of somebody else, started here and ended here."""

    def __init__(self, command, health, env=None, patience=180):
        self.log = tempfile.NamedTemporaryFile("w+", dir=SCRATCH, prefix="server-", suffix=".log", delete=False)
        self.process = subprocess.Popen(
            [str(word) for word in command], env={**os.environ, **(env or {})}, stdout=self.log, stderr=self.log, cwd=SCRATCH
        )
        until = time.monotonic() + patience
        while not answers(health):
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                sys.exit(f"{command[0]} did not start; see {self.log.name}")
            time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=3).close()
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


class Project:
    """A project of karat in a folder of its own, removed at the end."""

    def __init__(self, providers, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH, prefix="project-"))
        self.write("karat.yaml", {"calls": "live", "on_rejected": "drop", "cache": {"enabled": False}, "providers": providers, **settings})

    def write(self, name, content):
        """JSON is YAML: what is not a text is written as JSON."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))

    def prompt(self, name, **definition):
        definition.setdefault("about", name)
        definition.setdefault("messages", [{"role": "user", "content": "{{ question }}"}])
        definition.setdefault("variables", {"question": {"type": "string", "required": True}})
        self.write(f"prompts/{name}/1.0.0.yaml", definition)

    def suite(self, name, models, cases, prompts=("ask",), **more):
        rows = [{"id": id, "vars": {"question": question}} for id, question in cases.items()]
        checks = {"checks": [{"length": {"min": 0}}]}
        suite = {"suite": name, "prompts": [f"{p}@1.0.0" for p in prompts], "models": models, "defaults": checks}
        self.write(f"evals/{name}.yaml", {**suite, "cases": rows, **more})

    def karat(self, *args, env=None):
        # Nothing of the machine's own keys and proxies may decide what happens here.
        plain = {"HOME": str(self.folder), "PATH": os.environ["PATH"], **(env or {})}
        return subprocess.run(
            [KARAT, *args], cwd=self.folder, env=plain, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600
        )

    def trials(self, *args, env=None):
        """Runs `karat eval`: its report, its trials by (model, prompt's name, case), and what it said on stderr."""
        told = self.karat("eval", "--format", "json", *args, env=env)
        if told.returncode not in (0, 1, 3):
            sys.exit(f"karat eval ended with {told.returncode}\n{told.stdout}\n{told.stderr}")
        report = json.loads(told.stdout)
        lines = self.karat("eval", "export", report["run"]["id"], env=env).stdout.splitlines()
        trials = [line for line in map(json.loads, lines) if line["record"] == "trial"]
        by_name = {(t["model"], t["prompt"].split("@")[0], t["case"]["id"]): t for t in trials}
        return report, by_name, told.stderr

    def remove(self):
        shutil.rmtree(self.folder)

"""Bad curricula for the launcher's client: one real uv project whose command `curriculum` does what it is told.

It has no dependencies, so a run is quick. `behaviour.py` in it is executed by each run, with these at hand:

    raw, document       a suggestion that a real curriculum printed, as bytes and as JSON
    say(BYTES)          write to stdout, past every buffer
    say_json(VALUE)     the same as JSON, in Python's own spelling of it
    linger(...)         leave a process behind that sleeps for ten minutes
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import clean_environment

from aind_curriculum_runtime.client import Kind

MARK = "ZOO"
"""Variable that a test sets to tell the processes of its own call."""

_PYPROJECT = """\
[build-system]
requires = ["uv_build>=0.8.22,<1"]
build-backend = "uv_build"

[project]
name = "zoo"
version = "1.0.0"
requires-python = ">=3.11"

[project.scripts]
curriculum = "zoo:main"
"""

_KEEPER = '''\
import ctypes, json, os, signal, subprocess, sys, time
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]


def say(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[: 1 << 20]) :]


def say_json(value, **options):
    say(json.dumps(value, **options).encode("utf-8"))


def linger(*, session=False, orphan=False, quiet=False, empty_environment=False):
    """Leave a process behind; quiet: it holds neither stdout nor stderr."""
    sleep = f"import time; time.sleep(600)  # {os.environ.get('ZOO')}"
    if orphan:
        sleep = f"import subprocess, sys; subprocess.Popen([sys.executable, '-S', '-c', {sleep!r}], "
        sleep += f"start_new_session={session})"
    to = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", sleep], stdout=to, stderr=to, start_new_session=session,
        env={} if empty_environment else None,
    )
    if orphan:
        process.wait()


def main():
    raw = (HOME / "suggestion.json").read_bytes()
    scope = {**globals(), "raw": raw, "document": json.loads(raw)}
    exec(compile((HOME / "behaviour.py").read_text("utf-8"), "behaviour.py", "exec"), scope)
'''


@dataclass(frozen=True)
class Zoo:
    """The project, with its environment made."""

    path: Path

    def behave(self, code: str) -> Path:
        """Make the command do ``code`` from now on; give the repo's path."""
        (self.path / "behaviour.py").write_text(code, encoding="utf-8", newline="\n")
        return self.path


def make_zoo(path: Path, suggestion: bytes) -> Zoo:
    """Make the project at ``path``; ``suggestion`` is what a good curriculum prints."""
    (path / "src" / "zoo").mkdir(parents=True)
    (path / "pyproject.toml").write_text(_PYPROJECT, encoding="utf-8", newline="\n")
    (path / "src" / "zoo" / "__init__.py").write_text(_KEEPER, encoding="utf-8", newline="\n")
    (path / "suggestion.json").write_bytes(suggestion)
    uv = shutil.which("uv")
    assert uv is not None
    subprocess.run([uv, "sync", "--quiet"], cwd=path, check=True, env=clean_environment())
    return Zoo(path)


def running(mark: str) -> dict[int, str]:
    """Numbers and command lines of the running processes that bear a mark in environment or arguments (Linux)."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if mark.encode() in command + (process / "environ").read_bytes():
                found[int(process.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue  # it has ended since, or is another's
    return found


@dataclass(frozen=True)
class Beast:
    """One way to be bad, and the kind of error it is."""

    name: str
    code: str
    kind: Kind


def _state(change: str) -> str:
    return f"state = document['trainer_state']\n{change}\nsay_json(document)"


BAD_OUTPUT = [
    Beast("nothing on stdout", "pass", Kind.NO_OUTPUT),
    Beast("an empty line on stdout", r"say(b' \n')", Kind.NO_OUTPUT),
    Beast("stdout closed", "os.close(1)", Kind.NO_OUTPUT),
    Beast("words", "say(b'hello')", Kind.NOT_JSON),
    Beast("words before the document", r"say(b'loading\n' + raw)", Kind.NOT_JSON),
    Beast("words after the document", r"say(raw + b'done\n')", Kind.NOT_JSON),
    Beast("two documents", "say(raw + raw)", Kind.NOT_JSON),
    Beast("a document cut short", "say(raw[:-20])", Kind.NOT_JSON),
    Beast("NaN", "document['metrics']['rate'] = float('nan'); say_json(document)", Kind.NOT_JSON),
    Beast("Infinity", "document['metrics']['rate'] = float('inf'); say_json(document)", Kind.NOT_JSON),
    Beast("a number too large", 'say(raw.replace(b\'"metrics":{\', b\'"metrics":{"x":1e999,\'))', Kind.NOT_JSON),
    Beast("a key twice", 'say(b\'{"version":"1.0.0",\' + raw[1:])', Kind.NOT_JSON),
    Beast(
        "UTF-8 beyond ASCII",
        "document['metrics']['note'] = 'Mäuse'; say_json(document, ensure_ascii=False)",
        Kind.NOT_JSON,
    ),
    Beast("bytes of no encoding", r"say(raw.replace(b'metrics', b'metr\xff\xfecs'))", Kind.NOT_JSON),
    Beast("UTF-16", "say(raw.decode().encode('utf-16'))", Kind.NOT_JSON),
    Beast("a byte order mark", r"say(b'\xef\xbb\xbf' + raw)", Kind.NOT_JSON),
    Beast("a nest too deep", "say(b'[' * 100_000 + b']' * 100_000)", Kind.NOT_JSON),
    Beast("an array", "say(b'[]')", Kind.SCHEMA),
    Beast("null", "say(b'null')", Kind.SCHEMA),
    *(
        Beast(f"no {key}", f"del document[{key!r}]; say_json(document)", Kind.SCHEMA)
        for key in ("trainer_state", "metrics", "version", "dsl_version")
    ),
    *(
        Beast(f"{key} null", f"document[{key!r}] = None; say_json(document)", Kind.SCHEMA)
        for key in ("trainer_state", "metrics", "version", "dsl_version")
    ),
    Beast("a fifth key", "document['more'] = 1; say_json(document)", Kind.SCHEMA),
    Beast("a version that is a number", "document['version'] = 1.0; say_json(document)", Kind.SCHEMA),
    Beast("a state without a stage", _state("del state['stage']"), Kind.SCHEMA),
    Beast("a stage that is a name", _state("state['stage'] = 's_shaping'"), Kind.SCHEMA),
    Beast("a stage without a name", _state("del state['stage']['name']"), Kind.SCHEMA),
    Beast("stages as a list", _state("state['curriculum']['graph']['nodes'] = []"), Kind.SCHEMA),
    Beast("active policies that are one name", _state("state['active_policies'] = 'p_x'"), Kind.SCHEMA),
    Beast("an active policy that is a number", _state("state['active_policies'] = [1]"), Kind.SCHEMA),
    Beast("a stage that nobody knows", _state("state['stage']['name'] = 's_moon'"), Kind.SEMANTIC),
    Beast("a policy that nobody knows", _state("state['active_policies'] = ['os.system']"), Kind.SEMANTIC),
    Beast("another curriculum", _state("state['curriculum']['name'] = 'other'"), Kind.SEMANTIC),
    Beast("the subject off curriculum", _state("state['is_on_curriculum'] = False"), Kind.SEMANTIC),
    Beast("no stage to go to", _state("state['stage'] = None"), Kind.SEMANTIC),
    Beast("no curriculum any more", _state("state['curriculum'] = None"), Kind.SEMANTIC),
    *(
        Beast(f"the version {version!r}", f"document['version'] = {version!r}; say_json(document)", Kind.SEMANTIC)
        for version in ("1.0", "v1.0.0", "1.0.0\n", "01.0.0", "")
    ),
    Beast("an empty version of the library", "document['dsl_version'] = ''; say_json(document)", Kind.SEMANTIC),
]
"""Success by the exit code, and output that is none."""

BAD_EXITS = [
    Beast("exit 1, as uv and the interpreter do", "say(raw); raise RuntimeError", Kind.NOT_STARTED),
    Beast("exit 2, as uv does", "say(raw); sys.exit(2)", Kind.NOT_STARTED),
    Beast("exit 3, which the contract lacks", "say(raw); sys.exit(3)", Kind.CRASH),
    Beast("exit 255", "say(raw); os._exit(255)", Kind.CRASH),
]
"""Failure by the exit code, after output that is good."""

CRASHES = [
    Beast("a segmentation fault after the output", "say(raw); ctypes.string_at(0)", Kind.CRASH),
    Beast("an abort after the output", "say(raw); os.abort()", Kind.CRASH),
]

HANGS = [
    Beast("a hang", "time.sleep(600)", Kind.TIMEOUT),
    Beast("a hang after the output", "say(raw); time.sleep(600)", Kind.TIMEOUT),
    Beast("a hang of a busy loop", "while True: pass", Kind.TIMEOUT),
    Beast("a hang without stdout and stderr", "os.close(1); os.close(2); time.sleep(600)", Kind.TIMEOUT),
    Beast("an endless stderr", "while True: os.write(2, b'x' * 65536)", Kind.TIMEOUT),
    Beast("a slow stdout without end", "while True: say(b' '); time.sleep(0.01)", Kind.TIMEOUT),
]

LEAVERS = [
    Beast("a child that keeps the pipes", "linger(); say(raw)", Kind.LEFT_RUNNING),
    Beast("a child that keeps none", "linger(quiet=True); say(raw)", Kind.LEFT_RUNNING),
    Beast("an orphan", "linger(orphan=True); say(raw)", Kind.LEFT_RUNNING),
    Beast("a child and an error", "linger(); sys.exit(70)", Kind.CODE),
    Beast("a child and a hang", "linger(quiet=True); time.sleep(600)", Kind.TIMEOUT),
    Beast("a child and a crash", "linger(); say(raw); os.abort()", Kind.CRASH),
    Beast("a child and too much output", "linger()\nwhile True: say(b' ' * 65536)", Kind.TOO_LARGE),
]

if os.name == "posix":
    CRASHES += [
        Beast("a kill after the output", "say(raw); os.kill(os.getpid(), signal.SIGKILL)", Kind.CRASH),
        Beast("the launcher's uv is killed", "say(raw); os.kill(os.getppid(), signal.SIGKILL)", Kind.CRASH),
    ]
    HANGS += [
        Beast(
            "a hang that no signal ends",
            "for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n"
            "time.sleep(600)",
            Kind.TIMEOUT,
        ),
        Beast("a hang that is stopped", "os.kill(os.getpid(), signal.SIGSTOP)", Kind.TIMEOUT),
        Beast("a hang in a session of its own", "os.fork() or os.setsid() or time.sleep(600)\nos.wait()", Kind.TIMEOUT),
    ]
    LEAVERS += [
        Beast("a fork that keeps the pipes", "os.fork() or time.sleep(600)\nsay(raw)", Kind.LEFT_RUNNING),
        Beast("an orphan in a session of its own", "linger(orphan=True, session=True); say(raw)", Kind.LEFT_RUNNING),
        Beast(
            "a daemon: an orphan in a session of its own that keeps no pipe",
            "linger(orphan=True, session=True, quiet=True); say(raw)",
            Kind.LEFT_RUNNING,
        ),
        Beast(
            "a daemon that cleared its environment and keeps the pipes",
            "linger(orphan=True, session=True, empty_environment=True); say(raw)",
            Kind.LEFT_RUNNING,
        ),
        Beast(
            "a child in a session of its own that cleared its environment, and a hang",
            "linger(session=True, quiet=True, empty_environment=True); time.sleep(600)",
            Kind.TIMEOUT,
        ),
        Beast(
            "children that multiply",
            "linger(quiet=True)\nfor _ in range(30): os.fork() or (os.setsid(), time.sleep(600))\ntime.sleep(600)",
            Kind.TIMEOUT,
        ),
    ]

"""What the tests of versions share: a repo with a release, and an S3 interface on loopback."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support import Repo, clean_environment, commit_all, git

PACKAGE = "src/my_curriculum"
STAGES = f"{PACKAGE}/stages.py"
CURRICULUM = f"{PACKAGE}/curriculum.py"
RULES = f"{PACKAGE}/rules.py"
METRICS = f"{PACKAGE}/metrics.py"


def install_runtime_extras(repo: Repo, *packages: str) -> None:
    """Add packages to the repo's environment, as extras of the runtime would."""
    command = ["uv", "pip", "install", "--quiet", "--python", repo.script("python"), *packages]
    subprocess.run(command, check=True, env=clean_environment())


def sync(repo: Repo) -> None:
    """Bring lock and environment up to the version in pyproject.toml; what was added to it stays."""
    subprocess.run(["uv", "sync", "--quiet", "--inexact"], cwd=repo.path, check=True, env=clean_environment())


def set_version(repo: Repo, old: str, new: str) -> None:
    """State another version, with its entry in the changelog."""
    repo.edit("pyproject.toml", f'version = "{old}"', f'version = "{new}"')
    repo.edit("CHANGELOG.md", "## [Unreleased]\n", f"## [Unreleased]\n\n## [{new}]\n")


def release(repo: Repo, tag: str) -> None:
    """Commit everything and tag it."""
    commit_all(repo.path, tag)
    git(repo.path, "tag", tag)


@contextlib.contextmanager
def undone(repo: Repo) -> Iterator[Repo]:
    """A repo for the body to change and to release; commits, tags and files are as before afterwards."""
    head, tags = git(repo.path, "rev-parse", "HEAD"), git(repo.path, "tag").split()
    yield repo
    git(repo.path, "reset", "--quiet", "--hard", head)
    for tag in set(git(repo.path, "tag").split()) - set(tags):
        git(repo.path, "tag", "--delete", tag)
    repo.restore()


@dataclass(frozen=True)
class S3:
    """An S3 interface that is served on loopback."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What leads an S3 client there; nothing of this account's own is read."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        self._call("PUT", f"/{name}", authorised=True)

    def put(self, key: str, data: bytes) -> None:
        """Write an object."""
        self._call("PUT", f"/{key}", data, authorised=True)

    def refuse_everybody(self, refused: bool) -> None:
        """Ask for valid credentials from now on, which nobody has; or from nobody any more."""
        self._call("POST", "/moto-api/reset-auth", b"0" if refused else b"1000000")

    def _call(self, method: str, path: str, data: bytes | None = None, *, authorised: bool = False) -> None:
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/octet-stream")
        if authorised:
            scope = "Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
            request.add_header("Authorization", f"AWS4-HMAC-SHA256 {scope}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


_SERVER = """
import random, threading, time
from werkzeug.serving import make_server
from moto.server import DomainDispatcherApplication, create_backend_app

moto = DomainDispatcherApplication(create_backend_app)
one_at_a_time = threading.Lock()  # moto looks first and writes later; S3 does both in one step
refused = set()


def answer(environ, start_response):
    path = environ["PATH_INFO"]
    if "/slow/" in path:  # a network, on which the one behind may come to the front
        time.sleep(random.choice((0, 0, 0, 0.1)))
    with one_at_a_time:
        # S3 says so, now and then, of two writes that would each make the object, and asks for another try.
        if "busy" in path and environ.get("HTTP_IF_NONE_MATCH") and path not in refused:
            refused.add(path)
            start_response("409 Conflict", [("Content-Type", "application/xml")])
            return [b"<Error><Code>ConditionalRequestConflict</Code><Message>Try again.</Message></Error>"]
        return list(moto(environ, start_response))


server = make_server("127.0.0.1", 0, answer, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextlib.contextmanager
def s3_server(log: Path) -> Iterator[S3]:
    """Serve S3 on a free port of loopback for as long as the body runs."""
    with log.open("wb") as errors:
        process = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, stderr=errors)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().decode().strip()
        assert port, log.read_text(encoding="utf-8")
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
                time.sleep(0.05)
        yield S3(url)
    finally:
        process.kill()
        process.wait()

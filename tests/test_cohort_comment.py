"""The action keeps one comment in a pull request; GitHub's part is played by a server on loopback."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from support import PROJECT, call

MARK = "<!-- curriculum diff --cohort: my-curriculum -->"
BOT = "github-actions[bot]"
SCRIPT = PROJECT / ".github" / "cohort_comment.py"


class GitHub:
    """The comments of pull request 7 of an/owner, as GitHub's API has them."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.status = 200

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Nothing."""

            def do_GET(self) -> None:
                page = int(parse_qs(urlsplit(self.path).query)["page"][0])
                self.answered("/repos/an/owner/issues/7/comments", hub.comments[(page - 1) * 100 : page * 100])

            def do_POST(self) -> None:
                self.answered("/repos/an/owner/issues/7/comments", hub.add(BOT, self.body()))

            def do_PATCH(self) -> None:
                number = int(self.path.rpartition("/")[2])
                hub.comments[number]["body"] = self.body()
                self.answered(f"/repos/an/owner/issues/comments/{number}", {})

            def body(self) -> str:
                return str(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"])

            def answered(self, path: str, document: Any) -> None:
                assert urlsplit(self.path).path == path
                assert self.headers["Authorization"] == "Bearer secret"
                self.send_response(hub.status)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

        hub = self
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def add(self, author: str, body: str) -> dict[str, Any]:
        self.comments.append({"id": len(self.comments), "user": {"login": author}, "body": body})
        return self.comments[-1]

    def call(self, folder: Path, body: str) -> str:
        """Have the script write a comment; what it said."""
        (folder / "body.md").write_text(body, encoding="utf-8", newline="\n")
        variables = {
            "GITHUB_API_URL": f"http://127.0.0.1:{self.server.server_port}",
            "GITHUB_REPOSITORY": "an/owner",
            "PULL_REQUEST": "7",
            "GH_TOKEN": "secret",
        }
        done = call([sys.executable, "-I", SCRIPT, folder / "body.md"], env=variables)
        assert done.code == 0, done.text
        return done.stdout.decode()


@pytest.fixture
def hub() -> Iterator[GitHub]:
    one = GitHub()
    thread = threading.Thread(target=one.server.serve_forever)
    thread.start()
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()


def test_there_is_one_comment_which_is_updated(hub: GitHub, tmp_path: Path) -> None:
    for text in ("first", "second: \u00e9 \u2192"):
        assert hub.call(tmp_path, f"{MARK}\n{text}\n") == ""
    assert [one["body"] for one in hub.comments] == [f"{MARK}\nsecond: \u00e9 \u2192\n"]


def test_it_is_found_behind_a_page_of_others_and_nobody_elses_is_touched(hub: GitHub, tmp_path: Path) -> None:
    for number in range(130):
        hub.add("somebody", f"{MARK}\nnot ours" if number % 2 else "")
    hub.add(BOT, f"{MARK.replace('my-', 'other-')}\nof another curriculum")
    ours = hub.add(BOT, f"{MARK}\r\nbefore")
    before = [dict(one) for one in hub.comments[:-1]]
    hub.call(tmp_path, f"{MARK}\nafter\n")
    assert ours["body"] == f"{MARK}\nafter\n"
    assert hub.comments[:-1] == before


def test_a_token_without_the_permission_is_a_warning(hub: GitHub, tmp_path: Path) -> None:
    hub.status = 403
    said = hub.call(tmp_path, f"{MARK}\nfirst\n")
    assert said.startswith("::warning::The comment was not written (403 Forbidden).")
    assert "`pull-requests: write`" in said


@pytest.mark.parametrize("body", ["", "something else\n"])
def test_what_is_no_difference_is_not_written(hub: GitHub, tmp_path: Path, body: str) -> None:
    assert hub.call(tmp_path, body) == (
        "::warning::There is no cohort difference to comment: the step before says why.\n"
    )
    assert hub.comments == []


COMMAND = "<run><aind-curriculum><diff>"
IN_A_TASK_REPO = "<tool><run><--from></action/task-repo/..[fleet]><curricula><diff>"


@pytest.mark.parametrize(
    ("action", "variables", "status", "said", "code"),
    [
        ("", {"BASE": "origin/main", "FAIL_OVER": "5%"}, 0, "<origin/main><--cohort><a b.csv><--fail-over><5%>", 0),
        ("", {}, 0, "<--cohort><a b.csv>", 0),
        ("", {}, 3, "<--cohort><a b.csv>", 0),
        ("", {"FAIL_OVER": "5%"}, 4, "<--cohort><a b.csv><--fail-over><5%>", 4),
        ("task-repo", {"BASE": "origin/main", "COHORT": ""}, 0, "<origin/main>", 0),
        ("task-repo", {"BASE": "a", "FAIL_OVER": "5%"}, 3, "<a><--cohort><a b.csv><--fail-over><5%>", 0),
        ("task-repo", {"BASE": "a"}, 4, "<a><--cohort><a b.csv>", 4),
    ],
)
def test_the_step_fails_where_too_much_changes_not_where_a_session_was_left_out(
    tmp_path: Path, action: str, variables: dict[str, str], status: int, said: str, code: int
) -> None:
    document = yaml.safe_load((PROJECT / action / "action.yml").read_text(encoding="utf-8"))
    (step,) = (one for one in document["runs"]["steps"] if " diff" in one.get("name", ""))
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\nprintf "<%s>" "$@"\nexit {status}\n', encoding="utf-8", newline="\n")
    uv.chmod(0o755)
    given = {"COHORT": "a b.csv", "BASE": "", "FAIL_OVER": "", "RUNNER_TEMP": tmp_path.as_posix(), **variables}
    given["GITHUB_ACTION_PATH"] = "/action/task-repo"
    # As GitHub starts it. The stub is put on the PATH inside: Windows spells PATH in its own way.
    command = [shutil.which("bash") or "bash", "-eo", "pipefail", "-c", f'PATH="$PWD:$PATH"\n{step["run"]}']
    done = call(command, cwd=tmp_path, env=given)
    written = (tmp_path / "cohort-difference.md").read_text(encoding="utf-8")
    assert (done.code, written) == (code, f"{IN_A_TASK_REPO if action else COMMAND}{said}<--format><github>")
    assert ("::warning::" in done.stdout.decode()) is (status == 3)

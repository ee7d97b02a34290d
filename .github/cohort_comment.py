"""Write a cohort difference to a pull request: one comment, found again by the mark in its first line.

Run by ``action.yml`` with the token, so it imports nothing of the repo that was checked out, nor of its environment.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = "<!-- curriculum diff --cohort: "
AUTHOR = "github-actions[bot]"
A_PAGE = 100


def main() -> None:
    """Update the comment, or write it; what does not work is a warning, as the summary of the step has the same."""
    body = Path(sys.argv[1]).read_text(encoding="utf-8")
    mark = body.partition("\n")[0]
    if not mark.startswith(MARK):
        _warn("There is no cohort difference to comment: the step before says why.")
        return
    comments = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    try:
        mine = _mine(f"{comments}/{os.environ['PULL_REQUEST']}/comments", mark)
        first = next(mine, None)
        if first is None:
            _ask("POST", f"{comments}/{os.environ['PULL_REQUEST']}/comments", body)
        else:
            _ask("PATCH", f"{comments}/comments/{first}", body)
    except urllib.error.HTTPError as error:
        needed = " The job needs `pull-requests: write`, which a pull request of a fork never gets."
        _warn(f"The comment was not written ({error.code} {error.reason}).{needed if error.code in (401, 403) else ''}")
    except OSError as error:
        _warn(f"The comment was not written ({error}).")


def _mine(url: str, mark: str) -> Iterator[int]:
    """The comments of this workflow that begin with the mark; anybody can write the mark."""
    page = 1
    while found := _ask("GET", f"{url}?per_page={A_PAGE}&page={page}"):
        for one in found:
            if one["user"]["login"] == AUTHOR and one["body"].splitlines()[:1] == [mark]:
                yield one["id"]
        page += 1


def _ask(method: str, url: str, body: str | None = None) -> Any:
    data = None if body is None else json.dumps({"body": body}).encode("ascii")
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['GH_TOKEN']}",
        "Content-Type": "application/json",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _warn(sentence: str) -> None:
    print(f"::warning::{' '.join(sentence.split())}")


if __name__ == "__main__":
    main()

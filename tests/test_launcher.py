"""What a launcher gets from a freshly generated repo."""

from __future__ import annotations

import json
from pathlib import Path

from support import Repo


def test_the_launchers_command_prints_one_document_of_four_keys(shared_repo: Repo, state: Path) -> None:
    result = shared_repo.launch("run", "--data-directory", shared_repo.session, "--input-trainer-state", state)
    assert result.code == 0, result.text
    assert list(result.document) == ["trainer_state", "metrics", "version", "dsl_version"]
    assert result.stdout == result.stdout.strip() + b"\n"
    result.stdout.decode("ascii")


def test_a_suggestion_is_valid_as_the_next_sessions_input(shared_repo: Repo, state: Path, tmp_path: Path) -> None:
    first = shared_repo.curriculum("run", "--path", shared_repo.session, "--input-trainer-state", state).document
    following = tmp_path / "next.json"
    following.write_text(json.dumps(first["trainer_state"]), encoding="utf-8")
    second = shared_repo.curriculum("run", "--path", shared_repo.session, "--input-trainer-state", following)
    assert second.code == 0, second.text
    assert second.document["trainer_state"]["stage"]["name"] == "s_shaping"

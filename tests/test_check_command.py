"""`curriculum check` as a person and as CI meet it: exit codes, formats, selection, terminal, and what it leaves."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from support import PROJECT, Repo, Result, call, clean_environment, git

from aind_curriculum_runtime.checks.engine.under_test import repo_at
from aind_curriculum_runtime.checks.plugin import BY_DEFAULT, CHECKS, FAST, runs_of

FILES_ONLY = [name for name in CHECKS if not runs_of(name)]
"""Checks that read files only: quick to ask in a process of their own."""


@pytest.fixture(scope="module")
def shared_repo(locked_repo: Repo) -> Repo:
    return locked_repo


def check(repo: Repo, *arguments: str | Path, **options: Any) -> Result:
    return repo.curriculum("check", *arguments, cwd=repo.path, **options)


def chosen(*names: str) -> list[str]:
    return [word for name in names for word in ("--select", name)]


@pytest.fixture
def faulty(repo: Repo) -> Repo:
    """A repo with an error at a line, an error without one, a warning, and a check that is ignored."""
    repo.edit(".github/workflows/contract.yml", "uv run aind-curriculum check --format github", "echo well")
    repo.write("README.md", "# mine\n\n<<<<<<< before updating\n")
    repo.edit("src/my_curriculum/metrics.py", "CRITERION = 0.75", 'print("<b>100 %</b>, loaded")\nCRITERION = 0.75')
    repo.edit(
        "pyproject.toml",
        "[tool.ruff]\n",
        '[tool.repo-review.ignore]\nCI004 = "formatted by a bot"\n\n[tool.ruff]\n',
    )
    return repo


FAULTS = chosen("LP007", "LP008", "SO008", "VE003", "CI001", "CI004")


# Exit codes


def test_without_findings_it_ends_with_0(shared_repo: Repo) -> None:
    result = check(shared_repo, *chosen(*FILES_ONLY))
    assert (result.code, result.stderr) == (0, b""), result.stdout
    assert result.stdout.startswith(b"%d passed in " % len(FILES_ONLY))


def test_an_error_makes_it_end_with_1(faulty: Repo) -> None:
    assert check(faulty, *chosen("LP008")).code == 1


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--strict"], 1)])
def test_a_warning_fails_only_when_asked_to(faulty: Repo, arguments: list[str], code: int) -> None:
    result = check(faulty, *chosen("SO008"), *arguments)
    assert result.code == code
    assert b"1 warned" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--select", "XX001"],
        ["--ignore", "no such family"],
        ["--select", "LP009", "--ignore", "LP"],
        ["--select", "CI004"],
        ["--list", "--select", "XX"],
        ["--fast", "--select", "SU001"],
    ],
    ids=" ".join,
)
def test_when_no_check_ran_it_ends_with_3_and_says_why(faulty: Repo, arguments: list[str]) -> None:
    result = check(faulty, *arguments)
    assert result.code == 3
    assert result.stdout.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ["no such folder"],
        ["--session", "no such folder"],
        ["--format", "xml"],
        ["--frmat", "json"],
        ["--fast", "--all"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_ends_with_64(shared_repo: Repo, arguments: list[str]) -> None:
    result = check(shared_repo, *arguments)
    assert (result.code, result.stdout, result.error["exit"]) == (64, b"", 64)


# Selection


def test_a_family_is_selected_by_its_name_and_by_its_letters(shared_repo: Repo) -> None:
    by_letters = check(shared_repo, "--list", "--select", "CI").stdout.decode().splitlines()
    by_name = check(shared_repo, "--list", "--select", "ci").stdout.decode().splitlines()
    assert by_letters == by_name
    assert [line.partition(" ")[0] for line in by_letters] == [name for name in CHECKS if name.startswith("CI")]


def test_the_list_holds_every_check_with_what_holds(shared_repo: Repo) -> None:
    lines = check(shared_repo, "--list").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == list(CHECKS)
    assert all(check_.title in line for check_, line in zip(CHECKS.values(), lines, strict=True))
    assert [line.split()[0] for line in lines if "(--all)" in line] == [
        name for name in CHECKS if name not in BY_DEFAULT
    ]


def test_the_runtimes_family_is_left_out_unless_it_is_asked_for(shared_repo: Repo) -> None:
    apart = re.compile(r"left out: (\d+) checks that only an edited runtime fails - `--all` runs them too")
    said = check(shared_repo, *chosen("LP009")).stdout.decode()
    assert not apart.search(said)
    static = [word for name in BY_DEFAULT if name not in FILES_ONLY for word in ("--ignore", name)]
    (told,) = apart.findall(check(shared_repo, *static).stdout.decode())
    assert int(told) == len(CHECKS) - len(BY_DEFAULT)
    (told,) = apart.findall(check(shared_repo, *static, "--ignore", "FA").stdout.decode())
    assert int(told) == 3  # CL002, CL007, SE002
    document = check(shared_repo, *static, "--format", "json").document
    assert document["left_out"] == [name for name in CHECKS if name not in BY_DEFAULT]


def test_fast_is_what_reads_files_and_looks_at_the_launchers_own_call(shared_repo: Repo) -> None:
    document = check(shared_repo, "--fast", "--format", "json").document
    assert [row["id"] for row in document["checks"]] == FAST
    assert (document["counts"]["errors"], document["counts"]["warnings"]) == (0, 0)
    assert document["processes"] == 3  # the lock, one import for a trainer state, the launcher's call
    assert document["left_out"] == [name for name in CHECKS if name not in FAST]
    said = check(shared_repo, "--fast", *(word for name in FAST[1:] for word in ("--ignore", name))).stdout.decode()
    slow = len(BY_DEFAULT) - len(FAST)
    assert f"left out: {slow} checks that need more runs than the launcher's own - `--fast` leaves them out" in said
    assert "left out: 12 checks that only an edited runtime fails" in said


def test_a_check_is_told_without_those_that_gate_it(shared_repo: Repo) -> None:
    document = check(shared_repo, "--select", "VE003", "--format", "json").document
    assert [row["id"] for row in document["checks"]] == ["VE003"]


def test_what_the_repo_ignores_is_shown_with_its_reason(faulty: Repo) -> None:
    assert "ignored: CI004 - formatted by a bot" in check(faulty, *FAULTS).stdout.decode()


def test_what_the_repo_ignores_without_a_reason_is_shown_too(repo: Repo) -> None:
    repo.edit("pyproject.toml", "[tool.ruff]\n", '[tool.repo-review]\nignore = ["CI"]\n\n[tool.ruff]\n')
    said = check(repo, *chosen("LP009", "CI003", "CI004")).stdout.decode()
    assert "ignored: CI003, CI004 - pyproject.toml gives no reason" in said
    assert "1 passed, 2 ignored" in said


def test_an_id_is_found_however_it_is_written(shared_repo: Repo) -> None:
    assert check(shared_repo, "--list", "--select", "gr004").stdout.startswith(b"GR004 ")


def test_a_name_that_is_no_checks_is_told_with_what_is_meant(shared_repo: Repo) -> None:
    said = check(shared_repo, "--select", "GR*").stdout.decode()
    assert "There is no check 'GR*'; give an id (GR004), its letters (GR) or a family (graph)" in said


# Text


def test_a_finding_is_one_line_with_place_fault_fix_and_page(faulty: Repo) -> None:
    lines = check(faulty, *FAULTS).stdout.decode().splitlines()
    findings = [line for line in lines if re.match(r"[A-Z]{2}\d{3} (error|warning):", line)]
    assert [line.split()[0] for line in findings] == ["LP008", "SO008", "CI001"]
    for line in findings:
        assert re.search(r"\. Fix: .+\. \(https://\S+\.md#[a-z]{2}\d{3}\)$", line), line
    assert findings[0].startswith("LP008 error: README.md:3: README.md has conflict markers.")


# Formats for programs


def test_more_than_three_of_one_kind_are_one_to_a_person_and_all_to_a_program(repo: Repo) -> None:
    for name in ("aux", "con", "nul", "prn", "com1"):
        repo.write(f"{name}.txt", "")
    (told,) = [line for line in check(repo, *chosen("LP009")).stdout.decode().splitlines() if line.startswith("LP")]
    assert told.startswith("LP009 error: 5 of one kind: aux.txt: ") and " And 2 more. Fix: " in told
    assert "con.txt" in told and "prn.txt" not in told
    assert len(check(repo, *chosen("LP009"), "--format", "json").document["checks"][0]["findings"]) == 5
    assert check(repo, *chosen("LP009"), "--format", "github").stdout.count(b"::error ") == 5


def test_one_rule_alone_is_left_out_with_the_reason(repo: Repo) -> None:
    rules = ("st_habituation_shaping", "st_shaping_discrimination", "st_discrimination_shaping", "p_lengthen_delay")
    for module in ("rules", "curriculum", "stages"):
        file = f"src/my_curriculum/{module}.py"
        text = (repo.path / file).read_text(encoding="utf-8")
        repo.write(file, functools.reduce(lambda text, rule: text.replace(rule, f"old_{rule}"), rules, text))
    four = "4 names differ from the field's: old_"
    assert four in check(repo, *chosen("GR009")).stdout.decode()
    repo.edit(
        "pyproject.toml",
        "[tool.ruff]\n",
        '[tool.repo-review.ignore]\n"GR009:old_p_lengthen_delay" = "in states of 2024"\n\n[tool.ruff]\n',
    )
    said = check(repo, *chosen("GR009")).stdout.decode()
    assert said.count("GR009 warning: ") == 3 and "old_p_lengthen_delay is named" not in said
    assert "GR009 note: old_p_lengthen_delay is left out: in states of 2024." in said


def test_json_holds_what_text_tells(faulty: Repo) -> None:
    document = check(faulty, *FAULTS, "--format", "json").document
    assert document["failed"] is True
    assert document["counts"] == {"passed": 2, "errors": 2, "warnings": 1, "skipped": 0, "ignored": 1}
    (finding,) = next(row["findings"] for row in document["checks"] if row["id"] == "LP008")
    assert (finding["path"], finding["line"], finding["curriculum"]) == ("README.md", 3, None)


def test_github_gets_one_annotation_a_finding_at_its_line(faulty: Repo) -> None:
    lines = check(faulty, *FAULTS, "--format", "github").stdout.decode().splitlines()
    annotations = [line for line in lines if line.startswith("::")]
    assert [line.partition(" ")[0] for line in annotations] == ["::error", "::warning", "::error"]
    assert annotations[0].startswith("::error title=LP008 No leftovers of an update,file=README.md,line=3::")


def test_github_gets_paths_from_the_folder_that_was_checked_out(faulty: Repo) -> None:
    parent = faulty.path.parent
    said = check(faulty, *chosen("LP008"), "--format", "github", env={"GITHUB_WORKSPACE": str(parent)}).stdout.decode()
    assert f"file={faulty.path.name}/README.md,line=3" in said


def test_sarif_is_valid_by_its_published_schema(faulty: Repo) -> None:
    document = check(faulty, *FAULTS, "--format", "sarif").document
    schema = json.loads((PROJECT / "tests/data/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    (run,) = document["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["LP008", "SO008", "CI001"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "README.md"}, "region": {"startLine": 3}}


def test_junit_has_one_case_a_check(faulty: Repo) -> None:
    suites = ElementTree.fromstring(check(faulty, *FAULTS, "--format", "junit").stdout)
    (suite,) = suites
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "2", "1")
    cases = {str(case.get("name"))[:5]: {child.tag for child in case} for case in suite}
    assert cases == {
        "LP007": set(), "LP008": {"failure"}, "SO008": {"system-err"}, "VE003": set(), "CI001": {"failure"},
        "CI004": {"skipped"},
    }  # fmt: skip


def test_html_is_one_page_with_every_finding(faulty: Repo) -> None:
    page = check(faulty, *FAULTS, "--format", "html").stdout.decode("utf-8")
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    assert "README.md has conflict markers" in page
    assert not re.search(r'(src|href)="(?!https://github\.com/)', page)


def test_a_name_in_a_message_is_not_read_as_markup(repo: Repo) -> None:
    repo.edit("src/my_curriculum/metrics.py", "CRITERION = 0.75", "CRITERION = open('/home/me/__init__<script>`b`')")
    page = check(repo, *chosen("LP013"), "--format", "html").stdout.decode("utf-8")
    assert "__init__&lt;script&gt;<code>b</code>" in page and "<script>" not in page
    told = CHECKS["LP013"].check(repo_at(repo.path))  # repo-review reads it as Markdown
    assert told is not None and r"\_\_init\_\_\<script>`b`" in told


# The terminal


if sys.platform != "win32":  # a pseudo-terminal is POSIX's

    @pytest.mark.parametrize("colour", [True, False])
    def test_on_a_terminal_a_finding_is_wrapped_with_its_page_on_a_line_of_its_own(faulty: Repo, colour: bool) -> None:
        shown = on_a_terminal(faulty, *FAULTS, colour=colour)
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
        lines = plain.splitlines()
        assert any(line.strip().startswith("https://") and line.strip().endswith("layout.md#lp008") for line in lines)
        assert all(len(line) <= 80 or "https://" in line for line in lines)
        assert ("\x1b[31merror" in shown) is colour

    def test_the_progress_bar_is_on_terminals_only(shared_repo: Repo) -> None:
        shown = on_a_terminal(shared_repo, *chosen("LP005"), colour=True)
        assert "checking" in shown and re.search(r"(import|facts for \w+, \w+ and others), \d+ s", shown), shown
        assert check(shared_repo, *chosen("LP005")).stderr == b""

    def on_a_terminal(repo: Repo, *arguments: str, colour: bool) -> str:
        import pty
        import termios

        leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (24, 80))
        environment = clean_environment(TERM="xterm") | ({} if colour else {"NO_COLOR": "1"})
        environment.pop("COLUMNS", None)
        process = subprocess.Popen(
            [repo.script("curriculum"), "check", *arguments],
            cwd=repo.path,
            stdin=subprocess.DEVNULL,
            stdout=follower,
            stderr=follower,
            env=environment,
        )
        os.close(follower)
        shown = b""
        try:
            while chunk := os.read(leader, 4096):
                shown += chunk
        except OSError:  # Linux: the other end is closed
            pass
        process.wait()
        os.close(leader)
        return shown.decode("utf-8").replace("\r\n", "\n")


# What it leaves


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A folder of its own for temporary files, as the environment says it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    yield {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}
    assert [path.name for path in folder.iterdir() if not re.fullmatch(r"uv-\w+\.lock", path.name)] == []


def test_nothing_is_left_in_the_repo_or_elsewhere(repo: Repo, scratch: dict[str, str]) -> None:
    result = check(repo, *chosen("CL001", "GR004"), env=scratch)
    assert result.code == 0, result.stdout
    assert git(repo.path, "status", "--porcelain") == ""
    ignored = git(repo.path, "status", "--porcelain", "--ignored").splitlines()
    assert [line for line in ignored if not line.rstrip("/").endswith((".venv", "__pycache__"))] == []


if sys.platform != "win32":  # where a test cannot press Ctrl-C for another process alone

    def test_ctrl_c_ends_the_runs_and_leaves_nothing(shared_repo: Repo, scratch: dict[str, str]) -> None:
        process = subprocess.Popen(
            [shared_repo.script("curriculum"), "check"],
            cwd=shared_repo.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(**scratch),
        )
        while not list(Path(scratch["TMPDIR"]).glob("curriculum-check-*/*/trainer_state.json")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        started = time.monotonic()
        stdout, stderr = process.communicate(timeout=60)
        assert time.monotonic() - started < 10
        assert (process.returncode, stdout) == (70, b"")
        assert b"code.interrupted" in stderr


# Its neighbours


def test_repo_reviews_own_command_shows_the_same_checks(faulty: Repo, scratch: dict[str, str]) -> None:
    result = call(
        ["uv", "run", "-q", "--frozen", "--with", "repo-review[cli]", "repo-review", ".", "--format", "json"],
        cwd=faulty.path,
        env=scratch,
    )
    checks = {name: row["result"] for name, row in result.document["checks"].items() if name in CHECKS}
    assert checks.keys() == set(BY_DEFAULT), result.text
    assert {name for name, passed in checks.items() if passed is False} == {"LP008", "SO008", "CI001"}


def test_the_hook_for_commits_asks_every_check_that_reads_files_only() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    entry = next(hook["entry"] for hook in hooks if hook["id"] == "curriculum-check-files")
    assert entry.split() == ["uv", "run", "--frozen", "aind-curriculum", "check", *chosen(*FILES_ONLY)]


def test_the_hook_for_a_push_is_the_fast_check() -> None:
    hooks = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    hook = next(hook for hook in hooks if hook["id"] == "curriculum-check")
    assert [*hook["entry"].split(), *hook["args"]] == ["uv", "run", "--frozen", "aind-curriculum", "check", "--fast"]
    assert hook["stages"] == ["pre-push"]


def test_a_finding_names_its_curriculum_where_there_are_several(repo: Repo) -> None:
    entry = 'my-curriculum = "my_curriculum.curriculum:CURRICULUM"\n'
    repo.edit("pyproject.toml", entry, entry + 'second = "my_curriculum.second:CURRICULUM"\n')
    repo.write("src/my_curriculum/second.py", "CURRICULUM = 1\n")
    document = check(repo, *chosen("LP005"), "--format", "json").document
    (finding,) = document["checks"][0]["findings"]
    assert finding["curriculum"] == "second"
    assert "not a Curriculum object" in finding["message"]

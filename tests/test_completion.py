"""Completion, asked for in the shells as their scripts ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import Result, call, clean_environment

SCRIPTS = Path(sys.executable).parent
SHELLS = ["bash", "zsh", "fish", "powershell"]


def program(name: str, *arguments: str, env: dict[str, str] | None = None) -> Result:
    return call([SCRIPTS / (f"{name}.exe" if sys.platform == "win32" else name), *arguments], env=env)


LINES = [
    ("curriculum d", ["demo", "diagram", "describe", "diff", "dsl-version"]),
    ("curriculum --", ["--version", "--help"]),
    ("curriculum run --m", ["--mute-suggestion"]),
    ("curriculum check --format s", ["sarif"]),
    ("curriculum bump ", ["patch", "minor", "major"]),
    ("curriculum completion z", ["zsh"]),
    ("curricula up", ["update"]),
    ("curricula update --d", ["--dry-run"]),
]

# Each is told where the cursor stands as by readline, and prints the candidates, and how files are completed.
BASH = """\
source <("$1" completion bash)
line=$2
compopt() { echo "files: $2"; }
eval "COMP_WORDS=($line)"
[[ $line == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function=$(complete -p "$1" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" ""
printf '%s\n' "${COMPREPLY[@]}"
"""


def completed_in_bash(line: str) -> list[str]:
    environment = clean_environment(PATH=os.pathsep.join([str(SCRIPTS), os.environ["PATH"]]))
    command = ["bash", "--norc", "-c", BASH, "bash", line.split()[0], line]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1] if done.stdout.strip() else []


if shutil.which("bash") and sys.platform != "win32":

    @pytest.mark.parametrize(("line", "expected"), LINES)
    def test_bash_completes_commands_options_and_choices(line: str, expected: list[str]) -> None:
        assert sorted(completed_in_bash(line)) == sorted(expected)

    @pytest.mark.parametrize(
        ("line", "kind"),
        [
            ("curriculum run --path ", "dirnames"),
            ("curriculum run --input-trainer-state x", "default"),
            ("curricula list -C ", "dirnames"),
        ],
    )
    def test_bash_completes_paths_itself(line: str, kind: str) -> None:
        assert completed_in_bash(line)[0] == f"files: {kind}"


QUOTED = ("curriculum bump --repo 'my folder' m", ["minor", "major"])


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("line", "expected"), [*LINES, QUOTED])
def test_every_shell_is_answered_the_same(shell: str, line: str, expected: list[str]) -> None:
    name, index = line.split()[0], len(line.replace("my folder", "my-folder").split()) - (not line.endswith(" "))
    found = program(name, "completion", shell, "--complete", str(index), line)
    assert (found.code, found.stderr) == (0, b"")
    lines = found.stdout.decode("ascii").split("\n")[:-1]
    if shell in ("bash", "fish"):
        values = [one.removeprefix("plain,").partition("\t")[0] for one in lines]
    else:
        assert set(lines[::3]) <= {"plain"}
        values = lines[1::3]
    assert sorted(values) == sorted(expected)


@pytest.mark.parametrize("name", ["curriculum", "curricula"])
@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_calls_the_program_and_sets_no_variable(shell: str, name: str) -> None:
    script = program(name, "completion", shell)
    assert (script.code, script.stderr) == (0, b"")
    text = script.stdout.decode("ascii")
    assert name in text and f"completion {shell} --complete" in text
    assert "_COMPLETE" not in text and "%(" not in text and "\r" not in text


def test_the_variable_that_click_obeys_is_not_obeyed() -> None:
    asked = {"_CURRICULUM_COMPLETE": "bash_source", "_CURRICULA_COMPLETE": "bash_source"}
    assert program("curriculum", "list", env=asked).stdout == b"No curriculum is installed here.\n"
    assert program("curricula", "--help", env=asked).stdout.startswith(b"usage: curricula ")

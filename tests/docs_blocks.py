"""Commands and outputs in the docs, run for real.

A block in a Markdown file looks like this, and what stands below a ``$`` line is what it printed::

    <!-- run in: my-curriculum -->
    ```console
    $ uv run curriculum list
    Available curricula:
     - my-curriculum
    ```

Commands of one document run in order in one scratch folder that holds ``my-curriculum`` (a fresh generated
repo), ``session`` (a copy of its sample session), the empty folder ``fresh``, and ``sessions.csv``: recorded mice.
A line that ends with an ellipsis was cut.
``uv run python tests/docs_blocks.py FILE ...`` runs the blocks and writes what they print into the files.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from recorded import RECORDED
from support import PROJECT, Repo, clean_environment, generate, git, make_template

DOCUMENTS = ["README.md", *sorted(path.relative_to(PROJECT).as_posix() for path in (PROJECT / "docs").glob("*.md"))]
HOSTED = "https://github.com/AllenNeuralDynamics/aind-curriculum-runtime"
WIDTH = 150

_BLOCK = re.compile(r"(?P<head><!-- run in: (?P<folder>\S+) -->\n```console\n)(?P<body>.*?)(?P<tail>```\n)", re.DOTALL)


def text_of(document: str) -> str:
    """The text of a document."""
    return (PROJECT / document).read_text(encoding="utf-8")


SHOWING = [document for document in DOCUMENTS if _BLOCK.search(text_of(document))]
"""Documents that show commands."""


@dataclass(frozen=True)
class Step:
    """One command with what the document says it prints."""

    command: str
    output: str


def steps(body: str) -> list[Step]:
    """Take a block apart."""
    found = []
    for part in re.split(r"(?m)^\$ ", body)[1:]:
        command, _, output = part.partition("\n")
        found.append(Step(command, output))
    return found


class Scratch:
    """A scratch folder that can be had as on the first day, at the same path, without being made anew."""

    def __init__(self, folder: Path) -> None:
        self.path, self._kept = folder / "data", folder / "kept"
        self.path.mkdir()
        self.environment = _prepare(self.path)
        _copy(self.path, self._kept)

    def put_back(self) -> Scratch:
        """Undo whatever commands did in it."""
        shutil.rmtree(self.path)
        _copy(self._kept, self.path)
        Repo(self.path / "my-curriculum").sync()  # uv takes copied files for changed ones, and would tell
        return self


def _copy(source: Path, target: Path) -> None:
    """Copy a scratch folder; installed packages, which are replaced and never written into, are linked."""

    def copy(one: str, other: str) -> None:
        if {".venv", "python"} & set(Path(one).relative_to(source).parts):
            os.link(one, other, follow_symlinks=False)
        else:
            shutil.copy2(one, other)

    shutil.copytree(source, target, symlinks=True, copy_function=copy)


def _prepare(scratch: Path) -> dict[str, str]:
    """Lay out the scratch folder; give the environment in which git finds the template behind its hosted URL."""
    template = make_template(scratch / "template")
    git(template, "tag", "v0.1.0")
    repo = Repo(generate(template, scratch / "my-curriculum")).sync()
    shutil.copytree(repo.session, scratch / "session")
    (scratch / "fresh").mkdir()
    shutil.copy2(RECORDED / "autotrain_overrides_26_mice.csv", scratch / "sessions.csv")
    # A fresh machine: Python with pip, and git. uv is what the tests run with.
    subprocess.run([sys.executable, "-m", "venv", scratch / "python"], check=True)
    uv = Path(shutil.which("uv") or "uv").parent
    os.environ.pop("CI", None)  # pytest prints more there, and docs are read at home
    return clean_environment(
        PATH=os.pathsep.join([str(scratch / "python" / "bin"), os.environ["PATH"], str(uv)]),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="",
        GIT_CONFIG_COUNT="2",
        GIT_CONFIG_KEY_0=f"url.{template.as_uri()}.insteadOf",
        GIT_CONFIG_VALUE_0=HOSTED,  # as uv spells it
        GIT_CONFIG_KEY_1=f"url.{template.as_uri()}.insteadOf",
        GIT_CONFIG_VALUE_1=f"{HOSTED}.git",  # as Copier does
        GIT_AUTHOR_NAME="Author",
        GIT_AUTHOR_EMAIL="author@example.org",
        GIT_COMMITTER_NAME="Author",
        GIT_COMMITTER_EMAIL="author@example.org",
        COPIER_CACHE_DIR=str(scratch / "copier-cache"),
        COLUMNS="100",
        NO_COLOR="1",
        GIT_ALLOW_PROTOCOL="file:https:ssh",  # submodules of this disk
        UV_NO_PROGRESS="1",
    )


def run(step: Step, folder: Path, scratch: Path, environment: dict[str, str]) -> str:
    """Run a command as a person would type it; give both its outputs, with the scratch folder's name left out."""
    done = subprocess.run(
        ["bash", "-c", step.command.replace("/data/", f"{scratch}/")],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode("utf-8", "replace").replace(str(scratch), "/data")
    lines = [line.rstrip() for line in text.splitlines()]
    return "".join(f"{line if len(line) <= WIDTH else line[: WIDTH - 1] + '…'}\n" for line in lines)


def comparable(text: str) -> str:
    """Leave out what differs from run to run: times, durations, commit ids, and the number of checks, which grows."""
    text = re.sub(r"\b20\d\d-\d\d-\d\d \d\d:\d\d\b", "TIME", text)
    text = re.sub(r"\b\d+ passed\b", "N passed", text)
    text = re.sub(r"\b\d+(\.\d+)?\s?(ms|s)\b", "N s", text)
    text = re.sub(r'("seconds": |time=")\d+(\.\d+)?', r"\1N", text)
    return re.sub(r"\b([0-9a-f]{40}|[0-9a-f]{8})\b", "COMMIT", text)


def outputs(document: str, scratch: Scratch) -> list[tuple[Step, str]]:
    """Run every block of a document; give each command with what it printed."""
    found = []
    for block in _BLOCK.finditer(text_of(document)):
        folder = scratch.path / block["folder"]
        for step in steps(block["body"]):
            found.append((step, run(step, folder, scratch.path, scratch.environment)))
    return found


def unmarked(document: str) -> int:
    """How many blocks of commands stand in a document without being run."""
    return text_of(document).count("```console\n") - len(list(_BLOCK.finditer(text_of(document))))


def rewrite(document: str) -> None:
    """Put what the commands print into the document."""
    with tempfile.TemporaryDirectory() as folder:
        printed = iter(outputs(document, Scratch(Path(folder).resolve())))

        def block(match: re.Match[str]) -> str:
            body = "".join(f"$ {step.command}\n{next(printed)[1]}" for step in steps(match["body"]))
            return match["head"] + body + match["tail"]

        (PROJECT / document).write_text(_BLOCK.sub(block, text_of(document)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    os.chdir(PROJECT)
    for name in sys.argv[1:]:
        rewrite(name)

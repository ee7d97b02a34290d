"""What the tests share: a template repo made of this working tree, and repos generated from it."""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import copier
from warm import Warm

PROJECT = Path(__file__).resolve().parent.parent
ERROR_PREFIX = "CURRICULUM-ERROR "
TIMEOUT = 120
"""Seconds after which a process that a test started hangs."""

_WARM: dict[Path, Warm] = {}


def git(directory: Path, *arguments: str) -> str:
    """Run git in ``directory`` as a person without any configuration would; give its output."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *identity, "-c", "protocol.file.allow=always", *arguments],
        cwd=directory,
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    return done.stdout.strip()


def make_template(target: Path) -> Path:
    """Make a git repo at ``target`` that holds this working tree as one commit, uncommitted work included."""
    shutil.copytree(_template(), target, symlinks=True)
    return target


@functools.cache
def folder_of_these_tests() -> Path:
    """A folder for what is made once and copied; it is removed when the tests end."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return Path(folder.name).resolve()


@functools.cache
def _template() -> Path:
    """The one that the others are copies of."""
    target = folder_of_these_tests() / "template"
    target.mkdir()
    listed = git(PROJECT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        source = PROJECT / name
        if source.is_file():  # a tracked file may be deleted in the working tree
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    commit_all(target, "The template as it is in the working tree")
    return target


def commit_all(repo: Path, message: str) -> str:
    """Commit everything in ``repo``, making it a git repo if need be; give the commit's id."""
    if not (repo / ".git").exists():
        git(repo, "init", "--quiet")
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(repo, "rev-parse", "HEAD")


def generate(template: Path | str, target: Path, **answers: Any) -> Path:
    """Scaffold a repo as `copier copy --defaults` does (never with ``unsafe``), and commit it."""
    data = {"curriculum_name": "my-curriculum", **answers}
    copier.run_copy(str(template), target, data=data, defaults=True, quiet=True, vcs_ref="HEAD")
    commit_all(target, "Scaffold")
    return target


@dataclass(frozen=True)
class Result:
    """What a finished process left."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def document(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.stdout)

    @property
    def error(self) -> dict[str, Any]:
        """The error line, which must be the last line of stderr, ASCII, and at most 4 KiB."""
        last = self.stderr.splitlines(keepends=True)[-1]
        assert last.endswith(b"\n") and len(last) <= 4096, self.stderr
        line = last.decode("ascii")
        assert line.startswith(ERROR_PREFIX), self.stderr.decode("utf-8", "replace")
        found: dict[str, Any] = json.loads(line.removeprefix(ERROR_PREFIX))
        return found

    @property
    def text(self) -> str:
        """Stderr as text, for messages."""
        return self.stderr.decode("utf-8", "replace")


FIRST_SESSION = (
    b"curriculum: there are no previous metrics (behavior/previous_metrics.json), "
    b"so this counts as the first session of its subject\n"
)
"""What `run` says on stderr of the template's sample session, whose metrics look back."""


@dataclass(frozen=True)
class Repo:
    """A generated repo with its environment."""

    path: Path

    quick: bool = False
    """Whether `curriculum` is forked from a Python that has imported the library already, where that can be."""

    @property
    def session(self) -> Path:
        """Its sample session."""
        return self.path / "tests" / "data" / "session"

    @property
    def package(self) -> Path:
        """The folder of its curriculum's code."""
        return next(folder for folder in (self.path / "src").iterdir() if (folder / "curriculum.py").is_file())

    def sync(self) -> Repo:
        """Make or refresh the environment."""
        if warm := _WARM.pop(self.path, None):
            warm.close()
        subprocess.run(["uv", "sync", "--quiet"], cwd=self.path, check=True, env=clean_environment())
        return self

    def script(self, name: str) -> Path:
        """A program of the environment."""
        if sys.platform == "win32":
            return self.path / ".venv" / "Scripts" / f"{name}.exe"
        return self.path / ".venv" / "bin" / name

    def curriculum(self, *arguments: str | Path, **options: Any) -> Result:
        """Run the environment's `curriculum` directly."""
        if self.quick and sys.platform == "linux" and options.keys() <= {"cwd", "timeout"}:
            if self.path not in _WARM:
                _WARM[self.path] = Warm(self.script("curriculum"), clean_environment())
            found = _WARM[self.path].call(
                [str(one) for one in arguments],
                clean_environment(),
                str(options.get("cwd", Path.cwd())),
                options.get("timeout", TIMEOUT),
            )
            return Result(*found)
        return call([self.script("curriculum"), *arguments], **options)

    def launch(self, *arguments: str | Path, **options: Any) -> Result:
        """Run `curriculum` as a launcher does."""
        return call(["uv", "run", "-q", "--directory", self.path, "curriculum", *arguments], **options)

    def write(self, name: str, text: str) -> Path:
        """Write a file of the repo."""
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        self._forget_bytecode()
        return target

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace ``old``, which must stand there exactly once, in a file of the repo."""
        target = self.path / name
        text = target.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        target.write_text(text.replace(old, new), encoding="utf-8", newline="\n")
        self._forget_bytecode()

    def restore(self) -> None:
        """Undo whatever a test changed."""
        git(self.path, "checkout", "--quiet", "--force", "HEAD", ".")
        git(self.path, "clean", "--quiet", "--force", "-d")
        self._forget_bytecode()

    def _forget_bytecode(self) -> None:
        """Drop compiled code: Python takes a file of the same size and second for the same file."""
        for cache in self.path.glob("src/**/__pycache__"):
            shutil.rmtree(cache)


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment of a launcher: not inside of this project's own virtual environment.

    Bytecode is kept beside the sources, as on a rig: compiling the library anew takes longer than a session's run.
    """
    dropped = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "PYTHONHASHSEED"}
    dropped |= {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}
    return {key: value for key, value in os.environ.items() if key not in dropped} | extra


def call(command: list[str | Path], *, env: dict[str, str] | None = None, **options: Any) -> Result:
    """Run a process to its end with its pipes captured; ``env`` is added to a launcher's environment."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=options.pop("stdin", subprocess.DEVNULL),
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        env=clean_environment(**(env or {})),
        timeout=options.pop("timeout", TIMEOUT),
        check=False,
        **options,
    )
    return Result(code=done.returncode, stdout=done.stdout or b"", stderr=done.stderr)


def hosted_at(template: Path) -> dict[str, str]:
    """Environment in which git takes ``template`` for the repo an-owner/a-template on GitHub and GitLab."""
    spellings = [
        f"{host}an-owner/a-template{suffix}"
        for host in (
            "https://github.com/",
            "https://me:secret@github.com/",
            "https://gitlab.com/",
            "ssh://git@github.com/",
            "git@github.com:",
        )
        for suffix in ("", ".git")  # the longest match wins, so the suffix is not left over
    ]
    # uv would ask GitHub for the commit before it asks git.
    variables = {"GIT_CONFIG_COUNT": str(len(spellings)), "UV_NO_GITHUB_FAST_PATH": "1"}
    for index, spelling in enumerate(spellings):
        variables[f"GIT_CONFIG_KEY_{index}"] = f"url.{template.as_posix()}.insteadOf"
        variables[f"GIT_CONFIG_VALUE_{index}"] = spelling
    return variables


def committer() -> dict[str, str]:
    """Environment with a name to commit by, for commands that call git themselves."""
    return {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def copier_command(*arguments: str | Path, data: dict[str, str] | None = None, **options: Any) -> Result:
    """Run Copier's command line, which gets no --trust unless it stands in the arguments."""
    answers = [f"--data={name}={value}" for name, value in (data or {}).items()]
    return call([sys.executable, "-m", "copier", *arguments, *answers], **options)


def printed_commands(message: str) -> list[str]:
    """The commands in a message of Copier: its lines that are indented by two spaces."""
    return [line.strip() for line in message.splitlines() if line.startswith("  ") and line[2] != " "]


def lines_of_ci(repo: Repo) -> list[str]:
    """What a repo's ci.yml runs by `uv run`: the lines without that beginning."""
    text = (repo.path / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    return re.findall(r"(?m)^ +- run: uv run (.+)$", text)


def run_together(commands: list[str], directory: Path) -> Result:
    """Run commands one after the other in one shell, up to the first that fails."""
    done = subprocess.run(
        " && ".join(commands),  # only here: Windows PowerShell does not know it
        shell=True,
        cwd=directory,
        env=clean_environment(**committer()),
        capture_output=True,
        check=False,
    )
    return Result(code=done.returncode, stdout=done.stdout, stderr=done.stderr)

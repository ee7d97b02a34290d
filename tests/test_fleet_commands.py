"""`curricula` add, list, sync, check, run and outdated; and what every command says to bad input."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fleet_support import (
    NEWEST,
    OLDER,
    OLDEST,
    Task,
    fleet_environment,
    make_releases,
    rows,
    scaffold,
    script,
)
from support import Repo, call, clean_environment, commit_all, git


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_releases(tmp_path_factory.mktemp("releases") / "template")


@pytest.fixture(scope="module")
def origins(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two locked curricula, `fine` and `older`, and `plain`, which is none."""
    folder = tmp_path_factory.mktemp("origins")
    for name, version in (("fine", NEWEST), ("older", OLDER)):
        repo = scaffold(releases, version, folder / name)
        subprocess.run(["uv", "lock", "--quiet"], cwd=repo.path, check=True, env=clean_environment())
        commit_all(repo.path, "Lock")
    Repo(folder / "plain").write("readme.txt", "No curriculum.\n")
    commit_all(folder / "plain", "A plain repo")
    return folder


@pytest.fixture(scope="module")
def shared(origins: Path, tmp_path_factory: pytest.TempPathFactory) -> Task:
    """A task repo of all three, with environments; not to be changed."""
    task = Task.make(tmp_path_factory.mktemp("shared") / "task")
    for name in ("fine", "older", "plain"):
        task.add(origins / name)
    done = task.curricula("sync")
    assert done.code == 0, done.stdout.decode() + done.text
    assert rows(done) == {"fine": ["ok"], "older": ["ok"]}
    return task


@pytest.fixture
def task(origins: Path, tmp_path: Path) -> Task:
    """A task repo of all three that the test may change, without environments."""
    task = Task.make(tmp_path / "task")
    for name in ("fine", "older", "plain"):
        task.add(origins / name)
    return task


# add


def test_a_curriculum_is_added_checked_and_staged(origins: Path, tmp_path: Path) -> None:
    task = Task.make(tmp_path / "task")
    done = task.curricula("add", origins / "fine")
    assert done.code == 0, done.stdout.decode() + done.text
    assert git(task.path, "status", "--porcelain").splitlines() == ["A  .gitmodules", "A  curricula/fine"]
    assert re.search(r"\d+ passed", done.stdout.decode())
    assert done.stdout.decode().splitlines()[-1] == 'Next: git commit -m "Add fine"'


def test_a_curriculum_is_added_where_it_is_asked_for_by_a_relative_url(origins: Path, tmp_path: Path) -> None:
    task = Task.make(tmp_path / "task")
    relative = os.path.relpath(origins / "fine", task.path)
    done = task.curricula("add", relative, "rigs/one", "--no-check")
    assert done.code == 0, done.text
    assert git(task.path, "config", "--file", ".gitmodules", "submodule.rigs/one.url") == relative
    assert (task.path / "rigs" / "one" / "pyproject.toml").is_file()


def test_a_curriculum_whose_checks_fail_is_added_and_told(origins: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(origins / "fine"), "broken")
    (tmp_path / "broken" / "src" / "fine" / "curriculum.py").write_text("raise RuntimeError\n", encoding="utf-8")
    commit_all(tmp_path / "broken", "Broken")
    task = Task.make(tmp_path / "task")
    done = task.curricula("add", tmp_path / "broken")
    assert done.code == 76
    assert "was added, but its checks fail" in done.text
    assert "A  curricula/broken" in git(task.path, "status", "--porcelain")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["{origins}/nothing"], 64, "{origins}/nothing cannot be cloned"),
        (["{origins}/plain", "other"], 76, "{origins}/plain is not a curriculum repo: it has no pyproject.toml."),
        (["{origins}/fine", "../outside"], 64, "../outside is not inside of the task repo."),
        (["{origins}/fine", "curricula/older"], 64, "There is something at curricula/older already."),
        (["{origins}/fine/.git/.."], 64, "does not end with a name for the folder."),
        ([], 64, "Missing argument 'URL'."),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    arguments: list[str], code: int, sentence: str, origins: Path, task: Task
) -> None:
    before = git(task.path, "status", "--porcelain"), (task.path / ".gitmodules").read_bytes()
    done = task.curricula("add", *(argument.format(origins=origins) for argument in arguments))
    assert done.code == code
    assert sentence.format(origins=origins) in done.text
    assert "  hint: " in done.text
    assert (git(task.path, "status", "--porcelain"), (task.path / ".gitmodules").read_bytes()) == before


def test_a_curriculum_that_was_taken_out_is_told_how_to_add_again(task: Task, origins: Path) -> None:
    git(task.path, "rm", "--quiet", "--force", "curricula/fine")
    before = git(task.path, "status", "--porcelain")
    done = task.curricula("add", origins / "fine", "--no-check")
    assert done.code == 78
    assert "There was a submodule at curricula/fine before" in done.text
    assert f"git submodule add --force {origins / 'fine'} curricula/fine" in done.text
    assert git(task.path, "status", "--porcelain") == before


def test_what_git_ignores_is_told_when_it_is_added(origins: Path, tmp_path: Path) -> None:
    task = Task.make(tmp_path / "task")
    Repo(task.path).write(".gitignore", "curricula/\n")
    commit_all(task.path, "Ignore")
    done = task.curricula("add", origins / "fine", "--no-check")
    assert done.code == 78
    assert "ignored by one of your .gitignore files: curricula/fine." in done.text


def test_nothing_is_added_beside_submodules_that_cannot_be_read(origins: Path, tmp_path: Path) -> None:
    task = Task.make(tmp_path / "task")
    Repo(task.path).write(".gitmodules", "[submodule\n")
    done = task.curricula("add", origins / "fine", "--no-check")
    assert done.code == 78
    assert ".gitmodules cannot be read" in done.text
    assert not (task.path / "curricula").exists()


# list


def test_the_list_tells_the_state_of_every_member_without_an_environment(task: Task) -> None:
    table = rows(task.curricula("list"))
    pin = git(task.path, "rev-parse", "HEAD:curricula/fine")[:8]
    assert table["fine"] == ["0.1.0", "1", NEWEST, pin, "ok"]
    assert table["older"][2] == OLDER
    assert table["plain"][-1] == "not a curriculum"
    assert not (task.path / "curricula" / "fine" / ".venv").exists()


def test_the_list_tells_what_is_dirty_moved_or_not_initialised(task: Task) -> None:
    (task.path / "curricula" / "fine" / "new.txt").write_text("", encoding="utf-8")
    commit_all(task.path / "curricula" / "older", "Moved on")
    git(task.path, "submodule", "--quiet", "deinit", "curricula/plain")
    table = rows(task.curricula("list"))
    assert [table[name][-1] for name in ("fine", "older", "plain")] == ["dirty", "not at the pin", "not initialised"]
    (task.path / "curricula" / "older" / "README.md").write_text("", encoding="utf-8")
    assert rows(task.curricula("list"))["older"][-1] == "dirty, not at the pin"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("[project]", "<<<<<<< ours\n[project]", "pyproject.toml is broken"),
        ("aind_curriculum_runtime.curricula", "some.other.group", "pyproject.toml declares no curriculum"),
    ],
    ids=["conflict", "entry-point"],
)
def test_a_curriculum_that_was_broken_is_not_left_out_in_silence(
    before: str, after: str, told: str, task: Task
) -> None:
    """As a merge may leave it: its pyproject.toml does not tell that it is a curriculum."""
    pyproject = task.path / "curricula" / "older" / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    assert before in text
    pyproject.write_text(text.replace(before, after, 1), encoding="utf-8")
    assert rows(task.curricula("list"))["older"][-1] == told
    done = task.curricula("check", "older")
    assert done.code == 1
    assert rows(done)["older"][0] == "failed"
    assert set(rows(task.curricula("outdated"))) == {"fine", "older"}


def test_any_pyproject_can_be_listed(task: Task) -> None:
    for folder, text in (
        ("curricula/plain", "project = 1\n"),
        ("curricula/older", '[project]\nname = "x"\ndependencies = 3\nentry-points = []\n'),
        (".", "[tool.uv]\nworkspace = 3\n"),
    ):
        Repo(task.path / folder).write("pyproject.toml", text)
    table = rows(task.curricula("list"))
    assert {name: cells[-1] for name, cells in table.items()} == {
        "fine": "ok",
        "older": "pyproject.toml declares no curriculum",
        "plain": "not a curriculum",
    }


def test_a_submodule_that_git_cannot_read_does_not_keep_the_others_from_the_list(task: Task) -> None:
    shutil.rmtree(task.path / ".git" / "modules" / "curricula" / "older")
    table = rows(task.curricula("list"))
    assert (table["fine"][-1], table["older"][-1]) == ("ok", "git cannot read it")


def test_the_list_as_json_tells_everything(task: Task) -> None:
    git(task.path / "curricula" / "fine", "checkout", "--quiet", "--detach")
    found = {one["name"]: one for one in json.loads(task.curricula("list", "--json").stdout)}
    pin = git(task.path, "rev-parse", "HEAD:curricula/fine")
    assert found["fine"] == {
        "name": "fine",
        "path": "curricula/fine",
        "kind": "submodule",
        "initialised": True,
        "curriculum": True,
        "curricula": ["fine"],
        "version": "0.1.0",
        "contract": 1,
        "template": NEWEST,
        "pinned": pin,
        "commit": pin,
        "at_pin": True,
        "dirty": False,
        "unfinished": False,
        "problem": None,
        "state": "ok",
    }
    assert (found["plain"]["curriculum"], found["plain"]["version"]) == (False, None)


def test_the_list_holds_the_members_of_a_workspace_that_are_curricula(releases: Path, tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    made = scaffold(releases, OLDEST, tmp_path / "made" / "one").path
    shutil.copytree(made, root / "curricula" / "one", ignore=shutil.ignore_patterns(".git"))
    Repo(root).write("libraries/tools/pyproject.toml", '[project]\nname = "tools"\nversion = "1"\n')
    Repo(root).write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["curricula/*", "libraries/*"]\n')
    commit_all(root, "A workspace")
    assert {name: cells[-1] for name, cells in rows(Task(root).curricula("list")).items()} == {"one": "ok"}
    Repo(root).write("curricula/one/README.md", "Changed.\n")
    assert rows(Task(root).curricula("list"))["one"][-1] == "dirty"


def test_a_name_with_spaces_and_other_letters_is_no_trouble(origins: Path, tmp_path: Path) -> None:
    task = Task.make(tmp_path / "task")
    task.add(origins / "fine", "rigs/größe 1/[fine]")
    found = json.loads(task.curricula("list", "--json").stdout)
    assert [(one["path"], one["at_pin"]) for one in found] == [("rigs/größe 1/[fine]", True)]


def test_the_table_is_plain_aligned_text_where_there_is_no_terminal(task: Task) -> None:
    lines = task.curricula("list", env={"COLUMNS": "20", "FORCE_COLOR": "1"}).stdout.decode().splitlines()
    assert [line.index(word) for line, word in zip(lines, ("state", "ok", "ok", "not a"), strict=True)] == [
        lines[0].index("state")
    ] * 4
    assert "\x1b" not in "".join(lines)


if sys.platform != "win32":  # where a terminal cannot be opened so

    def test_on_a_terminal_of_80_columns_no_line_is_wrapped(origins: Path, tmp_path: Path) -> None:
        task = Task.make(tmp_path / "task")
        task.add(origins / "fine", "curricula/a-curriculum-with-a-rather-long-name")
        printed = in_a_terminal(task, "list", columns=80)
        assert len(printed) == 2
        assert max(map(len, printed)) <= 80

    def test_on_a_terminal_of_40_columns_no_column_is_left_out(task: Task) -> None:
        printed = " ".join(in_a_terminal(task, "list", columns=40)).split()
        assert "state" in printed
        assert printed.count("ok") == 2

    def in_a_terminal(task: Task, *arguments: str, columns: int) -> list[str]:
        """Run `curricula` on a terminal of its own; give the lines without colours."""
        import fcntl
        import pty
        import struct
        import termios

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        environment = clean_environment(**fleet_environment(TERM="xterm-256color"))
        environment.pop("COLUMNS", None)
        process = subprocess.Popen(
            [script(), *arguments], cwd=task.path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        data = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux tells the end so
                break
            if not part:
                break
            data += part
        os.close(ours)
        assert process.wait(60) == 0
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode("utf-8"))
        return [line.rstrip() for line in text.replace("\r", "").splitlines() if line.strip()]


# sync, check and run


def test_an_environment_that_cannot_be_made_does_not_keep_the_others_from_theirs(task: Task) -> None:
    (task.path / "curricula" / "fine" / "uv.lock").unlink()
    done = task.curricula("sync")
    assert done.code == 1
    assert rows(done) == {"fine": ["failed"], "older": ["ok"]}
    assert "uv.lock" in done.stdout.decode().split("\n\n", 1)[1]
    assert (task.path / "curricula" / "older" / ".venv").is_dir()


def test_every_repo_is_checked_in_its_own_environment(shared: Task) -> None:
    package = shared.path / "curricula" / "older" / "src" / "older" / "curriculum.py"
    text = package.read_text(encoding="utf-8")
    package.write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    try:
        done = shared.curricula("check")
    finally:
        package.write_text(text, encoding="utf-8", newline="\n")
    assert done.code == 1
    table = rows(done)
    assert (table["fine"][0], table["older"][0]) == ("passed", "failed")
    assert "LP005" in done.stdout.decode().split("\n\n", 1)[1]


def test_a_session_is_evaluated_as_by_a_launcher(shared: Task, tmp_path: Path) -> None:
    repo = Repo(shared.path / "curricula" / "fine")
    state = tmp_path / "trainer_state.json"
    assert repo.curriculum("init", "--output", state).code == 0
    done = shared.curricula("run", "fine", "--data-directory", repo.session, "--input-trainer-state", state)
    assert done.code == 0, done.text
    direct = repo.launch("run", "--data-directory", repo.session, "--input-trainer-state", state)
    assert done.stdout == direct.stdout
    # With the state in the session directory nothing else is needed.
    session = tmp_path / "session"
    shutil.copytree(repo.session, session)
    shutil.copy(state, session / "trainer_state.json")
    found = shared.curricula("run", "curricula/fine", "--data-directory", session)
    assert found.stdout == direct.stdout


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--data-directory", "missing"], 66, "There is no session directory"),
        (["--data-directory", "{session}"], 66, "trainer state"),
        (["--data-directory", "{session}", "--input-trainer-state", "{session}/missing.json"], 66, "missing.json"),
        (["--data-directory", "{session}", "--timeout", "soon"], 64, "'soon' is not a number of seconds"),
        ([], 64, "Missing option '--data-directory'."),
    ],
)
def test_a_run_without_a_suggestion_prints_nothing_but_the_reason(
    options: list[str], code: int, sentence: str, shared: Task
) -> None:
    session = shared.path / "curricula" / "fine" / "tests" / "data" / "session"
    done = shared.curricula("run", "fine", *(option.format(session=session) for option in options))
    assert (done.code, done.stdout) == (code, b""), done.text
    assert sentence in done.text
    assert "  hint: " in done.text


def test_a_curriculum_that_hangs_is_ended(shared: Task, tmp_path: Path) -> None:
    repo = Repo(shared.path / "curricula" / "fine")
    state = tmp_path / "trainer_state.json"
    assert repo.curriculum("init", "--output", state).code == 0
    package = repo.package / "curriculum.py"
    text = package.read_text(encoding="utf-8")
    package.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    try:
        arguments = ("--data-directory", repo.session, "--input-trainer-state", state, "--timeout", "3")
        done = shared.curricula("run", "fine", *arguments, timeout=30)
    finally:
        package.write_text(text, encoding="utf-8", newline="\n")
    assert (done.code, done.stdout) == (70, b"")


# outdated


def test_outdated_tells_the_newest_version_of_each_template(task: Task) -> None:
    done = task.curricula("outdated")
    assert done.code == 0
    assert rows(done) == {"fine": [NEWEST, NEWEST, "up to date"], "older": [OLDER, NEWEST, "outdated"]}
    found = json.loads(task.curricula("outdated", "older", "--json").stdout)
    assert [(one["name"], one["state"]) for one in found] == [("older", "outdated")]


@pytest.mark.parametrize("version", ["v999.0.0-2-gabcdef0", "v999.0.1rc1"])
def test_a_curriculum_that_is_ahead_of_the_latest_release_is_not_called_outdated(version: str, task: Task) -> None:
    Repo(task.path / "curricula" / "fine").edit(".copier-answers.yml", f"_commit: {NEWEST}", f"_commit: {version}")
    done = task.curricula("outdated", "fine")
    assert done.code == 0
    assert rows(done)["fine"][:3] == [version, NEWEST, "ahead"]


def test_a_template_that_does_not_answer_is_named(task: Task) -> None:
    answers = task.path / "curricula" / "fine" / ".copier-answers.yml"
    answers.write_text("_commit: v1.0.0\n_src_path: /nowhere/template\n", encoding="utf-8")
    done = task.curricula("outdated")
    assert done.code == 1
    assert rows(done)["fine"][2] == "failed"
    assert "/nowhere/template did not answer" in rows(done)["fine"][3]
    assert rows(done)["older"][2] == "outdated"


# Bad input.

NAMED = [("sync",), ("check",), ("outdated",), ("update", "--no-check"), ("run", "--data-directory", "x")]


@pytest.mark.parametrize("command", NAMED, ids=lambda command: command[0])
def test_an_unknown_name_is_told_with_the_nearest(command: tuple[str, ...], shared: Task) -> None:
    done = shared.curricula(command[0], "oldr", *command[1:])
    assert (done.code, done.stdout) == (64, b"")
    assert done.text.splitlines()[-2:] == [
        "curricula: There is no curriculum 'oldr' in this task repo.",
        "  hint: Did you mean 'older'?",
    ]


@pytest.mark.parametrize("command", NAMED, ids=lambda command: command[0])
def test_a_submodule_that_is_no_curriculum_is_told(command: tuple[str, ...], shared: Task) -> None:
    done = shared.curricula(command[0], "plain", *command[1:])
    assert done.code == 78
    assert "curricula/plain is not a curriculum repo" in done.text


@pytest.mark.parametrize("command", NAMED, ids=lambda command: command[0])
def test_a_submodule_without_a_checkout_is_told_how(command: tuple[str, ...], task: Task) -> None:
    git(task.path, "submodule", "--quiet", "deinit", "curricula/fine")
    done = task.curricula(command[0], "curricula/fine", *command[1:])
    assert done.code == 78
    assert "The submodule curricula/fine is not initialised." in done.text
    assert "git submodule update --init curricula/fine" in done.text


ALL = [("list",), ("sync",), ("check",), ("outdated",), ("update", "--all"), ("run", "a", "--data-directory", "x")]


@pytest.mark.parametrize("command", ALL, ids=lambda command: command[0])
def test_a_repo_without_curricula_is_no_task_repo(command: tuple[str, ...], tmp_path: Path) -> None:
    done = Task.make(tmp_path / "empty").curricula(*command)
    assert (done.code, done.stdout) == (78, b"")
    assert "is not a task repo: it has no submodules" in done.text
    assert "curricula add URL" in done.text


@pytest.mark.parametrize("command", [*ALL, ("add", "x")], ids=lambda command: command[0])
def test_outside_of_git_there_is_no_task_repo(command: tuple[str, ...], tmp_path: Path) -> None:
    done = Task(tmp_path).curricula(*command)
    assert done.code == 78
    assert f"{tmp_path} is not in a git repo." in done.text
    assert "--task-repo" in done.text


def test_inside_of_a_curriculum_the_task_repo_around_it_is_named(shared: Task) -> None:
    done = shared.curricula("list", cwd=shared.path / "curricula" / "plain")
    assert done.code == 78
    assert f"Perhaps {shared.path} is the one" in done.text
    assert shared.curricula("list", "-C", shared.path, cwd=shared.path.parent).code == 0


@pytest.mark.parametrize(
    ("program", "command", "sentence"),
    [("git", ("list",), "There is no git on this machine."), ("uv", ("sync",), "There is no uv on this machine.")],
)
def test_a_missing_program_is_named(
    program: str, command: tuple[str, ...], sentence: str, shared: Task, tmp_path: Path
) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    if program != "git" and sys.platform == "win32":
        path = Path(shutil.which("git") or "git").parent  # which holds no uv
    elif program != "git":
        (path / "git").symlink_to(shutil.which("git") or "git")
    done = shared.curricula(*command, env={"PATH": str(path)})
    assert done.code == 78
    assert sentence in done.text
    assert "  hint: " in done.text


def test_a_task_repo_that_cannot_be_written_is_told_in_one_sentence(task: Task) -> None:
    lock = task.path / ".git" / "curricula.lock"
    lock.mkdir()
    done = task.curricula("update", "--all")
    assert done.code == 74
    assert len(done.text.splitlines()) == 2
    assert str(lock) in done.text


def test_without_the_extra_the_command_says_so_in_one_sentence(shared: Task, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, bare], check=True)
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", bare, "click"], check=True)
    python = bare / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    source = Path(__file__).parent.parent / "src"
    done = call(
        [python, "-m", "aind_curriculum_runtime.fleet.cli", "list"], env={"PYTHONPATH": str(source)}, cwd=shared.path
    )
    assert done.code == 64
    assert done.text.splitlines() == [
        "curricula: The extra 'fleet' is not installed: without copier and rich `curricula` does nothing.",
        '  hint: Install "aind-curriculum-runtime[fleet]".',
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "No command was given."),
        (("updat",), "There is no command 'updat'."),
        (("list", "--jsn"), "There is no option '--jsn'."),
        (("list", "-C", ""), "the path is empty."),
        (("list", "-C", ".", "--task-repo", "."), "-C/--task-repo was given twice."),
        (("list", "extra"), "unexpected extra argument (extra)."),
        (("--json", "list"), "There is no option '--json' without a command."),
        (("sync", "--jobs", "0"), "'0' is not a number of one or more."),
        (("list", "-C", "missing"), "There is no folder"),
    ],
)
def test_a_wrong_command_line_exits_with_64(arguments: tuple[str, ...], sentence: str, shared: Task) -> None:
    done = shared.curricula(*arguments)
    assert (done.code, done.stdout) == (64, b"")
    assert sentence in done.text
    assert "  hint: " in done.text

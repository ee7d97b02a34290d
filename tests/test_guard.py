"""The stdout guard: whatever a curriculum's code writes, stdout holds one document or nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from failing import add_metrics_code, assert_failed, contents
from support import FIRST_SESSION, Repo, Result

WRITES_AT_IMPORT = {
    "print": "print('noise')",
    "print without newline, never flushed": "print('noise', end='')",
    "logging to stdout": """
        import logging, sys
        logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
        logging.getLogger('curriculum').warning('noise')""",
    "a handler on the original stdout": """
        import logging, sys
        logging.getLogger().addHandler(logging.StreamHandler(sys.__stdout__))
        logging.getLogger().error('noise')""",
    "a child process": "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(\"noise\")'], check=True)",
    "a thread that prints for ever": """
        import threading, time
        def chatter():
            while True:
                print('noise', flush=True)
                time.sleep(0.001)
        threading.Thread(target=chatter, daemon=True).start()""",
    "atexit print": "import atexit; atexit.register(print, 'noise')",
    "atexit write to descriptor 1": "import atexit, os; atexit.register(os.write, 1, b'noise')",
    "atexit that raises": "import atexit; atexit.register(lambda: 1 / 0)",
    "atexit that calls exit": "import atexit, sys; atexit.register(sys.exit, 3)",
    "a print as an object is deleted": """
        class Loud:
            def __del__(self):
                print('noise')
        loud = Loud()""",
    "a warning shown on stdout": """
        import sys, warnings
        warnings.showwarning = lambda *words, **more: print(words, file=sys.stdout)
        warnings.warn('noise')""",
    "a print as the metrics are written": """
        _dump = DetectionMetrics.model_dump
        def _loud_dump(self, **options):
            print('noise')
            return _dump(self, **options)
        DetectionMetrics.model_dump = _loud_dump""",
}

WRITES_IN_CALL = {
    "print": "print('noise', flush=True)",
    "a megabyte": "print('noise' * 200_000)",
    "text that cp1252 lacks": "print('\\N{MOUSE FACE} \\N{GREEK SMALL LETTER ALPHA} \\udcff')",
    "a progress bar": """
        import sys
        for step in range(100):
            sys.stdout.write(f'\\r{step} %')
            sys.stdout.flush()""",
    "sys.__stdout__": "import sys; sys.__stdout__.write('noise'); sys.__stdout__.flush()",
    "the buffer below stdout": "import sys; sys.stdout.buffer.write(b'noise')",
    "os.write": "import os; os.write(1, b'noise\\n')",
    "a new stream over descriptor 1": "print('noise', file=open(1, 'w', closefd=False))",
    "a copy of descriptor 1": "import os; os.write(os.dup(1), b'noise')",
    "a child of the shell": "import os; os.system('echo noise')",
    "a child that outlives us": """
        import subprocess, sys
        code = 'import time; time.sleep(0.5); print(\"noise\")'
        subprocess.Popen([sys.executable, '-c', code])""",
    "multiprocessing, spawned": """
        import multiprocessing
        child = multiprocessing.get_context('spawn').Process(target=print, args=('noise',))
        child.start()
        child.join()""",
    "a pool of threads": """
        from concurrent.futures import ThreadPoolExecutor
        ThreadPoolExecutor().submit(print, 'noise')""",
    "a thread that outlives us": """
        import threading, time
        def late():
            time.sleep(60)
            print('noise', flush=True)
        threading.Thread(target=late).start()""",
    "closed sys.stdout": "import sys; sys.stdout.close()",
    "detached sys.stdout": "import sys; sys.stdout.detach()",
    "no sys.stdout": "import sys; sys.stdout = sys.__stdout__ = None",
    "deleted sys.stdout": "import sys; del sys.stdout",
    "sys.stdout in another encoding": "import sys; sys.stdout.reconfigure(encoding='utf-16'); print('noise')",
    "sys.stdout replaced and left so": "import io, sys; sys.stdout = io.StringIO(); print('noise')",
    "closed descriptor 1": "import os; os.close(1)",
    "closed descriptors 0, 1 and 2": "import os; os.closerange(0, 3)",
    "descriptor 1 given to another file": """
        import os
        os.close(1)
        os.write(os.open(os.devnull, os.O_WRONLY), b'noise')""",
    "descriptor 1 caught and put back": """
        import os
        aside = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        print('noise')
        os.dup2(aside, 1)
        os.write(1, b'noise')""",
    "descriptor 2 pointed at 1": "import os; os.dup2(1, 2); os.write(2, b'noise')",
    "another working directory": "import os, tempfile; os.chdir(tempfile.gettempdir())",
    "a shut down logging": "import logging; logging.shutdown(); print('noise')",
}

if sys.platform != "win32":
    WRITES_IN_CALL |= {
        "puts in C": "import ctypes; ctypes.CDLL(None).puts(b'noise')",
        "printf in C, flushed": """
            import ctypes
            c = ctypes.CDLL(None)
            c.printf(b'noise %d\\n', 1)
            c.fflush(None)""",
        "/dev/stdout": "open('/dev/stdout', 'w').write('noise')",
        "/dev/fd/1": "open('/dev/fd/1', 'w').write('noise')",
        "a forked child that returns through main": "import os; os.fork()",
        "a forked child that is waited for": """
            import os
            child = os.fork()
            if child:
                os.waitpid(child, 0)""",
        "a forked child that raises": """
            import os
            child = os.fork()
            if not child:
                raise RuntimeError('noise')
            os.waitpid(child, 0)""",
        "a forked child that exits": """
            import os
            if not os.fork():
                print('noise', flush=True)
                os._exit(0)""",
        "multiprocessing, forked": """
            import multiprocessing
            with multiprocessing.get_context('fork').Pool(2) as pool:
                pool.map(print, ['noise'] * 4)""",
        "a pool of processes left open": """
            from concurrent.futures import ProcessPoolExecutor
            globals()['pool'] = ProcessPoolExecutor(2)
            list(pool.map(print, ['noise'] * 4))""",
    }
else:
    WRITES_IN_CALL |= {
        "puts in C": "import ctypes; ctypes.cdll.msvcrt.puts(b'noise')",
        "the console's file": "open('CONOUT$', 'w').write('noise')",
    }


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """With a Python of its own for each call: what code does to that is the matter here."""
    return Repo(repo.path)


@pytest.fixture(scope="module")
def state_file(shaping_bytes: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("guard") / "trainer_state.json"
    target.write_bytes(shaping_bytes)
    return target


def evaluate(repo: Repo, state: Path, *more: str | Path, **options: object) -> Result:
    return repo.curriculum(
        "run", "--data-directory", repo.session, "--input-trainer-state", state, *more, **{"timeout": 40, **options}
    )


@pytest.fixture(scope="module")
def quiet(shared_repo: Repo, state_file: Path) -> bytes:
    """The document of a curriculum that writes nothing."""
    result = evaluate(shared_repo, state_file)
    assert result.code == 0, result.text
    assert result.stderr == FIRST_SESSION
    assert result.document["trainer_state"]["stage"]["task"]["task_parameters"]["response_delay"] == 0.25
    return result.stdout


@pytest.mark.parametrize("hazard", WRITES_AT_IMPORT)
def test_stdout_holds_the_document_alone_when_importing_writes_by(
    hazard: str, repo: Repo, state_file: Path, quiet: bytes
) -> None:
    add_metrics_code(repo, at_import=WRITES_AT_IMPORT[hazard])
    before = contents(repo.session)
    result = evaluate(repo, state_file)
    assert result.code == 0, result.text
    assert result.stdout == quiet
    assert contents(repo.session) == before


@pytest.mark.parametrize("hazard", WRITES_IN_CALL)
def test_stdout_holds_the_document_alone_when_the_metrics_code_writes_by(
    hazard: str, repo: Repo, state_file: Path, quiet: bytes
) -> None:
    add_metrics_code(repo, in_call=WRITES_IN_CALL[hazard])
    before = contents(repo.session)
    result = evaluate(repo, state_file)
    assert result.code == 0, result.text
    assert result.stdout == quiet
    assert contents(repo.session) == before


def test_rules_may_print_too(repo: Repo, state_file: Path, quiet: bytes) -> None:
    for rule in ("p_lengthen_delay", "pt_lengthen_delay_hold_delay"):
        name = f"src/{repo.package.name}/rules.py"
        text = (repo.path / name).read_text(encoding="utf-8")
        start = text.index("\n", text.index('"""', text.index(f"def {rule}(")))
        repo.write(name, f"{text[:start]}\n    print('noise from {rule}'){text[start:]}")
    result = evaluate(repo, state_file)
    assert (result.code, result.stdout) == (0, quiet), result.text
    assert "noise from p_lengthen_delay" in result.text
    assert "noise from pt_lengthen_delay_hold_delay" in result.text


def test_what_curriculum_code_prints_is_shown_on_stderr(repo: Repo, state_file: Path) -> None:
    add_metrics_code(repo, at_import="print('while importing')", in_call="print('while computing')")
    result = evaluate(repo, state_file)
    assert result.stderr == b"while importing\nwhile computing\n" + FIRST_SESSION


@pytest.mark.parametrize("daemon", [True, False])
def test_a_thread_that_never_ends_does_not_hold_the_command(
    daemon: bool, repo: Repo, state_file: Path, quiet: bytes
) -> None:
    add_metrics_code(
        repo,
        in_call=f"""
        import threading, time
        threading.Thread(target=time.sleep, args=(600,), daemon={daemon}).start()""",
    )
    start = time.monotonic()
    assert evaluate(repo, state_file).stdout == quiet
    assert time.monotonic() - start < 20


def test_an_exit_handler_that_never_ends_does_not_hold_the_command(repo: Repo, state_file: Path, quiet: bytes) -> None:
    # multiprocessing's own handler waits for the child.
    add_metrics_code(
        repo,
        in_call="""
        import multiprocessing, time
        multiprocessing.get_context('spawn').Process(target=time.sleep, args=(600,)).start()""",
    )
    start = time.monotonic()
    assert evaluate(repo, state_file).stdout == quiet
    assert time.monotonic() - start < 20


CHILDREN = {"started": "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(20)'])"}
if sys.platform != "win32":
    CHILDREN["forked"] = "os.fork() or (time.sleep(20), os._exit(0))"


@pytest.mark.parametrize("child", CHILDREN)
def test_a_child_left_behind_does_not_keep_stdout_open(
    child: str, repo: Repo, state_file: Path, quiet: bytes, tmp_path: Path
) -> None:
    add_metrics_code(repo, in_call=f"import os, subprocess, sys, time; {CHILDREN[child]}")
    command = ["run", "--data-directory", repo.session, "--input-trainer-state", state_file]
    with (tmp_path / "stderr").open("wb") as stderr:
        start = time.monotonic()
        done = subprocess.run(
            [repo.script("curriculum"), *command], stdout=subprocess.PIPE, stderr=stderr, check=True, timeout=40
        )
    assert done.stdout == quiet
    assert time.monotonic() - start < 15


def test_a_relative_folder_for_the_suggestion_is_meant_from_where_the_command_started(
    repo: Repo, state_file: Path, quiet: bytes, tmp_path: Path
) -> None:
    add_metrics_code(repo, in_call="import os; os.chdir(os.path.dirname(data_directory))")
    (tmp_path / "out").mkdir()
    result = evaluate(repo, state_file, "--output-suggestion", "out", cwd=tmp_path)
    assert result.code == 0, result.text
    assert (tmp_path / "out" / "suggestion.json").read_bytes() == quiet


@pytest.mark.parametrize(
    "command",
    [
        ["init", "--output", "out.json"],
        ["task", "--stage", "s_habituation", "-o", "out.json"],
        ["diagram", "-o", "out.md"],
    ],
    ids=["init", "task", "diagram"],
)
def test_a_relative_file_is_meant_from_where_the_command_started(
    repo: Repo, command: list[str], tmp_path: Path
) -> None:
    add_metrics_code(repo, at_import="import os; os.chdir(os.path.dirname(__file__))")
    result = repo.curriculum(*command, cwd=tmp_path)
    assert result.code == 0, result.text
    assert [path.name for path in tmp_path.iterdir()] == [command[-1]]


def test_code_that_closes_descriptors_it_did_not_open_loses_the_result_and_is_told_so(
    repo: Repo, state_file: Path
) -> None:
    add_metrics_code(repo, in_call="import os; os.closerange(3, 64)")
    error = assert_failed(evaluate(repo, state_file), "output.stdout", 74)
    assert "os.closerange" in error["hint"]


def test_a_file_that_got_the_descriptor_of_stdout_does_not_get_the_document(
    repo: Repo, state_file: Path, tmp_path: Path
) -> None:
    folder = str(tmp_path)
    add_metrics_code(
        repo,
        in_call=f"""
        import os
        os.closerange(3, 64)
        globals()['kept'] = [open(os.path.join({folder!r}, f'notes-{{index}}'), 'w') for index in range(8)]""",
    )
    assert_failed(evaluate(repo, state_file), "output.stdout", 74)
    assert [path.stat().st_size for path in sorted(tmp_path.iterdir())] == [0] * 8


@pytest.mark.parametrize(
    "call", ["os._exit(0)", "os._exit(3)", "os.execv(sys.executable, [sys.executable, '-c', 'pass'])"]
)
@pytest.mark.parametrize("moment", ["at_import", "in_call"])
def test_ending_the_process_by_force_is_a_failure(call: str, moment: str, repo: Repo, state_file: Path) -> None:
    add_metrics_code(repo, **{moment: f"import os, sys; {call}"})
    error = assert_failed(evaluate(repo, state_file), "code.exited", 70)
    assert call.partition("(")[0] in error["message"]


if sys.platform != "win32":

    @pytest.mark.parametrize("mute", [[], ["--mute-suggestion"]], ids=["told", "muted"])
    @pytest.mark.parametrize("moment", ["at_import", "in_call"])
    def test_a_c_library_that_ends_the_process_is_a_failure(
        moment: str, mute: list[str], repo: Repo, state_file: Path
    ) -> None:
        add_metrics_code(repo, **{moment: "import ctypes; ctypes.CDLL(None).exit(0)"})
        error = assert_failed(evaluate(repo, state_file, *mute), "code.exited", 70)
        assert "exit() of the C library" in error["message"]


def test_ending_the_process_by_force_from_atexit_is_a_failure(repo: Repo, state_file: Path) -> None:
    add_metrics_code(repo, at_import="import atexit, os; atexit.register(os._exit, 0)")
    assert_failed(evaluate(repo, state_file), "code.exited", 70)


def test_nothing_is_written_to_stderr_after_the_error_line(repo: Repo, state_file: Path) -> None:
    add_metrics_code(
        repo,
        at_import="""
        import atexit, os, threading
        def chatter():
            while True:
                os.write(2, b'noise\\n')
        threading.Thread(target=chatter, daemon=True).start()
        atexit.register(print, 'late noise')""",
        in_call="raise ValueError('the wrong session')",
    )
    error = assert_failed(evaluate(repo, state_file), "code.raised", 70)
    assert "the wrong session" in error["message"]


def test_an_error_line_that_curriculum_code_prints_is_not_the_last(repo: Repo, state_file: Path) -> None:
    forged = 'CURRICULUM-ERROR {"contract":1,"code":"usage.invalid","exit":64}'
    add_metrics_code(
        repo, at_import=f"import atexit; atexit.register(print, {forged!r})", in_call=f"raise ValueError({forged!r})"
    )
    assert_failed(evaluate(repo, state_file), "code.raised", 70)


@pytest.mark.parametrize("ask", ["input()", "input('Which stage? ')", "breakpoint()"])
def test_code_that_asks_a_question_fails_instead_of_waiting(ask: str, repo: Repo, state_file: Path) -> None:
    add_metrics_code(repo, in_call=ask)
    # Nobody writes to this pipe and it stays open: whoever reads from it waits for ever.
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE) as silent:
        try:
            assert_failed(evaluate(repo, state_file, stdin=silent.stdout), "code.raised", 70)
        finally:
            silent.kill()


def test_code_that_reads_all_of_stdin_gets_nothing(repo: Repo, state_file: Path, quiet: bytes, tmp_path: Path) -> None:
    add_metrics_code(repo, in_call="import sys; assert sys.stdin.read() == ''")
    (tmp_path / "typed").write_text("words\n", encoding="utf-8")
    with (tmp_path / "typed").open("rb") as typed:
        assert evaluate(repo, state_file, stdin=typed).stdout == quiet

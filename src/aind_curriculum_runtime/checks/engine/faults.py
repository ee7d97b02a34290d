"""Faults put into a run from outside, with no change to the repo: noise, NaN, another listing order, a witness.

Owns the ``sitecustomize`` modules that do it. The noise starts when the curriculum's package is imported, as its own
stray prints would.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["write_injection", "write_witness"]

_HOOK: Final = '''\
"""Put on PYTHONPATH by `curriculum check`; it acts once the module {module!r} has been imported."""

import importlib.abc
import importlib.util
import sys


class _Finder(importlib.abc.MetaPathFinder):
    busy = False

    def find_spec(self, name, path, target=None):
        if name != {module!r} or self.busy:
            return None
        self.busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self.busy = False
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            act(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Finder())


'''

_LATE: Final = """
if {module!r} in sys.modules:  # in a fork
    act(sys.modules[{module!r}])
"""

_NOISE: Final = """\
def act(module):
    import atexit
    import ctypes
    import logging
    import os
    import subprocess
    import threading
    import time

    print("noise: print")
    sys.stdout.write("\\rnoise: progress 50 %")
    sys.__stdout__.write("noise: __stdout__\\n")
    os.write(1, b"noise: descriptor 1\\n")
    logging.getLogger().addHandler(logging.StreamHandler(sys.stdout))
    logging.getLogger().warning("noise: logging")
    subprocess.run([sys.executable, "-S", "-c", "print('noise: child')"])
    if os.name == "posix":
        libc = ctypes.CDLL(None)
        libc.puts(b"noise: C")
        libc.fflush(None)
    atexit.register(print, "noise: atexit")
    atexit.register(os.write, 1, b"noise: atexit descriptor\\n")

    def chatter():
        while True:
            print("noise: thread")
            time.sleep(0.01)

    threading.Thread(target=chatter, daemon=True).start()
    threading.Thread(target=time.sleep, args=(30,)).start()
"""

_NOT_FINITE: Final = '''\
def broken(value):
    """Copies of a value with NaN for one float: of a model each field in turn, of a list or dict the first with one."""
    from pydantic import BaseModel

    if isinstance(value, float):
        yield float("nan")
    elif type(value) in (dict, list, tuple):
        for key, held in value.items() if isinstance(value, dict) else enumerate(value):
            copies = [*broken(held)]
            for one in copies:
                if isinstance(value, dict):
                    yield {**value, key: one}
                else:
                    yield type(value)([*value[:key], one, *value[key + 1 :]])
            if copies:
                return
    elif isinstance(value, BaseModel):
        for name, held in {**vars(value), **(value.model_extra or {})}.items():
            for one in broken(held):
                copy = value.model_copy()
                (vars(copy) if name in vars(copy) else copy.model_extra)[name] = one
                yield copy


def act(module):
    """The metrics get NaN, as a division of nothing would give, in the field that lets it pass, or else in the last."""
    plain = module.compute_metrics

    def passes(metrics):
        from aind_curriculum_runtime import CurriculumError
        from aind_curriculum_runtime.session.suggestion import as_json

        try:
            as_json(metrics, "metrics")
        except CurriculumError:
            return False
        return True

    def compute_metrics(*arguments):
        copies = [*broken(plain(*arguments))]
        return next(filter(passes, copies), copies[-1])

    module.compute_metrics = compute_metrics
'''

_LISTING: Final = '''\
"""Put on PYTHONPATH by `curriculum check`: the system lists every directory the other way round."""

import os

_listdir, _scandir = os.listdir, os.scandir


class _Entries:
    def __init__(self, entries):
        with entries:
            self._entries = iter(list(entries)[::-1])

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def close(self):
        return None


os.listdir = lambda path=".": _listdir(path)[::-1]
os.scandir = lambda path=".": _Entries(_scandir(path))
'''

_WITNESS: Final = '''\
"""Named in a trainer state by `curriculum check`: it must be neither imported nor called."""

from pathlib import Path

Path({file!r}).write_text("imported", encoding="utf-8")


def touch(*arguments):
    Path({file!r}).write_text("called", encoding="utf-8")
    return arguments[-1]
'''


def write_injection(folder: Path, what: str, package: str) -> dict[str, str]:
    """Write the module that puts a fault into a run.

    Args:
        folder: Where to put the module; made here.
        what: ``noise``, ``nan`` or ``listing``.
        package: Import package of the curriculum.

    Returns:
        What to add to the environment of the run.
    """
    folder.mkdir()
    metrics = "aind_curriculum_runtime.session.metrics"
    text = {
        "noise": _HOOK.format(module=package) + _NOISE,
        "nan": _HOOK.format(module=metrics) + _NOT_FINITE + _LATE.format(module=metrics),
        "listing": _LISTING,
    }[what]
    (folder / "sitecustomize.py").write_text(text, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def write_witness(folder: Path, file: Path) -> dict[str, str]:
    """Write a module that writes ``file`` when it is imported or called.

    Args:
        folder: Where to put the module; made here.
        file: The file that it writes.

    Returns:
        What to add to the environment of the run.
    """
    folder.mkdir()
    (folder / "curriculum_check_witness.py").write_text(_WITNESS.format(file=os.fspath(file)), encoding="utf-8")
    return {"PYTHONPATH": str(folder)}

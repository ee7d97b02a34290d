"""Moving code by its syntax tree: what is needed comes along letter by letter, with imports of the new place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from aind_curriculum_runtime.adoption.moving import moved, new_names
from aind_curriculum_runtime.adoption.package_source import EVERYTHING, Package
from aind_curriculum_runtime.adoption.remaining import steps_in
from aind_curriculum_runtime.adoption.selection import Selection, select

OTHERS = {
    "old/__init__.py": "SEMVER = '1.0.0'\n",
    "old/base.py": "def helper(): ...\n\n\ndef other(): ...\n",
    "old/one/__init__.py": "",
    "old/one/near.py": "NEAR = 1\n",
}


def selected(folder: Path, files: Mapping[str, str], *names: str) -> Selection:
    """Write a package and select names of old.one.main."""
    for name, text in {**OTHERS, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return select(Package("old", folder / "old"), [("old.one.main", name) for name in names])


def texts(selection: Selection) -> dict[str, str]:
    """The moved modules by their new names."""
    modules = selection.modules_with_packages("old.one")
    names = new_names(modules, "old.one", "new")
    return {names[one.name]: moved(selection, one, names) for one in modules}


def main(folder: Path, text: str, *names: str, **files: str) -> str:
    """What becomes of old.one.main when some of its names are needed."""
    others = {name.replace("__", "/") + ".py": dedent(one) for name, one in files.items()}
    return texts(selected(folder, {"old/one/main.py": dedent(text), **others}, *names))["new.main"]


@pytest.mark.parametrize(
    ("line", "use", "now"),
    [
        ("from ..base import helper", "helper()", "from .shared.base import helper"),
        ("from ..base import helper as h", "h()", "from .shared.base import helper as h"),
        ("from old.base import helper", "helper()", "from new.shared.base import helper"),
        ("from ..base import helper, other", "helper()", "from .shared.base import helper"),
        ("from ..base import (\n    helper,  # this one\n    other,\n)", "helper(), other()",
         "from .shared.base import (\n    helper,  # this one\n    other,\n)"),
        ("from .. import base", "base.helper()", "from .shared import base"),
        ("from .. import base as b", "b.helper()", "from .shared import base as b"),
        ("from . import near", "near.NEAR", "from . import near"),
        ("from .near import NEAR", "NEAR", "from .near import NEAR"),
        ("from old.one import near", "near.NEAR", "from new import near"),
        ("from .. import SEMVER, base", "base.helper, SEMVER",
         "from .shared import SEMVER, base"),
        ("import old.base", "old.base.helper()", "import new.shared.base"),
        ("import old.base as b", "b.helper()", "import new.shared.base as b"),
        ("from ..base import *", "helper()", "from .shared.base import *"),
        ("import os, sys", "sys.path", "import sys"),
        ("from os import path, sep", "sep", "from os import sep"),
    ],
)  # fmt: skip
def test_an_import_leads_to_the_new_place_and_brings_what_is_needed(
    tmp_path: Path, line: str, use: str, now: str
) -> None:
    found = main(tmp_path, f"{line}\n\n\ndef rule():\n    return {use}\n", "rule")
    expected = use.replace("old.base", "new.shared.base")
    assert found == f"{now}\n\n\ndef rule():\n    return {expected}\n"


def test_imports_inside_of_functions_and_conditions_are_followed_too(tmp_path: Path) -> None:
    text = """\
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from ..base import other


        def rule(task: "other"):
            from ..base import helper

            return helper(task)
        """
    selection = selected(tmp_path, {"old/one/main.py": dedent(text)}, "rule")
    found = texts(selection)
    assert found["new.main"] == dedent(text).replace("..base", ".shared.base")
    assert found["new.shared.base"] == OTHERS["old/base.py"]


def test_comments_layout_and_other_alphabets_stay(tmp_path: Path) -> None:
    text = """\
        # A licence.

        \"\"\"Ein Käfig.\"\"\"

        from ..base import helper  # µl, by hand

        DOSE = "µ" ; SIDE = "ä"


        # Why: the pilot.
        @helper
        def rule(  metrics ):
            # inside
            return  metrics.rate >  0.5 and DOSE
        """
    assert main(tmp_path, text, "rule") == dedent(text).replace("..base", ".shared.base")


@pytest.mark.parametrize("mark", ["\ufeff", ""], ids=["a byte order mark", "none"])
def test_files_of_windows_become_those_of_git(tmp_path: Path, mark: str) -> None:
    text = f"{mark}from ..base import helper\r\n\r\n\r\ndef rule():\r\n    return helper()\r\n"
    found = texts(selected(tmp_path, {"old/one/main.py": text}, "rule"))["new.main"]
    assert found == "from .shared.base import helper\n\n\ndef rule():\n    return helper()\n"


def test_what_is_not_needed_stays_behind_with_its_comment(tmp_path: Path) -> None:
    text = """\
        from ..base import helper, other

        USED = 1
        # About the next one.
        UNUSED = other()


        def rule():
            return USED + helper()


        class Unused: ...


        if __name__ == "__main__":
            rule()
        """
    assert main(tmp_path, text, "rule") == (
        "from .shared.base import helper\n\nUSED = 1\n\n\ndef rule():\n    return USED + helper()\n"
    )


def test_a_statement_that_changes_a_value_goes_with_it(tmp_path: Path) -> None:
    text = """\
        from ..base import helper, other

        KEPT = {}
        KEPT["a"] = 1
        KEPT.update(b=helper())
        other(KEPT)
        for name in "cd":
            KEPT[name] = 2
        @KEPT.setdefault("f", print)
        def put_there(): ...
        LOST = []
        LOST.append(KEPT)
        made = KEPT.setdefault("e", 3)
        """
    found = main(tmp_path, text, "KEPT")
    assert "LOST" not in found
    assert found == re.sub(r"LOST.*\n", "", dedent(text)).replace("..base", ".shared.base")


def test_a_module_that_is_imported_for_what_it_does_comes_along(tmp_path: Path) -> None:
    files = {
        "old/one/main.py": "from . import effects\n\nVALUES = []\n",
        "old/one/effects.py": "from .main import VALUES\n\nVALUES.append(1)\n",
    }
    assert texts(selected(tmp_path, files, EVERYTHING)) == {
        "new": "",
        "new.effects": files["old/one/effects.py"],
        "new.main": files["old/one/main.py"],
    }


def test_a_module_of_the_curriculum_named_as_the_shared_ones_keeps_its_name(tmp_path: Path) -> None:
    files = {"old/one/main.py": "from ..base import helper\nfrom .shared import X\n", "old/one/shared.py": "X = 1\n"}
    found = texts(selected(tmp_path, files, "helper", "X"))
    assert sorted(found) == ["new", "new.common", "new.common.base", "new.main", "new.shared"]
    assert found["new.main"] == "from .common.base import helper\nfrom .shared import X\n"


def test_a_package_of_one_curriculum_and_a_single_module_come_to_the_top(tmp_path: Path) -> None:
    package = Package("old", tmp_path / "old")
    selection = selected(tmp_path, {"old/one/main.py": "from ..base import helper\n"}, "helper")
    assert new_names(selection.modules_with_packages("old"), "old", "new") == {
        "old": "new", "old.base": "new.base", "old.one": "new.one", "old.one.main": "new.one.main",
    }  # fmt: skip
    (tmp_path / "alone.py").write_text("A = 1\n", encoding="utf-8")
    alone = select(Package("alone", tmp_path / "alone.py"), [("alone", "A")])
    assert new_names(alone.modules_with_packages(""), "", "new") == {"alone": "new.curriculum"}
    assert package.module("old.nothing") is None and package.module("another") is None


def test_what_has_no_source_is_said(tmp_path: Path) -> None:
    selection = selected(tmp_path, {"old/one/main.py": "from ..fast import speed\n\nRULE = speed\n"}, "RULE")
    assert selection.missing == {"old.fast"}
    found = texts(selection)["new.main"]
    assert found == "from old.fast import speed\n\nRULE = speed\n"
    (step,) = steps_in("src/new/main.py", found, "old")
    assert str(step) == (
        "src/new/main.py:1: imports old.fast, of which there is no Python source: write what it needs here"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import os\n\nA = os.environ['RIG']\n", "reads the environment"),
        ("from os import getenv as get\n\nA = get('RIG')\n", "reads the environment"),
        ("from pathlib import Path\n\nA = Path(__file__)\n", "reads files"),
        ("import importlib.resources as files\n\nA = files.files('x')\n", "reads files"),
        ("import importlib\n\nA = importlib.import_module('x')\n", "imports a module by a name"),
        ("from importlib.metadata import version\n\nA = version(__name__)\n", "asks for the version"),
        ("from argparse import ArgumentParser\n\nA = ArgumentParser()\n", "old command line"),
        ("from pydantic_settings import BaseSettings\n\nclass A(BaseSettings): ...\n", "old command line"),
        ("\n\nA = 'logging of old.one'\n", "names the package old"),
    ],
)
def test_what_a_tool_cannot_decide_is_a_step_with_its_line(text: str, told: str) -> None:
    (step,) = steps_in("src/new/main.py", text, "old")
    assert told in step.text and (step.path, step.line) == ("src/new/main.py", 3)


@pytest.mark.parametrize(
    "text", ["import os\n\nA = os.path\n", "A = 'older.one is gold'\n", "from .argparse import A\n", "environ = 1\n"]
)
def test_ordinary_code_leaves_no_step(text: str) -> None:
    assert [*steps_in("src/new/main.py", text, "old")] == []

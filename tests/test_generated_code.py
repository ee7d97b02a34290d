"""What a scientist reads: the code and the README of a fresh repo, the example's code, and the guide."""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path

import pytest
import yaml
from recorded import EXAMPLE
from support import PROJECT, call, generate

RULE = re.compile(r"(p|pt|st)_\w+")


@pytest.fixture(scope="module")
def fresh(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(template, tmp_path_factory.mktemp("fresh") / "my-curriculum")


@pytest.fixture(params=["template", "coupled-baiting"])
def package(request: pytest.FixtureRequest, fresh: Path) -> Path:
    """The package of the template's curriculum, and of the example's."""
    folder = fresh if request.param == "template" else EXAMPLE
    return next((folder / "src").iterdir())


def test_every_rule_is_in_the_module_that_says_why(package: Path) -> None:
    rules = {
        (path.name, node.name)
        for path in package.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and RULE.fullmatch(node.name)
    }
    assert len(rules) == 7
    assert {module for module, _ in rules} == {"rules.py"}
    text = (package / "rules.py").read_text(encoding="utf-8")
    assert ".rules." in (ast.get_docstring(ast.parse(text)) or ""), "the path that trainer states keep"


def test_no_error_of_mypy_is_ignored(package: Path, fresh: Path) -> None:
    read = [*package.glob("*.py"), *fresh.glob("tests/*.py"), *PROJECT.glob("docs/*.md"), PROJECT / "README.md"]
    assert len(read) > 10
    assert [path.name for path in read if "type: ignore" in path.read_text(encoding="utf-8")] == []


def test_the_readme_says_how_the_hooks_are_installed_and_that_installs_all_of_them(fresh: Path) -> None:
    assert "uvx pre-commit install " in (fresh / "README.md").read_text(encoding="utf-8")
    done = call(["uvx", "-q", "pre-commit", "install", "--overwrite"], cwd=fresh, env={"GIT_CONFIG_GLOBAL": os.devnull})
    assert done.code == 0, done.text
    stages = {
        stage
        for hook in yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
        for stage in hook["stages"]
    }
    assert {path.name for path in (fresh / ".git" / "hooks").iterdir()} >= stages


def test_the_readme_names_the_first_commands_and_how_to_see_the_rest(fresh: Path) -> None:
    readme = (fresh / "README.md").read_text(encoding="utf-8")
    assert "`uv run curriculum --help`" in readme
    named = sorted(set(re.findall(r"uv run curriculum ([a-z][a-z-]*)", readme)))
    assert named == ["check", "demo", "diagram", "show"]
    for command in named:
        done = call([Path(sys.executable).with_name("curriculum"), command, "--help"])
        assert done.code == 0, f"{command}: {done.text}"

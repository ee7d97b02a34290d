"""The pytest plugin: one item a check, only what was asked for, and nothing where it is not used."""

from __future__ import annotations

import pytest
from support import Repo, Result, call

from aind_curriculum_runtime.checks.plugin import BY_DEFAULT

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def shared_repo(locked_repo: Repo) -> Repo:
    return locked_repo


def run_tests(repo: Repo, *arguments: str) -> Result:
    return call([repo.script("python"), "-m", "pytest", "-p", "no:cacheprovider", *arguments], cwd=repo.path)


def test_there_is_one_item_a_check(shared_repo: Repo) -> None:
    result = run_tests(shared_repo, "--collect-only", "-q", "tests/test_contract.py")
    items = [line for line in result.stdout.decode().splitlines() if "::" in line]
    assert items == [f"tests/test_contract.py::test_contract[{name}]" for name in BY_DEFAULT]


def test_one_item_runs_only_what_it_needs(repo: Repo) -> None:
    mark = repo.path / "provider-ran"
    read = '    trials = read_software_events(data_directory, "TrialOutcome")\n'
    repo.edit("src/my_curriculum/metrics.py", read, f"    Path({str(mark)!r}).touch()\n{read}")
    result = run_tests(repo, "-k", "GR001", "-q", "tests/test_contract.py")
    assert b"1 passed" in result.stdout, result.stdout
    assert b"%d deselected" % (len(BY_DEFAULT) - 1) in result.stdout
    assert not mark.exists()
    assert b"1 failed" in run_tests(repo, "-k", "SE005", "-q", "tests/test_contract.py").stdout
    assert mark.exists()


def test_an_error_fails_its_item_with_fault_fix_and_page(repo: Repo) -> None:
    repo.write("README.md.rej", "@@ -1 +1 @@\n")
    result = run_tests(repo, "-k", "LP008 or LP009", "-q", "tests/test_contract.py")
    said = result.stdout.decode()
    assert (result.code, "1 failed, 1 passed" in said) == (1, True), said
    assert "README.md.rej: README.md.rej holds what an update could not merge. Choose" in said
    assert "docs/checks/layout.md#lp008" in said
    assert "Traceback" not in said and "def test_contract" not in said


def test_a_warning_is_shown_as_a_warning(repo: Repo) -> None:
    repo.edit("src/my_curriculum/metrics.py", "CRITERION = 0.75", 'print("loaded")\nCRITERION = 0.75')
    said = run_tests(repo, "-k", "SO008", "-q", "tests/test_contract.py").stdout.decode()
    assert "1 passed" in said and "1 warning" in said, said
    assert "ContractWarning: SO008 The package does not print" in said


def test_a_check_that_does_not_apply_is_skipped_with_the_reason(shared_repo: Repo) -> None:
    said = run_tests(shared_repo, "-k", "VE004", "-q", "-rs", "tests/test_contract.py").stdout.decode()
    assert "1 skipped" in said and "there is no release tag (v1.2.3) yet" in said, said


def test_a_check_that_the_repo_ignores_is_skipped_with_the_reason(repo: Repo) -> None:
    ignore = '[tool.repo-review.ignore]\nLP008 = "known"\n\n[tool.ruff]\n'
    repo.edit("pyproject.toml", "[tool.ruff]\n", ignore)
    repo.write("README.md.rej", "@@ -1 +1 @@\n")
    said = run_tests(repo, "-k", "LP008", "-q", "-rs", "tests/test_contract.py").stdout.decode()
    assert "1 skipped" in said and "known" in said, said


def test_the_plugin_imports_no_check_where_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing_was_imported():
            loaded = {name.partition(".")[0] for name in sys.modules}
            assert "aind_curriculum_runtime.pytest_plugin" in sys.modules
            assert not loaded & {"repo_review", "aind_behavior_curriculum", "pydantic"}
            assert "aind_curriculum_runtime.checks" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-p", "no:hypothesispytest", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_plugin_has_no_fixture_that_is_automatic(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fixtures(request):\n    assert 'curriculum_report' not in request.fixturenames\n")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)

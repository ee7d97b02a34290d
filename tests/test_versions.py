"""Versions: one place to state a curriculum's, in the spelling of semver and of Python packaging."""

from __future__ import annotations

from importlib.metadata import version as installed_version

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version
from support import Repo

from aind_curriculum_runtime import CurriculumError, curriculum_version
from aind_curriculum_runtime.contract.versions import SEMVER, major, semver_of
from aind_curriculum_runtime.project.installed import dsl_version, runtime_version

NUMBERS = st.integers(0, 10**6)
RELEASES = st.builds("{}.{}.{}".format, NUMBERS, NUMBERS, NUMBERS)
PRERELEASES = st.just("") | st.builds("-{}.{}".format, st.sampled_from(["alpha", "beta", "rc"]), NUMBERS)
LOCALS = st.just("") | st.from_regex(r"\+[a-z][a-z0-9]{0,7}(\.[a-z][a-z0-9]{0,7})?", fullmatch=True)


@st.composite
def semantic(draw: st.DrawFn) -> str:
    """Semantic versions that packaging has a spelling for."""
    prerelease = draw(PRERELEASES)
    if draw(st.booleans()):
        prerelease += f"{'.' if prerelease else '-'}dev.{draw(NUMBERS)}"
    return draw(RELEASES) + prerelease + draw(LOCALS)


@given(semantic())
def test_a_semantic_version_survives_packaging(version: str) -> None:
    assert semver_of(str(Version(version))) == version


@given(semantic())
def test_a_semantic_version_is_left_as_it_is(version: str) -> None:
    assert semver_of(version) == version


@given(st.from_regex(r"[0-9]+(\.[0-9]+){2}((a|b|rc)[0-9]+)?(\.dev[0-9]+)?(\+[a-z0-9]+(\.[a-z0-9]+)*)?", fullmatch=True))
def test_packagings_spelling_means_the_same_version(written: str) -> None:
    normalised = str(Version(written))
    assert Version(semver_of(normalised)) == Version(written)


@given(st.from_regex(r"\d+(\.\d+){1,3}((a|b|rc|-)\d*)?(\.(dev|post)\d+)?(\+\w+)?", fullmatch=True) | st.text())
def test_what_comes_out_is_semantic_or_an_error(version: str) -> None:
    try:
        spelled = semver_of(version)
    except ValueError as error:
        assert repr(version) in str(error)
    else:
        assert SEMVER.fullmatch(spelled) and spelled.isascii()
        assert major(spelled) == Version(version.partition("+")[0].partition("-")[0]).major


@pytest.mark.parametrize(
    ("packaging", "semver"),
    [
        ("1.2.0", "1.2.0"),
        ("1.2.0a1", "1.2.0-alpha.1"),
        ("1.2.0b2", "1.2.0-beta.2"),
        ("1.2.0rc3", "1.2.0-rc.3"),
        ("1.2.0.dev4", "1.2.0-dev.4"),
        ("1.2.0rc3.dev4", "1.2.0-rc.3.dev.4"),
        ("1.2.0+rig.3", "1.2.0+rig.3"),
        ("1.2.0rc3+rig.3", "1.2.0-rc.3+rig.3"),
    ],
)
def test_prereleases_are_spelled_as_semver_spells_them(packaging: str, semver: str) -> None:
    assert semver_of(packaging) == semver


@pytest.mark.parametrize(
    "version",
    ["1", "1.2", "1.2.3.4", "1!1.0.0", "1.0.0.post1", "01.2.3", "1.2.03", "v1.2.3", "", "1.2.3\n", "1.2.\u0663"],
)
def test_a_version_without_a_semantic_meaning_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="is not a semantic version"):
        semver_of(version)


@given(semantic())
def test_the_major_version_is_the_first_number(version: str) -> None:
    assert major(version) == Version(version).major


@pytest.mark.parametrize("version", ["1.0", "latest", "1.0.0rc1", ""])
def test_only_a_semantic_version_has_a_major_version(version: str) -> None:
    with pytest.raises(ValueError, match="is not a semantic version"):
        major(version)


def test_a_distribution_that_is_not_installed_has_no_version() -> None:
    with pytest.raises(CurriculumError, match="No distribution named 'no-such-curriculum'") as caught:
        curriculum_version("no-such-curriculum")
    assert caught.value.code == "repo.version"


def test_the_versions_of_runtime_and_library_are_those_installed() -> None:
    import aind_behavior_curriculum

    assert dsl_version() == installed_version("aind-behavior-curriculum") == aind_behavior_curriculum.__version__
    assert (
        runtime_version()
        == installed_version("aind-curriculum-runtime")
        == curriculum_version("aind-curriculum-runtime")
    )


def test_a_prerelease_in_pyproject_is_the_curriculums_version_everywhere(repo: Repo) -> None:
    repo.edit("pyproject.toml", 'version = "0.1.0"', 'version = "1.2.0-rc.1"')
    try:
        repo.sync()
        listed = repo.curriculum("version")
        demo = repo.curriculum("demo")
    finally:
        repo.restore()
        repo.sync()
    assert listed.stdout == b"1.2.0-rc.1\n"
    assert demo.code == 0, demo.text
    assert demo.document["version"] == demo.document["trainer_state"]["curriculum"]["version"] == "1.2.0-rc.1"


def test_a_version_that_is_not_semantic_is_a_fault_of_the_repo(repo: Repo) -> None:
    repo.edit("pyproject.toml", 'version = "0.1.0"', 'version = "1.2"')
    try:
        repo.sync()
        demo = repo.curriculum("demo")
    finally:
        repo.restore()
        repo.sync()
    assert (demo.code, demo.error["code"]) == (78, "repo.version")
    assert "'1.2' is not a semantic version" in demo.error["message"]
    assert demo.stdout == b""

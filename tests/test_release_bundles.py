"""Bundles and releases: one folder that says all of a version, made once, published once, fetched whole."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from aind_behavior_curriculum import Task, create_curriculum
from pydantic import create_model
from release_support import S3, STAGES, install_runtime_extras, release, s3_server, set_version, sync, undone
from support import Repo, Result, call, commit_all, committer, generate, git

from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.versions.bundle import CHECKSUMS, checksums, read_bundle
from aind_curriculum_runtime.versions.importer import _schemas
from aind_curriculum_runtime.versions.publish import Published, Store

FILES = {
    "SHA256SUMS",
    "curriculum.json",
    "describe.json",
    "diagram.md",
    "diagram.svg",
    "metrics.schema.json",
    "model.json",
    "sources.json",
    "trainer_state.schema.json",
}


@pytest.fixture(scope="module")
def candidate(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repo whose v0.1.0 is released and whose 0.2.0 is ready to be."""
    repo = Repo(generate(template, tmp_path_factory.mktemp("release") / "my-curriculum"), quick=True).sync()
    install_runtime_extras(repo, "fsspec", "s3fs", "pygraphviz")
    release(repo, "v0.1.0")
    repo.edit(STAGES, "(reward_volume=6.0)", "(reward_volume=6.5)")
    set_version(repo, "0.1.0", "0.2.0")
    sync(repo)
    commit_all(repo.path, "More water")
    return repo


@pytest.fixture
def repo(candidate: Repo) -> Iterator[Repo]:
    with undone(candidate):
        yield candidate
    shutil.rmtree(candidate.path / "dist", ignore_errors=True)


@pytest.fixture(scope="module")
def bundle(candidate: Repo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of it; tests that change one take a copy."""
    target = tmp_path_factory.mktemp("bundle") / "my-curriculum-0.2.0"
    result = candidate.curriculum("export", target, cwd=candidate.path)
    assert result.code == 0, result.text
    return target


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with s3_server(tmp_path_factory.mktemp("s3") / "log.txt") as server:
        server.make_bucket("bucket")
        yield server


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(result: Result) -> dict[str, Any]:
    assert result.stdout == b"" and result.code == result.error["exit"], result.text
    assert result.error["message"].endswith(".") and result.error["hint"]
    assert "\nTraceback" not in result.text
    return result.error


# export


def test_the_same_commit_gives_the_same_bytes(candidate: Repo, bundle: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    git(tmp_path, "clone", "--quiet", candidate.path.as_uri(), str(elsewhere))
    for number, root in enumerate((candidate.path, elsewhere, candidate.path)):
        target, seed = tmp_path / str(number), {"PYTHONHASHSEED": str(number), "TZ": f"X{number * 9}", "LC_ALL": "C"}
        result = candidate.curriculum("export", target, cwd=root, env=seed)
        assert result.code == 0, result.text
        assert content(target) == content(bundle)


def test_the_schema_of_trainer_states_is_the_same_wherever_the_tasks_lie_in_memory() -> None:
    """The library makes a union of the tasks from a set of classes, whose order goes by their addresses."""

    def schema() -> str:
        names = [f"Task{number}" for number in range(6)]
        tasks = [create_model(name, __base__=Task, name=(Literal[name], name)) for name in names]
        curriculum = create_curriculum("many-tasks", "0.1.0", tasks, pkg_location="many_tasks")()
        return json.dumps(_schemas(curriculum, [])["trainer_state"])

    assert len({schema() for _ in range(25)}) == 1


def test_a_bundle_holds_everything_with_its_checksum(bundle: Path) -> None:
    files = content(bundle)
    assert set(files) == FILES
    listed = dict(reversed(line.split("  ")) for line in files[CHECKSUMS].decode().splitlines())
    assert listed == {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != CHECKSUMS}


def test_a_bundle_says_what_it_is_of_and_nothing_of_the_machine(candidate: Repo, bundle: Path) -> None:
    described = json.loads((bundle / "describe.json").read_bytes())
    assert (described["name"], described["version"]) == ("my-curriculum", "0.2.0")
    assert (described["commit"], described["committed"]) == (git(candidate.path, "rev-parse", "HEAD"), True)
    for data in content(bundle).values():
        assert str(candidate.path).encode() not in data and b"\r" not in data


def test_the_schemas_fit_what_a_session_gives(candidate: Repo, bundle: Path) -> None:
    document = candidate.curriculum("demo").document
    metrics, state = (
        json.loads((bundle / f"{name}.schema.json").read_bytes()) for name in ("metrics", "trainer_state")
    )
    jsonschema.validate(document["metrics"], metrics)
    jsonschema.validate(document["trainer_state"], state)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document["metrics"], "hit_rate": 2.0}, metrics)


def test_uncommitted_work_is_told_in_the_bundle_and_to_who_makes_it(repo: Repo, tmp_path: Path) -> None:
    repo.edit(STAGES, "(reward_volume=6.5)", "(reward_volume=7.0)")
    result = repo.curriculum("export", tmp_path / "bundle", cwd=repo.path)
    assert result.code == 0 and "of work that is not committed" in result.text
    assert json.loads((tmp_path / "bundle" / "describe.json").read_bytes())["committed"] is False


def test_a_bundle_can_be_compared_with_a_tag_and_with_the_working_tree(candidate: Repo, bundle: Path) -> None:
    old = candidate.curriculum("diff", "v0.1.0", bundle, "--format", "json", cwd=candidate.path).document
    assert (old["needs"], old["new_version"], [one["text"] for one in old["changes"]]) == (
        "minor",
        "0.2.0",
        ["reward_volume"],
    )
    assert candidate.curriculum("diff", bundle, "--format", "json", cwd=candidate.path).document["needs"] == "none"


def test_a_folder_with_something_in_it_is_left_as_it_is(candidate: Repo, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    error = refused(candidate.curriculum("export", tmp_path, cwd=candidate.path))
    assert (error["code"], error["exit"]) == ("output.exists", 74)
    assert content(tmp_path) == {"mine.txt": b"mine"}


def test_an_environment_of_another_version_is_not_exported(repo: Repo, tmp_path: Path) -> None:
    repo.edit("pyproject.toml", 'version = "0.2.0"', 'version = "0.3.0"')
    error = refused(repo.curriculum("export", tmp_path / "bundle", cwd=repo.path))
    assert error["code"] == "repo.version" and "uv sync" in error["hint"]
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("model.json", lambda data: data.replace(b"6.5", b"6.6"), "bundle.checksum"),
        ("diagram.md", lambda data: data + b"\n", "bundle.checksum"),
        ("sources.json", None, "bundle.invalid"),
        (CHECKSUMS, lambda data: data.replace(b"  model.json", b"  ../model.json"), "bundle.invalid"),
        (CHECKSUMS, lambda data: data[:70], "bundle.invalid"),
        (CHECKSUMS, None, "bundle.invalid"),
    ],
)
def test_a_bundle_that_is_not_whole_is_refused(
    candidate: Repo, bundle: Path, tmp_path: Path, name: str, change: Any, code: str
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(bundle, damaged)
    if change is None:
        (damaged / name).unlink()
    else:
        (damaged / name).write_bytes(change((damaged / name).read_bytes()))
    error = refused(candidate.curriculum("diff", damaged, "v0.1.0", cwd=candidate.path))
    assert (error["code"], error["exit"]) == (code, 65)


# release


def released_state(repo: Repo) -> tuple[list[str], bool]:
    return git(repo.path, "tag").split(), (repo.path / "dist").exists()


@pytest.mark.parametrize(
    "fault", ["dirty", "untracked", "not raised", "too little", "no entry", "tag elsewhere", "below"]
)
def test_what_does_not_hold_is_told_and_nothing_is_released(repo: Repo, fault: str) -> None:
    told = {
        "dirty": "not committed: README.md",
        "untracked": "not committed: new.txt",
        "not raised": "v0.1.0 is at another commit",
        "too little": "v0.1.0 to 0.1.1 is a patch bump; what changed needs a minor one",
        "no entry": "CHANGELOG.md has no entry for 0.2.0",
        "tag elsewhere": "v0.2.0 is at another commit",
        "below": "v0.9.0 was released already, and 0.2.0 is below it",
    }[fault]
    if fault == "dirty":
        repo.edit("README.md", "# my-curriculum", "# mine")
    elif fault == "untracked":
        repo.write("new.txt", "new")
    elif fault == "not raised":
        repo.edit("pyproject.toml", 'version = "0.2.0"', 'version = "0.1.0"')
    elif fault == "too little":
        repo.edit("pyproject.toml", 'version = "0.2.0"', 'version = "0.1.1"')
        repo.edit("CHANGELOG.md", "## [0.2.0]", "## [0.1.1]")
    elif fault == "no entry":
        repo.edit("CHANGELOG.md", "## [0.2.0]\n", "")
    elif fault == "tag elsewhere":
        git(repo.path, "tag", "v0.2.0")
        repo.write("more.txt", "more")
    else:
        git(repo.path, "tag", "v0.9.0")
        repo.write("more.txt", "more")
    if fault not in {"dirty", "untracked"}:
        commit_all(repo.path, fault)
    before = released_state(repo)
    error = refused(repo.curriculum("release", "--yes", cwd=repo.path, env=committer()))
    assert (error["code"], error["exit"]) == ("repo.not_releasable", 78)
    assert told in error["message"]
    assert released_state(repo) == before


def test_a_tree_that_git_cannot_tell_of_is_not_taken_for_a_clean_one(repo: Repo, tmp_path: Path) -> None:
    index = repo.path / ".git" / "index"
    before = index.read_bytes()
    index.write_bytes(b"damaged")
    try:
        released = repo.curriculum("release", "--yes", cwd=repo.path, env=committer())
        exported = repo.curriculum("export", tmp_path / "bundle", cwd=repo.path)
    finally:
        index.write_bytes(before)
    for result in (released, exported):
        error = refused(result)
        assert error["code"] == "repo.git_failed" and "index file" in error["message"]
    assert released_state(repo) == (["v0.1.0"], False) and not (tmp_path / "bundle").exists()


def test_a_release_is_looked_at_made_published_listed_and_fetched(
    repo: Repo, bundle: Path, s3: S3, tmp_path: Path
) -> None:
    url, environment = "s3://bucket/curricula", s3.environment | committer()
    dry = repo.curriculum("release", "--publish", url, cwd=repo.path, env=environment)
    assert dry.code == 0, dry.text
    assert b"tag     v0.2.0\n" in dry.stdout and b"Nothing was done" in dry.stdout
    assert released_state(repo) == (["v0.1.0"], False)

    done = repo.curriculum("release", "--yes", "--publish", url, cwd=repo.path, env=environment)
    assert done.code == 0, done.text
    assert git(repo.path, "rev-parse", "v0.2.0^{commit}") == git(repo.path, "rev-parse", "HEAD")
    assert content(repo.path / "dist" / "my-curriculum-0.2.0") == content(bundle)

    listed = fleet("catalog", url, "--json", env=environment)
    assert listed.document == [{"name": "my-curriculum", "version": "0.2.0"}]
    fetched = fleet("fetch", url, "my-curriculum", "--output", tmp_path / "fetched", env=environment)
    assert fetched.code == 0, fetched.text
    assert content(tmp_path / "fetched") == content(bundle)

    again = repo.curriculum(
        "release", "--yes", "--publish", url, "--output", tmp_path / "dist", cwd=repo.path, env=environment
    )
    assert refused(again)["code"] == "output.exists"
    assert not (tmp_path / "dist").exists()

    # As CI does on a pushed tag: the tag is there, and only the bundle is made.
    onward = repo.curriculum(
        "release", "--yes", "--publish", tmp_path / "folder", "--output", tmp_path / "dist", cwd=repo.path
    )
    assert onward.code == 0 and b"tag " not in onward.stdout, onward.text
    assert content(tmp_path / "folder" / "my-curriculum" / "0.2.0") == content(bundle)


def test_a_release_that_cannot_be_published_leaves_nothing(repo: Repo, tmp_path: Path) -> None:
    # The store is a folder that turns out to be a file where the curriculum's own is to be.
    (tmp_path / "my-curriculum").write_text("a file", encoding="utf-8")
    result = repo.curriculum("release", "--yes", "--publish", tmp_path, cwd=repo.path, env=committer())
    assert refused(result)["code"] == "output.refused"
    assert released_state(repo)[0] == ["v0.1.0"]
    assert not list((repo.path / "dist").glob("*"))


def test_a_prerelease_binds_nobody(repo: Repo) -> None:
    git(repo.path, "tag", "v0.2.0-rc.1")
    repo.write("new.txt", "so that it ends before the contract checks")
    result = repo.curriculum("release", cwd=repo.path)
    assert "ok  the version is above the last, and far enough: v0.1.0 to 0.2.0 is a minor bump" in result.text


def test_contradicting_options_are_refused(candidate: Repo) -> None:
    assert refused(candidate.curriculum("release", "--yes", "--dry-run", cwd=candidate.path))["code"] == "usage.invalid"


# Publishing and fetching


def fleet(*arguments: str | Path, **options: Any) -> Result:
    """`curricula`, as installed with this project."""
    return call([sys.executable, "-m", "aind_curriculum_runtime.fleet.cli", *arguments], **options)


@pytest.fixture
def account(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    yield s3
    s3.refuse_everybody(False)


@pytest.fixture(params=["folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path, account: S3) -> str:
    """A place to publish to that is empty."""
    return str(tmp_path / "store") if request.param == "folder" else f"s3://bucket/{tmp_path.name}"


def damage(url: str, key: str, data: bytes, account: S3) -> None:
    """Write a file of a store, whatever is there."""
    if url.startswith("s3://"):
        account.put(f"{url.removeprefix('s3://')}/{key}", data)
    else:
        (Path(url) / key).parent.mkdir(parents=True, exist_ok=True)
        (Path(url) / key).write_bytes(data)


def test_what_is_published_is_fetched_byte_for_byte(url: str, bundle: Path) -> None:
    files = content(bundle)
    Store(url).publish("my-curriculum", "0.2.0", files)
    assert Store(url).fetch("my-curriculum", None) == (Published(name="my-curriculum", version="0.2.0"), files)


def test_a_published_version_is_never_replaced(url: str, bundle: Path) -> None:
    files = content(bundle)
    Store(url).publish("my-curriculum", "0.2.0", files)
    other = {**files, "diagram.md": b"other\n"}
    other[CHECKSUMS] = checksums({name: data for name, data in other.items() if name != CHECKSUMS})
    with pytest.raises(CurriculumError) as caught:
        Store(url).publish("my-curriculum", "0.2.0", other)
    assert caught.value.code == "output.exists"
    assert Store(url).fetch("my-curriculum", "0.2.0")[1] == files


def test_an_upload_that_was_broken_off_is_not_listed_and_can_be_made_again(url: str, bundle: Path, account: S3) -> None:
    files = content(bundle)
    damage(url, "my-curriculum/0.2.0/model.json", files["model.json"][:10], account)
    assert Store(url).versions() == []
    Store(url).publish("my-curriculum", "0.2.0", files)
    assert Store(url).fetch("my-curriculum", "0.2.0")[1] == files


def test_an_upload_with_other_content_is_not_written_into(url: str, bundle: Path, account: S3) -> None:
    """Of two that publish one version at once, none may put its checksums over files of the other."""
    files = content(bundle)
    damage(url, "my-curriculum/0.2.0/diagram.md", b"another\n", account)
    with pytest.raises(CurriculumError, match="under way, or was cut short") as caught:
        Store(url).publish("my-curriculum", "0.2.0", files)
    assert caught.value.code == "output.exists"
    assert Store(url).versions() == []


def published_by(publisher: str, version: str, bundle: Path) -> dict[str, bytes]:
    """A small bundle that tells who made it, in a file that comes after one which is the same whoever did."""
    names = ("curriculum.json", "describe.json", "model.json", "sources.json")
    files = {name: content(bundle)[name] for name in names}
    described = json.loads(files["describe.json"]) | {"version": version, "commit": publisher}
    files["describe.json"] = json.dumps(described).encode()
    return files | {CHECKSUMS: checksums(files)}


@pytest.mark.parametrize("differs", [True, False], ids=["other content", "the same content"])
@pytest.mark.parametrize("step", range(6))
def test_one_wins_wherever_another_comes_in_between(step: int, differs: bool, url: str, bundle: Path) -> None:
    mine, theirs = (published_by(who if differs else "either", "0.2.0", bundle) for who in ("me", "them"))
    outcomes = []

    def publish(store: Store, files: dict[str, bytes]) -> None:
        try:
            store.publish("my-curriculum", "0.2.0", files)
            outcomes.append(files)
        except CurriculumError as error:
            outcomes.append(error.code)

    class Overtaken(Store):
        """Another publishes just before it writes one of its files."""

        written = 0

        def _write(self, path: str, data: bytes) -> None:
            self.written += 1
            if self.written == step + 1:
                publish(Store(url), theirs)
            super()._write(path, data)

    publish(Overtaken(url), mine)
    assert outcomes.count("output.exists") == 1, outcomes
    winner = next(files for files in outcomes if files != "output.exists")
    assert Store(url).fetch("my-curriculum", "0.2.0")[1] == winner
    assert Store(url).versions() == [Published(name="my-curriculum", version="0.2.0")]


_PUBLISHER = """
import sys, time
from pathlib import Path
from aind_curriculum_runtime.contract.errors import CurriculumError
from aind_curriculum_runtime.versions.publish import Store

url, folder, others = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
store = Store(url)
for number in range(len(list(folder.glob("*.0")))):
    version = f"0.{number}.0"
    files = {path.name: path.read_bytes() for path in sorted((folder / version).iterdir())}
    (folder / f"{version}.ready").touch()
    while not (others / f"{version}.ready").exists():
        time.sleep(0.001)
    try:
        store.publish("my-curriculum", version, files)
        print("won")
    except CurriculumError as error:
        print(error.code)
"""


@pytest.mark.parametrize("differs", [True, False], ids=["other content", "the same content"])
def test_of_two_that_publish_a_version_at_once_one_wins(
    differs: bool, url: str, bundle: Path, account: S3, tmp_path: Path
) -> None:
    url, rounds = f"{url}/slow", 4
    for publisher in ("one", "two"):
        for number in range(rounds):
            files = published_by(publisher if differs else "either", f"0.{number}.0", bundle)
            folder = tmp_path / publisher / f"0.{number}.0"
            folder.mkdir(parents=True)
            for name, data in files.items():
                (folder / name).write_bytes(data)
    folders = (tmp_path / "one", tmp_path / "two")
    publishers = [
        subprocess.Popen([sys.executable, "-c", _PUBLISHER, url, folder, other], stdout=subprocess.PIPE, text=True)
        for folder, other in (folders, folders[::-1])
    ]
    said = [publisher.communicate(timeout=120)[0].split() for publisher in publishers]
    for number, outcomes in enumerate(zip(*said, strict=True)):
        assert sorted(outcomes) == ["output.exists", "won"], said
        winner = folders[outcomes.index("won")] / f"0.{number}.0"
        fetched = Store(url).fetch("my-curriculum", f"0.{number}.0")[1]
        assert fetched == {path.name: path.read_bytes() for path in winner.iterdir()}
    assert len(said[0]) == rounds


def test_a_bucket_that_asks_for_another_try_gets_it(account: S3, bundle: Path, tmp_path: Path) -> None:
    url = f"s3://bucket/busy/{tmp_path.name}"
    Store(url).publish("my-curriculum", "0.2.0", content(bundle))
    assert Store(url).fetch("my-curriculum", "0.2.0")[1] == content(bundle)


def test_what_was_damaged_in_the_store_is_not_brought(url: str, bundle: Path, account: S3, tmp_path: Path) -> None:
    Store(url).publish("my-curriculum", "0.2.0", content(bundle))
    damage(url, "my-curriculum/0.2.0/model.json", b"{}", account)
    result = fleet("fetch", url, "my-curriculum", "--output", tmp_path / "fetched", env=account.environment)
    assert (result.code, result.stdout) == (65, b"")
    assert "model.json does not have the checksum" in result.text
    assert not (tmp_path / "fetched").exists()


def test_checksums_too_large_to_be_anybodys_are_not_read(url: str, bundle: Path, account: S3, tmp_path: Path) -> None:
    """Whoever may write to a store could otherwise fill the memory of those who fetch from it."""
    Store(url).publish("my-curriculum", "0.2.0", content(bundle))
    damage(url, f"my-curriculum/0.2.0/{CHECKSUMS}", content(bundle)[CHECKSUMS] * 3000, account)
    result = fleet("fetch", url, "my-curriculum", "--output", tmp_path / "fetched", env=account.environment)
    assert (result.code, result.stdout) == (65, b"")
    assert f"{CHECKSUMS} is larger than 1 MiB" in result.text
    assert not (tmp_path / "fetched").exists()


def test_a_bundle_with_checksums_too_large_is_not_compared(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / CHECKSUMS).write_bytes(content(bundle)[CHECKSUMS] * 3000)
    with pytest.raises(CurriculumError, match=f"{CHECKSUMS} is larger than 1 MiB") as caught:
        read_bundle(copy, "copy")
    assert caught.value.code == "bundle.invalid"


def as_version(files: dict[str, bytes], version: str) -> dict[str, bytes]:
    """The same bundle of another version."""
    described = json.dumps(json.loads(files["describe.json"]) | {"version": version}).encode()
    others = {name: data for name, data in files.items() if name != CHECKSUMS} | {"describe.json": described}
    return others | {CHECKSUMS: checksums(others)}


def test_a_bundle_that_was_copied_to_another_version_is_not_brought_as_that(url: str, bundle: Path) -> None:
    Store(url).publish("my-curriculum", "0.3.0", content(bundle))
    with pytest.raises(CurriculumError) as caught:
        Store(url).fetch("my-curriculum", None)
    assert caught.value.code == "bundle.invalid" and "it is my-curriculum 0.2.0" in caught.value.message


def test_folders_with_names_of_no_curriculum_are_not_listed(tmp_path: Path, bundle: Path) -> None:
    for name in ("two words", ".hidden", "a[bold]"):
        shutil.copytree(bundle, tmp_path / name / "0.2.0")
    shutil.copytree(bundle, tmp_path / "my-curriculum" / "0.2.0")
    assert Store(str(tmp_path)).versions() == [Published(name="my-curriculum", version="0.2.0")]


def test_the_newest_release_is_fetched_unless_a_version_is_named(url: str, bundle: Path) -> None:
    store = Store(url)
    for version in ("0.9.0", "0.10.0", "0.11.0-rc.1"):
        store.publish("my-curriculum", version, as_version(content(bundle), version))
    assert [one.version for one in store.versions()] == ["0.9.0", "0.10.0", "0.11.0-rc.1"]
    assert store.fetch("my-curriculum", None)[0].version == "0.10.0"
    assert store.fetch("my-curriculum", "0.9.0")[0].version == "0.9.0"
    with pytest.raises(CurriculumError) as caught:
        store.fetch("my-curriculum", "1.0.0")
    assert caught.value.code == "usage.unknown_bundle" and "0.10.0" in caught.value.hint


def test_a_store_that_is_not_there_is_told_and_not_made(account: S3, bundle: Path, tmp_path: Path) -> None:
    for url in (str(tmp_path / "nowhere"), "s3://no-such-bucket/curricula"):
        result = fleet("catalog", url, env=account.environment)
        assert (result.code, result.stdout) == (64, b"") and url in result.text
    with pytest.raises(CurriculumError) as caught:
        Store("s3://no-such-bucket/curricula").publish("my-curriculum", "0.2.0", content(bundle))
    assert caught.value.code == "output.refused"
    with pytest.raises(CurriculumError):
        Store("s3://no-such-bucket/curricula").versions()


def test_a_bucket_that_refuses_is_told_in_one_sentence(account: S3, bundle: Path, tmp_path: Path) -> None:
    account.refuse_everybody(True)
    for command in (["catalog", "s3://bucket/x"], ["fetch", "s3://bucket/x", "my-curriculum"]):
        result = fleet(*command, env=account.environment, cwd=tmp_path)
        assert (result.code, result.stdout) == (74, b"")
        assert len(result.text.splitlines()) == 2 and "s3://bucket/x could not be" in result.text
    with pytest.raises(CurriculumError) as caught:
        Store("s3://bucket/x").publish("my-curriculum", "0.2.0", content(bundle))
    assert (caught.value.code, list(tmp_path.iterdir())) == ("output.refused", [])


def test_a_store_that_does_not_answer_may_be_tried_again(s3: S3, tmp_path: Path) -> None:
    nobody = s3.environment | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    result = fleet("catalog", "s3://bucket/x", env=nobody, timeout=60)
    assert (result.code, result.stdout) == (75, b""), result.text
    assert "did not answer" in result.text


@pytest.mark.parametrize("url", ["nosuchprotocol://x/y", "s3:/bucket"])
def test_a_url_of_no_known_kind_is_a_fault_of_usage(url: str, tmp_path: Path) -> None:
    result = fleet("catalog", url, cwd=tmp_path)
    assert (result.code, result.stdout) == (64, b"") and url in result.text


def test_without_the_extra_its_name_is_told(shared_repo: Repo) -> None:
    error = refused(shared_repo.curriculum("release", "--publish", "s3://bucket/x", cwd=shared_repo.path))
    assert (error["code"], error["exit"]) == ("usage.extra_needed", 64)
    assert "aind-curriculum-runtime[publish]" in error["hint"]

"""The calls a launcher makes: ask for a suggestion, ask what is installed; blocking or with asyncio.

Owns the command line of the contract and the order of a call: the checks before the run, the run, the reading, another
try where that is allowed. The blocking and the asyncio calls share everything except the waiting.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..contract.strict_json import StrictJsonError, parse
from ..processes.call import Call, Finished, Order
from ..processes.environment import default_environment
from ..project.files import read_at_most
from .errors import CurriculumError, Kind
from .negotiation import Cache, Description, read_description
from .reading import read_json, read_suggestion, require_curriculum
from .suggestion import Hold, Suggestion

if TYPE_CHECKING:
    import asyncio

__all__ = ["DEFAULT_TIMEOUT", "Client", "describe", "suggest", "suggest_or_hold"]

DEFAULT_TIMEOUT: Final = 300.0
"""Seconds; the first run in a repo may have to create its environment."""

_MIB: Final = 1 << 20
_DESCRIPTIONS: Final = Cache()

StrPath = str | os.PathLike[str]


@dataclass(frozen=True)
class Client:
    """Runs the curriculum of one repo, in the repo's own environment. Safe to use from several threads.

    Args:
        repo: Folder of the curriculum's ``pyproject.toml``; relative to the launcher's working directory.
        timeout: Seconds until a call is ended, with every process that it started. Each try gets the full time.
        environment: The command's whole environment; by default what ``default_environment`` returns at the call.
        uv: Name or path of uv.
        stdout_limit: Bytes of stdout above which the command is ended.
        stderr_limit: How many of the last bytes of stderr are kept.
        retries: How often to try again after a failure of the kind ``transient``.
        retry_delay: Seconds before each retry.
        allow_leftovers: Accept a suggestion also from a command that left processes running (they are ended).
        negotiate: Ask for the description first (once, see ``describe``), and refuse a newer contract.
        ledger: URL of the ledger in which the curriculum records what a session led to, before it answers.
    """

    repo: StrPath
    timeout: float = field(default=DEFAULT_TIMEOUT, kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    uv: str = field(default="uv", kw_only=True)
    stdout_limit: int = field(default=64 * _MIB, kw_only=True)
    stderr_limit: int = field(default=_MIB // 16, kw_only=True)
    retries: int = field(default=0, kw_only=True)
    retry_delay: float = field(default=5.0, kw_only=True)
    allow_leftovers: bool = field(default=False, kw_only=True)
    negotiate: bool = field(default=False, kw_only=True)
    ledger: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not (isinstance(self.timeout, int | float) and self.timeout > 0):
            raise ValueError(f"the timeout must be more than 0 s, not {self.timeout!r}")
        if self.stdout_limit < 1 or self.stderr_limit < 1:
            raise ValueError("the limits of stdout and stderr must be at least one byte")
        if self.retries < 0 or not self.retry_delay >= 0:
            raise ValueError("the number of retries and their delay cannot be negative")

    def suggest(
        self, data_directory: StrPath, input_trainer_state: StrPath, *, curriculum: str | None = None
    ) -> Suggestion:
        """Ask for the next trainer state after a session.

        Args:
            data_directory: The session directory.
            input_trainer_state: File of the trainer state that the session was run with.
            curriculum: Name of the curriculum; by default the one that the trainer state names.

        Returns:
            The suggestion, checked.

        Raises:
            CurriculumError: There is no suggestion; its kind says why. No process of the call runs any more.
        """
        return _Request(self, data_directory, input_trainer_state, curriculum).run()

    async def suggest_async(
        self, data_directory: StrPath, input_trainer_state: StrPath, *, curriculum: str | None = None
    ) -> Suggestion:
        """Like ``suggest``, without blocking the event loop; cancelling ends the command.

        Args:
            data_directory: The session directory.
            input_trainer_state: File of the trainer state that the session was run with.
            curriculum: Name of the curriculum; by default the one that the trainer state names.

        Returns:
            The suggestion, checked.

        Raises:
            CurriculumError: There is no suggestion; its kind says why. No process of the call runs any more.
        """
        return await _Request(self, data_directory, input_trainer_state, curriculum).run_async()

    def suggest_or_hold(
        self, data_directory: StrPath, input_trainer_state: StrPath, *, curriculum: str | None = None
    ) -> Suggestion | Hold:
        """Like ``suggest``, for launchers that must go on whatever happens.

        Args:
            data_directory: The session directory.
            input_trainer_state: File of the trainer state that the session was run with.
            curriculum: Name of the curriculum; by default the one that the trainer state names.

        Returns:
            The suggestion, or ``Hold`` with the reason and the previous state's file.
        """
        try:
            return self.suggest(data_directory, input_trainer_state, curriculum=curriculum)
        except CurriculumError as error:
            return Hold(reason=error, state=_absolute(input_trainer_state))

    async def suggest_or_hold_async(
        self, data_directory: StrPath, input_trainer_state: StrPath, *, curriculum: str | None = None
    ) -> Suggestion | Hold:
        """Like ``suggest_or_hold``, without blocking the event loop; cancelling ends the command.

        Args:
            data_directory: The session directory.
            input_trainer_state: File of the trainer state that the session was run with.
            curriculum: Name of the curriculum; by default the one that the trainer state names.

        Returns:
            The suggestion, or ``Hold`` with the reason and the previous state's file.
        """
        try:
            return await self.suggest_async(data_directory, input_trainer_state, curriculum=curriculum)
        except CurriculumError as error:
            return Hold(reason=error, state=_absolute(input_trainer_state))

    def describe(self) -> Description:
        """Ask what is installed in the repo's environment; kept until its lock file or ``pyproject.toml`` changes.

        Returns:
            The description.

        Raises:
            CurriculumError: ``incompatible`` when the repo speaks a newer contract than this client;
                ``not_started`` or ``usage`` for a repo from before the contract; or as ``suggest`` does.
        """
        return self._describe(_run)

    async def describe_async(self) -> Description:
        """Like ``describe``, without blocking the event loop; cancelling ends the command.

        Returns:
            The description.

        Raises:
            CurriculumError: As ``describe`` raises it.
        """
        import asyncio

        running = _Cancellable()
        try:
            return await asyncio.to_thread(self._describe, running.run)
        except asyncio.CancelledError:
            running.cancel()
            raise

    def _describe(self, run: Callable[[Order], Finished]) -> Description:
        return _DESCRIPTIONS.get(_absolute(self.repo), lambda: self._read_description(run))

    def ask(self, *arguments: str) -> Any:
        """Call a command that prints one JSON document, such as ``init --stage NAME``.

        Args:
            arguments: What follows ``curriculum``.

        Returns:
            The document.

        Raises:
            CurriculumError: There is none; its kind says why. No process of the call runs any more.
        """
        order = self._order(*arguments)
        return read_json(_run(order), order, allow_leftovers=self.allow_leftovers)

    def metadata(
        self,
        data_directory: StrPath,
        input_trainer_state: StrPath,
        outcome: Suggestion | Hold | None = None,
        *,
        curriculum: str | None = None,
        exact: bool = False,
    ) -> dict[str, Any]:
        """Ask for the facts of a session for its metadata: what goes into aind-data-schema's ``Acquisition``.

        Args:
            data_directory: The session directory.
            input_trainer_state: File of the trainer state that the session was run with.
            outcome: What ``suggest_or_hold`` gave; by default the session is evaluated once more. Of a session that was
                held no process is asked.
            curriculum: Name of the curriculum; by default the one that the trainer state names.
            exact: Whether code that could not be had again is refused, such as changes that are not committed.

        Returns:
            ``code``, ``stimulus_epoch`` and ``output_parameters``, as ``curriculum metadata`` prints them.

        Raises:
            CurriculumError: There is no answer; its kind says why.
        """
        if isinstance(outcome, Hold):
            from .metadata import held_metadata

            return held_metadata(outcome.reason, _absolute(input_trainer_state), _absolute(self.repo), exact=exact)
        import tempfile  # here, so that a launcher starts without it

        arguments = ["--data-directory", str(_absolute(data_directory))]
        arguments += ["--input-trainer-state", str(_absolute(input_trainer_state))]
        arguments += ["--curriculum", curriculum] if curriculum is not None else []
        arguments += ["--ledger", self.ledger] if self.ledger is not None else []
        arguments += ["--exact"] if exact else []
        with tempfile.TemporaryDirectory() as folder:
            if outcome is not None:
                file = Path(folder) / "suggestion.json"
                file.write_bytes(outcome.raw)
                arguments += ["--suggestion", str(file)]
            found: dict[str, Any] = self.ask("metadata", *arguments)
        return found

    def command(self, *arguments: str) -> list[str]:
        """The contract's command line.

        Args:
            arguments: What follows ``curriculum``, or ``aind-curriculum`` in a repo that asks for it.

        Returns:
            The program and its arguments, with uv and the repo by their absolute paths.

        Raises:
            CurriculumError: ``not_started`` when there is no uv, ``repo`` when there is no repo.
        """
        return self._order(*arguments).command

    def _order(self, *arguments: str) -> Order:
        repo = _absolute(self.repo)
        if not (repo / "pyproject.toml").is_file():
            # uv would look in the folders above: for a submodule that is not checked out it would find the task repo.
            raise CurriculumError(
                Kind.REPO,
                f"There is no curriculum repo at {repo}: it "
                f"{'has no pyproject.toml' if repo.is_dir() else 'is missing'}.",
                "If it is a git submodule, run `git submodule update --init` in the task repo.",
                where=str(repo),
            )
        environment = default_environment() if self.environment is None else dict(self.environment)
        # The launcher's own PATH, because uv may be installed in the launcher's virtual environment.
        uv = shutil.which(self.uv) or shutil.which(self.uv, path=environment.get("PATH"))
        if uv is None:
            raise CurriculumError(
                Kind.NOT_STARTED,
                f"There is no program {self.uv!r} on PATH.",
                "Install uv, or give the client its path.",
            )
        from ..project.pyproject import Pyproject  # here, so that a launcher starts without a reader of TOML

        script = Pyproject.read(repo).command
        return Order(
            command=[os.path.abspath(uv), "run", "-q", "--directory", str(repo), script, *arguments],
            directory=repo,
            environment=environment,
            timeout=self.timeout,
            stdout_limit=self.stdout_limit,
            stderr_limit=self.stderr_limit,
        )

    def _read_description(self, run: Callable[[Order], Finished]) -> Description:
        order = self._order("describe", "--json")
        finished = run(order)
        return read_description(read_json(finished, order, allow_leftovers=self.allow_leftovers))


def suggest(
    repo: StrPath,
    data_directory: StrPath,
    input_trainer_state: StrPath,
    *,
    curriculum: str | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> Suggestion:
    """Ask the curriculum in ``repo`` for the next trainer state: ``Client.suggest`` in one call.

    Args:
        repo: Folder of the curriculum's ``pyproject.toml``.
        data_directory: The session directory.
        input_trainer_state: File of the trainer state that the session was run with.
        curriculum: Name of the curriculum; by default the one that the trainer state names.
        timeout: Seconds until the call is ended, with every process that it started.

    Returns:
        The suggestion, checked.

    Raises:
        CurriculumError: There is no suggestion; its kind says why.
    """
    return Client(repo, timeout=timeout).suggest(data_directory, input_trainer_state, curriculum=curriculum)


def suggest_or_hold(
    repo: StrPath,
    data_directory: StrPath,
    input_trainer_state: StrPath,
    *,
    curriculum: str | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> Suggestion | Hold:
    """Like ``suggest``, for launchers that must go on whatever happens.

    Args:
        repo: Folder of the curriculum's ``pyproject.toml``.
        data_directory: The session directory.
        input_trainer_state: File of the trainer state that the session was run with.
        curriculum: Name of the curriculum; by default the one that the trainer state names.
        timeout: Seconds until the call is ended, with every process that it started.

    Returns:
        The suggestion, or ``Hold`` with the reason and the previous state's file.
    """
    return Client(repo, timeout=timeout).suggest_or_hold(data_directory, input_trainer_state, curriculum=curriculum)


def describe(repo: StrPath, *, timeout: float = DEFAULT_TIMEOUT) -> Description:
    """Ask what is installed in the environment of ``repo``: ``Client.describe`` in one call.

    Args:
        repo: Folder of the curriculum's ``pyproject.toml``.
        timeout: Seconds until the call is ended.

    Returns:
        The description.

    Raises:
        CurriculumError: As ``Client.describe`` raises it.
    """
    return Client(repo, timeout=timeout).describe()


class _Request:
    """One call of a curriculum, from its arguments to the suggestion."""

    def __init__(self, client: Client, data_directory: StrPath, state: StrPath, curriculum: str | None) -> None:
        self._client = client
        self._state = _absolute(state)
        self._curriculum = curriculum
        self._arguments = [
            *("run", "--data-directory", str(_absolute(data_directory))),
            *("--input-trainer-state", str(self._state)),
            *(("--curriculum", curriculum) if curriculum is not None else ()),
            *(("--ledger", client.ledger) if client.ledger is not None else ()),
        ]

    def run(self) -> Suggestion:
        if self._client.negotiate:
            self._client.describe()
        order, expected = self._prepare()
        left = self._client.retries
        while True:
            try:
                found = self._read(_run(order), order)
                if expected not in (None, found.curriculum):
                    require_curriculum(found, expected, self._formerly())
                return found
            except CurriculumError as error:
                if error.kind is not Kind.TRANSIENT or left == 0:
                    raise
            left -= 1
            time.sleep(self._client.retry_delay)

    async def run_async(self) -> Suggestion:
        import asyncio

        if self._client.negotiate:
            await self._client.describe_async()
        order, expected = await asyncio.to_thread(self._prepare)  # it reads the state, perhaps from a share
        left = self._client.retries
        while True:
            try:
                found = self._read(await _run_async(order), order)
                if expected not in (None, found.curriculum):
                    require_curriculum(found, expected, await self._formerly_async())
                return found
            except CurriculumError as error:
                if error.kind is not Kind.TRANSIENT or left == 0:
                    raise
            left -= 1
            await asyncio.sleep(self._client.retry_delay)

    def _prepare(self) -> tuple[Order, str | None]:
        order = self._client._order(*self._arguments)
        return order, self._curriculum if self._curriculum is not None else _named_curriculum(self._state)

    def _read(self, finished: Finished, order: Order) -> Suggestion:
        client = self._client
        # With a ledger the state is where the animal stands, and people may have taken it off during the session.
        may_be_off = client.ledger is not None
        return read_suggestion(finished, order, allow_leftovers=client.allow_leftovers, may_be_off=may_be_off)

    def _formerly(self) -> dict[str, str]:
        """Former names of the repo's curricula; a repo that does not describe itself has none."""
        try:
            return self._client.describe().formerly
        except CurriculumError:
            return {}

    async def _formerly_async(self) -> dict[str, str]:
        try:
            return (await self._client.describe_async()).formerly
        except CurriculumError:
            return {}


def _run(order: Order, start: Callable[[Order], Call] = Call) -> Finished:
    try:
        return start(order).result()
    except (OSError, ValueError) as error:
        raise _not_started(order, error) from error


class _Cancellable:
    """Runs a command in a thread that waits for it, until another thread cancels."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._call: Call | None = None
        self._cancelled = False

    def run(self, order: Order) -> Finished:
        return _run(order, self._start)

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
        if self._call is not None:
            self._call.cancel()
            self._call.join()

    def _start(self, order: Order) -> Call:
        with self._lock:
            if self._cancelled:
                raise CurriculumError(Kind.NOT_STARTED, "The call was cancelled.")
            self._call = Call(order)
        return self._call


async def _run_async(order: Order) -> Finished:
    import asyncio

    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    call = Call(order, when_done=lambda: _tell(loop, done))
    try:
        await done.wait()
    except asyncio.CancelledError:
        call.cancel()
        # After a cancel nothing runs any more, which callers may rely on; it takes milliseconds.
        call.join()
        raise
    try:
        return call.result()
    except (OSError, ValueError) as error:
        raise _not_started(order, error) from error


def _tell(loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(done.set)


def _not_started(order: Order, error: Exception) -> CurriculumError:
    return CurriculumError(
        Kind.NOT_STARTED,
        f"{order.command[0]} could not be started: {' '.join(str(error).split())}.",
        "Check that uv can be run by this account.",
    )


def _named_curriculum(state: Path) -> str | None:
    """The curriculum that a state names; None for a state that cannot be read, which the command will report."""
    found: Any = None
    with contextlib.suppress(OSError, ValueError, StrictJsonError):
        # Not a pipe: reading it here would block, and take from the command what it should read.
        data = read_at_most(state, 64 * _MIB) if state.is_file() else None
        found = parse(data) if data is not None else None
    curriculum = found.get("curriculum") if isinstance(found, dict) else None
    name = curriculum.get("name") if isinstance(curriculum, dict) else None
    return name if isinstance(name, str) else None


def _absolute(path: StrPath) -> Path:
    return Path(os.path.abspath(path))

"""How a change of animals is shown, asked about and written.

Owns the order: read, decide, show what would be different, ask, and write only on top of what was shown. When somebody
else was quicker, it is all done again on top of what they wrote.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from pathlib import Path

from ..ledger.known import Known
from ..ledger.recording import Draft, add
from ..ledger.store import Store
from ..look.wording import counted
from ..subjects.changes import Person
from ..subjects.difference import difference
from ..subjects.history import History, read_history

__all__ = ["Deciding", "asked", "is_asked", "tell"]

Decide = Callable[[History], Draft | None]
"""What to write on top of a history; None when there is nothing to change."""


@dataclass(frozen=True)
class Deciding:
    """How changes are made in one call of a command.

    Args:
        opening: Opens the ledger; it is called once, when somebody asks for ``store``: first comes what can be said of
            a command's options.
        who: Who decides, and why.
        start: A folder of the task repo.
        yes: Whether nobody is to be asked.
        everything: Whether to list all parameters.
        new: Whether animals may be new.
    """

    opening: Callable[[], Store]
    who: Person
    start: Path
    _: KW_ONLY
    yes: bool = False
    everything: bool = False
    new: bool = False

    @cached_property
    def store(self) -> Store:
        """Where the ledger lies."""
        return self.opening()

    def one(self, subject: str, decide: Decide, did: str) -> int:
        """Change one animal, after asking at a terminal.

        Args:
            subject: Its name.
            decide: What to do.
            did: What is done, worded to follow the animal's name.

        Returns:
            0: it was done, or nobody said yes.

        Raises:
            CurriculumError: What ``decide`` raises; then nothing was written.
        """
        return self.together({subject: (decide, did)})

    def several(self, subjects: Sequence[str], decide: Decide, did: str) -> int:
        """Change some animals, all or none; of more than one only with ``yes``.

        Args:
            subjects: Their names; one that is there twice counts once.
            decide: What to do with each.
            did: What is done, worded to follow an animal's name.

        Returns:
            0: it was done, or nobody said yes.

        Raises:
            CurriculumError: What ``decide`` raises for any of them; then nothing was written.
        """
        wishes = dict.fromkeys(subjects, (decide, did))
        return self.together(wishes, is_bulk=len(wishes) > 1)

    def together(self, wishes: Mapping[str, tuple[Decide, str]], *, is_bulk: bool = False) -> int:
        """Show some changes, ask once, and write them in their order.

        Args:
            wishes: By the animal's name what to do, and that in words.
            is_bulk: Whether nothing is written without ``yes``.

        Returns:
            0: it was done, or nobody said yes.

        Raises:
            CurriculumError: What any of them raises; then nothing was written.
        """
        shown = {name: self._shown(name, *wish) for name, wish in wishes.items()}
        while left := {name: history for name, history in shown.items() if history is not None}:
            if is_bulk and not self.yes:
                print(f"Nothing was written. With --yes {counted(len(left), 'animal')} would change.")
                return 0
            if not self.yes and is_asked() and not asked("Write this?"):
                print("Nothing was written.")
                return 0
            changed = [name for name, history in left.items() if not self._written(history, wishes[name][0])]
            if changed:
                print(f"Others wrote meanwhile: {', '.join(changed)}.", file=sys.stderr)
            shown = {name: self._shown(name, *wishes[name]) for name in changed}
        return 0

    def _shown(self, subject: str, decide: Decide, did: str) -> History | None:
        history = read_history(self.store, subject, new=self.new)
        draft = decide(history)
        lines = []
        if draft is not None:
            lines = difference(history.standing, history.standing_with(draft), everything=self.everything)
        if draft is None or (not lines and draft.kind == "moved"):
            print(f"{subject}: nothing would change.")
            return None
        print("\n".join([f"{subject} {did}", *lines]))
        return history

    def _written(self, history: History, decide: Decide) -> bool:
        """Write it if nobody else wrote since it was shown."""
        written: list[Draft] = []

        def deciding(now: Known) -> Draft | None:
            written.clear()
            if now.standing.head == history.standing.head and (draft := decide(history)) is not None:
                written.append(draft)
            return written[0] if written else None

        after = add(self.store, history.subject, deciding, tell=tell)
        if written:
            print(f"Written as entry {after.standing.place} of {history.subject}.")
        return bool(written)


def tell(sentence: str) -> None:
    """Say something that is no result, such as that a mirror is behind.

    Args:
        sentence: Without its full stop.
    """
    print(f"curricula: {sentence}.", file=sys.stderr)


def is_asked() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def asked(question: str) -> bool:
    """Ask a person.

    Args:
        question: A short one.

    Returns:
        Whether the answer begins with y.
    """
    try:
        return input(f"{question} [y/N] ").strip().lower().startswith("y")
    except EOFError:
        print()
        return False

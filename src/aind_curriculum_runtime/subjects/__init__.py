"""What people do to animals: pure functions from a history and a wish to the entry that is written.

``history`` is all that happened to one animal, ``changes`` the entry of each thing that a person does, ``difference``
what that would change for the animal, ``overview`` many animals at once, ``repo`` what is asked of the curriculum's
own code, through the client. The commands are in ``fleet.commands.subjects``.

For launchers, around each session of an animal that has a ledger (``launching``; ``clabe_store`` is the ledger
as CLABE's stores are)::

    from aind_curriculum_runtime.subjects import Subjects

    prepared = Subjects("/share/ledger").prepare("786543", session_directory)
    ...
    outcome = Subjects("/share/ledger").conclude("786543", session_directory, repo)
"""

from __future__ import annotations

from .clabe_store import ClabeStore
from .launching import Prepared, Subjects

__all__ = ["ClabeStore", "Prepared", "Subjects"]

"""The launcher's side of the contract: run a curriculum in its own environment, get a suggestion or one error.

    from aind_curriculum_runtime.client import Client, Hold

    outcome = Client(repo, timeout=120).suggest_or_hold(session_directory, trainer_state)

A host imports only this package. It needs neither the library nor pydantic, and nothing that a suggestion
names is imported: rules are read as plain strings.

Each module owns one idea: ``launch`` the calls themselves, ``reading`` what the command's output means, ``semantics``
whether the suggestion makes sense, ``negotiation`` which contract a repo speaks. The package ``processes`` runs the
command and ends what it leaves running.
"""

from __future__ import annotations

from ..processes.environment import default_environment
from .errors import CurriculumError, Kind
from .launch import Client, describe, suggest, suggest_or_hold
from .negotiation import Description
from .suggestion import Hold, Suggestion

__all__ = [
    "Client",
    "CurriculumError",
    "Description",
    "Hold",
    "Kind",
    "Suggestion",
    "default_environment",
    "describe",
    "suggest",
    "suggest_or_hold",
]

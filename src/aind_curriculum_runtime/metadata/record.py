"""What is known of one session's curriculum step, and the document that goes into the session's ``Acquisition``.

Owns the fields. The document has three parts, which a mapper merges in three lines (docs/metadata.md):

- ``code``: a ``Code`` of aind-data-schema. What it has no field for is below ``parameters``.
- ``stimulus_epoch``: what a ``StimulusEpoch`` says of training.
- ``output_parameters``: the metrics.

A field of which nothing is known is left out: null is what a curriculum said, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..ledger.entry import Session, digest_of_state
from .code import Code
from .keys import storable

__all__ = ["FORMAT", "Record", "acquisition", "outcome_digest"]

FORMAT: Final = 1
"""The form of ``parameters``. Within one number fields are only added."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of one session."""

    code: Code
    given: Mapping[str, Any] | None = None
    """The trainer state that it was run with, as JSON."""

    suggestion: Mapping[str, Any] | None = None
    """The document that ``curriculum run`` printed; None for a session that was held."""

    held: Mapping[str, Any] | None = None
    """Why there is no suggestion: ``code``, ``exit``, ``message`` and ``hint``."""

    subject: str | None = None
    session: Session | None = None
    versions: Mapping[str, Any] = field(default_factory=dict)
    """``curriculum``, ``runtime``, ``contract``, ``dsl`` and ``python``, those that are known."""

    hashes: Mapping[str, Any] = field(default_factory=dict)
    decision: Mapping[str, Any] = field(default_factory=dict)
    """What an evaluation tells beside its suggestion: the ``rule`` that held, and what it ``read``."""

    history: Mapping[str, Any] = field(default_factory=dict)
    """What the ledger tells: ``people``, ``pinned`` and whether the session came ``late``."""

    notes: Mapping[str, Any] = field(default_factory=dict)
    """What ``run`` tells in its notes, such as the migration."""

    source: str = "evaluation"
    """Where the outcome was taken from: a ``ledger``, a ``suggestion`` or an ``evaluation``."""


def acquisition(record: Record) -> dict[str, Any]:
    """Write the facts of a session for aind-data-schema's ``Acquisition``.

    Args:
        record: What is known.

    Returns:
        JSON values.
    """
    before, after = record.given or {}, (record.suggestion or {}).get("trainer_state") or {}
    curriculum = after.get("curriculum") or before.get("curriculum") or {}
    name, version = curriculum.get("name"), record.versions.get("curriculum")
    package = record.code.distribution or name or "unknown"
    code = {
        "url": record.code.url or f"pkg:generic/{package}" + (f"@{version}" if version else ""),
        "name": curriculum.get("pkg_location") or package,
        "version": version,
        "commit_hash": record.code.commit,
        "language": "aind-behavior-curriculum",
        "language_version": record.versions.get("dsl"),
        "run_script": record.code.script,
        "parameters": storable(_known(_parameters(record, before, after))),
    }
    epoch = {"curriculum_status": _stage(before), "training_protocol_name": name}
    metrics = (record.suggestion or {}).get("metrics") or {}
    return {"code": _known(code), "stimulus_epoch": _known(epoch), "output_parameters": storable(metrics)}


def outcome_digest(suggestion: Mapping[str, Any]) -> str:
    """The hash of what a session led to, as the ledger has it."""
    return digest_of_state({**suggestion["trainer_state"], "metrics": suggestion["metrics"]})


def _parameters(record: Record, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    stage = after.get("stage") or {}
    code = {"distribution": record.code.distribution, "is_dirty": record.code.is_dirty, "lock_sha256": record.code.lock}
    faults = [one.message for one in record.code.faults]
    return {
        "format": FORMAT,
        "source": record.source,
        "subject": record.subject,
        "session": None if record.session is None else dict(vars(record.session)),
        "outcome": "evaluated" if record.suggestion is not None else "held",
        "held": None if record.held is None else _known(record.held),
        "stage_run": _stage(before),
        "stage_suggested": _stage(after),
        "decision": _decision(record, before, after),
        "suggested_parameters": ((stage.get("task") or {}).get("task_parameters")),
        "policies_before": before.get("active_policies") or [] if before else None,
        "policies_after": after.get("active_policies") or [] if after else None,
        "is_on_curriculum_before": before.get("is_on_curriculum", True) if before else None,
        "is_on_curriculum_after": after.get("is_on_curriculum", True) if after else None,
        **record.history,
        **record.notes,
        "versions": _known(record.versions),
        "code": _known(code | dict(record.code.details) | {"cannot_be_had_again": faults or None}),
        "hashes": _known(record.hashes),
    }


def _decision(record: Record, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    if not after:
        return None
    moved = _stage(before) != _stage(after) if before else None
    return _known({"moved": moved, **record.decision})


def _stage(state: Mapping[str, Any]) -> str | None:
    return (state.get("stage") or {}).get("name")


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in fields.items() if one is not None}

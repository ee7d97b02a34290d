"""What a launcher does with its stores; run by test_subjects_launcher.py in CLABE's environment.

    python clabe_store.py LEDGER SUBJECT STATE OTHER

Reads and writes the trainer state of an animal through CLABE's own composite store; prints what it got as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aind_behavior_curriculum import TrainerState
from clabe.stores import CompositeStore, Kind, MemoryStore, Store

from aind_curriculum_runtime.subjects import ClabeStore

url, subject, first, other = sys.argv[1:]
ledger = ClabeStore(url)
kind = Kind.from_trainer_state()
routed = CompositeStore(default=MemoryStore(), routes={"trainer_state": ledger}).scoped(subject=subject)
found: dict[str, object] = {"is_a_store": isinstance(ledger, Store), "of_nobody": len(routed.list(kind))}


def failure(call: object, *arguments: object) -> str:
    """What a call raises."""
    try:
        call(*arguments)
    except LookupError as error:
        return str(error)
    return "nothing"


found["not_enrolled"] = failure(routed.resolve, kind)
routed.write(kind, TrainerState.model_validate_json(Path(first).read_bytes()))
found["first"] = json.loads(routed.resolve(kind).model_dump_json())
routed.write(kind, routed.resolve(kind))
there = TrainerState.model_validate_json(Path(other).read_bytes())
routed.write(kind, there)
found["other"] = json.loads(ledger.resolve(TrainerState, scope={"subject": subject}).model_dump_json())
routed.write(kind, there.model_copy(update={"is_on_curriculum": False}))
found["is_on"] = routed.resolve(kind).is_on_curriculum
ledger.write(kind, there, scope={"subject": "another"})
found["of_all"] = len(ledger.list(kind))
found["of_whom"] = failure(ledger.resolve, kind)
found["another_kind"] = failure(ledger.resolve, Kind(TrainerState, "rig"))
sys.stdout.write(json.dumps(found))

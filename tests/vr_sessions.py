"""Session directories of the task aind-behavior-vr-foraging, small and made up, as nine real curricula read them.

Standard library only: it is also imported in the environments of those curricula.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

MAY_BE_MISSING = (
    *("ActivePatch", "ActiveSite", "ChoiceFeedback", "GiveReward"),
    *("UpdaterRewardDelayOffset", "UpdaterStopDurationOffset", "UpdaterStopVelocityThreshold"),
)


def write_session(folder: Path, task: str, seed: int | None = None) -> Path:
    """Write a session.

    Args:
        folder: The session directory to make.
        task: The task that it was run with, as JSON.
        seed: What the animal did; None for an ordinary session. Others are long or short, with few choices or many,
            with updaters anywhere; in some a stream of events is missing, as in a session that was aborted.

    Returns:
        The folder.
    """
    events = _events(seed)
    behavior = folder / "behavior"
    (behavior / "Logs").mkdir(parents=True)
    for name in ("tasklogic_input.json", "tasklogic_output.json"):
        (behavior / "Logs" / name).write_text(task, encoding="utf-8", newline="\n")
    for stream, rows in events.items():
        target = behavior / f"{stream}.json"
        target.parent.mkdir(exist_ok=True)
        lines = [json.dumps({"name": target.stem, "timestamp": at, "data": data}) for at, data in rows]
        target.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return folder


def _events(seed: int | None) -> dict[str, list[tuple[float, Any]]]:
    """Each stream of events, with their times in seconds."""
    chosen = random.Random(seed)
    patches, sites, share = 60, 240, 1.0
    length, duration, velocity, delay = 30.0, 0.4, 42.0, 0.2
    missing: set[str] = set()
    if seed is not None:
        patches, sites = chosen.choice([3, 60, 210, 330]), chosen.choice([40, 240, 620])
        share = chosen.choice([0.35, 0.65, 0.9, 1.0])
        length, duration = chosen.choice([30.0, 44.5, 44.5, 49.5, 50.0]), chosen.choice([0.0, 0.13, 0.4, 0.6])
        velocity, delay = chosen.choice([60.0, 42.0, 15.0, 8.0, 5.0]), chosen.choice([0.0, 0.2, 0.31, 1.4])
        missing = {name for name in MAY_BE_MISSING if chosen.random() < 0.02}
    choices = [one for one in range(patches) if share == 1.0 or chosen.random() < share]
    found: dict[str, list[tuple[float, Any]]] = {
        "SoftwareEvents/ActivePatch": [(one, {"state_index": one % 2}) for one in range(patches)],
        "SoftwareEvents/ActiveSite": [(one / 4, {"label": "RewardSite", "length": length}) for one in range(sites)],
        "SoftwareEvents/ChoiceFeedback": [(one + 0.5, True) for one in choices],
        "SoftwareEvents/GiveReward": [(one + 0.6, 5.0) for one in choices],
        "UpdaterEvents/UpdaterStopDurationOffset": [(0.0, 0.0), (50.0, duration)],
        "UpdaterEvents/UpdaterStopVelocityThreshold": [(0.0, 60.0), (50.0, velocity)],
        "UpdaterEvents/UpdaterRewardDelayOffset": [(0.0, 0.0), (50.0, delay)],
    }
    return {stream: rows for stream, rows in found.items() if stream.partition("/")[2] not in missing}

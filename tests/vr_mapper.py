"""VR foraging's own mapper on a session of ours, in an environment that holds it and no curriculum.

    python vr_mapper.py SESSION TASK_REPO CURRICULUM_REPO OUTPUT

SESSION is a session directory that a launcher concluded. A rig and a task are added, as small as the mapper takes them.
OUTPUT gets JSON: ``mapped`` is the mapper's acquisition, ``read`` what it read of the suggestion.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aind_behavior_vr_foraging.data_mappers._acquisition import AindAcquisitionDataMapper
from aind_behavior_vr_foraging.rig import AindVrForagingRig
from aind_behavior_vr_foraging.task_logic import AindVrForagingTaskLogic

CHANNELS = {str(one): {"channel_index": one, "odorant": "x", "odorant_dilution": 1.0} for one in range(3)}
CARRIER = {"3": {"channel_index": 3, "channel_type": "Carrier", "flow_rate_capacity": 1000}}
POSITION = {"x": 0, "y1": 0, "y2": 0, "z": 0}
MANIPULATOR = {"full_step_to_mm": POSITION, "axis_configuration": [], "homing_order": [], "initial_position": POSITION}
WATER = {"measurements": [], "interval_average": {}, "slope": 1, "offset": 0, "r2": 1, "valid_domain": [1, 2]}
RIG: dict[str, Any] = {
    "data_directory": "data",
    "computer_name": "a computer",
    "rig_name": "a rig",
    "triggered_camera_controller": {"cameras": {}},
    **{f"harp_{one}": {"port_name": "COM1"} for one in ("behavior", "lickometer", "clock_generator", "treadmill")},
    "harp_olfactometer": {"port_name": "COM2", "calibration": {"channel_config": CHANNELS | CARRIER}},
    "manipulator": {"port_name": "COM3", "calibration": MANIPULATOR},
    "calibration": {"water_valve": WATER},
}
RIG["harp_treadmill"] |= {
    "calibration": {"wheel_diameter": 15, "pulses_per_revolution": 1, "brake_lookup_calibration": [[0, 0], [1, 1]]}
}
MARKOV = {"environment_type": "Markov", "patches": [{}], "transition_matrix": [[1.0]], "first_state_occupancy": [1.0]}
TASK: dict[str, Any] = {"task_parameters": {"environment": {"blocks": [{"environment": MARKOV}]}}}


def main(session: Path, task_repo: Path, curriculum_repo: Path, output: Path) -> None:
    """Map the session."""
    # The mapper spells the folder as Windows does, where case is nothing.
    data = session.parent / "as the mapper reads it"
    data.mkdir()
    (data / "Behavior").symlink_to(session / "behavior", target_is_directory=True)
    (data / "behavior").symlink_to(session / "behavior", target_is_directory=True)
    logs = session / "behavior" / "Logs"
    own = json.loads((logs / "session_input.json").read_text(encoding="utf-8"))
    own |= {"experiment": "vr", "experimenter": ["a person"], "allow_dirty_repo": True}
    (logs / "session_input.json").write_text(json.dumps(own), encoding="utf-8")
    for name, model in (
        ("rig_input.json", AindVrForagingRig.model_validate(RIG)),
        ("tasklogic_input.json", AindVrForagingTaskLogic.model_validate(TASK)),
    ):
        (logs / name).write_text(model.model_dump_json(), encoding="utf-8")
    events = session / "behavior" / "SoftwareEvents"
    for name, hour in (("StartSessionTime", 10), ("EndSessionTime", 11)):
        time = {"name": name, "timestamp": 0.0, "data": f"2026-03-01T{hour}:00:00+00:00"}
        (events / f"{name}.json").write_text(json.dumps(time) + "\n", encoding="utf-8")
    (events / "GiveReward.json").write_text(
        json.dumps({"name": "GiveReward", "timestamp": 0.0, "data": 5.0}) + "\n", encoding="utf-8"
    )
    mapper = AindAcquisitionDataMapper(
        data_path=data,
        repository_path=task_repo,
        session_end_time=datetime(2026, 3, 1, 11, tzinfo=UTC),
        curriculum_repository_path=curriculum_repo,
    )
    mapped = mapper.map()
    assert mapper.curriculum_suggestion is not None
    found = {
        "mapped": json.loads(mapped.model_dump_json()),
        "read": json.loads(mapper.curriculum_suggestion.model_dump_json()),
    }
    output.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

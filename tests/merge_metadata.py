"""Merges the metadata of sessions into real ``Acquisition`` objects, in the environment of aind-data-schema.

    python merge_metadata.py

reads documents from stdin, one a line as ``curriculum metadata`` prints them, and prints for each one the acquisition
as JSON, after it came back the same from its own JSON. A line with ``training_name`` is a ``TrainingProtocol``.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from aind_data_schema.components.identifiers import Code
from aind_data_schema.components.subject_procedures import TrainingProtocol
from aind_data_schema.core.acquisition import (
    Acquisition,
    AcquisitionSubjectDetails,
    DataStream,
    PerformanceMetrics,
    StimulusEpoch,
)

START, END = "2026-03-01T10:00:00+00:00", "2026-03-01T11:00:00+00:00"


def merged(metadata: dict[str, Any]) -> Acquisition:
    """What a mapper makes of it: the three lines of docs/metadata.md, with as little around them as is valid."""
    stream: dict[str, Any] = {"stream_start_time": START, "stream_end_time": END, "code": []}
    stream |= {"modalities": [{"name": "Behavior", "abbreviation": "behavior"}]}
    stream |= {"active_devices": [], "configurations": []}
    epoch: dict[str, Any] = {"stimulus_start_time": START, "stimulus_end_time": END, "stimulus_name": "the task"}
    epoch["stimulus_modalities"] = ["Auditory"]

    stream["code"].append(Code(**metadata["code"]))
    epoch |= metadata["stimulus_epoch"]
    epoch["performance_metrics"] = PerformanceMetrics(output_parameters=metadata["output_parameters"])

    return Acquisition(
        subject_id="786543",
        acquisition_start_time=START,
        acquisition_end_time=END,
        experimenters=["a person"],
        instrument_id="a rig",
        acquisition_type="training",
        subject_details=AcquisitionSubjectDetails(mouse_platform_name="wheel"),
        data_streams=[DataStream(**stream)],
        stimulus_epochs=[StimulusEpoch(**epoch)],
    )


def main() -> None:
    """Merge every document; a warning, such as of a key with a point, is an error."""
    warnings.simplefilter("error", UserWarning)
    for line in sys.stdin:
        document = json.loads(line)
        if "training_name" in document:
            made: Any = TrainingProtocol(**document)
        else:
            made = merged(document)
        written = made.model_dump_json()
        assert type(made).model_validate_json(written).model_dump_json() == written
        print(written)


if __name__ == "__main__":
    main()

"""auto-train's manager over a table, from a folder that holds its code; run by replay.py with pandas and pydantic.

    python autotrain_manager.py FOLDER TABLE RULES OUTPUT

FOLDER holds ``aind_auto_train``. Of its code all that evaluates runs as it is; what it imports for S3 and for pictures,
which take time of their own, is left out. The curriculum is the one of the record.
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any


def nothing(*arguments: Any, **named: Any) -> None:
    """Stand for what is left out."""


def main(folder: str, table: str, rules: str, output: str) -> None:
    sys.path.insert(0, folder)
    import pandas as pd
    from pydantic import BaseModel

    left_out = {
        "aind_data_schema": {},
        "aind_data_schema.base": {"AindModel": BaseModel},
        "aind_auto_train.plot.manager": {"plot_manager_all_progress": nothing},
        "aind_auto_train.plot.curriculum": {"draw_diagram_rules": nothing, "draw_diagram_paras": nothing},
        "aind_auto_train.util.aws_util": dict.fromkeys(
            ("import_df_from_s3", "export_df_to_s3", "download_dir_from_s3", "upload_dir_to_s3"), nothing
        ),
    }
    for name, holds in left_out.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(holds)

    from aind_auto_train import auto_train_manager
    from aind_auto_train.schema.curriculum import Curriculum
    from aind_auto_train.schema.task import DynamicForagingMetrics

    recorded = json.loads(Path(rules).read_text(encoding="utf-8"))
    curriculum = Curriculum(
        curriculum_name=recorded["curriculum_name"],
        curriculum_version=recorded["curriculum_version"],
        parameters={},
        curriculum={
            stage: one for stage, one in recorded["curriculum"].items() if stage != "Graduated" and one is not None
        },
    )
    found = {"curriculum": curriculum, "curriculum_json_name": "recorded", "metrics": DynamicForagingMetrics}

    class OneCurriculum:
        def get_curriculum(self, **named: Any) -> dict[str, Any]:
            return found

    auto_train_manager.CurriculumManager = OneCurriculum

    class Manager(auto_train_manager.AutoTrainManager):
        _metrics_model = DynamicForagingMetrics

        def download_from_database(self) -> tuple[Any, Any]:
            behavior = pd.read_csv(table, dtype={"subject_id": str})
            known = behavior["current_stage_actual"] != "unknown (open loop)"
            behavior["current_stage_actual"] = behavior["current_stage_actual"].where(
                known, behavior["current_stage_suggested"]
            )
            behavior["curriculum_schema_version"] = "1.0"
            return behavior, None

        def upload_to_database(self) -> None:
            self.df_manager.to_csv(output)

    Manager("benchmark").update()


if __name__ == "__main__":
    main(*sys.argv[1:])

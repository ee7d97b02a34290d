"""What `curriculum run` is measured against: the least that evaluates a session with the library alone.

Usage: python bare.py SESSION STATE MODULE, with the Python of a generated repo.
"""

import importlib
import sys
from pathlib import Path

import aind_behavior_curriculum
from aind_behavior_curriculum import Trainer

session, state_file = Path(sys.argv[1]), Path(sys.argv[2])
CURRICULUM = importlib.import_module(sys.argv[3]).CURRICULUM
trainer = Trainer(CURRICULUM)
state = trainer.trainer_state_model.model_validate_json(state_file.read_bytes())
metrics = state.stage.metrics_provider.callable(session)
following = trainer.evaluate(state, metrics)
print(
    f'{{"trainer_state":{following.model_dump_json()},"metrics":{metrics.model_dump_json()},'
    f'"version":"{CURRICULUM.version}","dsl_version":"{aind_behavior_curriculum.__version__}"}}'
)

"""Standard tests of a curriculum repo, which it gets by one call."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

__all__ = ["contract"]


def contract() -> Callable[[], None]:
    def test_contract() -> None:
        result = subprocess.run([sys.executable, "-m", "aind_curriculum_runtime.cli", "demo"], capture_output=True)
        assert result.returncode == 0, result.stderr.decode()
        assert set(json.loads(result.stdout)) == {"trainer_state", "metrics", "version", "dsl_version"}

    return test_contract

"""Nine curricula that nobody here wrote: those of aind-behavior-vr-foraging-curricula on PyPI.

Tasks of 4 to 99 kB of JSON, imports of seconds. Their code comes from the package each time and is kept nowhere here.
`wrapped.py` makes repos that wrap them, and `adopted.py` repos that have adopted them.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

from support import PROJECT, clean_environment, folder_of_these_tests

PACKAGE = "aind_behavior_vr_foraging_curricula"
VERSION = "1.3.2"
TASK = "aind-behavior-vr-foraging"

NINE = (
    "depletion",
    "depletion-stops-offset",
    "depletion-stops-rate",
    "deterministic-reversals",
    "deterministic-reversals-reward-capped",
    "learning-sets",
    "replenishment-depletion-offset",
    "single-site",
    "template",
)


@functools.cache
def _package() -> Path:
    """The package's code, from PyPI."""
    target = folder_of_these_tests() / "vr-foraging"
    command = ["uv", "pip", "install", "-q", "--no-deps", "--target", target, f"{PACKAGE.replace('_', '-')}=={VERSION}"]
    subprocess.run(command, check=True, env=clean_environment())
    return target / PACKAGE


def environment_of_all(folder: Path) -> tuple[Path, dict[str, str]]:
    """Make one environment in which the package's own nine curricula can be imported, with this runtime.

    Args:
        folder: Where it comes.

    Returns:
        Its Python, and the variables to call it with.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    needed = ["-e", f"{PROJECT}[checks]", f"{TASK}[data]=={VERSION}"]
    subprocess.run(["uv", "venv", "-q", folder, "--python", sys.executable], check=True, env=clean_environment())
    subprocess.run(["uv", "pip", "install", "-q", "--python", python, *needed], check=True, env=clean_environment())
    return python, {**clean_environment(), "PYTHONPATH": str(_package().parent)}

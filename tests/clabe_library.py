"""Takes what an animal runs next from a library folder, as each generation of CLABE does it; in CLABE's environment."""

from __future__ import annotations

import os
from typing import Any

from aind_behavior_curriculum import Task, TrainerState


def picked(root: str, subject: str, repo: str) -> tuple[TrainerState, Task]:
    """Take an animal's trainer state and task.

    Args:
        root: The library folder.
        subject: The animal.
        repo: A git repo: CLABE up to 0.12 wants one to launch from.
    """
    try:
        from clabe.stores import Kind, LocalFileStore
    except ImportError:
        return _by_picker(root, subject, repo)
    store = LocalFileStore(root).scoped(subject=subject)
    return store.resolve(Kind.from_trainer_state()), store.resolve(Kind.from_task(Task))


def _by_picker(root: str, subject: str, repo: str) -> tuple[TrainerState, Task]:
    """As up to 0.12: a person is asked who and which animal, and agrees to the task that is there."""
    os.environ.setdefault("COMPUTERNAME", "rig")
    from clabe.launcher import Launcher, LauncherCliArgs
    from clabe.pickers.default_behavior import DefaultBehaviorPicker, DefaultBehaviorPickerSettings

    class Person:
        def notify(self, *_: Any) -> None:
            pass

        def prompt_autocomplete(self, request: Any) -> str:
            return {"subject": subject, "experimenter": "anna"}[request.field]

        def prompt_text(self, _: Any) -> str:
            return ""

        def prompt_confirm(self, _: Any) -> bool:
            return True

    launcher = Launcher(settings=LauncherCliArgs(repository_directory=repo), frontend=Person())
    settings = DefaultBehaviorPickerSettings(config_library_dir=root)
    picker = DefaultBehaviorPicker(settings, launcher, experimenter_validator=None, use_cache=False)
    picker.pick_session()
    state, task = picker.pick_trainer_state(Task)
    assert picker.pick_task(Task) == task
    return state, task

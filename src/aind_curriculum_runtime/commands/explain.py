"""Tell why a session leads where it does: rules tried, metric values, and what changed by which policy.

The evaluation is that of `curriculum run` with the same options; it is watched, not done over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..command.options import all_option, command, json_option, session_options
from ..session.evaluate import evaluate_session
from .run import tell

EXAMPLES: Final = """\
  curriculum explain --data-directory SESSION
  curriculum explain --data-directory SESSION --input-trainer-state STATE.json --json"""


@command(__doc__, EXAMPLES)
@session_options
@all_option("list every parameter that changed (default: the first of many)")
@json_option()
def execute(
    data_directory: Path, input_trainer_state: Path | None, curriculum: str | None, everything: bool, as_json: bool
) -> bytes:
    """Carry out the command.

    Args:
        data_directory: The session directory.
        input_trainer_state: The trainer state, or None to look for it in the session.
        curriculum: The curriculum, or None for the one that the trainer state names.
        everything: Whether the text lists all parameters that changed; JSON always does.
        as_json: Whether to print a JSON object.

    Returns:
        Text, or JSON.

    Raises:
        CurriculumError: What ``run`` raises for the same options.
    """
    from ..contract.strict_json import encode
    from ..look.explain import account, as_text
    from ..look.trace import watched

    with watched() as calls:
        evaluated = evaluate_session(data_directory, input_trainer_state, curriculum=curriculum, tell=tell)
    told = account(evaluated, calls)
    if as_json:
        return encode(told) + b"\n"
    return as_text(told, everything=everything).encode("utf-8", "backslashreplace")

"""Print the script that completes curricula's commands, options and choices in a shell, and the files that it names.

It takes effect in the next shell. The shell must find `curricula`: in an environment that is activated, say.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from ...command.completion import answer, completion_options
from ..options import command

EXAMPLES: Final = """\
  curricula completion bash >> ~/.bashrc
  curricula completion zsh >> ~/.zshrc
  curricula completion fish > ~/.config/fish/completions/curricula.fish
  curricula completion powershell >> $PROFILE"""


@command(__doc__, EXAMPLES)
@completion_options
def execute(context: click.Context, shell: str, typed: tuple[int, str] | None, start: Path) -> int:
    """Carry out the command.

    Args:
        context: Leads to the program whose commands are completed.
        shell: The shell.
        typed: What the script asks for.
        start: Not used.

    Returns:
        0.
    """
    sys.stdout.flush()
    sys.stdout.buffer.write(answer(context, shell, typed).encode("utf-8"))  # with the shell's line ends
    return 0

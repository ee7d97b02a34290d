"""Print the script that completes curriculum's commands, options and choices in a shell, and the files that it names.

It takes effect in the next shell. The shell must find `curriculum`: in an environment that is activated, say.
"""

from __future__ import annotations

from typing import Final

import click

from ..command.completion import answer, completion_options
from ..command.options import command

EXAMPLES: Final = """\
  curriculum completion bash >> ~/.bashrc
  curriculum completion zsh >> ~/.zshrc
  curriculum completion fish > ~/.config/fish/completions/curriculum.fish
  curriculum completion powershell >> $PROFILE"""


@command(__doc__, EXAMPLES)
@completion_options
def execute(context: click.Context, shell: str, typed: tuple[int, str] | None) -> bytes:
    """Carry out the command.

    Args:
        context: Leads to the program whose commands are completed.
        shell: The shell.
        typed: What the script asks for.

    Returns:
        The script, or what it asked for.
    """
    return answer(context, shell, typed).encode("utf-8")

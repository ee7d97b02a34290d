"""The command line's grammar: argparse, made to fail as the contract says.

Owns what all commands share of parsing: errors with exit code 64, no abbreviations, no option given
twice, help texts with examples. Knows nothing of what a command does.

argparse and not click: importing click 8.5 takes 30 ms after the library's own imports, more than the
tenth that `curriculum run` may add to a bare script (benchmarks/).
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..contract.errors import CurriculumError

__all__ = ["HelpRequested", "Once", "Parser", "path"]


class HelpRequested(Exception):
    """``--help`` was given; carries the text, which goes to the real stdout like any result."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of printing and exiting.

    Args:
        prog: The command as it is typed.
        description: What it does.
        examples: Lines to try, shown below the options.
    """

    def __init__(self, prog: str, description: str, examples: str = "") -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=f"examples:\n{examples}" if examples else None,
            # A fixed width: argparse would ask the environment and the terminal.
            formatter_class=functools.partial(argparse.RawDescriptionHelpFormatter, width=100),
            allow_abbrev=False,
        )
        self.color = False  # Python 3.14 colours help by looking at stderr, which stands in for stdout

    def error(self, message: str) -> NoReturn:
        """Raise ``usage.invalid`` with argparse's sentence."""
        raise CurriculumError("usage.invalid", f"{message[:1].upper()}{message[1:]}.", f"See `{self.prog} --help`.")

    def print_help(self, file: Any = None) -> NoReturn:
        """Raise ``HelpRequested``, whatever ``file`` is."""
        raise HelpRequested(self.format_help())


class Once(argparse.Action):
    """Store a value; refuse a second one, of which only the last would count."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Store ``values`` under the option's name."""
        if getattr(namespace, self.dest) is not self.default:
            parser.error(f"{'/'.join(self.option_strings)} was given twice")
        setattr(namespace, self.dest, values)


def path(text: str) -> Path:
    """Read a path argument.

    Args:
        text: As typed.

    Returns:
        The path, relative as it may be.

    Raises:
        argparse.ArgumentTypeError: ``text`` is empty: an unset variable in a script, which would
            otherwise mean the working directory.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("the path is empty")
    return Path(text)

"""The options of commands that compare versions over the same animals.

Apart from ``options``, which every command imports: reading a share takes what `run` has no use for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import click

__all__ = ["cohort_options"]


class _Share(click.ParamType[Fraction]):
    """A share such as 5%."""

    name = "share"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Read a share, as click asks for."""
        if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?%", value) or (share := Fraction(value[:-1]) / 100) > 1:
            self.fail(f"{value!r} is no share of the decisions, such as 5% or 0.5%.", param, ctx)
        return share


def cohort_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare ``--cohort`` and ``--fail-over``.

    Args:
        function: The command's.

    Returns:
        The function with the options.
    """
    for option in (
        click.option(
            "--fail-over", type=_Share(), metavar="SHARE", help="the share of decisions that may change, such as 5%"
        ),
        click.option(
            "--cohort", callback=_source, metavar="SOURCE", help="a table, a ledger, or a folder of session directories"
        ),
    ):
        function = option(function)
    return function


def _source(context: click.Context, parameter: click.Parameter, source: str | None) -> str | None:
    if source is not None and not source.strip():
        raise click.BadParameter("the source is empty.")
    return source

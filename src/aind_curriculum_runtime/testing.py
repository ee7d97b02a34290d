"""The standard tests of a curriculum repo, in one call.

The tests are the checks of a plain `curriculum check`, one test item a check; the pytest plugin (``pytest_plugin``)
runs them. A repo gets new and stricter checks when it updates its pin of the runtime.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checks.report import Report

__all__ = ["ContractWarning", "contract"]


class ContractWarning(UserWarning):
    """A contract check of level warning found something."""


def contract() -> Callable[[str, Report], None]:
    """Make the test function of the contract, for a test module.

    Returns:
        A test function with one item a check: ``test_contract = contract()``.
    """
    import pytest

    from .checks.plugin import BY_DEFAULT

    @pytest.mark.parametrize("check_id", BY_DEFAULT)
    def test_contract(check_id: str, curriculum_report: Report) -> None:
        row = next((row for row in curriculum_report.rows if row.id == check_id), None)
        if row is None or row.status in {"skipped", "ignored"}:
            pytest.skip(row.reason if row is not None else "ignored in pyproject.toml")
        if row.status == "passed":
            return
        told = [f"{one.where + ': ' if one.where else ''}{one.sentence} {one.fix or row.fix}" for one in row.folded]
        message = "\n".join([f"{row.id} {row.title}", *told, row.url])
        if row.level == "error":
            pytest.fail(message, pytrace=False)
        warnings.warn(ContractWarning(message), stacklevel=1)

    return test_contract

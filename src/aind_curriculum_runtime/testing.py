"""Standard tests of a curriculum repo, which it gets by one call.

Owns that call; the tests are the contract checks, one test item a check, run by the pytest plugin
(``pytest_plugin``). A stricter check reaches every repo with the runtime's pin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checks.report import Report

__all__ = ["contract"]


def contract() -> Callable[[str, Report], None]:
    """Make the contract's test function, for a module of tests.

    Returns:
        A test function with one item a check: ``test_contract = contract()``.
    """
    import pytest

    from .checks.plugin import CHECKS

    @pytest.mark.parametrize("check_id", list(CHECKS))
    def test_contract(check_id: str, curriculum_report: Report) -> None:
        row = next((row for row in curriculum_report.rows if row.id == check_id), None)
        if row is None or row.status in {"skipped", "ignored"}:
            pytest.skip(row.reason if row is not None else "ignored in pyproject.toml")
        said = "\n".join(f"{one.where + ': ' if one.where else ''}{one.message}" for one in row.findings)
        message = f"{row.id} {row.title}\n{said}\nMend: {row.mend}\n{row.url}"
        if row.status == "failed" and row.level == "warning":
            import warnings

            warnings.warn(message, stacklevel=1)
        elif row.status == "failed":
            pytest.fail(message, pytrace=False)

    return test_contract

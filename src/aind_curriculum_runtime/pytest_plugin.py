"""The pytest plugin (``pytest11``): a fixture that runs the contract checks once a session.

Owns that fixture. Nothing is automatic: without a test that asks for it, it does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .checks.report import Report


@pytest.fixture(scope="session")
def curriculum_report(request: pytest.FixtureRequest) -> Report:
    """Run the checks that this session's items ask for.

    Args:
        request: pytest's.

    Returns:
        What the checks said of the repo that pytest runs in.
    """
    from .checks.engine.under_test import repo_at
    from .checks.plugin import CHECKS
    from .checks.report import review

    # What is left after -k and the like.
    asked = [item.callspec.params.get("check_id") for item in request.session.items if hasattr(item, "callspec")]
    return review(repo_at(request.config.rootpath), select=[check for check in asked if check in CHECKS])

"""The pytest plugin (``pytest11``): a fixture that runs the contract checks once a session.

The plugin does nothing unless a test uses the fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .checks.report import Report


@pytest.fixture(scope="session")
def curriculum_report(request: pytest.FixtureRequest) -> Report:
    """Run the checks that the collected tests need.

    Args:
        request: The fixture request, from pytest.

    Returns:
        The report of the checks on the repo that pytest runs in.
    """
    from .checks.engine.under_test import repo_at
    from .checks.plugin import CHECKS
    from .checks.report import review

    # Only those that -k and similar options leave.
    asked = [item.callspec.params.get("check_id") for item in request.session.items if hasattr(item, "callspec")]
    return review(repo_at(request.config.rootpath), select=[check for check in asked if check in CHECKS])

"""What launchers rely on. The tests are the runtime's, so a stricter one comes with its pin."""

from aind_curriculum_runtime.testing import contract

test_contract = contract()

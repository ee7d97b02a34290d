"""What the docs show is what runs print."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from docs_blocks import DOCUMENTS, comparable, outputs
from support import PROJECT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the docs' commands are typed into bash")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_in_the_docs_prints_what_the_docs_say(document: str, tmp_path: Path) -> None:
    for step, printed in outputs(document, tmp_path):
        assert comparable(printed) == comparable(step.output), f"$ {step.command}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_in_the_docs_leads_somewhere(document: str) -> None:
    text = (PROJECT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert ((PROJECT / document).parent / target).exists(), target

"""What the docs show is what runs print."""

from __future__ import annotations

import re
import sys

import pytest
from docs_blocks import DOCUMENTS, SHOWING, Scratch, comparable, outputs, text_of, unmarked
from support import PROJECT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the docs' commands are typed into bash")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    return Scratch(tmp_path_factory.mktemp("docs"))


@pytest.fixture
def scratch(prepared: Scratch) -> Scratch:
    return prepared.put_back()


@pytest.mark.parametrize("document", SHOWING)
def test_every_command_in_the_docs_prints_what_the_docs_say(document: str, scratch: Scratch) -> None:
    found = outputs(document, scratch)
    assert found
    for step, printed in found:
        assert comparable(printed) == comparable(step.output), f"$ {step.command}"


def test_every_command_in_the_docs_is_run() -> None:
    assert {document: unmarked(document) for document in DOCUMENTS} == dict.fromkeys(DOCUMENTS, 0)
    assert len(SHOWING) > len(DOCUMENTS) // 2


def test_every_link_in_the_docs_leads_somewhere() -> None:
    found = [
        (document, target)
        for document in DOCUMENTS
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(document))
        if "://" not in target
    ]
    assert len(found) > len(DOCUMENTS)
    assert [one for one in found if not ((PROJECT / one[0]).parent / one[1]).exists()] == []

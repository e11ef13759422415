"""The Python in the pages runs."""

from __future__ import annotations

import re

import pytest

from tests.support.places import ROOT

SNIPPET = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
CATALOGUE = '"data/demo"'


@pytest.mark.parametrize("page", ["library.md"])
def test_the_snippets_of_a_page_run(page, demo_catalogue):
    snippets = SNIPPET.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert snippets
    for code in snippets:
        found: dict[str, object] = {}
        exec(compile(code.replace(CATALOGUE, repr(str(demo_catalogue))), page, "exec"), found)
        assert found["stamps"][0].shape == (3, 63, 63)
        assert len(found["found"].rows) == 12

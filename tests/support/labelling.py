"""The labelling part on a page of its own: open it, press its buttons, read what it says and what is on disk."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.support import pages
from ztfexplore.catalogue.annotations import Annotations

PAGE = "tests/support/labelling_page.py"


def open_page(**query: str) -> AppTest:
    return pages.open_page(PAGE, **query)


def button(page: AppTest, key: str):
    """By the key, or by its beginning and end: 'label:SN' is 'label-<of which rows>-SN'."""
    start, _, end = key.partition(":")
    found = [b for b in page.button if b.key == key or (end and re.fullmatch(rf"{start}-[0-9a-f]+-{end}", b.key))]
    found = found or [b for b in page.button if re.fullmatch(rf"{key}-[0-9a-f]+", b.key)]
    assert len(found) == 1, key
    return found[0]


def click(page: AppTest, key: str) -> AppTest:
    page = button(page, key).click().run()
    assert not page.exception
    return page


def toasts(page: AppTest) -> list[str]:
    return [toast.value for toast in page.toast]


def held(path: Path) -> list[str]:
    return Annotations.open(path).latest()["label"].tolist()


def texts(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption])

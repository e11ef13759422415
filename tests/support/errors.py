"""What is refused: the kind of the error, one line, and what it must name. How it is put in English is free."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ztfexplore.errors import ZtfexploreError


@contextmanager
def refused(kind: type[ZtfexploreError], *named: object) -> Iterator[None]:
    """What is done in here is refused with this error, in one line that names all of these."""
    with pytest.raises(kind) as caught:
        yield
    message = str(caught.value)
    assert message and "\n" not in message and "Traceback" not in message
    for one in named:
        assert str(one) in message, f"{message!r} does not name {one!r}"

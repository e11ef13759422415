"""Keys of alerts: survey and candid, or the candid alone if only one survey has it."""

from __future__ import annotations

import re

# A bare candid, or (survey, candid). Two surveys may use the same number.
Key = int | tuple[str, int]
_TEXT = re.compile(r"(?:([^:,\s]+):)?([+-]?[0-9]{1,19})", re.ASCII)
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def parse(text: str) -> Key | None:
    """The key in a text, '123' or 'ztf:123'; None if it is not a key.

    The digits never pass through a float: beyond 2^53 the result would be another alert's.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None or not SMALLEST <= (candid := int(found[2])) <= LARGEST:
        return None
    return candid if found[1] is None else (found[1], candid)


def written(key: Key) -> str:
    """A key as text, '123' or 'ztf:123'; `parse` reverses it."""
    return str(key) if isinstance(key, int) else f"{key[0]}:{key[1]}"


def apart(key: Key) -> tuple[str | None, int]:
    """(survey, candid) of a key; the survey is None for a bare candid."""
    return (None, key) if isinstance(key, int) else key

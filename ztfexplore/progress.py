"""How long work tells how far it is. Whoever shows a bar gives one of these; a library function calls it."""

from __future__ import annotations

from collections.abc import Callable

# (what is being done, share of the whole that is done, 0 to 1)
OnStep = Callable[[str, float], object]
# how many have been done since the last call
OnCount = Callable[[int], object]
# what is being done
OnText = Callable[[str], object]


def no_step(text: str, share: float) -> None:
    """Tells nobody."""


def no_count(count: int) -> None:
    """Tells nobody."""


def no_text(text: str) -> None:
    """Tells nobody."""

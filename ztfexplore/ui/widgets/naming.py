"""The names of encoders and objects on the pages."""

from __future__ import annotations

from ztfexplore.encoders import cards
from ztfexplore.ui.server.view import View


def title(encoder: str) -> str:
    """An encoder's name as the papers write it."""
    card = cards.known().get(encoder)
    return encoder if card is None else card.title


def learned(encoder: str) -> str:
    """How an encoder came to its embedding, a clause in Markdown; '' if nobody says."""
    card = cards.known().get(encoder)
    return "" if card is None else f"*{card.title}* {card.learned}"


def nouns(view: View) -> tuple[str, str]:
    """What the objects of a catalogue are called, one and several."""
    found = {survey.nouns for survey in view.surveys}
    return found.pop() if len(found) == 1 else ("object", "objects")

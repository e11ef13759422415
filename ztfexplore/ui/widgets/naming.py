"""The names of encoders and objects on the pages."""

from __future__ import annotations

import re

from ztfexplore.encoders import cards
from ztfexplore.training.config import METHODS, Method
from ztfexplore.ui.server.view import View

# An encoder that is not shipped is called after its method and the beginning of its weights' hash.
OWN = re.compile(r"(?P<name>[a-z0-9-]+)-(?P<hash>[0-9a-f]{8})")


def title(encoder: str) -> str:
    """An encoder's name as the papers write it."""
    card = cards.known().get(encoder)
    if card is not None:
        return card.title
    method, rest = _method(encoder)
    return encoder if method is None else f"{method.title} {rest}"


def learned(encoder: str) -> str:
    """How an encoder came to its embedding, a clause in Markdown; '' if nobody says."""
    card = cards.known().get(encoder)
    if card is not None:
        return f"*{card.title}* {card.learned}"
    method, _ = _method(encoder)
    return "" if method is None else f"*{method.title}* {method.learned}"


def _method(encoder: str) -> tuple[Method | None, str]:
    """The method that an encoder's name ends with, and what else the name says: 'galaxies-byol-0a1b2c3d'."""
    own = OWN.fullmatch(encoder)
    parts = own["name"].split("-") if own else []
    for start in range(len(parts)):  # the longest first: s-simclr ends with simclr
        method = METHODS.get("-".join(parts[start:]))
        if method is not None and own is not None:
            return method, " ".join([*([f"({' '.join(parts[:start])})"] if start else []), own["hash"]])
    return None, ""


def nouns(view: View) -> tuple[str, str]:
    """What the objects of a catalogue are called, one and several."""
    found = {survey.nouns for survey in view.surveys}
    return found.pop() if len(found) == 1 else ("object", "objects")

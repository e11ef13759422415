"""What encoders' cards say, read without loading torch: name, title, and which stamps they fit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ztfexplore.paths import MODELS
from ztfexplore.registry import LAST

CARD_FILE = "card.json"
PCA, RANDOM = "pca", "random"


@dataclass(frozen=True)
class Fits:
    """Which stamps an encoder fits.

    Attributes:
        surveys: names of the surveys it was made for; None if it was not made for particular ones.
        channels: number of channels of the stamps; None for any number.
        min_size: smallest height and width (pixels).
    """

    surveys: tuple[str, ...] | None = None
    channels: int | None = None
    min_size: int = 1

    def any_of(self, surveys: Collection[str]) -> bool:
        """Whether it fits stamps of one of these surveys."""
        return self.surveys is None or bool(set(self.surveys) & set(surveys))


@dataclass(frozen=True)
class Card:
    """What a list of encoders shows about one of them.

    Attributes:
        name: the name that commands take.
        title: as papers spell it.
        learned: how it learned, in a few words that follow the title: 'learned without labels'.
        fits: which stamps it fits.
        order: its place among the encoders that fit.
        weights_sha256: hash of the shipped weights; None for a baseline, which has no weights file.
    """

    name: str
    title: str
    learned: str
    fits: Fits
    order: float = LAST
    weights_sha256: str | None = None


# PCA of the stretched pixels takes any stamps; random weights have the shape of the shipped networks.
BASELINES = (
    Card(PCA, "PCA of the pixels", "is a baseline: it compares pixels", Fits(), order=900),
    Card(RANDOM, "random weights", "learned nothing: a baseline", Fits(channels=3, min_size=21), order=910),
)


def shipped() -> list[Card]:
    """The encoders in models/ whose cards can be read, in their order."""
    found = (read_card(folder / CARD_FILE) for folder in MODELS.iterdir()) if MODELS.is_dir() else ()
    return sorted((card for card in found if card is not None), key=_place)


def known() -> dict[str, Card]:
    """Shipped encoders and baselines by name, in their order."""
    return {card.name: card for card in sorted([*shipped(), *BASELINES], key=_place)}


def _place(card: Card) -> tuple[float, str]:
    return card.order, card.name


def made_for(surveys: Collection[str]) -> list[str]:
    """The default encoders for stamps of these surveys, at most two: SimCLR and S-SimCLR for alerts.

    If fewer than two fit, PCA is added; random weights are not. If no survey is known, those for alerts.
    """
    fitting = [card for card in known().values() if card.fits.any_of(surveys) or not surveys]
    return [card.name for card in fitting if card.name != RANDOM][:2]


def fits(name: str, surveys: Collection[str]) -> bool:
    """Whether an encoder fits stamps of these surveys, by its card; one that is not shipped is assumed to fit."""
    card = known().get(name)
    return card is None or card.fits.any_of(surveys)


def in_order(names: Iterable[str], surveys: Collection[str]) -> list[str]:
    """Encoders in the order of lists: those that fit these surveys by their cards' order, then others by name."""
    cards = known()

    def place(name: str) -> tuple[bool, bool, float, str]:
        card = cards.get(name)
        if card is None:
            return False, True, 0.0, name
        return not card.fits.any_of(surveys) and bool(surveys), name == RANDOM, card.order, name

    return sorted(names, key=place)


def weights_of(name: str) -> str | None:
    """The hash of the weights of a shipped encoder; None if it is not shipped."""
    card = known().get(name)
    return None if card is None else card.weights_sha256


def read_card(path: Path) -> Card | None:
    """The card in a file; None if it is missing or cannot be read."""
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=64)
def _read(path: str, written: int) -> Card:
    """`written` is part of the cache's key. A card holds thousands of names; few of them are kept."""
    card = json.loads(Path(path).read_text(encoding="utf-8"))
    name = Path(path).parent.name
    return Card(
        name=name,
        title=str(card.get("title", name)),
        learned=str(card.get("learned", f"learned by {card.get('method', 'an unknown method')}")),
        fits=_fits(card),
        order=float(card.get("order", LAST)),
        weights_sha256=str(card["weights_sha256"]),
    )


def _fits(card: Mapping[str, Any]) -> Fits:
    """What the card says it fits; an older card fits what its encoder was trained on."""
    trained_on, network, stated = card.get("trained_on", {}), card.get("encoder", {}), card.get("fits", {})
    return Fits(
        surveys=tuple(stated.get("surveys", trained_on.get("surveys", ()))),
        channels=stated.get("channels", network.get("channels")),
        min_size=int(stated.get("min_size", network.get("crop", 1))),
    )

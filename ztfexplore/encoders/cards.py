"""What encoders say of themselves, read off their cards without loading torch: name, title, which stamps they fit."""

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
        surveys: names of those that it was made for; None if it is made for none in particular.
        channels: of the stamps; None if it takes any number.
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
    """What a list of encoders needs to know of one.

    Attributes:
        name: by which it is called.
        title: as the papers write it.
        learned: how, in a few words that follow the title: 'learned without labels'.
        fits: which stamps it fits.
        order: where it is offered among those that fit.
        weights_sha256: of the weights that are shipped; None for a baseline, which has none.
    """

    name: str
    title: str
    learned: str
    fits: Fits
    order: float = LAST
    weights_sha256: str | None = None


# Stretched pixels on their principal axes take what there is; random weights have the shape of the shipped networks.
BASELINES = (
    Card(PCA, "PCA of the pixels", "is a baseline: it compares pixels", Fits(), order=900),
    Card(RANDOM, "random weights", "learned nothing: a baseline", Fits(channels=3, min_size=21), order=910),
)


def shipped() -> list[Card]:
    """The encoders in models/ whose cards can be read, in the order in which they are offered."""
    found = (read_card(folder / CARD_FILE) for folder in MODELS.iterdir()) if MODELS.is_dir() else ()
    return sorted((card for card in found if card is not None), key=_place)


def known() -> dict[str, Card]:
    """Shipped encoders and baselines by name, in the order in which they are offered."""
    return {card.name: card for card in sorted([*shipped(), *BASELINES], key=_place)}


def _place(card: Card) -> tuple[float, str]:
    return card.order, card.name


def made_for(surveys: Collection[str]) -> list[str]:
    """The encoders to begin with for stamps of these surveys, at most two: SimCLR and S-SimCLR for alerts.

    PCA takes a free place, random weights do not. Where no survey is known, those for alerts.
    """
    fitting = [card for card in known().values() if card.fits.any_of(surveys) or not surveys]
    return [card.name for card in fitting if card.name != RANDOM][:2]


def fits(name: str, surveys: Collection[str]) -> bool:
    """Whether an encoder fits stamps of one of these surveys, by its card; one that is not shipped is trusted."""
    card = known().get(name)
    return card is None or card.fits.any_of(surveys)


def in_order(names: Iterable[str], surveys: Collection[str]) -> list[str]:
    """Encoders as they are offered: those that fit these surveys by their cards' order, then others by name."""
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
    """A card file; None if there is none that can be read."""
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=64)
def _read(path: str, written: int) -> Card:
    """`written` is part of the cache's key: a card holds thousands of names, of which few are kept."""
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
    """As the card says; an older one fits what it was trained on."""
    trained_on, network, stated = card.get("trained_on", {}), card.get("encoder", {}), card.get("fits", {})
    return Fits(
        surveys=tuple(stated.get("surveys", trained_on.get("surveys", ()))),
        channels=stated.get("channels", network.get("channels")),
        min_size=int(stated.get("min_size", network.get("crop", 1))),
    )

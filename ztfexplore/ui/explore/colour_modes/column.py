"""A column of the metadata: the label, a band, a date, a measurement."""

from __future__ import annotations

from collections.abc import Sequence

from ztfexplore.display.colours import Categories, Numbers, colourable, colouring
from ztfexplore.ui.explore.colour_mode import COLOURS, COLUMN, ColourMode
from ztfexplore.ui.server.view import View

UNITS = {"magnitude": "mag", "magnitude_error": "mag", "mjd": "days", "ra": "deg", "dec": "deg"}


class Column(ColourMode):
    """Each column that varies is a choice; every choice that no other mode claims is a column."""

    name = COLUMN
    label = "column"
    explanation = "a column of the metadata"

    def choices(self, view: View, encoders: Sequence[str]) -> list[str]:
        return colourable(view.frame)

    def owns(self, choice: str) -> bool:
        return False

    def title(self, choice: str) -> str:
        return choice.replace("_", " ")

    def colours(self, view: View, choice: str, encoders: Sequence[str]) -> Categories | Numbers:
        return colouring(view.frame[choice], _explained(view, choice))


def _explained(view: View, name: str) -> str:
    """A column's name with its unit, or with the surveys' description."""
    if name in UNITS:
        return f"{name} ({UNITS[name]})"
    meanings = [survey.metadata.get(name) for survey in view.surveys]
    return next((f"{name}: {meaning}" for meaning in meanings if meaning), name)


COLOURS.register(Column(), order=10)

"""What can colour the maps. A mode is declared in a file of `colour_modes/` and registers itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import pandas as pd

from ztfexplore.display.colours import Categories, Numbers, colouring
from ztfexplore.registry import Registry
from ztfexplore.ui.server.view import View


class ColourMode(ABC):
    """A way to colour the maps, which offers one choice, its own name, or several.

    Attributes:
        name: in the URL, where it offers one choice.
        label: what a person reads.
        explanation: what it is, in a few words for the box's help.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    explanation: ClassVar[str]

    def is_offered(self, view: View, encoders: Sequence[str]) -> bool:
        """Whether it makes sense for a catalogue and the encoders on the left and right."""
        return True

    def choices(self, view: View, encoders: Sequence[str]) -> list[str]:
        """What the box offers, as it stands in the URL."""
        return [self.name] if self.is_offered(view, encoders) else []

    def owns(self, choice: str) -> bool:
        """Whether a choice is one of its own."""
        return choice == self.name

    def title(self, choice: str) -> str:
        """A choice as a person reads it."""
        return self.label

    def legend(self, choice: str, encoder: str) -> str:
        """What the classes in the legend are, if they are not labels; `encoder` is the title of the left map's."""
        return ""

    @abstractmethod
    def colours(self, view: View, choice: str, encoders: Sequence[str]) -> Categories | Numbers:
        """The colour of every row (n,).

        Raises:
            ZtfexploreError: if they cannot be computed.
        """


# These modules show something, and so may import Streamlit; torch they may not.
COLOURS: Registry[ColourMode] = Registry("colour mode", "ztfexplore.ui.explore.colour_modes", heavy=("torch",))
COLUMN = "column"


def mode_of(choice: str) -> ColourMode:
    """The mode that a choice belongs to; what none claims is a column of the metadata."""
    return next((mode for mode in COLOURS.values() if mode.owns(choice)), COLOURS[COLUMN])


def class_colours(predicted: pd.Series) -> Categories | Numbers:
    """Colours of predicted classes (n,), the same as those of labels."""
    return colouring(predicted.astype(object).rename("label"), "label")

"""The predictions of probes that were saved on the probe page or by the command line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ztfexplore.display.colours import Categories, Numbers
from ztfexplore.probe import store as probe_store
from ztfexplore.ui.explore.colour_mode import COLOURS, ColourMode, class_colours
from ztfexplore.ui.server.view import View


class SavedProbes(ColourMode):
    """Each saved probe is a choice."""

    name = "probe"
    label = "saved probe"
    explanation = "the predictions of saved probes"
    prefix = "probe:"

    def choices(self, view: View, encoders: Sequence[str]) -> list[str]:
        there = (stored for stored in probe_store.saved_probes(view.catalogue) if stored.probe is not None)
        return [f"{self.prefix}{stored.name}" for stored in there]

    def owns(self, choice: str) -> bool:
        return choice.startswith(self.prefix)

    def title(self, choice: str) -> str:
        return f"probe {choice.removeprefix(self.prefix)}"

    def legend(self, choice: str, encoder: str) -> str:
        return f"Predicted by {self.title(choice)}:"

    def colours(self, view: View, choice: str, encoders: Sequence[str]) -> Categories | Numbers:
        return class_colours(_predicted(view, choice.removeprefix(self.prefix)))


def _predicted(view: View, name: str) -> pd.Series:
    """A saved probe's predictions, (n,); none if the probe no longer exists."""
    stored = next((stored for stored in probe_store.saved_probes(view.catalogue) if stored.name == name), None)
    if stored is None or stored.probe is None:
        return pd.Series(np.full(len(view.frame), None, dtype=object))
    return probe_store.predictions(view.catalogue, view.frame, stored.probe)[probe_store.PREDICTED]


COLOURS.register(SavedProbes(), order=30)

"""How much the two encoders disagree about an alert's neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ztfexplore.display.colours import Categories, Numbers, colouring
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.disagreement import disagreement
from ztfexplore.ui.explore.colour_mode import COLOURS, ColourMode
from ztfexplore.ui.server.view import View


class Disagreement(ColourMode):
    """From 0 (the same neighbours) to 1 (none shared)."""

    name = "disagreement"
    label = "neighbour disagreement"
    explanation = "how much the two encoders disagree about an alert's neighbours"

    def is_offered(self, view: View, encoders: Sequence[str]) -> bool:
        return len(set(encoders)) > 1

    def colours(self, view: View, choice: str, encoders: Sequence[str]) -> Categories | Numbers:
        meaning = "neighbour disagreement: 0 if both encoders find the same 12 neighbours, 1 if they share none"
        return colouring(_disagreement(view.token, tuple(encoders), view), meaning)


@st.cache_resource(max_entries=8, show_spinner="Comparing the neighbours of every alert in both embeddings")
def _disagreement(token: str, encoders: tuple[str, ...], _view: View) -> pd.Series:
    """Token and encoders are the cache's key; the view is not hashed."""
    left, right = (embedding.read_embedding(_view.catalogue, name).values for name in encoders)
    return pd.Series(disagreement(left, right))


COLOURS.register(Disagreement(), order=40)

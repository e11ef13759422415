"""How unusual an alert is among all alerts."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ztfexplore.display.colours import Categories, Numbers, colouring
from ztfexplore.embeddings import embedding
from ztfexplore.labelling import anomaly
from ztfexplore.ui.explore.colour_mode import COLOURS, ColourMode
from ztfexplore.ui.server.view import View


class Anomaly(ColourMode):
    """The rank of an alert's anomaly score in the left map's embedding, from 0 to 1."""

    name = "anomaly"
    label = "anomaly score"
    explanation = "how unusual the alert is"

    def colours(self, view: View, choice: str, encoders: Sequence[str]) -> Categories | Numbers:
        meaning = (
            "anomaly: 0.99 is more unusual than 99 % of the alerts in the left map's embedding (isolation forest and "
            "distance to the 10th object)"
        )
        return colouring(_anomaly(view.token, encoders[0], view), meaning)


@st.cache_resource(max_entries=8, show_spinner="Looking for unusual alerts")
def _anomaly(token: str, encoder: str, _view: View) -> pd.Series:
    """Token and encoder are the cache's key; the view is not hashed."""
    vectors = embedding.read_embedding(_view.catalogue, encoder).values
    return anomaly.anomaly_scores(vectors, _view.frame["object_id"].to_numpy())["anomaly"]


COLOURS.register(Anomaly(), order=50)

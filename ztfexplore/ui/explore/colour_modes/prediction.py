"""The prediction of a linear probe on the left map's encoder."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ztfexplore.display.colours import Categories, Numbers
from ztfexplore.embeddings import embedding
from ztfexplore.labelling.active_probe import fit_current
from ztfexplore.ui.explore.colour_mode import COLOURS, ColourMode, class_colours
from ztfexplore.ui.labelling import queue
from ztfexplore.ui.server.view import View


class Prediction(ColourMode):
    """The predictions of the last 'Retrain', else of a probe on the current labels."""

    name = "prediction"
    label = "probe prediction"
    explanation = "the prediction of a linear probe on the left map's encoder"

    def is_offered(self, view: View, encoders: Sequence[str]) -> bool:
        return view.is_labelled

    def legend(self, choice: str, encoder: str) -> str:
        return f"Predicted by a linear probe on {encoder}:"

    def colours(self, view: View, choice: str, encoders: Sequence[str]) -> Categories | Numbers:
        trained = queue.predictions_column(view, encoders[0])
        if trained is None:
            trained = _fitted(view.token, view.labels, encoders[0], view)
        return class_colours(trained)


@st.cache_resource(max_entries=8, show_spinner="Fitting a probe on the labels")
def _fitted(token: str, labels: str, encoder: str, _view: View) -> pd.Series:
    """Token, labels and encoder are the cache's key; the view is not hashed."""
    vectors = embedding.read_embedding(_view.catalogue, encoder).values
    return fit_current(_view.frame, vectors, encoder).table["predicted"]


COLOURS.register(Prediction(), order=20)

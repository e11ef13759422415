"""What the maps are coloured by: a column of metadata, or something computed from the embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from ztfexplore.display.colours import Categories, Numbers, colourable, colouring
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.disagreement import disagreement
from ztfexplore.errors import ZtfexploreError
from ztfexplore.labelling import anomaly
from ztfexplore.labelling.active_probe import fit_current
from ztfexplore.probe import store as probe_store
from ztfexplore.ui.labelling import queue
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import choice

PREDICTION, DISAGREEMENT, ANOMALY, SAVED = "prediction", "disagreement", "anomaly", "probe:"
TITLES = {
    PREDICTION: "probe prediction",
    DISAGREEMENT: "neighbour disagreement",
    ANOMALY: "anomaly score",
}
MEANINGS = {
    DISAGREEMENT: "neighbour disagreement: 0 if both encoders find the same 12 neighbours, 1 if they share none",
    ANOMALY: "anomaly: 0.99 is more unusual than 99 % of the alerts in the left map's embedding (isolation forest and "
    "distance to the 10th object)",
}
UNITS = {"magnitude": "mag", "magnitude_error": "mag", "mjd": "days", "ra": "deg", "dec": "deg"}


def choose(view: View, encoders: Sequence[str]) -> str:
    """The box to choose in. The choice is kept in the URL."""
    names = colourable(view.frame) + _computable(view, encoders)
    return choice.select(
        "Colour by",
        names,
        "colour",
        names[0],
        _title,
        "A column of the metadata, or a value computed from the embeddings: the prediction of a linear probe on the "
        "left map's encoder, the predictions of saved probes, how much the two encoders disagree about an alert's "
        "neighbours, or how unusual the alert is.",
    )


def _computable(view: View, encoders: Sequence[str]) -> list[str]:
    saved = [f"{SAVED}{stored.name}" for stored in probe_store.saved_probes(view.catalogue) if stored.probe is not None]
    return [
        *([PREDICTION] if view.is_labelled else []),
        *saved,
        *([DISAGREEMENT] if len(set(encoders)) > 1 else []),
        ANOMALY,
    ]


def _title(name: str) -> str:
    if name.startswith(SAVED):
        return f"probe {name.removeprefix(SAVED)}"
    return TITLES.get(name, name.replace("_", " "))


def legend(name: str, encoder: str) -> str:
    """What the classes in the legend are, if they are not labels."""
    if name == PREDICTION:
        return f"Predicted by a linear probe on {encoder}:"
    return f"Predicted by probe {name.removeprefix(SAVED)}:" if name.startswith(SAVED) else ""


def colours(view: View, name: str, encoders: Sequence[str]) -> Categories | Numbers:
    """The colour of every row; by class, with a warning, if they cannot be computed."""
    try:
        if name == PREDICTION:
            return _classes(_prediction(view, encoders[0]))
        if name.startswith(SAVED):
            return _classes(_saved(view, name.removeprefix(SAVED)))
        if name == DISAGREEMENT:
            return colouring(_disagreement(view.token, tuple(encoders), view), MEANINGS[name])
        if name == ANOMALY:
            return colouring(_anomaly(view.token, encoders[0], view), MEANINGS[name])
        return colouring(view.frame[name], _column_title(view, name))
    except ZtfexploreError as error:
        st.warning(escape_markdown(f"Not coloured by {_title(name)}: {error}"), icon=":material/palette:")
        return colouring(view.frame["label"], "label")


def _classes(predicted: pd.Series) -> Categories | Numbers:
    """Colours of predicted classes, the same as those of labels."""
    return colouring(predicted.astype(object).rename("label"), "label")


def _prediction(view: View, encoder: str) -> pd.Series:
    """Predictions of the last 'Retrain', else of a probe on the current labels."""
    trained = queue.predictions_column(view, encoder)
    return trained if trained is not None else _fitted(view.token, view.labels, encoder, view)


# The cache's keys are tokens, labels and encoders; the view is not hashed.


@st.cache_resource(max_entries=8, show_spinner="Fitting a probe on the labels")
def _fitted(token: str, labels: str, encoder: str, _view: View) -> pd.Series:
    return fit_current(_view.frame, embedding.read_embedding(_view.catalogue, encoder).values, encoder).table[
        "predicted"
    ]


def _saved(view: View, name: str) -> pd.Series:
    stored = next((stored for stored in probe_store.saved_probes(view.catalogue) if stored.name == name), None)
    if stored is None or stored.probe is None:
        return pd.Series(np.full(len(view.frame), None, dtype=object))
    return probe_store.predictions(view.catalogue, view.frame, stored.probe)[probe_store.PREDICTED]


@st.cache_resource(max_entries=8, show_spinner="Comparing the neighbours of every alert in both embeddings")
def _disagreement(token: str, encoders: tuple[str, ...], _view: View) -> pd.Series:
    left, right = (embedding.read_embedding(_view.catalogue, name).values for name in encoders)
    return pd.Series(disagreement(left, right))


@st.cache_resource(max_entries=8, show_spinner="Looking for unusual alerts")
def _anomaly(token: str, encoder: str, _view: View) -> pd.Series:
    vectors = embedding.read_embedding(_view.catalogue, encoder).values
    return anomaly.anomaly_scores(vectors, _view.frame["object_id"].to_numpy())["anomaly"]


def _column_title(view: View, name: str) -> str:
    if name in UNITS:
        return f"{name} ({UNITS[name]})"
    meanings = [survey.metadata.get(name) for survey in view.surveys]
    return next((f"{name}: {meaning}" for meaning in meanings if meaning), name)

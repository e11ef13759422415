"""Save a probe, and its predictions for the alerts without a label, as tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pandas as pd
import pyarrow as pa
import streamlit as st

from ztfexplore.errors import ZtfexploreError
from ztfexplore.probe import apply as probe_apply
from ztfexplore.probe import store as probe_store
from ztfexplore.probe.features import IMAGES
from ztfexplore.probe.saved import ENDING, SavedProbe
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.probe.run import ProbeComparison
from ztfexplore.ui.server.view import View

Title = Callable[[str], str]
EVERYTHING = "predict-all"
TYPES = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}


def show_saving(view: View, comparison: ProbeComparison, title: Title) -> None:
    """Widgets for each probe: save it, download it, see its predictions."""
    everything = st.toggle(
        "Predict labelled alerts too",
        key=EVERYTHING,
        help="Predictions for objects that a probe was fitted on are not a test: the column fitted_on marks them.",
    )
    for place, (name, trained) in zip(st.columns(len(comparison.trained)), comparison.trained.items(), strict=True):
        with place.container(border=True):
            st.markdown(f"**{escape_markdown(title(name))}**")
            _save(view, comparison, name, trained.saved)
            _predictions(view, name, trained.saved, everything)
    _saved_before(view)


def default_name(comparison: ProbeComparison, name: str) -> str:
    """A suggested file name for a probe."""
    question = comparison.question
    parts = [name, *([question.features] if question.features not in (IMAGES, name) else [])]
    if question.config.label_fraction < 1:
        parts.append(f"{question.config.label_fraction:g}-of-labels")
    return "-".join(parts)


def _save(view: View, comparison: ProbeComparison, name: str, saved: SavedProbe) -> None:
    wanted = st.text_input("Name", default_name(comparison, name), key=f"name-{name}", max_chars=80)
    beside, file = st.columns(2)
    if beside.button(
        "Save", key=f"save-{name}", help="Saves it beside the catalogue: the maps can then be coloured by it."
    ):
        try:
            path = probe_store.store_probe(view.catalogue, wanted, saved)
            st.success(escape_markdown(f"Saved as {path.stem}, in {path.parent}"))
        except ZtfexploreError as error:
            st.error(escape_markdown(str(error)))
    file.download_button(
        "Probe (JSON)",
        lambda: (json.dumps(saved.as_dict(), indent=1, allow_nan=False) + "\n").encode(),
        f"{_file(wanted, name)}{ENDING}",
        "application/json",
        key=f"json-{name}",
        on_click="ignore",
        help="Classes, coefficients, the hash of the encoder's weights, versions. `ztfexplore probe apply` reads it.",
    )


def _file(wanted: str, name: str) -> str:
    """The wanted name if it works as a file name, otherwise a default."""
    try:
        return probe_store.check_name(wanted)
    except ZtfexploreError:
        return f"probe-{name}"


def _predictions(view: View, name: str, saved: SavedProbe, everything: bool) -> None:
    try:
        table, report = probe_apply.predict(view.snapshot, saved, everything)
    except ZtfexploreError as error:
        st.error(escape_markdown(str(error)))
        return
    st.markdown(f"**{report['rows']}** alerts {'' if everything else 'without a label '}predicted")
    if report["not_embedded"]:
        st.caption(f"Left out because they have no embedding: {report['not_embedded']}.")
    if not report["rows"]:
        st.caption("Every alert here has a label." if not everything else "No alert here has an embedding.")
        return
    st.dataframe(_counts(table, report["predicted"]), hide_index=True, width="stretch")
    for place, (ending, mime) in zip(st.columns(2), TYPES.items(), strict=True):
        place.download_button(
            f"Predictions ({ending[1:].upper() if ending == '.csv' else 'Parquet'})",
            partial(probe_apply.table_bytes, table, ending),
            f"predictions-{name}{ending}",
            mime,
            key=f"predictions-{name}{ending}",
            on_click="ignore",
        )


def _counts(table: pa.Table, predicted: dict[str, int]) -> pd.DataFrame:
    """Alerts and objects of each predicted class, and its median probability."""
    frame = table.select(["object_id", "predicted"]).to_pandas()
    sure = table.select([f"{probe_apply.PROBABILITY}{label}" for label in predicted]).to_pandas().max(axis=1)
    groups = frame.assign(sure=sure).groupby("predicted")
    counts = pd.DataFrame(
        {
            "alerts": groups.size(),
            "objects": groups["object_id"].nunique(),
            "median p": groups["sure"].median().round(2),
        }
    )
    return counts.reindex(list(predicted)).fillna({"alerts": 0, "objects": 0}).rename_axis("class").reset_index()


def _saved_before(view: View) -> None:
    """The probes saved beside the catalogue."""
    stored = probe_store.saved_probes(view.catalogue)
    if not stored:
        return
    st.markdown("**Saved beside this catalogue**")
    rows = [
        {
            "name": one.name,
            "encoder": one.probe.encoder if one.probe else "",
            "features": one.probe.features if one.probe else "",
            "classes": ", ".join(one.probe.classes) if one.probe else "",
            "balanced accuracy (cross-validation)": one.probe.cross_validation.balanced_accuracy if one.probe else None,
            "seen in training": one.probe.labels_seen_in_training if one.probe else None,
            "created": one.probe.created if one.probe else one.problem,
        }
        for one in stored
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")

"""The augmentations page's charts: how far augmentations move this stamp, and two hundred objects."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ztfexplore.augment.registry import PROBABILITY, Augmentation
from ztfexplore.encoders.encoder import Encoder
from ztfexplore.errors import ZtfexploreError
from ztfexplore.evaluation import invariance, invariance_summary
from ztfexplore.evaluation.invariance_summary import InvarianceSummary
from ztfexplore.plots import augment as plots_augment
from ztfexplore.ui.augmentations.subject import Subject, networks
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import charts
from ztfexplore.ui.widgets.naming import title

MOST_SUMMARIES = 64
SECONDS = 10  # roughly, for one encoder's summary


# --- this stamp ------------------------------------------------------------------------------------------------------


def moves(subject: Subject, one: Augmentation, strength: float | None) -> None:
    """The chart and the table of how far each augmentation moves this stamp."""
    if not subject.encoders:
        return
    with st.spinner("Embedding views of this stamp", show_time=False):
        parts = [_of_encoder(subject, name, one, strength) for name in subject.encoders]
    table = pd.concat(parts, ignore_index=True)
    chosen = one.name if _is_at_strength(one, strength) else None
    charts.chart(plots_augment.moves_figure(table, title, chosen), "moves", "ztfexplore-moves")
    text = (
        f"Median and 16th to 84th percentile of {invariance.SAMPLES} samples, each augmentation at its default "
        f"strength, on every sample{f'; {one.name} as set by the slider' if chosen else ''}. Left of the dotted line: "
        "moved less than the distance to its nearest neighbour. An encoder averages over its fixed rotations when it "
        "embeds."
    )
    st.caption(escape_markdown(text))
    _table(table, f"moves-{subject.view.column('candid')[subject.row]}.csv", "moves")


def _is_at_strength(one: Augmentation, strength: float | None) -> bool:
    """Whether the slider sets its strength, not its probability."""
    return one.strength is not None and one.strength.parameter != PROBABILITY and strength is not None


def _of_encoder(subject: Subject, name: str, one: Augmentation, strength: float | None) -> pd.DataFrame:
    """One encoder's part of the table; only the chosen augmentation is measured again when its slider moves."""
    network = subject.encoders[name]
    sha = network.weights_sha256
    table = _moves(subject, network, subject.view.token, subject.row, sha, subject.seed)
    default = None if one.strength is None else one.strength.default
    if _is_at_strength(one, strength) and strength != default:
        far = invariance.displacements(network, subject.stamp, one.recipe(strength, always=True), seed=subject.seed)
        row = invariance.displacement_row(network, invariance.AUGMENTATION, one.name, far)
        at = table.index[table["name"] == one.name][0]
        table.loc[at, list(row)] = list(row.values())
    try:
        places = _references(subject, network, subject.view.token, subject.row, sha)
    except ZtfexploreError:
        return table  # not embedded yet: no neighbours
    return pd.concat([table, places], ignore_index=True)


@st.cache_data(max_entries=500, show_spinner=False)
def _moves(_subject: Subject, _network: Encoder, token: str, row: int, sha: str, seed: int) -> pd.DataFrame:
    """All but the first two arguments are the cache's key."""
    return invariance.displacement_table(_network, _subject.stamp, seed)


@st.cache_data(max_entries=500, show_spinner=False)
def _references(_subject: Subject, _network: Encoder, token: str, row: int, sha: str) -> pd.DataFrame:
    """All but the first two arguments are the cache's key."""
    index = _subject.view.index(_network.name)
    return invariance.reference_distances(_network, index, _subject.view.frame["object_id"], row)


# --- many objects ----------------------------------------------------------------------------------------------------


@st.cache_resource(show_spinner=False)
def _store() -> dict[tuple[str, str], InvarianceSummary]:
    """Summaries by catalogue version and weights, for all sessions of this server."""
    return {}


def summary(view: View, names: list[str]) -> None:
    """The chart and the table of what the encoders have become invariant to; measured on request."""
    chosen = {name: networks(view, view.token).networks[name] for name in names}
    if not chosen:
        st.caption("Choose an encoder above.")
        return
    missing = [network for network in chosen.values() if (view.token, network.weights_sha256) not in _store()]
    if missing:
        place = st.empty()
        with place.container():
            if not _offer(view, missing):
                return
        place.empty()
    found = [_store()[view.token, network.weights_sha256] for network in chosen.values()]
    _verdicts(found)
    table = pd.concat([one.table for one in found], ignore_index=True)
    charts.chart(plots_augment.invariance_figure(table, title), "invariance", "ztfexplore-invariance")
    left_out = sum(one.left_out for one in found)
    unfit = f" {left_out} stamps that do not fit an encoder were left out." if left_out else ""
    text = (
        f"{int(table['objects'].max())} objects, drawn with a fixed seed; {invariance_summary.SAMPLES} views of each, "
        "every augmentation at its default strength and on every view. Median over objects; bars are 95 % intervals by "
        f"bootstrap over objects; vertical lines are distances to other objects.{unfit} The same numbers "
        "from the command line:"
    )
    st.caption(escape_markdown(text))
    encoders = " ".join(f"--encoder {name}" for name in chosen)
    st.code(f"ztfexplore bench invariance {view.catalogue.path} {encoders} --output invariance.csv", language="bash")
    _table(table, f"invariance-{view.catalogue.path.name}.csv", "summary")


def _offer(view: View, missing: list[Encoder]) -> bool:
    """The button that measures, and its progress; True when all is measured."""
    names = " and ".join(title(network.name) for network in missing)
    objects = min(invariance_summary.OBJECTS, len(view.frame))
    st.markdown(
        escape_markdown(
            f"Not measured yet: {names}, up to {objects} objects, all augmentations. It takes some seconds, only once."
        )
    )
    label = f"Measure (about {SECONDS * len(missing)} s)"
    if not st.button(label, type="primary", key="measure", icon=":material/straighten:"):
        return False
    try:
        for network in missing:
            _measure(view, network)
    except ZtfexploreError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return False
    return True


def _measure(view: View, network: Encoder) -> None:
    """One encoder's summary into the store, with progress."""
    total, done = invariance_summary.steps_of_summary(network), 0
    what = f"Moving objects in the embedding of {title(network.name)}"
    bar = st.progress(0.0, text=what)

    def on_step(count: int) -> None:
        nonlocal done
        done += count
        bar.progress(min(done / total, 1.0), text=what)

    index = view.index(network.name)
    found = invariance_summary.summarise_catalogue(view.catalogue, view.frame, index, network, on_step)
    bar.empty()
    store = _store()
    while len(store) >= MOST_SUMMARIES:
        store.pop(next(iter(store)))
    store[view.token, network.weights_sha256] = found


def _verdicts(found: list[InvarianceSummary]) -> None:
    """The answer in words, one line per encoder."""
    for one in found:
        ends = invariance_summary.split_by_invariance(one.table)
        name = title(one.table["encoder"].iloc[0])
        st.markdown(
            f"**{escape_markdown(name)}**: invariant to {_listed(ends.invariant)} (moved less than the distance to "
            f"the nearest neighbour); not to {_listed(ends.sensitive)} (moved farther than the distance to the 12th)."
        )


def _listed(names: list[str]) -> str:
    return escape_markdown(", ".join(names)) or "none of them"


# --- both ------------------------------------------------------------------------------------------------------------


def _table(table: pd.DataFrame, file: str, key: str) -> None:
    """The numbers behind a chart, and a button that saves them."""
    with st.expander("The numbers"):
        numbers = table.select_dtypes("float").columns
        formats = {name: st.column_config.NumberColumn(format="%.3g") for name in numbers}
        st.dataframe(table, hide_index=True, column_config=formats, key=f"table-{key}")
        charts.download(table, file, f"csv-{key}", "CSV")

"""The explore page's parts: maps of two encoders, the picked object, its neighbours in both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ztfexplore.embeddings.uploaded_alert import UploadedAlert
from ztfexplore.encoders import cards
from ztfexplore.ui import state
from ztfexplore.ui.app import page
from ztfexplore.ui.components.linked_maps.maps import MapPanel, show_maps
from ztfexplore.ui.components.linked_maps.neighbours import picked, show_neighbours
from ztfexplore.ui.components.stamp_viewer.stamps import show_stamps
from ztfexplore.ui.explore import colour_choice, selection
from ztfexplore.ui.markup import escape_markdown
from ztfexplore.ui.server.view import View
from ztfexplore.ui.widgets import choice
from ztfexplore.ui.widgets.naming import learned, nouns, title

PAGE = "explore"
QUERY = (state.LIKE, state.UNLIKE)


def map_title(encoder: str, trustworthiness: float) -> str:
    """The title of a map. The trustworthiness (0 to 1) of a map made elsewhere may be unknown (NaN)."""
    known = np.isfinite(trustworthiness)
    return f"{title(encoder)} · trustworthiness {trustworthiness:.2f}" if known else title(encoder)


def simulated_note(view: View) -> str | None:
    """How many alerts are simulated, in a few words; None if there are none."""
    simulated = [survey.name for survey in view.surveys if survey.simulated]
    count = int(view.frame["survey"].isin(simulated).sum())
    if not count:
        return None
    if count == len(view.frame):
        return "simulated alerts, not real objects"
    return f"{count:,} of {len(view.frame):,} are simulated, not real objects"


def choose_encoders(view: View, columns: Sequence[DeltaGenerator]) -> tuple[str, ...]:
    """The encoders on the left and on the right, among those that have a map; a single one if only one has."""
    if not view.mapped:
        _say_how_to_map(view)
    chosen = []
    for index, side in enumerate(("left", "right")[: len(view.mapped)]):
        label = f"{side.capitalize()} map" if len(view.mapped) > 1 else "Map"
        with columns[index]:
            chosen.append(choice.select(label, view.mapped, side, view.mapped[index], title))
    return tuple(chosen)


def _say_how_to_map(view: View) -> None:
    """End the page with the commands that make maps, for the encoders made for these stamps."""
    names = cards.made_for([survey.name for survey in view.surveys])
    page.stop(
        f"Catalogue {view.catalogue.path.name} has {len(view.frame)} {nouns(view)[1]}, but no map yet. Make one:",
        "\n".join(
            f"ztfexplore {command} --catalogue {view.catalogue.path} --encoder {name}"
            for name in names
            for command in ("embed", "project")
        ),
    )


def choose_same_object(view: View) -> bool:
    """Whether stamps left out by default count as neighbours; asked only where some would be left out."""
    if not view.has_same:
        return False
    if any(survey.one_picture for survey in view.surveys):
        return st.toggle("Overlapping", help="Let stamps that share pixels with the picked one count as neighbours.")
    return st.toggle(
        "Same object", help="Let other alerts of the same object count as neighbours. They are left out by default."
    )


def maps(
    view: View, encoders: Sequence[str], colour: str, passed: np.ndarray | None, uploaded: UploadedAlert | None
) -> None:
    """The maps; the browser fetches the points only if the catalogue or the choice of encoders changes.

    Args:
        view: the catalogue.
        encoders: whose maps.
        colour: what colours the points, see `colour_choice`.
        passed: bool (n,), False for rows that a filter leaves out; None for no filter.
        uploaded: an uploaded alert, marked at its position on each map.
    """
    panels = [
        MapPanel(name, map_title(name, projection.trustworthiness), projection.points)
        for name, projection in ((name, view.map(name)) for name in encoders)
    ]
    if view.problem:
        st.warning(escape_markdown(view.problem), icon=":material/label_off:")
    colours = colour_choice.colours(view, colour, encoders)
    show_maps(
        PAGE,
        view,
        panels,
        colours,
        shown=passed,
        uploaded=None if uploaded is None else uploaded.positions,
        note=simulated_note(view),
        legend=colour_choice.legend(colour, title(encoders[0])),
    )
    view.preload(encoders)


def picked_row(view: View) -> int | None:
    """The row of the alert in the URL; says so if it is not in the catalogue."""
    key = state.picked_key()
    if key is None:
        if state.get(state.CANDID) is not None:
            what = f"{state.get(state.CANDID)!r} is not a candid (a whole number, with its survey before it: ztf:123)."
            st.warning(escape_markdown(what))
        return None
    row = view.row_of(key)
    if row is None:
        st.warning(escape_markdown(f"{view.why_not(key)}."))
    return row


def query(view: View, row: int | None) -> tuple[list[int], list[int]]:
    """Rows to find neighbours of, the picked one first, and rows to be far from, as the URL names them."""
    if row is None:
        return [], []
    like, unlike = (
        [found for found in map(view.row_of, state.picked_keys(name)) if found is not None] for name in QUERY
    )
    return [row, *(other for other in like if other != row)], unlike


def on_pick(view: View) -> None:
    """Put objects that were picked in a map or in a grid into the URL."""
    found = picked(PAGE, view)
    if found is None:
        return
    like, unlike = ([view.key_of(row) for row in rows] for rows in found)
    state.put(state.CANDID, like[0] if like else None)
    state.put(state.LIKE, ",".join(like[1:]) or None)
    state.put(state.UNLIKE, ",".join(unlike) or None)


def welcome(view: View, encoders: Sequence[str]) -> None:
    """The text below the maps until an object is picked."""
    one, _ = nouns(view)
    how_learned = [words for words in map(learned, dict.fromkeys(encoders)) if words]
    what, how, where = st.columns(3)
    what.markdown(
        f"**What you see.** Each point is {'an' if one[0] in 'aeiou' else 'a'} {one}. "
        "Points lie close together if the encoder finds their stamps similar. "
        + (f"{'; '.join(how_learned)}." if how_learned else "")
    )
    how.markdown(
        "**Click a point** in either map: it is marked in both, and its stamps, its metadata and its nearest "
        "neighbours in each embedding appear. Click a neighbour to continue from there. Plus and minus on a "
        "neighbour search for more objects like several at once, and unlike others."
    )
    where.markdown(
        "**Point** at an object to see its stamp. The **wheel** zooms, **F** shows everything, the **legend** hides "
        "classes, **Box** and **Lasso** select many objects, to label them at once. The **arrow keys** walk through "
        "the neighbours, **Esc** drops the picked object, **L** goes to the labels. The address bar always links to "
        "what you see."
    )
    if _is_simulated(view):
        st.info(
            "These alerts are simulated: no telescope saw them. The encoders were trained on other alerts of the same "
            "simulation, so these maps look tidier than those of a real night. The README says how to load a night of "
            "your own."
        )


def _is_simulated(view: View) -> bool:
    """Whether every alert is simulated."""
    return bool(view.surveys) and all(survey.simulated for survey in view.surveys)


def stamps(view: View, row: int) -> None:
    """The picked object's name, class and stamps, drawn in the browser."""
    show_stamps(PAGE, view, row)


def neighbours(view: View, row: int | None, encoders: Sequence[str], same_object: bool) -> None:
    """The grids of neighbours under the maps."""
    show_neighbours(
        PAGE,
        view,
        query(view, row),
        [(name, title(name)) for name in encoders],
        same_object=same_object,
        selected=selection.named(view),
        state=view.labels,
        on_pick=lambda: on_pick(view),
        on_select=lambda: selection.remember(PAGE, view),
    )

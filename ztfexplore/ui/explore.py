"""The explore page's parts: maps of two encoders, the picked object, its neighbours in both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ztfexplore.colours import UNLABELLED, colourable, colouring, label_colour
from ztfexplore.display import data_uri, thumbnail_png
from ztfexplore.errors import CatalogueError
from ztfexplore.neighbours import Neighbours
from ztfexplore.survey import ALERT_ENCODERS, SURVEYS
from ztfexplore.ui import linked_maps, page, state
from ztfexplore.ui.linked_maps import MapPanel, Neighbour, NeighbourPanel
from ztfexplore.ui.resources import View

PAGE = "explore"
NEIGHBOURS = 12
TITLES = {
    "simclr": "SimCLR",
    "s-simclr": "S-SimCLR",
    "simsiam": "SimSiam",
    "supervised": "supervised (cross-entropy)",
    "galaxies-simsiam": "SimSiam (galaxies)",
    "pca": "PCA of the pixels",
    "random": "random weights",
}
LEARNED = {
    "simclr": "*SimCLR* learned without labels",
    "s-simclr": "*S-SimCLR* learned with labels",
    "simsiam": "*SimSiam* learned without labels and without negatives",
    "supervised": "*supervised* is a classifier's network: a yardstick",
    "galaxies-simsiam": "*SimSiam* learned from galaxies, without labels",
    "pca": "*PCA of the pixels* is a yardstick",
    "random": "*random weights* learned nothing: a yardstick",
}


def title(encoder: str) -> str:
    """An encoder's name as the papers write it."""
    return TITLES.get(encoder, encoder)


def nouns(view: View) -> tuple[str, str]:
    """What the objects of a catalogue are called, one and several."""
    found = {survey.nouns for survey in view.surveys}
    return found.pop() if len(found) == 1 else ("object", "objects")


def choose_encoders(view: View, columns: list) -> tuple[str, ...]:  # type: ignore[type-arg]
    """The encoders on the left and on the right, from those that have a map; only one if there is only one."""
    if not view.mapped:
        _say_how_to_map(view)
    chosen = []
    for index, side in enumerate(("left", "right")[: len(view.mapped)]):
        asked = state.get(side)
        default = view.mapped.index(asked) if asked in view.mapped else index
        with columns[index]:
            label = f"{side.capitalize()} map" if len(view.mapped) > 1 else "Map"
            name = st.selectbox(label, view.mapped, index=default, format_func=title)
        if asked is not None or name != view.mapped[index]:
            state.put(side, name)
        chosen.append(name)
    return tuple(chosen)


def _say_how_to_map(view: View) -> None:
    """End the page with the commands that make maps, for the encoders made for these stamps."""
    made_for = dict.fromkeys(name for survey in view.surveys for name in survey.encoders)
    names = list(made_for) if view.surveys else list(ALERT_ENCODERS)
    page.stop(
        f"Catalogue {view.catalogue.path.name} has {len(view.frame)} {nouns(view)[1]}, but no map yet. Make one:",
        "\n".join(
            f"ztfexplore {command} --catalogue {view.catalogue.path} --encoder {name}"
            for name in names
            for command in ("embed", "project")
        ),
    )


def choose_colour(view: View) -> str:
    """The column that colours the maps."""
    names = colourable(view.frame)
    asked = state.get("colour")
    name = st.selectbox("Colour by", names, index=names.index(asked) if asked in names else 0)
    if asked is not None or name != names[0]:
        state.put("colour", name)
    return name


def choose_same_object(view: View) -> bool:
    """Whether what is left out by default counts as a neighbour; not asked where nothing would be left out."""
    if not view.has_same:
        return False
    if any(survey.one_picture for survey in view.surveys):
        return st.toggle(
            "Overlapping too", help="Let stamps that share pixels with the picked one count as neighbours."
        )
    return st.toggle(
        "Same object too", help="Let other alerts of the same object count as neighbours. They are left out by default."
    )


def maps(view: View, encoders: Sequence[str], colour: str) -> None:
    """The maps; they go to the browser again only if the catalogue or the choice changes."""
    version = f"{view.key}:{':'.join(encoders)}"
    panels = [
        MapPanel(f"{title(name)} · trustworthiness {projection.trustworthiness:.2f}", projection.points)
        for name, projection in ((name, view.map(name)) for name in encoders)
    ]
    note = "simulated alerts, no real objects" if _is_simulated(view) else None
    linked_maps.maps(PAGE, version, panels, view.frame["object_id"].tolist(), note)
    linked_maps.colour(PAGE, version, colouring(view.frame[colour], _colour_title(view, colour)))


def _colour_title(view: View, name: str) -> str:
    units = {"magnitude": "mag", "magnitude_error": "mag", "mjd": "days", "ra": "deg", "dec": "deg"}
    if name in units:
        return f"{name} ({units[name]})"
    meanings = [survey.metadata.get(name) for survey in view.surveys]
    return next((f"{name}: {meaning}" for meaning in meanings if meaning), name)


def picked_row(view: View) -> int | None:
    """The row of the alert in the URL; says so if it is not in the catalogue."""
    candid = state.picked_candid()
    if candid is None:
        if state.get(state.CANDID) is not None:
            st.warning(f"{state.get(state.CANDID)!r} is no candid (a whole number).")
        return None
    row = view.row_of(candid)
    if row is None:
        st.warning(f"candid {candid} is not in catalogue {view.catalogue.path.name}.")
    return row


def on_pick(view: View) -> None:
    """A click in a map or on a neighbour: the picked object goes to the URL."""
    result = st.session_state.get(linked_maps.panel_key(PAGE)) or {}
    pick = result.get("pick") or {}
    row = pick.get("row")
    if isinstance(row, int) and 0 <= row < len(view.frame):
        state.put(state.CANDID, str(int(view.frame["candid"].iat[row])))


def neighbour_panels(view: View, row: int | None, encoders: Sequence[str], same_object: bool) -> list[NeighbourPanel]:
    """The nearest of the picked object in each embedding, with how many two of them share."""
    if row is None:
        return []
    found = [_nearest(view, name, row, same_object) for name in encoders]
    shared = set.intersection(*(set(near.rows.tolist()) for near in found)) if len(found) > 1 else set()
    images = _images(view, sorted({r for near in found for r in near.rows.tolist()}))
    return [_panel(view, name, near, shared, images) for name, near in zip(encoders, found, strict=True)]


def _nearest(view: View, name: str, row: int, same_object: bool) -> Neighbours:
    """The nearest of a row; none if it was ingested after the encoder ran."""
    try:
        return view.index(name).query(row, NEIGHBOURS, same_object)
    except CatalogueError:
        return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))


def _panel(view: View, name: str, found: Neighbours, shared: set[int], images: dict[int, str]) -> NeighbourPanel:
    items = tuple(
        _neighbour(view, row, distance, row in shared, images[row])
        for row, distance in zip(found.rows.tolist(), found.distances.tolist(), strict=True)
    )
    note = "cosine distance"
    if not items:
        note = "no neighbours: this encoder has not embedded it yet ('ztfexplore embed' does)"
    elif len(view.mapped) > 1:
        note += f"; {len(shared)} of {len(items)} are neighbours in both (framed)"
    return NeighbourPanel(f"{title(name)}: {len(items)} nearest", note, items)


def _neighbour(view: View, row: int, distance: float, shared: bool, image: str) -> Neighbour:
    record = view.frame.iloc[row]
    label = record["label"] if isinstance(record["label"], str) else None
    # Where nothing has a class its name says more than 'unlabelled' a dozen times.
    caption = label or (UNLABELLED if view.is_labelled else record["object_id"])
    return Neighbour(
        row=row,
        candid=str(record["candid"]),
        object_id=record["object_id"],
        caption=caption,
        colour=label_colour(label) if view.is_labelled else "transparent",
        distance=distance,
        image=image,
        shared=shared,
        simulated=SURVEYS[record["survey"]].simulated,
    )


def _images(view: View, rows: list[int]) -> dict[int, str]:
    """One picture of each row's stamp, read together."""
    stamps = view.catalogue.stamps(np.array(rows, dtype=np.int64))
    surveys = view.frame["survey"].iloc[rows]
    return {
        row: data_uri(thumbnail_png(stamp, SURVEYS[survey]))
        for row, stamp, survey in zip(rows, stamps, surveys, strict=True)
    }


def welcome(view: View, encoders: Sequence[str]) -> None:
    """What stands below the maps until an object is picked."""
    one, _ = nouns(view)
    learned = [LEARNED[name] for name in dict.fromkeys(encoders) if name in LEARNED]
    what, how, where = st.columns(3)
    what.markdown(
        f"**What you see.** Each point is {'an' if one[0] in 'aeiou' else 'a'} {one}. "
        "Points lie close together if the encoder finds their stamps alike. "
        + (f"{'; '.join(learned)}." if learned else "")
    )
    how.markdown(
        "**Click a point** in any map: it is marked in all, its stamps and metadata appear, and its nearest "
        "neighbours in each embedding. Click a neighbour to go on from there."
    )
    where.markdown(
        "**Wheel** zooms, **drag** moves, the **legend** hides classes. The address bar always links to what you see, "
        "so that a colleague opens the same object."
    )
    if _is_simulated(view):
        st.info(
            "These alerts are simulated: no telescope saw them. The encoders were trained on others of the same "
            "simulation, so these maps are tidier than a real night's. The README says how to load a night of your own."
        )


def _is_simulated(view: View) -> bool:
    return any(survey.simulated for survey in view.surveys)


def neighbours(view: View, row: int | None, encoders: Sequence[str], same_object: bool) -> None:
    """The grids under the maps."""
    candid = None if row is None else str(int(view.frame["candid"].iat[row]))
    panels = neighbour_panels(view, row, encoders, same_object)
    linked_maps.neighbours(PAGE, row, candid, panels, lambda: on_pick(view))

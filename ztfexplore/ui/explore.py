"""The explore page's parts: maps of two encoders, the picked object, its neighbours in both."""

from __future__ import annotations

import numpy as np
import streamlit as st

from ztfexplore.colours import colourable, colouring, label_colour
from ztfexplore.display import data_uri, strip_png
from ztfexplore.neighbours import Neighbours
from ztfexplore.survey import SURVEYS
from ztfexplore.ui import linked_maps, page, state
from ztfexplore.ui.linked_maps import MapPanel, Neighbour, NeighbourPanel
from ztfexplore.ui.resources import View

PAGE = "explore"
NEIGHBOURS = 12
TITLES = {"simclr": "SimCLR", "s-simclr": "S-SimCLR", "random": "random weights"}


def title(encoder: str) -> str:
    """An encoder's name as the papers write it."""
    return TITLES.get(encoder, encoder)


def choose_encoders(view: View, columns: list) -> tuple[str, str]:  # type: ignore[type-arg]
    """Which encoder is on the left and which on the right, from those that have a map."""
    if not view.mapped:
        page.stop(
            f"Catalogue {view.catalogue.path.name} has {len(view.frame)} alerts, but no map yet. Make one:",
            "\n".join(
                f"ztfexplore {command} --catalogue {view.catalogue.path} --encoder {name}"
                for name in ("simclr", "s-simclr")
                for command in ("embed", "project")
            ),
        )
    chosen = []
    for index, side in enumerate(("left", "right")):
        asked = state.get(side)
        default = view.mapped.index(asked) if asked in view.mapped else min(index, len(view.mapped) - 1)
        with columns[index]:
            name = st.selectbox(f"{side.capitalize()} map", view.mapped, index=default, format_func=title)
        if asked is not None or name != view.mapped[min(index, len(view.mapped) - 1)]:
            state.put(side, name)
        chosen.append(name)
    return chosen[0], chosen[1]


def choose_colour(view: View) -> str:
    """The column that colours the maps."""
    names = colourable(view.frame)
    asked = state.get("colour")
    name = st.selectbox("Colour by", names, index=names.index(asked) if asked in names else 0)
    if asked is not None or name != names[0]:
        state.put("colour", name)
    return name


def maps(view: View, encoders: tuple[str, str], colour: str) -> None:
    """Both maps; goes to the browser again only if the catalogue or the choice changes."""
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
    meanings = [SURVEYS[survey].metadata.get(name) for survey in view.frame["survey"].unique() if survey in SURVEYS]
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


def neighbour_panels(view: View, row: int | None, encoders: tuple[str, str], same_object: bool) -> list[NeighbourPanel]:
    """The nearest of the picked object in both embeddings, with how many the two share."""
    if row is None:
        return []
    found = [view.index(name).query(row, NEIGHBOURS, same_object) for name in encoders]
    shared = set(found[0].rows.tolist()) & set(found[1].rows.tolist())
    images = _images(view, sorted({r for neighbours in found for r in neighbours.rows.tolist()}))
    return [_panel(view, name, neighbours, shared, images) for name, neighbours in zip(encoders, found, strict=True)]


def _panel(view: View, name: str, found: Neighbours, shared: set[int], images: dict[int, str]) -> NeighbourPanel:
    records = view.frame.iloc[found.rows]
    labels = [label if isinstance(label, str) else None for label in records["label"]]
    items = tuple(
        Neighbour(
            row=row,
            candid=str(record.candid),
            object_id=record.object_id,
            label=label,
            colour=label_colour(label),
            distance=float(distance),
            image=images[row],
            shared=row in shared,
            simulated=SURVEYS[record.survey].simulated,
        )
        for row, record, label, distance in zip(
            found.rows.tolist(), records.itertuples(), labels, found.distances, strict=True
        )
    )
    note = f"cosine distance; {len(shared)} of {len(items)} are neighbours in both (framed)"
    return NeighbourPanel(f"{title(name)}: {len(items)} nearest", note, items)


def _images(view: View, rows: list[int]) -> dict[int, str]:
    """Science, template and difference of each row in one picture, read together."""
    stamps = view.catalogue.stamps(np.array(rows, dtype=np.int64))
    surveys = view.frame["survey"].iloc[rows]
    return {
        row: data_uri(strip_png(stamp, [name == "difference" for name in SURVEYS[survey].channels]))
        for row, stamp, survey in zip(rows, stamps, surveys, strict=True)
    }


def welcome(view: View) -> None:
    """What stands below the maps until an object is picked."""
    what, how, where = st.columns(3)
    what.markdown(
        "**What you see.** Each point is an alert. Points lie close together if the encoder finds their stamps alike. "
        "*SimCLR* learned without labels, *S-SimCLR* with them."
    )
    how.markdown(
        "**Click a point** in either map: it is marked in both, its stamps and metadata appear, and its nearest "
        "neighbours in both embeddings. Click a neighbour to go on from there."
    )
    where.markdown(
        "**Wheel** zooms, **drag** moves, the **legend** hides classes. The address bar always links to what you see, "
        "so that a colleague opens the same object."
    )
    if _is_simulated(view):
        st.info("These alerts are simulated: no telescope saw them. The README says how to load a night of your own.")


def _is_simulated(view: View) -> bool:
    return any(SURVEYS[name].simulated for name in view.frame["survey"].unique() if name in SURVEYS)


def neighbours(view: View, row: int | None, encoders: tuple[str, str], same_object: bool) -> None:
    """The grids under the maps."""
    candid = None if row is None else str(int(view.frame["candid"].iat[row]))
    panels = neighbour_panels(view, row, encoders, same_object)
    linked_maps.neighbours(PAGE, row, candid, panels, lambda: on_pick(view))

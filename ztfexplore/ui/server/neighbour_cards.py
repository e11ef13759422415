"""The neighbours of picked objects as the browser shows them: a grid for each encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ztfexplore.alerts.survey import survey_of
from ztfexplore.display.colours import UNLABELLED, label_colour
from ztfexplore.embeddings.neighbours import Neighbours
from ztfexplore.errors import CatalogueError
from ztfexplore.ui.server import thumbnails
from ztfexplore.ui.server.view import View

NEIGHBOURS = 12
MOST_QUERIES = 64


@dataclass(frozen=True)
class Query:
    """A query for neighbours.

    Attributes:
        like: rows of objects to be near to; the first is the picked one.
        unlike: rows of objects to be far from.
        encoders: whose embeddings.
        same_object: whether other alerts of the same object count.
        k: how many neighbours.
    """

    like: tuple[int, ...]
    unlike: tuple[int, ...]
    encoders: tuple[str, ...]
    same_object: bool = False
    k: int = NEIGHBOURS


@dataclass(frozen=True)
class NeighbourCard:
    """One object in a grid: a picture, a caption beside a bar of that colour, and the distance.

    `candid` is text, since JavaScript's numbers would round it.
    """

    row: int
    candid: str
    object_id: str
    caption: str
    colour: str
    distance: float | None
    image: str
    shared: bool
    simulated: bool


def answer(view: View, query: Query) -> dict[str, object]:
    """The message for a query: the objects asked about, and the neighbours in each embedding."""
    found = [_search(view, name, query) for name in query.encoders]
    shared = set.intersection(*(set(near.rows.tolist()) for near in found)) if len(found) > 1 else set()
    asked = [*query.like, *query.unlike]
    images = thumbnails.uris(view, sorted({row for near in found for row in near.rows.tolist()} | set(asked)))
    return {
        "like": [asdict(_card(view, row, None, False, images[row])) for row in query.like],
        "unlike": [asdict(_card(view, row, None, False, images[row])) for row in query.unlike],
        "panels": [_panel(view, query, near, shared, images) for near in found],
        "overlap": _overlap(found, shared),
    }


def _search(view: View, name: str, query: Query) -> Neighbours:
    """The nearest in one embedding; empty if the objects were ingested after the encoder ran."""
    try:
        if len(query.like) == 1 and not query.unlike:
            return view.index(name).query(query.like[0], query.k, query.same_object)
        return view.index(name).query_several(query.like, query.unlike, query.k, query.same_object)
    except CatalogueError:
        return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))


def _overlap(found: Sequence[Neighbours], shared: set[int]) -> str:
    """How much the embeddings agree about the neighbours, in words; empty for a single one."""
    if len(found) < 2 or not all(len(near.rows) for near in found):
        return ""
    union = set().union(*(near.rows.tolist() for near in found))
    most = max(len(near.rows) for near in found)
    return f"{len(shared)} of {most} in both (framed), Jaccard index {len(shared) / len(union):.2f}"


def _panel(view: View, query: Query, found: Neighbours, shared: set[int], images: dict[int, str]) -> dict[str, object]:
    pairs = zip(found.rows.tolist(), found.distances.tolist(), strict=True)
    items = [asdict(_card(view, row, distance, row in shared, images[row])) for row, distance in pairs]
    note = _purity(view, query.like, found.rows)
    if not items:
        note = "no neighbours: this encoder has not embedded it yet ('ztfexplore embed' does)"
    return {"note": note, "items": items}


def _purity(view: View, like: Sequence[int], rows: np.ndarray) -> str:
    """How many of the labelled neighbours have the class of the picked objects, in words; empty if those have none."""
    labels = view.column("label")
    classes = {labels[row] for row in like if isinstance(labels[row], str)}
    if len(classes) != 1:
        return ""
    (name,) = classes
    known = [label for label in labels[rows] if isinstance(label, str)]
    return f"{known.count(name)} of {len(known)} labelled neighbours are {name}" if known else "no labelled neighbour"


def _card(view: View, row: int, distance: float | None, shared: bool, image: str) -> NeighbourCard:
    record = {name: view.column(name)[row] for name in ("candid", "object_id", "label", "survey")}
    label = record["label"] if isinstance(record["label"], str) else None
    # If nothing has a class, names say more than a dozen times 'unlabelled'.
    caption = label or (UNLABELLED if view.is_labelled else record["object_id"])
    return NeighbourCard(
        row=row,
        candid=str(record["candid"]),
        object_id=record["object_id"],
        caption=caption,
        colour=label_colour(label) if view.is_labelled else "transparent",
        distance=distance,
        image=image,
        shared=shared,
        simulated=survey_of(record["survey"]).simulated,
    )

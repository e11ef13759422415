"""Small pictures of stamps, made once for each version of a catalogue and shared by all pages."""

from __future__ import annotations

from collections.abc import Sequence

from ztfexplore.alerts.survey import survey_of
from ztfexplore.display.stretch import data_uri, thumbnail_png
from ztfexplore.ui.server.view import View


def pngs(view: View, rows: Sequence[int]) -> dict[int, bytes]:
    """The PNG of each row's stamp, read together; those made before are remembered."""
    known = {row: png for row in rows if (png := view.thumbnails.get(str(row))) is not None}
    missing = list(dict.fromkeys(row for row in rows if row not in known))
    for row, stamp in zip(missing, view.catalogue.stamps(missing), strict=True):
        known[row] = thumbnail_png(stamp, survey_of(view.column("survey")[row]))
        view.thumbnails[str(row)] = known[row]
    return known


def uris(view: View, rows: Sequence[int]) -> dict[int, str]:
    """The same as the `src` of an image element."""
    return {row: data_uri(png) for row, png in pngs(view, rows).items()}

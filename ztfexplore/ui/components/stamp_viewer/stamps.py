"""The picked object's name, class and stamps, drawn by the browser from their pixels."""

from __future__ import annotations

from ztfexplore.ui.components.mount import component, message
from ztfexplore.ui.server.published import publish_view
from ztfexplore.ui.server.view import View

_HTML = '<div class="zx-object-stamps" data-testid="stamps"></div>'


def show_stamps(page: str, view: View, row: int) -> None:
    """Mount the picked object's name, class and stamps.

    Args:
        page: names the mounts that belong together.
        view: what is shown.
        row: the picked object's, until the browser picks another.
    """
    name = str(view.column("object_id")[row])
    data = {**message("stamps", page, publish_view(view)), "row": row, "name": name}
    component("ztfexplore_stamps", _HTML)(key=f"{page}-stamps", data=data)

"""The picked object's stamps: the browser is told which row to fetch; the name is there before the pixels are."""

from __future__ import annotations

import json

from ztfexplore.ui.components.stamp_viewer import stamps
from ztfexplore.ui.server.view import view as open_view


def test_the_browser_is_told_the_row_and_the_name(monkeypatch, demo_catalogue):
    view, got = open_view(demo_catalogue), []
    monkeypatch.setattr(stamps, "component", lambda name, html: lambda key, data: got.append((key, data)))
    stamps.show_stamps("explore", view, 7)
    ((key, data),) = got
    assert key == "explore-stamps" and json.loads(json.dumps(data)) == data
    assert (data["role"], data["row"], data["name"]) == ("stamps", 7, view.frame["object_id"].iloc[7])
    assert data["view"] == f"zx/{view.token}"

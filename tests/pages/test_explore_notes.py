"""What stands above the maps."""

from __future__ import annotations

import numpy as np

from tests.support.packets import alerts
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.display.colours import Numbers, colouring
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.components.linked_maps import neighbours
from ztfexplore.ui.explore import explore, selection
from ztfexplore.ui.server import view as resources


def test_a_trustworthiness_that_is_not_known_is_not_shown():
    assert explore.map_title("simclr", 0.987) == "SimCLR · trustworthiness 0.99"
    assert explore.map_title("simclr", float("nan")) == "SimCLR"


def test_real_alerts_beside_simulated_ones_are_not_called_simulated(catalogue):
    catalogue.add(alerts(0, 1, 2))
    assert explore.simulated_note(resources.view(catalogue.path)) is None
    ingest(simulate_alerts(4, seed=1), catalogue)
    assert explore.simulated_note(resources.view(catalogue.path)) == "4 of 7 are simulated, not real objects"


def test_all_simulated(demo_catalogue):
    assert explore.simulated_note(resources.view(demo_catalogue)) == "simulated alerts, not real objects"


def test_angles_are_not_coloured_by_their_logarithm(demo_catalogue):
    frame = resources.view(demo_catalogue).frame.copy()
    frame["ra"] = np.linspace(0.5, 359.0, len(frame))
    coloured = colouring(frame["ra"], "ra (deg)")
    assert isinstance(coloured, Numbers) and coloured.title == "ra (deg)" and coloured.high > 300


def test_what_a_filter_leaves_out_is_not_selected(demo_catalogue, monkeypatch):
    """Or a label would be given to objects that nobody sees."""
    view = resources.view(demo_catalogue)
    session = {selection.SELECTED: (view.token, np.arange(10), "1")}
    monkeypatch.setattr(selection.st, "session_state", session)
    passed = np.arange(len(view.frame)) % 2 == 0
    assert selection.rows(view, passed).tolist() == [0, 2, 4, 6, 8]
    assert selection.named(view)[1] == "1" and len(selection.rows(view)) == 10


def test_what_the_browser_selects_comes_with_its_name(demo_catalogue, monkeypatch):
    view = resources.view(demo_catalogue)
    sent = {"rows": "AQAAAP////8=", "name": "17", "version": view.token}  # 1 and a row that is not there
    monkeypatch.setattr(neighbours.st, "session_state", {neighbours.panel_key("explore"): {"selected": sent}})
    rows, name = neighbours.selection("explore", view)
    assert rows.tolist() == [1] and name == "17"
    sent["rows"] = "no base64!"
    assert neighbours.selection("explore", view) is None

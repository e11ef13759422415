"""What else is known of an object: its light curve and its other alerts, each a button that picks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.packets import CANDID, alert
from tests.support.pages import html, in_url
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.ui.explore import object_history
from ztfexplore.ui.server.view import View
from ztfexplore.ui.server.view import view as open_view


def host(path: str, row: int) -> None:
    """A page with the history of a row and nothing else."""
    from pathlib import Path

    from ztfexplore.ui.explore import object_history
    from ztfexplore.ui.server.view import view

    shown = view(Path(path))
    object_history.show_history(shown, row, object_history.read_history(shown, row))


def opened(view: View, row: int) -> AppTest:
    page = AppTest.from_function(host, args=(str(view.catalogue.path), row), default_timeout=60).run()
    assert not page.exception
    return page


def alerts_of_one(path: Path, count: int) -> View:
    """Alerts of one object, a night apart, the last without a date, a class and a magnitude."""
    made = [replace(alert(CANDID + n), object_id="ZTF18many", mjd=59000.0 + n, label="SN") for n in range(count)]
    made[-1] = replace(made[-1], mjd=None, label=None, magnitude=None, band="g")
    Catalogue.create(path).add(made)
    return open_view(path)


@pytest.fixture
def three(tmp_path) -> View:
    return alerts_of_one(tmp_path / "three", 3)


def others(page: AppTest) -> dict[str, str]:
    return {button.key.removeprefix("alert-"): button.label.replace("\\", "") for button in page.button}


def test_the_other_alerts_are_listed_with_what_is_known_and_can_be_picked(three):
    page = opened(three, 0)
    assert set(others(page)) == {str(CANDID + 1), str(CANDID + 2)}
    assert others(page)[str(CANDID + 1)].startswith("2020-06-01 00:00 · r 18.50 mag · SN")
    assert others(page)[str(CANDID + 2)] == "no date · g · unlabelled"
    page = page.button(key=f"alert-{CANDID + 1}").click().run()
    assert in_url(page, "candid") == str(CANDID + 1)


def test_the_light_curve_can_be_saved_with_its_numbers(three):
    page = opened(three, 0)
    (chart,) = page.get("plotly_chart")
    assert "light-curve-ZTF18many" in chart.proto.config
    assert len(page.get("download_button")) == 1


def test_an_object_seen_once_has_no_history(demo_catalogue):
    shown = open_view(demo_catalogue)
    alone = next(row for row in range(150) if object_history.read_history(shown, row).is_empty)
    page = opened(shown, alone)
    assert not page.button and not page.get("plotly_chart") and html(page) == ""


def test_a_long_list_is_cut_and_says_so(tmp_path):
    count = object_history.MOST_SHOWN + 3
    page = opened(alerts_of_one(tmp_path / "many", count), 0)
    assert len(others(page)) == object_history.MOST_SHOWN
    assert f"{count - 1}, the newest {object_history.MOST_SHOWN}" in html(page)


def test_galaxies_have_no_light_curve(galaxy_catalogue):
    assert object_history.read_history(open_view(galaxy_catalogue), 3).points == []
    assert not opened(open_view(galaxy_catalogue), 3).get("plotly_chart")

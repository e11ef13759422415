"""The data page by AppTest: every section alone and through app.py, of an empty catalogue and of one that grows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import pages
from tests.support.places import ROOT
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.sources.simulation.simulate import simulate_alerts
from ztfexplore.ui.data.overview import SECTIONS

PAGE = "pages/data.py"


@pytest.fixture
def data(monkeypatch, tmp_path, demo_catalogue) -> Path:
    """The folder of catalogues, with a small demo in it that may be changed."""
    return pages.data_folder(tmp_path / "data", demo_catalogue, monkeypatch)


def open_page(section: str, **query: str) -> AppTest:
    return pages.open_page(PAGE, section=section, **query)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("script", ["pages/data.py", "app.py"])
def test_every_section_stands_alone_and_through_the_app(data, section, script):
    page = AppTest.from_file(str(ROOT / script), default_timeout=60)
    page.query_params["section"] = section
    page.run()
    if script == "app.py":
        page = page.switch_page("pages/data.py").run()
    assert not page.exception and not page.error
    assert page.selectbox[0].label == "Catalogue" and page.selectbox[0].value == "demo"


def test_empty_states_say_what_to_do(data):
    bare = Catalogue.create(data / "bare")
    for section in SECTIONS:
        page = open_page(section, catalogue="bare")
        assert not page.exception and not page.error, section
    assert len(open_page("counts", catalogue="bare").info) == 1
    bare.add([replace(alert, label=None, label_source=None) for alert in simulate_alerts(5, seed=5)])
    assert len(open_page("counts", catalogue="bare").info) == 1
    assert len(open_page("origin", catalogue="bare").info) == 2, "no label, and no encoder has run"
    assert len(open_page("encoders", catalogue="bare").info) == 1
    assert len(open_page("rejects", catalogue="bare").success) == 1


FILL = """
import sys, time
from pathlib import Path
from ztfexplore.catalogue import ingest
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.sources import read_sources
from ztfexplore.sources.simulation.simulate import simulate_alerts
ingest.BATCH_ALERTS = 10
def slowly():
    for alert in simulate_alerts(120, seed=77):
        time.sleep(0.01)
        yield alert
ingest.ingest(slowly(), Catalogue.create(Path(sys.argv[1])))
"""


def test_a_catalogue_that_another_process_fills_is_shown_as_it_grows(data):
    path = data / "filling"
    Catalogue.create(path)
    filler = subprocess.Popen([sys.executable, "-c", FILL, str(path)], cwd=ROOT)
    seen = []
    try:
        page = open_page("counts", catalogue="filling")
        while filler.poll() is None:
            for section in ("counts", "origin", "all", "encoders"):
                fresh = open_page(section, catalogue="filling")
                assert not fresh.exception and not fresh.error, section
                if section == "all":
                    seen.append(int(fresh.dataframe[0].value.set_index("name").loc["filling", "alerts"]))
        assert filler.wait(60) == 0
    finally:
        filler.kill()
    page.query_params["section"] = "counts"
    page = page.run()
    assert "**120** alerts" in page.markdown[0].value, "the next interaction shows the latest version"
    assert seen == sorted(seen)

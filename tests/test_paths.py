"""Where things are: by default beside the checkout, elsewhere if the environment says so; names of new catalogues."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.places import ROOT
from ztfexplore import paths
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import CatalogueError

TOLD = """
import json
from ztfexplore import paths
print(json.dumps({name: str(getattr(paths, name)) for name in ("DATA", "DEMO", "GALAXIES", "RESEARCH", "MODELS")}))
"""


def told(cwd, data: str | None) -> dict[str, str]:
    """The paths as a fresh process has them, with ZTFEXPLORE_DATA set or not."""
    environment = {key: value for key, value in os.environ.items() if key != "ZTFEXPLORE_DATA"}
    environment |= {"PYTHONPATH": str(ROOT)} | ({} if data is None else {"ZTFEXPLORE_DATA": data})
    done = subprocess.run(
        [sys.executable, "-c", TOLD], cwd=cwd, env=environment, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def test_the_environment_moves_the_catalogues_and_nothing_that_is_shipped(tmp_path):
    usual, moved = told(tmp_path, None), told(tmp_path, "/elsewhere/night")
    assert usual["DATA"] == str(ROOT / "data"), "whatever folder the command is run in"
    assert moved["DATA"] == "/elsewhere/night"
    assert moved["DEMO"] == "/elsewhere/night/demo" and moved["GALAXIES"] == "/elsewhere/night/galaxies"
    for name in ("RESEARCH", "MODELS"):
        assert moved[name] == usual[name] and moved[name].startswith(str(ROOT))


def test_an_empty_variable_is_none_at_all(tmp_path):
    assert told(tmp_path, "")["DATA"] == str(ROOT / "data")


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    return tmp_path


def test_catalogues_are_the_folders_that_hold_one_and_the_demo_comes_last(data):
    for name in ("zeta", "demo", "alpha"):
        Catalogue.create(data / name)
    (data / "notes").mkdir()
    (data / "notes.txt").write_text("mine")
    assert [path.name for path in paths.catalogues()] == ["alpha", "zeta", "demo"]


def test_where_there_is_no_folder_there_are_no_catalogues(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "DATA", tmp_path / "none")
    assert paths.catalogues() == []
    assert paths.new_catalogue("night") == tmp_path / "none" / "night"


@given(st.text(min_size=1))
def test_a_new_catalogue_is_a_folder_of_ours_or_refused(name):
    try:
        path = paths.new_catalogue(name)
    except CatalogueError:
        pass
    else:
        assert path.parent == paths.DATA and path.name == name.strip() and not path.exists()


@pytest.mark.parametrize("name", ["night-20180704", "a", "A_b.c", "1", "x" * 64])
def test_plain_names_are_accepted(name):
    assert paths.new_catalogue(f" {name} ") == paths.DATA / name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", "a..b", "a.", "-a", ".hidden", "a b", "x" * 65, "\u00e9"]
)
def test_names_that_would_lead_elsewhere_or_read_badly_are_refused(name):
    with pytest.raises(CatalogueError):
        paths.new_catalogue(name)


@pytest.mark.parametrize("name", ["night", "NIGHT", "Demo", "galaxies"])
def test_a_name_that_is_taken_in_any_case_is_refused(data, name):
    (data / "Night").mkdir()
    with pytest.raises(CatalogueError) as caught:
        paths.new_catalogue(name)
    assert name in str(caught.value)

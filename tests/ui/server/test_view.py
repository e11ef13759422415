"""Views: one a version of a catalogue and of its labels, shared; what is in it is found by key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.packets import alerts
from tests.support.surveys import two_surveys
from ztfexplore.catalogue.annotations import FILE, Annotations
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import CatalogueError
from ztfexplore.ui.server.view import view


@pytest.fixture
def path(tmp_path) -> Path:
    """Three alerts of ZTF."""
    Catalogue.create(tmp_path / "night").add(alerts(1, 2, 3))
    return tmp_path / "night"


def label(path: Path, candid: int, name: str) -> None:
    Annotations.open(path).add([candid], name, "me", "ztf")


def test_the_same_version_is_read_once(path):
    assert view(path) is view(path)


def test_new_alerts_are_another_view(path):
    before = view(path)
    Catalogue.open(path).add(alerts(4))
    after = view(path)
    assert len(before.frame) == 3 and len(after.frame) == 4
    assert after.token != before.token and after.key != before.key


def test_a_catalogue_that_was_made_again_is_another_although_it_counts_from_one(path):
    before = view(path)
    shutil.rmtree(path)
    Catalogue.create(path).add(alerts(7, 8, 9))
    after = view(path)
    assert after.key == before.key, "the same path and version"
    assert after.token != before.token and after.frame["candid"].tolist() == [7, 8, 9]


def test_a_new_label_shares_all_but_the_labels(path):
    before = view(path)
    label(path, 2, "kilonova")
    after = view(path)
    assert after.frame["label"].tolist()[1] == "kilonova" and before.frame["label"].isna().all()
    assert after.labels != before.labels and after.token == before.token
    assert after.thumbnails is before.thumbnails and after.embeddings is before.embeddings
    assert not before.is_labelled and after.is_labelled


def test_labels_that_cannot_be_read_are_a_problem_and_the_data_s_count(path):
    label(path, 2, "kilonova")
    (path / FILE).write_bytes(b"no database" * 100)
    shown = view(path)
    assert FILE in shown.problem and shown.frame["label"].isna().all()


def test_a_folder_that_is_no_catalogue_is_named(tmp_path):
    with pytest.raises(CatalogueError, match="photos"):
        view(tmp_path / "photos")


def test_an_alert_is_found_by_its_candid(path):
    shown = view(path)
    assert shown.row_of(2) == shown.row_of(("ztf", 2)) == 1 and shown.key_of(1) == "2"
    assert shown.row_of(9) is None and shown.row_of(("simulated", 2)) is None
    assert "9" in shown.why_not(9) and "night" in shown.why_not(9)


def test_a_candid_that_two_surveys_share_needs_its_survey(tmp_path):
    shown = view(two_surveys(tmp_path / "both").path)
    candid = int(shown.frame["candid"].iloc[3])
    assert shown.row_of(candid) is None
    assert [shown.row_of((survey, candid)) for survey in ("simulated", "ztf")] == [3, 33]
    assert [shown.key_of(row) for row in (3, 33)] == [f"simulated:{candid}", f"ztf:{candid}"]
    assert all(shown.key_of(row) in shown.why_not(candid) for row in (3, 33))


def test_searches_are_made_ahead_of_the_first_click(demo_catalogue, monkeypatch):
    import time

    shown = view(demo_catalogue)
    shown.preload(["simclr"])
    deadline = time.monotonic() + 60
    while "simclr" not in shown.embeddings._indices and time.monotonic() < deadline:
        time.sleep(0.01)
    made = shown.index("simclr")
    monkeypatch.setattr("ztfexplore.embeddings.embedding.read_embedding", None)  # nothing is read twice
    shown.preload(["simclr"])
    assert shown.index("simclr") is made

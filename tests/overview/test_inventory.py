"""A catalogue in a line, and what each encoder has done in it."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from tests.support.packets import alert
from ztfexplore.alerts.surveys.fits import FITS
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.alerts.surveys.simulated import SIMULATED
from ztfexplore.alerts.surveys.ztf import ZTF
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding
from ztfexplore.overview import inventory


def test_a_catalogue_in_a_line(demo_catalogue):
    line = inventory.summary(Catalogue.open(demo_catalogue))
    assert (line["alerts"], line["survey"]) == (150, "Simulated (ZTF-like)")
    assert line["from"] < line["to"] and line["embedded"] == line["mapped"] == "simclr, s-simclr"
    assert line["bytes"] > 150 * 3 * 63 * 63 * 4 / 2


def test_an_empty_catalogue_in_a_line(catalogue):
    line = inventory.summary(catalogue)
    assert (line["alerts"], line["from"], line["embedded"], line["survey"]) == (0, "", "", "")


def test_dates_are_utc_and_nonsense_is_none():
    found = inventory.dates(pd.Series([58303.999, 51544.0, np.nan, np.inf, 1e18]))
    assert found[:2].astype(str).tolist() == ["2018-07-04", "2000-01-01"]
    assert np.isnat(found[2:]).all()


def test_what_an_encoder_did_is_told_from_what_is_missing(demo_catalogue, tmp_path):
    catalogue = Catalogue.open(shutil.copytree(demo_catalogue, tmp_path / "c"))
    catalogue.add([alert(1)])
    states = {state.name: state for state in inventory.encoders(catalogue, [SIMULATED])}
    assert list(states)[:2] == ["simclr", "s-simclr"] and list(states)[-1] == "galaxies-simsiam"
    mine = states["simclr"]
    assert (mine.embedded, mine.missing, mine.placed, mine.unplaced, mine.is_stale) == (150, 1, 150, 0, False)
    assert (states["pca"].embedded, states["pca"].missing, states["pca"].shipped) == (0, 151, None)
    vectors = embedding.read_embedding(catalogue, "simclr").values[:2]
    catalogue.write_vectors("embedding_simclr", np.arange(2), vectors, {"weights_sha256": "b"})
    mine = {state.name: state for state in inventory.encoders(catalogue, [SIMULATED])}["simclr"]
    assert (mine.is_stale, mine.missing, mine.placed, mine.trustworthiness) == (True, 151, 0, None)


def test_which_encoders_fit():
    for surveys, fits, others in (
        ([ZTF], ["simclr", "simsiam", "supervised", "pca", "random"], ["galaxies-simsiam"]),
        ([SIMULATED], ["simclr", "supervised"], ["galaxies-simsiam"]),
        ([HUBBLE], ["galaxies-simsiam", "pca"], ["simclr", "supervised"]),
        ([FITS], ["pca", "random"], ["simclr", "galaxies-simsiam"]),
        ([ZTF, HUBBLE], ["simclr", "galaxies-simsiam"], []),
    ):
        assert all(inventory.fits(name, surveys) for name in fits)
        assert not any(inventory.fits(name, surveys) for name in others)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (85_498_906, "85.5 MB"), (2e15, "2000.0 TB")]
)
def test_sizes_as_a_person_reads_them(count, text):
    assert inventory.human_size(count) == text

"""Known results for the tests of what is read from them, and small arms for the tests of runs."""

from __future__ import annotations

import pytest

from tests.support.research_stub import known_results
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.research import datasets
from ztfexplore.research.datasets import CatalogueArm, SimulatedArm
from ztfexplore.research.store import Store


@pytest.fixture(scope="session")
def store(tmp_path_factory) -> Store:
    """Results of all experiments with three seeds; not to be changed."""
    return known_results(tmp_path_factory)


@pytest.fixture(scope="module")
def arm(demo_catalogue):
    return CatalogueArm(Catalogue.open(demo_catalogue))


@pytest.fixture
def small(monkeypatch):
    """Sets small enough for a demo of 150."""
    monkeypatch.setattr(datasets, "REAL_OBJECTS", 24)
    monkeypatch.setattr(datasets, "REAL_PROBE", 5)
    return {"objects": 24, "probe": 5, "batch": 12, "steps": 2}


@pytest.fixture
def simulated(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "TEST_OBJECTS", 4)
    monkeypatch.setattr(datasets, "SIMULATED_PROBE", 12)
    monkeypatch.setattr(datasets, "POOL", 10)
    return SimulatedArm(tmp_path)

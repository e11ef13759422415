"""Simulated alerts that several tests look at."""

from __future__ import annotations

import pytest

from ztfexplore.alerts.alert import Alert
from ztfexplore.sources.simulation.simulate import simulate_alerts


@pytest.fixture(scope="session")
def alerts() -> list[Alert]:
    """Five hundred of all classes; not to be changed."""
    return list(simulate_alerts(500, seed=7))


@pytest.fixture(scope="session")
def bogus() -> list[Alert]:
    """Bogus ones alone; not to be changed."""
    return list(simulate_alerts(140, seed=2, weights={"bogus": 1}))

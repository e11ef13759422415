"""Catalogues that probes are fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.probes import LABELS, build
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.embeddings import embedding


@pytest.fixture
def known(tmp_path) -> Catalogue:
    """60 labelled objects in three classes that lie apart in 'random', and without order in 'noise'."""
    made = build(tmp_path / "c", LABELS)
    noise = np.random.default_rng(1).normal(size=(len(LABELS), 4)).astype(np.float32)
    made.write_vectors(embedding.column("noise"), np.arange(len(LABELS)), noise, {"weights_sha256": "n" * 64})
    return made

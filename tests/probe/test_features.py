"""Features of a probe: metadata become finite numbers, and circular labels are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ztfexplore.probe import features as probe_features


def frame_of(**columns: list) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_metadata_become_finite_features():
    frame = frame_of(
        magnitude=[18.0, 20.0, None], drb=[0.9, None, 0.1], band=["g", "r", None], fwhm=[2.0] * 3, ra=[1.0, 2.0, 3.0]
    )
    made = probe_features.recipe(frame)
    assert [feature[:2] for feature in made] == [
        ("magnitude", "value"), ("magnitude", "missing"), ("drb", "value"), ("drb", "missing"), ("band", "is"),
        ("band", "is"),
    ]  # fmt: skip
    values = probe_features.metadata(frame, made)
    assert values[:, 0] == pytest.approx(np.arcsinh([18, 20, 19]), rel=1e-3)
    assert values[:, 3].tolist() == [0, 1, 0] and values[:, 4].tolist() == [1, 0, 0]
    # A catalogue without a column, and a number no float32 holds, are no reason to fail.
    other = probe_features.metadata(frame_of(magnitude=[1e300, np.inf]), made)
    assert np.isfinite(other).all() and other[:, 3].tolist() == [1, 1]


def test_external_labels_and_circularity():
    frame = frame_of(label_source=["VSX match", "SIMBAD/TNS/Fink supernova", "drb<0.1", None, "EVSXX"])
    assert probe_features.is_external(frame).tolist() == [True, True, False, False, False]
    assert "3 of 5" in probe_features.circularity(frame, np.arange(5))
    assert probe_features.circularity(frame, np.arange(2)) == ""
    assert "simulat" in probe_features.circularity(frame_of(label_source=["simulated"]), np.arange(1))


def test_columns_that_do_not_vary_and_positions_are_no_features():
    frame = frame_of(magnitude=[18.0, 18.0], drb=[0.1, 0.9], ra=[1.0, 2.0], mjd=[1.0, 9.0], x=[1, 2], band=["g", "g"])
    assert [feature[:2] for feature in probe_features.recipe(frame)] == [("drb", "value")]
    only_first = probe_features.recipe(frame_of(drb=[0.1, 0.2, 0.9]), np.array([0, 1]))
    assert only_first[0][2] == pytest.approx(np.median(np.arcsinh([0.1, 0.2])))


def test_inputs_are_embeddings_then_metadata():
    class Probe:
        metadata = (("drb", "value", 0.0),)

    embeddings, frame = np.ones((2, 3)), frame_of(drb=[0.0, np.sinh(2.0)])
    assert probe_features.inputs(Probe, frame, embeddings).tolist() == [[1, 1, 1, 0], [1, 1, 1, 2]]
    assert probe_features.inputs(Probe, frame, None).tolist() == [[0], [2]]
    Probe.metadata = ()
    assert probe_features.inputs(Probe, frame, embeddings) is embeddings
    assert probe_features.inputs(Probe, frame, None).shape == (2, 0)

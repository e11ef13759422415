"""A saved probe on a catalogue: which alerts are predicted, how uncertain, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.packets import CANDID
from tests.support.probes import CLASSES, build, train_all
from tests.support.snapshots import snapshot
from ztfexplore.embeddings import embedding
from ztfexplore.errors import CatalogueError, ProbeError
from ztfexplore.probe import apply as probe_apply
from ztfexplore.probe.compare import Question
from ztfexplore.probe.fit import FitConfig
from ztfexplore.probe.saved import SavedProbe

QUICK = FitConfig(C=0.1, repeats=1)


@pytest.fixture
def fitted(known) -> SavedProbe:
    """A probe on 'random'."""
    _, trained = train_all(known, Question(("random",), QUICK))
    return trained["random"].saved


def test_a_persons_label_is_one(known, fitted):
    probe, frame = fitted, known.frame()
    labels = frame["label"].to_numpy(dtype=object).copy()
    labels[60] = "SN"
    table, _ = probe_apply.predict(snapshot(known, frame.assign(label=labels)), probe)
    assert table.column("candid").to_pylist() == [CANDID + i for i in range(61, 69)]


def test_a_table_is_the_same_as_csv_and_parquet(known, fitted, tmp_path):
    table, _ = probe_apply.predict(known, fitted)
    for ending in (".csv", ".parquet"):
        (tmp_path / f"t{ending}").write_bytes(probe_apply.table_bytes(table, ending))
    csv = pd.read_csv(tmp_path / "t.csv", dtype={"candid": "int64"}, float_precision="round_trip")
    parquet = pq.read_table(tmp_path / "t.parquet").to_pandas()
    assert csv["candid"].tolist() == parquet["candid"].tolist() == [CANDID + i for i in range(60, 69)]
    assert csv["margin"].tolist() == parquet["margin"].tolist()


def test_uncertainty_is_margin_and_entropy():
    margin, entropy = probe_apply.uncertainty(np.array([[1.0, 0.0], [0.5, 0.5], [0.7, 0.3]]))
    assert margin == pytest.approx([1.0, 0.0, 0.4])
    assert entropy == pytest.approx([0.0, np.log(2), -0.7 * np.log(0.7) - 0.3 * np.log(0.3)])
    assert entropy[0] == 0  # certain, not -0 or NaN


def test_everything_is_predicted_only_when_asked_for(known, fitted):
    some, report = probe_apply.predict(known, fitted)
    every, whole = probe_apply.predict(known, fitted, everything=True)
    assert (report["rows"], whole["rows"]) == (len(some), len(every)) == (9, 69)
    assert sum(whole["predicted"].values()) == 69 and set(whole["predicted"]) == set(CLASSES)
    used = every.filter(every.column("fitted_on")).column("object_id").to_pylist()
    assert set(used) == set(fitted.object_ids) and not any(some.column("fitted_on").to_pylist())


def test_a_catalogue_of_labelled_alerts_gives_an_empty_table_and_a_note(fitted, tmp_path):
    made = build(tmp_path / "labelled", ["SN", "VS"] * 5)
    table, report = probe_apply.predict(made, fitted)
    assert len(table) == report["rows"] == 0 and len(report["notes"]) == 1
    assert "predicted" in table.column_names


def test_alerts_that_are_not_embedded_are_counted(known, fitted):
    values = embedding.read_embedding(known, "random")
    gone = values.values.copy()
    gone[60:63] = np.nan
    known.write_vectors(embedding.column("random"), np.arange(len(gone)), gone, values.metadata)
    table, report = probe_apply.predict(known, fitted)
    assert (report["rows"], report["not_embedded"]) == (len(table), 3) == (6, 3)
    assert any("ztfexplore embed" in note for note in report["notes"])


def test_a_probe_of_other_weights_is_refused(known, fitted):
    with pytest.raises(ProbeError, match="0" * 64):
        probe_apply.predict(known, replace(fitted, weights_sha256="0" * 64))
    with pytest.raises(CatalogueError, match="simclr"):
        probe_apply.predict(known, replace(fitted, encoder="simclr"))

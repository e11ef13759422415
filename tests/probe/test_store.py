"""Probes beside a catalogue: nothing is overwritten, nothing damaged stops the rest, predictions are the probe's."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread

import numpy as np
import pandas as pd
import pytest

from tests.support.packets import CANDID, alerts
from tests.support.probes import LABELS, build
from tests.support.snapshots import snapshot
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.errors import ProbeError
from ztfexplore.probe import apply as probe_apply
from ztfexplore.probe import saved as saved_probe
from ztfexplore.probe import store as probe_store
from ztfexplore.probe.compare import Question, prepare_probe_data, train_probe
from ztfexplore.probe.fit import FitConfig
from ztfexplore.probe.saved import SavedProbe

QUICK = FitConfig(C=0.1, repeats=1)


@pytest.fixture
def known(tmp_path) -> Catalogue:
    return build(tmp_path / "c", LABELS)


def fitted(catalogue: Catalogue, features: str = "images", frame: pd.DataFrame | None = None) -> SavedProbe:
    question = Question(("random",), QUICK, features)
    data = prepare_probe_data(snapshot(catalogue, frame), question)
    return train_probe(data, question.probes[0], QUICK).saved


def test_a_probe_is_found_again_and_a_taken_name_gets_a_number(known):
    assert probe_store.saved_probes(known) == []
    probe = fitted(known)
    paths = [probe_store.store_probe(known, name, probe) for name in ("mine", " mine.json ", "other")]
    assert [path.name for path in paths] == ["mine.json", "mine-2.json", "other.json"]
    assert paths[0].parent == known.path / "probes"
    found = probe_store.saved_probes(known)
    assert {one.name for one in found} == {"mine", "mine-2", "other"}
    assert all(one.probe is not None and one.probe.as_dict() == probe.as_dict() for one in found)
    # The catalogue is as it was, for whoever opens it.
    assert len(Catalogue.open(known.path)) == 69


@pytest.mark.parametrize("name", ("", "..", "../x", "a/b", "a" * 65, ".hidden", "x y", "CON:", "<b>"))
def test_what_can_be_no_file_is_refused(name, known):
    with pytest.raises(ProbeError, match="letters, digits"):
        probe_store.store_probe(known, name, fitted(known))
    assert probe_store.saved_probes(known) == []


def test_two_at_once_both_stay(known):
    probe = fitted(known)
    threads = [Thread(target=probe_store.store_probe, args=(known, "same", probe)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(probe_store.saved_probes(known)) == 6


def test_a_damaged_probe_is_listed_with_its_reason(known):
    probe_store.store_probe(known, "good", fitted(known))
    (known.path / "probes" / "bad.json").write_text("{")
    found = {one.name: one for one in probe_store.saved_probes(known)}
    assert found["good"].probe is not None and found["bad"].probe is None
    assert "bad.json" in found["bad"].problem


@pytest.mark.parametrize("features", ("images", "metadata", "both"))
def test_predictions_are_those_of_the_export_and_survive_the_file(features, known):
    frame = known.frame()
    frame["drb"] = np.linspace(0, 1, len(frame))
    frame.loc[3, "drb"] = np.nan
    path = probe_store.store_probe(known, "p", fitted(known, features, frame))
    probe = saved_probe.load_probe(path)
    assert probe.features == features
    found = probe_store.predictions(known, frame, probe)
    table, report = probe_apply.predict(snapshot(known, frame), probe, True)
    exported = table.to_pandas()
    assert report["rows"] == len(found) == 69
    for name in ("predicted", "margin", "entropy", "fitted_on", *(f"probability_{label}" for label in probe.classes)):
        assert found[name].tolist() == exported[name].tolist(), name
    assert found["probability"].to_numpy() == pytest.approx(exported.filter(like="probability_").max(axis=1))


def test_rows_without_an_embedding_have_no_prediction(known):
    probe = fitted(known)
    one = alerts(0)[0]
    known.add([replace(one, candid=CANDID + 900, object_id="late", label=None)])
    found = probe_store.predictions(known, known.frame(), probe)
    late = found.iloc[-1]
    assert pd.isna(late["predicted"]) and np.isnan(late["probability"]) and np.isnan(late["entropy"])
    assert found["predicted"].notna().sum() == 69


def test_embeddings_by_other_weights_are_refused(known, tmp_path):
    other = build(tmp_path / "other", LABELS, weights="f" * 64)
    with pytest.raises(ProbeError, match="fit it again"):
        probe_store.predictions(other, other.frame(), fitted(known))

"""What a catalogue holds, in numbers that add up and that JSON can carry."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, projection
from ztfexplore.encoders.encoder import EncoderConfig, load, random_encoder
from ztfexplore.overview.info import describe
from ztfexplore.sources.simulation.simulate import simulate_alerts


def test_the_demo_in_numbers(demo_catalogue):
    catalogue = Catalogue.open(demo_catalogue)
    told = describe(catalogue)
    frame = catalogue.frame()
    assert told["catalogue"] == str(demo_catalogue) and told["version"] == catalogue.version
    assert told["alerts"] == told["objects"] == 150
    assert told["surveys"] == {"simulated": 150}
    for key, column in (("labels", "label"), ("bands", "band")):
        assert told[key] == frame[column].value_counts().to_dict()
    assert told["mjd"] == [frame["mjd"].min(), frame["mjd"].max()]
    for name in ("simclr", "s-simclr"):
        encoder = told["encoders"][name]
        assert encoder["embedded"] == 150 and encoder["embedding_dim"] == load(name).embedding_dim
        assert encoder["weights_sha256"] == load(name).weights_sha256
        assert encoder["trustworthiness"] == pytest.approx(projection.read_map(catalogue, name).trustworthiness)


def test_an_empty_catalogue_and_one_without_maps_are_valid_json(tmp_path):
    made = Catalogue.create(tmp_path / "catalogue")
    told = json.loads(json.dumps(describe(made), allow_nan=False))
    assert told["alerts"] == told["objects"] == 0
    assert told["mjd"] is None and told["labels"] == told["encoders"] == {}
    ingest(simulate_alerts(5), made)
    embedding.embed(made, random_encoder(EncoderConfig(widths=(4, 8))))
    told = json.loads(json.dumps(describe(made), allow_nan=False))
    assert told["encoders"]["random"]["embedded"] == 5
    assert told["encoders"]["random"]["trustworthiness"] is None


def test_what_is_unknown_is_counted_as_such(tmp_path):
    """Alerts without label, date or band, as a plain FITS file gives; some not embedded yet."""
    made = Catalogue.create(tmp_path / "catalogue")
    alerts = list(simulate_alerts(6))
    ingest(alerts[:4], made)
    embedding.embed(made, random_encoder(EncoderConfig(widths=(4, 8))))
    nothing = {"label": None, "mjd": None, "band": None}
    ingest([replace(alert, object_id="the same", **nothing) for alert in alerts[4:]], made)
    told = json.loads(json.dumps(describe(made), allow_nan=False))
    assert told["alerts"] == 6 and told["objects"] == 5
    assert told["labels"]["unlabelled"] == 2 and sum(told["labels"].values()) == 6
    assert sum(told["bands"].values()) == 6 and told["bands"]["none"] == 2
    assert told["mjd"] == [min(alert.mjd for alert in alerts[:4]), max(alert.mjd for alert in alerts[:4])]
    assert told["encoders"]["random"]["embedded"] == 4


def test_no_date_at_all(tmp_path):
    made = Catalogue.create(tmp_path / "catalogue")
    ingest([replace(alert, mjd=None) for alert in simulate_alerts(3)], made)
    assert json.loads(json.dumps(describe(made), allow_nan=False))["mjd"] is None

"""Every colour mode by its numbers: columns, predictions, saved probes, disagreement and anomaly."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tests.support.probes import LABELS, build, train_all
from ztfexplore.display.colours import Categories, Numbers, colouring
from ztfexplore.embeddings import embedding
from ztfexplore.embeddings.disagreement import disagreement
from ztfexplore.labelling import anomaly
from ztfexplore.probe import store as probe_store
from ztfexplore.probe.compare import Question
from ztfexplore.probe.fit import FitConfig
from ztfexplore.ui.explore.colour_mode import COLOURS, mode_of
from ztfexplore.ui.explore.colour_modes.column import Column
from ztfexplore.ui.server.view import View
from ztfexplore.ui.server.view import view as open_view

ENCODERS = ("simclr", "s-simclr")


@pytest.fixture
def view(demo_catalogue) -> View:
    return open_view(demo_catalogue)


@pytest.fixture
def probed(tmp_path) -> View:
    """A catalogue with the saved probe 'mine'."""
    made = build(tmp_path / "probed", LABELS)
    _, trained = train_all(made, Question(("random",), FitConfig(C=0.1, repeats=1)))
    probe_store.store_probe(made, "mine", trained["random"].saved)
    return open_view(made.path)


def colours(view: View, choice: str, encoders: tuple[str, ...] = ENCODERS) -> Categories | Numbers:
    return mode_of(choice).colours(view, choice, encoders)


def names_of(coloured: Categories) -> list[str]:
    """The class of every row, as its colour says."""
    return [coloured.entries[code].name for code in coloured.codes]


def test_every_choice_on_offer_belongs_to_the_mode_that_offers_it(view, probed):
    for shown, encoders in ((view, ENCODERS), (probed, ("random",))):
        for mode in COLOURS.values():
            for choice in mode.choices(shown, encoders):
                assert mode_of(choice) is mode and mode.title(choice), choice


def test_a_column_is_coloured_with_its_unit_or_meaning(view):
    coloured = colours(view, "magnitude")
    assert coloured.title == "magnitude (mag)"
    np.testing.assert_array_equal(coloured.values, view.frame["magnitude"].astype("f4"))
    measured = next(name for name in view.surveys[0].metadata if name in view.frame)
    assert view.surveys[0].metadata[measured] in colours(view, measured).title
    assert Column().title("half_light_radius") == "half light radius"


def test_disagreement_is_the_share_of_other_neighbours(view):
    left, right = (embedding.read_embedding(view.catalogue, name).values for name in ENCODERS)
    coloured = colours(view, "disagreement")
    np.testing.assert_allclose(coloured.values, disagreement(left, right), rtol=1e-6)
    assert coloured.values.min() >= 0 and coloured.values.max() <= 1
    assert not COLOURS["disagreement"].choices(view, ("simclr", "simclr")), "an encoder agrees with itself"


def test_anomaly_is_that_of_the_left_map(view):
    for encoders in (ENCODERS, ENCODERS[::-1]):
        values = embedding.read_embedding(view.catalogue, encoders[0]).values
        expected = anomaly.anomaly_scores(values, view.frame["object_id"].to_numpy())["anomaly"]
        np.testing.assert_allclose(colours(view, "anomaly", encoders).values, expected, rtol=1e-6)


def test_predictions_have_the_colours_of_labels_and_say_whose_they_are(view):
    predicted, labels = colours(view, "prediction"), colouring(view.frame["label"], "label")
    known = {entry.name: (entry.colour, entry.symbol) for entry in labels.entries}
    assert {entry.name: (entry.colour, entry.symbol) for entry in predicted.entries}.items() <= known.items()
    assert sum(entry.count for entry in predicted.entries) == 150
    agree = np.mean(np.array(names_of(predicted)) == view.frame["label"].to_numpy())
    assert agree > 0.7, "it was fitted on these labels"
    assert "SimCLR" in COLOURS["prediction"].legend("prediction", "SimCLR")


def test_without_a_label_no_prediction_is_offered(tmp_path):
    bare = open_view(build(tmp_path / "bare", [None] * 6).path)
    assert COLOURS["prediction"].choices(bare, ("random",)) == []


def test_a_saved_probe_colours_by_what_it_predicts(probed):
    assert COLOURS["probe"].choices(probed, ("random",)) == ["probe:mine"]
    found = names_of(colours(probed, "probe:mine", ("random",)))
    assert found == [label or "SN" for label in LABELS], "its classes lie apart, unlabelled alerts among SN"
    assert "probe mine" in COLOURS["probe"].legend("probe:mine", "any")


def test_a_saved_probe_that_was_deleted_meanwhile_predicts_nothing(probed):
    shutil.rmtree(probed.catalogue.path / probe_store.FOLDER)
    assert set(names_of(colours(probed, "probe:mine", ("random",)))) == {"unlabelled"}

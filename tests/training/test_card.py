"""Cards: what a stranger reads of a training, and the names by which trainings and sets of alerts are told apart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from tests.support.trainings import TINY, each_method
from ztfexplore.training.card import FEW_OBJECTS, candids_sha256, counts_by_label, training_card, training_key
from ztfexplore.training.config import METHODS, TrainConfig
from ztfexplore.training.data import SIMULATED_WEIGHTS, SIMULATION_SEED, TrainingSet

FIRST = 1_000_000_000_000_000_001  # as a float it is the same number as the one before it


def frame(labels: list[str | None] | None = None, survey: str = "ztf") -> pd.DataFrame:
    """70 supernovae in 70 objects, 12 alerts of 3 active nuclei, and five alerts without a label."""
    if labels is None:
        labels = ["SN"] * 70 + ["AGN"] * 12 + [None] * 5
    objects = [f"{label}{number % 3 if label == 'AGN' else number}" for number, label in enumerate(labels)]
    candids = FIRST + np.arange(len(labels), dtype=np.int64)[::-1]
    return pd.DataFrame({"candid": candids, "object_id": objects, "label": labels, "survey": survey})


def card(config: TrainConfig = TINY, rows: pd.DataFrame | None = None, loss: float | None = 1.23456) -> dict:
    """A card, as it comes back from its file."""
    rows = frame() if rows is None else rows
    count = torch.arange(len(rows) + 2 * config.simulated)
    data = TrainingSet(count.view(-1, 1, 1, 1).float(), count, count, None, [], rows)
    return json.loads(json.dumps(training_card(config, data, loss, 754.0), allow_nan=False))


# --- the card -------------------------------------------------------------------------------------------------------


@each_method
def test_a_card_names_its_method_its_paper_and_the_command(method):
    told = card(replace(TINY, method=method))
    assert told["method"] == method and told["papers"] == METHODS[method].paper
    assert told["command"] == f"ztfexplore train --catalogue CATALOGUE --method {method} --output DIR"
    assert told["training"]["encoder"]["widths"] == [4, 8]
    assert told["trained_on"]["labels_used"] is (method in ("s-simclr", "supervised"))
    assert (told["final_loss"], told["minutes"]) == (1.2346, 12.6)
    assert told["normalisation"] and told["split"] and told["hardware"]


def test_a_training_that_had_nothing_left_to_do_has_no_loss():
    assert card(loss=None)["final_loss"] is None


def test_candids_are_text_every_digit_of_them_in_order():
    told = card()["trained_on"]["candids"]
    assert told == [str(FIRST + number) for number in range(87)]
    assert len({float(candid) for candid in told}) < len(told)  # as numbers JavaScript would mix them up


def test_what_it_was_trained_on_is_counted():
    told = card()["trained_on"]
    assert told["alerts"] == 87
    assert told["alerts_by_label"] == {"AGN": 12, "SN": 70, "unlabelled": 5}
    assert told["object_ids"] == sorted({*frame()["object_id"]}) and len(told["object_ids"]) == 78
    assert told["candids_sha256"] == candids_sha256(frame())
    assert told["surveys"] == ["ztf"] and "simulated" not in told


def test_the_augmentations_are_those_of_the_recipe():
    assert card(replace(TINY, recipe="none"))["augmentations"] == []
    told = card()["augmentations"]
    assert told[0] == "QuarterTurn()" and any(step.startswith("SkyNoise(sigma=") for step in told)


def test_weak_classes_are_named_and_others_are_not():
    """Counted by object: an object with many alerts is one."""
    limits = card()["limits"]
    assert "small corpus: 87 stamps of 78 objects" in limits
    assert "AGN is weak: 3 objects" in limits
    assert not any(limit.startswith("SN") for limit in limits)
    assert any("not by spectra" in limit for limit in limits)
    enough = card(rows=frame(["SN"] * FEW_OBJECTS + ["VS"] * (FEW_OBJECTS - 1)))["limits"]
    assert [limit for limit in enough if "weak" in limit] == [f"VS is weak: {FEW_OBJECTS - 1} objects"]


def test_without_labels_nothing_is_said_about_them():
    limits = card(rows=frame([None] * 8))["limits"]
    assert limits == ["small corpus: 8 stamps of 8 objects"]


def test_a_simulated_part_is_declared():
    told = card(replace(TINY, method="s-simclr", simulated=20))
    assert told["trained_on"]["simulated"] == {
        "objects": 20,
        "stamps": 40,
        "seed": SIMULATION_SEED,
        "class_weights": SIMULATED_WEIGHTS,
        "classes_used": True,
    }
    assert told["trained_on"]["alerts"] == 87  # the catalogue's
    assert any("simulated stamps were part" in limit for limit in told["limits"])
    assert card(replace(TINY, simulated=20))["trained_on"]["simulated"]["classes_used"] is False
    assert not any("simulated" in limit for limit in card()["limits"])


@pytest.mark.parametrize("survey", ("ztf", "simulated", "hubble"))
def test_the_stamps_are_called_what_they_are(survey):
    told = card(rows=frame(survey=survey))
    for text in (told["licence"], told["intended_use"]):
        assert ("of ZTF," in text or text.endswith("ZTF")) is (survey == "ztf")
        assert ("Hubble" in text) is (survey == "hubble")
    assert told["trained_on"]["surveys"] == [survey]


def test_the_intended_use_warns():
    told = card()["intended_use"]
    assert "not a classifier" in told and "another camera" in told


# --- names ----------------------------------------------------------------------------------------------------------


def test_a_hash_of_candids_tells_the_last_digit_and_not_the_order():
    one, two = FIRST, FIRST + 1
    hashed = [candids_sha256(pd.DataFrame({"candid": ids})) for ids in ([one, two], [two, one], [one, one + 2])]
    assert hashed[0] == hashed[1] != hashed[2]
    assert hashed[0] == hashlib.sha256(f"{one}\n{two}".encode()).hexdigest()


def test_unlabelled_alerts_are_counted_as_such():
    assert counts_by_label(frame(["SN", None, "AGN", "SN"])) == {"AGN": 1, "SN": 2, "unlabelled": 1}


@each_method
def test_labels_name_a_training_only_where_they_are_used(method):
    config = replace(TINY, method=method)
    key = training_key(config, frame(["SN", "AGN", None]))
    assert key == training_key(config, frame(["SN", "AGN", None]).iloc[::-1])  # whatever the order of the rows
    assert (key == training_key(config, frame(["SN", "VS", None]))) is not config.uses_labels
    assert key != training_key(config, frame(["SN", "AGN", None, None]))
    assert key != training_key(replace(config, seed=1), frame(["SN", "AGN", None]))
    assert len({training_key(replace(config, simulated=count), frame(["SN", "AGN"])) for count in (0, 4, 5)}) == 3

"""The source probe on embeddings that know the source, only the class, or nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ztfexplore.evaluation.source_file import (
    FEWEST_OBJECTS,
    source_group,
    source_groups,
    source_probe,
    without_images,
)


@pytest.mark.parametrize(
    ("source", "group"),
    (
        ("../ztf/ztf_public_part3.tar.gz:396522680015025001.avro", "ztf_public_part#"),
        ("ztf_public_20260501.tar:1.avro", "ztf_public_#"),
        ("night.tgz:1.avro", "night"),
        ("/a/b.c/fink_alerts.parquet:row 265", "fink_alerts"),
        ("/a/b/fink_alerts.parquet", "fink_alerts"),
        ("nights/20260501/396522680015025001.avro", "#"),
        ("cutouts/star_12.fits", "cutouts"),
        ("single.avro", "files"),
        ("simulated (seed 3)", "simulated (seed #)"),
    ),
)
def test_a_source_is_an_archive_a_table_or_a_folder(source, group):
    assert source_group(source) == group


def corpus(seed: int = 0, alerts: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(labels, groups, objects): SN from the table in 7 of 10 cases, VS in 3 of 10; two alerts per object."""
    rng = np.random.default_rng(seed)
    objects = np.repeat(np.arange(alerts // 2), 2)
    labels = np.where(objects % 2 == 0, "SN", "VS")
    table = rng.random(alerts // 2)[objects] < np.where(labels == "SN", 0.7, 0.3)
    return labels, np.where(table, "table", "archive"), objects.astype(str)


def test_an_embedding_that_knows_only_the_class_tells_no_more_than_the_class():
    labels, groups, objects = corpus()
    rng = np.random.default_rng(1)
    features = 5.0 * (labels == "SN")[:, None] + rng.normal(size=(len(labels), 6))
    found = source_probe(features, labels, groups, objects)
    assert found["chance"] == 0.5
    assert found["class_alone"] == pytest.approx(0.7, abs=0.06)
    assert found["balanced_accuracy"] == pytest.approx(found["class_alone"], abs=0.06)
    low, high = found["beyond_class"]["interval"]
    assert low < 0.02 and high > -0.02
    assert set(found["within_class"]) == {"SN", "VS"}
    for inside in found["within_class"].values():
        assert inside["balanced_accuracy"] == pytest.approx(0.5, abs=0.12)
    assert sum(found["objects"].values()) == 200


def test_an_embedding_that_knows_the_source_is_found_out():
    labels, groups, objects = corpus()
    rng = np.random.default_rng(1)
    features = 5.0 * (groups == "table")[:, None] + rng.normal(size=(len(labels), 6))
    found = source_probe(features, labels, groups, objects)
    assert found["balanced_accuracy"] > 0.95
    assert found["beyond_class"]["interval"][0] > 0.15
    assert found["beyond_class"]["difference"] == pytest.approx(found["balanced_accuracy"] - found["class_alone"])
    assert all(inside["balanced_accuracy"] > 0.95 for inside in found["within_class"].values())


def test_what_names_the_object_does_not_name_its_source():
    """Two alerts per object, all but alike: one of them in the fit would give the other away."""
    labels, groups, objects = corpus()
    rng = np.random.default_rng(2)
    features = rng.normal(size=(200, 60))[objects.astype(int)] + 0.01 * rng.normal(size=(400, 60))
    found = source_probe(features, labels, groups, objects)
    assert found["balanced_accuracy"] == pytest.approx(0.5, abs=0.12)


def test_a_class_or_a_source_with_few_objects_is_left_out():
    labels, groups, objects = corpus()
    labels, groups = labels.copy(), groups.copy()
    labels[:12] = "AGN"  # six objects
    groups[-8:] = "rare"  # four objects
    features = np.random.default_rng(1).normal(size=(len(labels), 6))
    kept = np.where(groups == "rare", "", groups)
    found = source_probe(features, labels, kept, objects)
    assert set(found["within_class"]) == {"SN", "VS"}
    assert set(found["objects"]) == {"archive", "table"}
    assert source_groups(np.array(["a.tar:1"] * 9 + ["b.tar:1"] * 10), np.arange(19)).tolist() == [""] * 9 + ["b"] * 10
    assert FEWEST_OBJECTS == 10


def test_a_source_of_fainter_objects_is_told_by_the_photometry():
    labels, groups, objects = corpus()
    magnitude = np.where(groups == "table", 19.0, 17.0) + np.random.default_rng(0).normal(size=len(labels))
    frame = pd.DataFrame({"label": labels, "magnitude": magnitude, "fwhm": np.nan, "scorr": 5.0})
    frame.loc[::7, "magnitude"] = np.nan
    features = without_images(frame)
    assert features.shape == (len(labels), 4) and np.isfinite(features).all()  # magnitude, scorr, two classes
    assert features[0, 0] == frame["magnitude"].median()
    found = source_probe(features, labels, groups, objects)
    assert found["beyond_class"]["interval"][0] > 0
    only_class = source_probe(without_images(frame[["label"]]), labels, groups, objects)
    assert only_class["balanced_accuracy"] == pytest.approx(only_class["class_alone"])


def test_one_source_has_no_probe():
    labels, _, objects = corpus()
    assert source_probe(np.ones((400, 2)), labels, np.full(400, "archive"), objects) is None

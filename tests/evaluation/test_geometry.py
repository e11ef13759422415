"""Views of stamps as an encoder meets them, and the geometry of embeddings of them."""

from __future__ import annotations

import numpy as np
import pytest

from ztfexplore.augment import recipes
from ztfexplore.encoders.encoder import EncoderConfig, random_encoder
from ztfexplore.evaluation import geometry
from ztfexplore.sources.simulation.simulate import simulate_alerts

STAMPS = [alert.stamp for alert in simulate_alerts(12, seed=4)]
LABELS = np.array(["SN", "VS"] * 6)


class Constant:
    """Embeds every stamp alike."""

    name = "constant"

    def embed(self, stamps):
        return np.ones((len(stamps), 3), np.float32)


def test_views_are_augmented_twice_of_whole_stamps_and_repeat():
    first, second = geometry.two_views(STAMPS)
    assert [view.shape for view in first] == [stamp.shape for stamp in STAMPS]
    assert not any(np.allclose(a, b) for a, b in zip(first, second, strict=True))
    again = geometry.two_views(STAMPS)
    assert np.array_equal(np.stack(again[1]), np.stack(second))
    assert np.isfinite(np.stack([*first, *second])).all()


def test_stamps_of_several_sizes_are_cut_to_the_smallest():
    first, _ = geometry.two_views([STAMPS[0], STAMPS[1][:, 10:51, 5:60]])
    assert [view.shape for view in first] == [(3, 41, 41)] * 2


def test_an_encoder_without_augmentation_is_perfectly_aligned(monkeypatch):
    monkeypatch.setattr(geometry, "RECIPE", "none")
    assert "none" in recipes.RECIPES
    encoder, objects = random_encoder(EncoderConfig(widths=(4, 6))), np.arange(12)
    values = encoder.embed(STAMPS)
    found = geometry.measure_geometry(encoder, values, LABELS, objects, geometry.two_views(STAMPS))
    assert found["alignment"]["views"] == pytest.approx(0, abs=1e-6)


def test_what_is_embedded_alike_has_no_geometry():
    objects = np.array(["a"] * 3 + [f"o{i}" for i in range(9)])
    found = geometry.measure_geometry(Constant(), np.ones((12, 3)), LABELS, objects, (STAMPS, STAMPS))
    assert found["alignment"] == pytest.approx({"views": 0, "same_object": 0, "objects": 1}, abs=1e-6)
    assert found["uniformity"] == pytest.approx(0, abs=1e-5)
    assert found["silhouette"]["mean"] == pytest.approx(0, abs=1e-5)


def test_alerts_of_one_object_are_pairs():
    values = np.array([[1.0, 0], [0, 1.0]] * 6)
    objects = np.array(["a", "a", *(f"o{i}" for i in range(10))])
    found = geometry.measure_geometry(Constant(), values, LABELS, objects, (STAMPS, STAMPS))
    assert found["alignment"]["same_object"] == pytest.approx(2)
    alone = geometry.measure_geometry(Constant(), values, LABELS, np.arange(12), (STAMPS, STAMPS))
    assert alone["alignment"]["same_object"] is None and alone["alignment"]["objects"] == 0


def test_a_large_test_part_is_sampled_by_object(monkeypatch):
    objects = np.repeat([f"o{i}" for i in range(50)], 3)
    assert geometry.sample_objects(objects).tolist() == list(range(150))
    monkeypatch.setattr(geometry, "OBJECTS", 20)
    rows = geometry.sample_objects(objects)
    assert len(rows) == 60 and len(set(objects[rows])) == 20
    assert rows.tolist() == geometry.sample_objects(objects).tolist()

"""Few labels: the draws, and the mean over them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.support.skies import separated, sky
from ztfexplore.evaluation import low_labels
from ztfexplore.evaluation.classifiers import Parts, linear_probe
from ztfexplore.evaluation.metrics import balanced_accuracy


@pytest.mark.parametrize("count", (5, 10))
def test_a_draw_is_that_many_objects_a_class_outside_the_test_part_one_alert_each(count):
    parts = Parts.of(sky(120, alerts=4))
    made = low_labels.label_draws(parts, count)
    assert len(made) == 10
    for rows in made:
        assert set(rows) <= set(parts.fit)
        assert len(set(parts.objects[rows])) == 3 * count
        assert low_labels.labels_per_class(parts, rows) == {"AGN": count, "SN": count, "VS": count}
    assert len({tuple(sorted(rows)) for rows in made}) == 10
    # Any alert of an object may be the one: over ten draws more than one of some object is.
    assert len({*np.concatenate(made)}) > len({*parts.objects[np.concatenate(made)]})


def test_the_draws_depend_on_the_catalogue_only():
    frame = sky(120)
    mixed = np.random.default_rng(0).permutation(len(frame))
    other = frame.iloc[mixed].reset_index(drop=True)
    for first, second in zip(
        low_labels.label_draws(Parts.of(frame), 5), low_labels.label_draws(Parts.of(other), 5), strict=True
    ):
        assert sorted(frame["candid"][first]) == sorted(other["candid"][second])


def test_a_class_with_fewer_objects_gives_what_it_has():
    frame = sky(130, alerts=1, classes=("VS",) * 12 + ("SN",))
    parts = Parts.of(frame)
    had = len(set(parts.objects[parts.fit][parts.labels[parts.fit] == "SN"]))
    found = low_labels.labels_per_class(parts, low_labels.label_draws(parts, 25)[0])
    assert found == {"SN": had, "VS": 25} and had < 25


def test_fits_are_those_of_a_probe_on_each_draw():
    frame = sky(120)
    parts, features = Parts.of(frame), separated(frame, 2.0)
    draws = low_labels.label_draws(parts, 5, draws=3)
    predicted = low_labels.probe_fits(features, parts, draws)
    assert predicted.shape == (len(parts.test), 3)
    for column, rows in zip(predicted.T, draws, strict=True):
        again = linear_probe().fit(features[rows], parts.labels[rows]).predict(features[parts.test])
        assert column.tolist() == again.tolist()
    found = low_labels.summarise_fits(predicted, parts)
    each = [balanced_accuracy(parts.labels[parts.test], column, parts.objects[parts.test]) for column in predicted.T]
    assert found["balanced_accuracy"] == pytest.approx(sum(each) / 3)
    assert found["spread"] == pytest.approx(pd.Series(each).std())
    assert found["draws"] == 3
    assert found["interval"][0] <= found["balanced_accuracy"] <= found["interval"][1]


def test_one_fit_has_no_spread():
    parts = Parts.of(sky())
    assert low_labels.summarise_fits(parts.labels[parts.test][:, None], parts)["spread"] is None


def test_from_scratch_gets_the_stamps_and_labels_of_each_draw():
    """A trainer that knows a stamp by its pixel, and learns by heart."""
    parts = Parts.of(sky(120))
    stamps = [np.full((1, 2, 2), float(row)) for row in range(len(parts.labels))]
    draws, seeds, done = low_labels.label_draws(parts, 5, draws=2), [], []

    def scratch(train, labels, test, seed):
        rows = [int(stamp[0, 0, 0]) for stamp in train]
        assert rows == draws[seed].tolist() and labels.tolist() == parts.labels[rows].tolist()
        assert [int(stamp[0, 0, 0]) for stamp in test] == parts.test.tolist()
        seeds.append(seed)
        return np.tile([0.2, 0.8], (len(test), 1)), np.array(["SN", "VS"])

    predicted = low_labels.scratch_fits(scratch, stamps, parts, draws, lambda: done.append(1))
    assert predicted.shape == (len(parts.test), 2) and set(predicted.ravel()) == {"VS"}
    assert seeds == [0, 1] and done == [1, 1]

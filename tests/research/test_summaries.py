"""Tables follow from the results: made-up results with a known difference, and with gaps."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.research_stub import ARMS, TRUE, known_run, result
from ztfexplore.research import answers, runner, summaries
from ztfexplore.research.grid import STEPS, conditions
from ztfexplore.research.phrases import pick
from ztfexplore.research.results import LINEAR, RARE, read_results
from ztfexplore.research.store import Store


def test_figures_are_those_of_the_predictions(store):
    """By hand, from the files: the share of right predictions, and its change from one row to another."""
    results = read_results(store, "balanced")
    frame = summaries.balanced_table(results)
    names = np.unique(TRUE)

    def figure(**condition):
        rows = results.where(probe_labels="all", **condition)
        return [
            np.mean([names[int(digit)] == label for digit, label in zip(text, TRUE, strict=True)])
            for text in rows["linear"]
        ]

    simclr, equal = figure(method="simclr"), figure(method="s-simclr", sampling="balanced")
    row = pick(frame, method="s-simclr", sampling="balanced", probe="all", measure=LINEAR, reference="simclr")
    assert row["mean"] == pytest.approx(np.mean(equal))
    assert row["effect"] == pytest.approx(np.mean(equal) - np.mean(simclr))
    assert (row["n_seeds"], row["n_runs"], row["wins"]) == (3, 3, 3)
    assert row["effect_low"] < row["effect"] < row["effect_high"]


def test_the_recall_of_the_rare_class_is_compared_with_its_own(store):
    results = read_results(store, "imbalance")
    frame = summaries.imbalance_table(results)
    names = list(np.unique(TRUE))
    changes = []
    for seed in range(3):
        rare = names[seed]
        at = {}
        for ratio in (1, 30):
            rows = results.where(arm="simulated", method="simclr", ratio=ratio, probe_labels="all", seed=seed)
            text = rows["linear"].iloc[0]
            own = [digit == str(seed) for digit, label in zip(text, TRUE, strict=True) if label == rare]
            at[ratio] = np.mean(own)
        changes.append(at[30] - at[1])
    row = pick(frame, arm="simulated", method="simclr", ratio=30, measure=RARE, probe="all")
    assert row["effect"] == pytest.approx(np.mean(changes))


def test_the_number_of_comparisons_is_corrected_for(store):
    """By hand, from the definition of Benjamini and Hochberg: the smallest p * m / rank at or after its rank."""
    frame = summaries.augmentations_table(read_results(store, "augmentations"))
    for kind in ("without", "alone"):
        own = frame[(frame["kind"] == kind) & (frame["measure"] == LINEAR) & (frame["probe"] == "all")]
        once = own.drop_duplicates("part") if kind == "alone" else own  # flip alone is of both sets: one training
        p = np.sort(once["p"].to_numpy(dtype=float))
        by_hand = [min(p[k] * len(p) / (k + 1) for k in range(rank, len(p))) for rank in range(len(p))]
        assert np.sort(once["q"].to_numpy(dtype=float)) == pytest.approx(by_hand)
        assert (own["q"] >= own["p"]).all()
    assert frame.loc[frame["kind"] == "full", "q"].isna().all()


def test_half_a_seed_leaves_no_silent_gap(tmp_path):
    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(["augmentations"], ARMS, made, seeds=1, minutes=0.005, run_one=known_run)
    frame = summaries.augmentations_table(read_results(made, "augmentations"))
    assert set(frame["condition"]) == {*conditions(), "untrained"}
    assert ((frame["reason"] == "") == frame["mean"].notna()).all()


def test_longer_trainings_are_compared_with_each_other_and_with_the_usual_ones(tmp_path):
    """By the accuracies that were made up: longer SimCLR is as good as S-SimCLR, which gains nothing."""

    def by_length(run, probe):
        return 0.9 if run.steps > STEPS or run.sampling == "balanced" else 0.6

    made = Store(tmp_path / "results", tmp_path / "locks")
    runner.run_missing(
        ["balanced"], ARMS, made, seeds=3, run_one=lambda run, arm, say: result(run, arm.data, by_length)
    )
    frame = summaries.balanced_table(read_results(made, "balanced"))
    more = frame[frame["method"].str.contains("3 x as long") & (frame["measure"] == LINEAR)]
    at = {(row["method"].split()[0], row["reference"]): row for row in more.to_dict("records")}
    usual, longer = at["simclr", "simclr"], at["s-simclr", "simclr (3 x as long)"]
    assert usual["effect"] > 0.2 and usual["effect_low"] > 0 and usual["wins"] == 3
    assert longer["effect_low"] <= 0 <= longer["effect_high"]
    plain = pick(frame, method="simclr", probe="all", measure=LINEAR)
    assert plain["mean"] < 0.7 and plain["n_runs"] == 3, "the usual ones are not mixed with the longer"
    found = answers.answer_question(made, "balanced")
    assert any(line.startswith("Trained 3 times as long") and "not run yet" not in line for line in found.details)

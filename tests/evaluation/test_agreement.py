"""Agreement of neighbours in size and shape, derived again in plain loops; embeddings that know and that do not."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from tests.support.places import ROOT
from ztfexplore.alerts.surveys.hubble import HUBBLE
from ztfexplore.errors import CatalogueError
from ztfexplore.evaluation.agreement import QUANTITIES, RANDOM, Agreement, agreement, agreement_table

AREA, ELLIPTICITY = QUANTITIES
K = 5


def galaxies(n: int = 120, seed: int = 0, width: float = 1000.0) -> pd.DataFrame:
    """Metadata of galaxies strewn over a picture."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "survey": "hubble",
            "object_id": [f"HDF{i:04d}" for i in range(n)],
            "x": rng.uniform(0, width, n),
            "y": rng.uniform(0, width, n),
            "isophotal_area": np.exp(rng.normal(4, 1, n)),
            "ellipticity": rng.uniform(0, 0.8, n),
        }
    )


def knowing(frame: pd.DataFrame, column: str) -> np.ndarray:
    """An embedding whose nearest are the nearest in a measurement: directions in a half plane, (n, 2)."""
    rank = frame[column].rank(pct=True).to_numpy()
    return np.column_stack([np.cos(rank), np.sin(rank)]).astype(np.float32)


def noise(frame: pd.DataFrame, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(frame), 8)).astype(np.float32)


def by(found: list[Agreement], embedding: str, quantity: str) -> Agreement:
    (one,) = (a for a in found if (a.embedding, a.quantity) == (embedding, quantity))
    return one


def in_loops(frame: pd.DataFrame, vectors: np.ndarray | None, values: np.ndarray) -> float:
    """The mean difference to the K nearest by cosine, or to all, that do not overlap; one pair at a time."""
    x, y = frame["x"].round().to_numpy(), frame["y"].round().to_numpy()
    per_galaxy = []
    for i in range(len(frame)):
        others = []
        for j in range(len(frame)):
            overlaps = abs(x[i] - x[j]) < HUBBLE.stamp_size and abs(y[i] - y[j]) < HUBBLE.stamp_size
            if i != j and not overlaps:
                cos = 0.0
                if vectors is not None:
                    cos = vectors[i] @ vectors[j] / np.linalg.norm(vectors[i]) / np.linalg.norm(vectors[j])
                others.append((-cos, abs(values[i] - values[j])))
        nearest = sorted(others)[:K] if vectors is not None else others
        per_galaxy.append(np.mean([difference for _, difference in nearest]))
    return float(np.mean(per_galaxy))


def test_differences_are_those_of_plain_loops():
    frame = galaxies(60, width=300)  # crowded: many overlap
    vectors = noise(frame).astype(np.float64)
    found = agreement(frame, {"noise": vectors}, k=K)
    for quantity, values in ((AREA, np.log10(frame["isophotal_area"])), (ELLIPTICITY, frame["ellipticity"])):
        one, random = by(found, "noise", quantity), by(found, RANDOM, quantity)
        assert one.difference.value == pytest.approx(in_loops(frame, vectors, values.to_numpy()), rel=1e-6)
        assert random.difference.value == pytest.approx(in_loops(frame, None, values.to_numpy()), rel=1e-6)
        assert one.gains[RANDOM].value == pytest.approx(random.difference.value - one.difference.value)
        assert one.queries == 60 and one.neighbours == K


def test_an_embedding_that_knows_a_quantity_beats_random_pairs_in_it_and_only_in_it():
    frame = galaxies(400)
    found = agreement(frame, {"size": knowing(frame, "isophotal_area"), "noise": noise(frame)}, k=K)
    knows = by(found, "size", AREA)
    assert knows.gains[RANDOM].low > 0 and knows.gains["noise"].low > 0
    assert knows.correlation > 0.95
    assert by(found, "noise", AREA).gains["size"].high < 0
    shape = by(found, "size", ELLIPTICITY)
    assert shape.gains[RANDOM].low < 0.01 and abs(shape.correlation) < 0.3


def test_a_knowing_neighbour_that_overlaps_does_not_count():
    """Every galaxy has a twin in measurements and embedding right beside it; only the twin would agree."""
    frame = galaxies(200)
    twin = frame.assign(x=frame["x"] + 10, object_id=frame["object_id"] + "b")
    both = pd.concat([frame, twin], ignore_index=True)
    vectors = np.tile(noise(frame), (2, 1))
    found = agreement(both, {"twins": vectors}, k=1)
    assert by(found, "twins", AREA).difference.value > 0.1
    apart = both.assign(x=[*frame["x"], *(frame["x"] + 3000)])
    assert by(agreement(apart, {"twins": vectors}, k=1), "twins", AREA).difference.value == pytest.approx(0)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    """Noise has no advantage over random pairs: 95 % intervals of the gain hold 0 in most of 40 catalogues."""
    covered = 0
    for seed in range(40):
        frame = galaxies(150, seed)
        gain = by(agreement(frame, {"noise": noise(frame, seed)}, k=K, draws=300), "noise", ELLIPTICITY).gains[RANDOM]
        assert gain.low <= gain.value <= gain.high
        covered += gain.low <= 0 <= gain.high
    assert covered >= 34


def test_rows_without_measurements_or_vectors_are_neither_asked_nor_found():
    frame, vectors = galaxies(100), noise(galaxies(100))
    frame.loc[:9, "ellipticity"] = np.nan
    frame.loc[10:19, "isophotal_area"] = 0.0
    vectors[20:30] = np.nan
    found = agreement(frame, {"noise": vectors}, k=K)
    kept = slice(30, None)
    alone = agreement(frame[kept].reset_index(drop=True), {"noise": vectors[kept]}, k=K)
    assert found == alone or all(a.difference == b.difference for a, b in zip(found, alone, strict=True))
    assert found[0].queries == 70


def test_too_few_galaxies_and_missing_columns_are_named():
    with pytest.raises(CatalogueError, match="too few"):
        agreement(galaxies(8), {"noise": noise(galaxies(8))}, k=K)
    with pytest.raises(CatalogueError, match="ellipticity"):
        agreement(galaxies().drop(columns="ellipticity"), {"noise": noise(galaxies())}, k=K)
    crowded = galaxies(60, width=30)  # all overlap all
    with pytest.raises(CatalogueError, match="overlap"):
        agreement(crowded, {"noise": noise(crowded)}, k=K)


def test_the_table_has_a_row_for_everything_that_was_compared():
    frame = galaxies()
    text = agreement_table(agreement(frame, {"size": knowing(frame, "isophotal_area"), "pca": noise(frame)}, k=K))
    lines = text.splitlines()
    assert len(lines) == 2 + 3 * len(QUANTITIES)
    assert len({line.count("|") for line in lines}) == 1
    assert "better than random pairs by" in lines[0] and "better than pca by" in lines[0]


def test_the_benchmark_compares_encoders_with_pca_on_the_real_galaxies(galaxy_catalogue):
    command = [sys.executable, "benchmarks/galaxies.py", str(galaxy_catalogue), "--encoder", "random"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = {tuple(cell.strip() for cell in line.split("|")[1:3]) for line in done.stdout.splitlines() if "|" in line}
    assert {(name, quantity) for name in ("random", "pca", RANDOM) for quantity in QUANTITIES} <= rows
    done = subprocess.run([*command[:2], "nowhere"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "nowhere" in done.stderr and "Traceback" not in done.stderr

"""What to label next: proposals with a score and a reason, one alert per object, different from each other."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from ztfexplore.catalogue.annotations import PERSON
from ztfexplore.embeddings.vectors import unit_length
from ztfexplore.errors import TrainingError
from ztfexplore.labelling import anomaly
from ztfexplore.labelling.active_probe import CurrentProbe, fit_current

UNCERTAIN, ANOMALOUS, TYPICAL, LABEL_ERRORS = "uncertain", "anomalous", "typical", "label-errors"
STRATEGIES = {
    UNCERTAIN: "Most uncertain: a probe on the labels so far cannot decide between two classes",
    ANOMALOUS: "Most anomalous: far from everything else in this embedding",
    TYPICAL: "Most typical: each represents many others; a good start without labels",
    LABEL_ERRORS: "Possible label errors: labels from the data that a probe fitted without them contradicts",
}
COUNT = 12
# The best tenth, but at least and at most this many per proposal, is divided into groups of similar alerts, and the
# best of each group is proposed.
POOL = (2, 10)
# Typical alerts are sought among all; if there are more than this, this many are drawn.
MOST = 20_000


@dataclass(frozen=True)
class Proposal:
    """An alert worth labelling.

    Attributes:
        row: row number.
        score: from 0 to 1 for 'uncertain' (1 - margin), 'anomalous' (rank) and 'label-errors' (how much more probable
            another class is); for 'typical' the share of alerts that it represents.
        reason: one line for a person.
    """

    row: int
    score: float
    reason: str


def propose(
    frame: pd.DataFrame,
    vectors: np.ndarray,
    strategy: str,
    encoder: str,
    count: int = COUNT,
    checking: bool = False,
    probe: CurrentProbe | None = None,
    scores: pd.DataFrame | None = None,
    seed: int = 0,
) -> list[Proposal]:
    """The next alerts to label, the best first; at most `count`. The same input gives the same proposals.

    So that a batch does not repeat one question twelve times, the best tenth is divided into `count` groups by
    k-means, weighted by the score, and the best of each group is proposed (Zhdanov 2019, arXiv:1901.05954); for
    'typical' all alerts are divided (TypiClust: Hacohen, Dekel & Weinshall 2022, ICML).

    Args:
        frame: candid, object_id, label and label_source, as `annotations.apply` makes them.
        vectors: float32 (n, dim), one row per row of `frame`; NaN where nothing is embedded.
        strategy: a key of STRATEGIES.
        encoder: the encoder of this embedding.
        count: how many.
        checking: propose alerts whose label came with the data and was not checked by a person, instead of objects
            without a label; 'label-errors' always does.
        probe: from `active_probe.fit_current`; fitted if it is needed and not given.
        scores: from `anomaly.anomaly_scores`; computed if they are needed and not given.
        seed: seed of the probe, the scores and the groups.

    Raises:
        TrainingError: if there is no such strategy, or there are too few labels for its probe.
    """
    if strategy not in STRATEGIES:
        raise TrainingError(f"strategy {strategy!r} is unknown; choose from {', '.join(STRATEGIES)}")
    rows = candidates(frame, vectors, checking or strategy == LABEL_ERRORS)
    if not len(rows):
        return []
    if strategy in (UNCERTAIN, LABEL_ERRORS):
        probe = probe or fit_current(frame, vectors, encoder, seed=seed)
        wanted = (1 - probe.table["margin"] if strategy == UNCERTAIN else probe.table["label_error"]).to_numpy()
    else:
        scores = anomaly.anomaly_scores(vectors, frame["object_id"].to_numpy(), seed) if scores is None else scores
        wanted = scores["anomaly" if strategy == ANOMALOUS else "typicality"].to_numpy()
    rows = _best_of_objects(frame, rows, wanted)
    if strategy == LABEL_ERRORS:
        rows = rows[wanted[rows] > 0]
    pool = _draw(rows, seed) if strategy == TYPICAL else _best(rows, count)
    weights = np.ones(len(pool)) if strategy == TYPICAL else wanted[pool] - wanted[pool].min(initial=1) + 1e-3
    chosen = _one_of_a_kind(vectors, pool, weights, count, seed)
    if strategy == TYPICAL:
        total = len(pool)
        chosen = sorted(chosen, key=lambda pair: (-pair[1], pair[0]))
        return [Proposal(row, alike / total, _represents(alike, total)) for row, alike in chosen]
    chosen = sorted(chosen, key=lambda pair: (-wanted[pair[0]], pair[0]))
    return [Proposal(row, float(wanted[row]), _reason(strategy, frame, row, wanted, probe)) for row, _ in chosen]


def candidates(frame: pd.DataFrame, vectors: np.ndarray, checking: bool = False) -> np.ndarray:
    """Rows that may be proposed, int64 (m,): embedded, of objects without any label.

    Args:
        checking: instead, rows with a label from the data, of objects that no person has labelled.
    """
    embedded = np.isfinite(vectors).all(axis=1)
    labelled = frame["label"].notna().to_numpy()
    if not checking:
        taken = frame["object_id"].isin(frame["object_id"][labelled]).to_numpy()
        return np.flatnonzero(embedded & ~taken)
    by_person = labelled & frame["label_source"].astype(object).fillna("").str.startswith(PERSON).to_numpy(dtype=bool)
    taken = frame["object_id"].isin(frame["object_id"][by_person]).to_numpy()
    return np.flatnonzero(embedded & labelled & ~taken)


def _best_of_objects(frame: pd.DataFrame, rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The best row of each object, highest score first, ties by candid; rows without a score are left out."""
    rows = rows[np.isfinite(wanted[rows])]
    rows = rows[np.lexsort((frame["candid"].to_numpy()[rows], -wanted[rows]))]
    return rows[~frame["object_id"].iloc[rows].duplicated().to_numpy()]


def _best(rows: np.ndarray, count: int) -> np.ndarray:
    """The first tenth, but at least 2 and at most 10 times `count`."""
    fewest, most = (times * count for times in POOL)
    return rows[: min(max(len(rows) // 10, fewest), most)]


def _draw(rows: np.ndarray, seed: int) -> np.ndarray:
    """At most MOST of the rows, in the same order."""
    if len(rows) <= MOST:
        return rows
    return rows[np.sort(np.random.default_rng(seed).permutation(len(rows))[:MOST])]


def _one_of_a_kind(
    vectors: np.ndarray, pool: np.ndarray, weights: np.ndarray, count: int, seed: int
) -> list[tuple[int, int]]:
    """The first row of each of `count` groups of the pool, with the size of its group; weights are positive."""
    if len(pool) <= count:
        return [(int(row), 1) for row in pool]
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("ignore", module=r"sklearn\.")  # fewer distinct points than groups
        groups = KMeans(count, n_init=2, random_state=seed).fit_predict(
            unit_length(vectors[pool]), sample_weight=weights
        )
    firsts = np.unique(groups, return_index=True)[1]
    sizes = np.bincount(groups, minlength=count)
    return [(int(pool[first]), int(sizes[groups[first]])) for first in firsts]


def _represents(alike: int, total: int) -> str:
    return f"represents {alike:,} of {total:,} objects"


def _reason(strategy: str, frame: pd.DataFrame, row: int, wanted: np.ndarray, probe: CurrentProbe | None) -> str:
    if strategy == ANOMALOUS or probe is None:
        return f"more unusual than {100 * wanted[row]:.1f} % of the alerts"
    guess = probe.table.iloc[row]
    if strategy == UNCERTAIN:
        return (
            f"{guess['predicted']} {guess['probability']:.2f}, {guess['second']} "
            f"{guess['probability'] - guess['margin']:.2f}"
        )
    return f"{frame['label'].iat[row]}? Probe: {guess['predicted']} {guess['probability']:.2f}"

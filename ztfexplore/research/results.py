"""The results of an experiment as numbers by condition, seed and tested object, ready to be averaged or compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ztfexplore.research.grid import ALL, LONGER, STEPS
from ztfexplore.research.intervals import IntervalEstimate, over_seeds, over_seeds_and_objects
from ztfexplore.research.runs import DIGITS, DONE, encode_classes
from ztfexplore.research.store import Store

# The columns that together define a condition, apart from the seed.
CONDITION = ("arm", "method", "recipe", "positives", "ratio", "rare", "labels", "sampling", "probe_labels", "steps")
# The number that each character stands for, by character code.
PLACES = np.array([max(DIGITS.find(chr(code)), 0) for code in range(256)], dtype=float)
LINEAR, RARE, PURITY, UNIFORMITY = "balanced_accuracy", "rare_recall", "knn_purity", "uniformity"


@dataclass(frozen=True)
class Tested:
    """The tested objects of an arm.

    Attributes:
        names: names of the classes, sorted, str (c,).
        true: class of each tested alert, str (n,).
        unit: number of the object of each alert, int (n,); an object whose alerts carry two labels counts as two
            units, weighted by their alerts.
        classes: class number of each unit, int (u,).
        weights: weight of each unit, (u,).
    """

    names: np.ndarray
    true: np.ndarray
    unit: np.ndarray
    classes: np.ndarray
    weights: np.ndarray

    @cached_property
    def digits(self) -> np.ndarray:
        """The characters of correct predictions, uint8 (n,)."""
        return _bytes(encode_classes(self.true, self.names))

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Tested:
        """From rows with object_id and label, in the order of the predictions' characters."""
        true, objects = frame["label"].to_numpy(dtype=str), frame["object_id"].to_numpy(dtype=str)
        names = np.unique(true)
        units, unit, alerts = np.unique(np.stack([objects, true]), axis=1, return_inverse=True, return_counts=True)
        of_object = pd.Series(objects).value_counts()
        return cls(names, true, unit.ravel(), np.searchsorted(names, units[1]), alerts / of_object[units[0]].to_numpy())

    def average(self, values: np.ndarray) -> np.ndarray:
        """Values of the alerts (n,) averaged over the alerts of each object, (u,)."""
        return np.bincount(self.unit, values) / np.bincount(self.unit)


@dataclass(frozen=True)
class ExperimentResults:
    """The stored results of an experiment, for one version of the science, one data set per arm and one length.

    Attributes:
        rows: results of finished runs with their predictions; one row per condition, seed and probe.
        skipped: rows of runs that gave a reason instead of results.
        tested: the tested objects, by hash of the test.
        notes: what was left out, for a person.
        steps: steps of the trainings; some conditions also have trainings LONGER times as long.
    """

    rows: pd.DataFrame
    skipped: pd.DataFrame
    tested: Mapping[str, Tested]
    notes: list[str] = field(default_factory=list)
    steps: int = STEPS

    @property
    def runs(self) -> int:
        """Number of runs."""
        return self.rows["key"].nunique()

    @property
    def seeds(self) -> int:
        """Number of seeds with at least one run."""
        return self.rows["seed"].nunique()

    def where(self, **condition: object) -> pd.DataFrame:
        """The rows with these values, one per seed, ordered by seed; of the usual length unless `steps` is given."""
        asked = tuple(({"steps": self.steps} | condition).items())
        if asked not in self._asked:
            kept = np.ones(len(self.rows), dtype=bool)
            for name, value in asked:
                kept &= self._columns[name] == value
            self._asked[asked] = self.rows[kept].sort_values("seed", kind="stable")
        return self._asked[asked]

    @cached_property
    def _asked(self) -> dict[tuple[tuple[str, object], ...], pd.DataFrame]:
        return {}

    @cached_property
    def _columns(self) -> dict[str, np.ndarray]:
        """The columns that `where` selects by, as arrays, which are faster than columns of a frame."""
        return {name: self.rows[name].to_numpy(dtype=object) for name in (*CONDITION, "seed")}

    # --- figures ---------------------------------------------------------------------------------------------------

    def estimate(
        self, rows: pd.DataFrame, measure: str, rare: Mapping[int, str] | None = None
    ) -> IntervalEstimate | None:
        """The mean of a measure over some rows, one per seed; None if there are none. Shares stay between 0 and 1.

        Args:
            measure: LINEAR, RARE, PURITY or UNIFORMITY.
            rare: the rare class of each seed, for RARE.
        """
        return _within(self._over(rows, None, measure, rare), measure, 0.0)

    def difference(
        self, rows: pd.DataFrame, others: pd.DataFrame, measure: str, rare: Mapping[int, str] | None = None
    ) -> IntervalEstimate | None:
        """The mean of `rows` minus that of `others`, paired by seed and object; None if no seed has both."""
        seeds = set(rows["seed"]) & set(others["seed"])
        rows, others = rows[rows["seed"].isin(seeds)], others[others["seed"].isin(seeds)]
        return _within(self._over(rows, others, measure, rare), measure, -1.0)

    def double_difference(
        self,
        first: pd.DataFrame,
        first_base: pd.DataFrame,
        second: pd.DataFrame,
        second_base: pd.DataFrame,
        measure: str,
        rare: Mapping[int, str] | None = None,
    ) -> IntervalEstimate | None:
        """(first - first_base) - (second - second_base), over the seeds that all four have; None if there are none."""
        parts = [first, first_base, second, second_base]
        seeds = set.intersection(*(set(part["seed"]) for part in parts)) & set(
            rare if rare is not None else first["seed"]
        )
        parts = [part[part["seed"].isin(seeds)] for part in parts]
        if not seeds:
            return None
        values = [self.values(part, measure) for part in parts]
        return self._estimated(parts[0], values[0] - values[1] - values[2] + values[3], measure, rare)

    def wins(self, rows: pd.DataFrame, others: pd.DataFrame) -> int:
        """Number of seeds in which `rows` have the higher balanced accuracy."""
        both = rows[["seed", LINEAR]].merge(others[["seed", LINEAR]], on="seed", suffixes=("", "_other"))
        return int((both[LINEAR] > both[f"{LINEAR}_other"]).sum())

    def _over(
        self, rows: pd.DataFrame, others: pd.DataFrame | None, measure: str, rare: Mapping[int, str] | None
    ) -> IntervalEstimate | None:
        if measure == RARE:
            known = rare or {}
            rows = rows[rows["seed"].isin(known)]
            others = None if others is None else others[others["seed"].isin(known)]
        if not len(rows):
            return None
        if measure == UNIFORMITY:
            values = rows[UNIFORMITY].to_numpy(dtype=float)
            return over_seeds(values if others is None else values - others[UNIFORMITY].to_numpy(dtype=float))
        values = self.values(rows, measure)
        if others is not None:
            values = values - self.values(others, measure)
        return self._estimated(rows, values, measure, rare)

    def _estimated(
        self, rows: pd.DataFrame, values: np.ndarray, measure: str, rare: Mapping[int, str] | None
    ) -> IntervalEstimate:
        """The estimate from values (objects, seeds) that belong to these rows."""
        test = self.tested[rows["test"].iloc[0]]
        shares = np.full((len(test.names), len(rows)), 1 / len(test.names))
        if measure == RARE:
            wanted = np.array([(rare or {})[seed] for seed in rows["seed"]])
            shares = (test.names[:, None] == wanted[None]).astype(float)
        return over_seeds_and_objects(values, test.classes, test.weights, shares)

    def values(self, rows: pd.DataFrame, measure: str) -> np.ndarray:
        """Score of each tested object under each row, (objects, rows): correct or not, or purity of its neighbours."""
        known = self._purities if measure == PURITY else self._rights
        return np.stack([known[number] for number in rows.index], axis=1)

    @cached_property
    def _rights(self) -> list[np.ndarray]:
        """For every row, which objects are predicted correctly."""
        pairs = zip(self.rows["linear"], self.rows["test"], strict=True)
        return [self.tested[t].average((_bytes(text) == self.tested[t].digits).astype(float)) for text, t in pairs]

    @cached_property
    def _purities(self) -> list[np.ndarray]:
        """For every row, the share of each object's neighbours that are of its class."""
        triples = zip(self.rows["same"], self.rows["test"], self.rows["neighbours"], strict=True)
        return [self.tested[t].average(PLACES[_bytes(text)] / count) for text, t, count in triples]


def _within(found: IntervalEstimate | None, measure: str, least: float) -> IntervalEstimate | None:
    """The same, with the interval clipped to the range of shares or of their differences."""
    if found is None or measure == UNIFORMITY:
        return found
    return replace(found, low=max(found.low, least), high=min(found.high, 1.0))


def _bytes(text: str) -> np.ndarray:
    """The characters of a text, uint8 (n,)."""
    return np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)


def read_results(store: Store, experiment: str, steps: int = STEPS) -> ExperimentResults:
    """The results of an experiment.

    Args:
        steps: steps of the trainings; rows of other lengths, except LONGER times as many, are left out with a note.
    """
    rows, notes = store.results(experiment), list[str]()
    rows = rows.assign(steps=pd.to_numeric(rows["steps"], errors="coerce"))
    kept = rows["steps"].isin([steps, LONGER * steps])
    rows = _only(rows, kept, f"with a training of neither {steps} nor {LONGER * steps} steps", notes)
    for arm in rows["arm"].unique().tolist():
        counts = rows.loc[rows["arm"] == arm, "data"].value_counts()
        if len(counts) > 1:
            other = (rows["arm"] == arm) & (rows["data"] != counts.index[0])
            rows = _only(rows, ~other, f"from other data than the {counts.iloc[0]} rows of the {arm} arm", notes)
    skipped = rows[rows["status"] != DONE].drop_duplicates([*CONDITION, "seed"], keep="last")
    # A condition is run again when something about it has changed: the newest row counts.
    rows = rows[rows["status"] == DONE].drop_duplicates([*CONDITION, "seed"], keep="last")
    predictions = store.predictions(experiment)
    shared = predictions[predictions["same"] != ""].drop_duplicates("key", keep="last")[["key", "knn", "same"]]
    linear = predictions[["key", "probe_labels", "linear"]].drop_duplicates(["key", "probe_labels"], keep="last")
    joined = rows.merge(linear, on=["key", "probe_labels"], how="left").merge(shared, on="key", how="left")
    tested = {str(name): Tested.of(part) for name, part in store.tested().groupby("test", sort=False)}
    lengths = {name: len(one.true) for name, one in tested.items()}
    whole = joined["linear"].str.len().eq(joined["test"].map(lengths)) & joined["same"].notna()
    joined = _only(joined, whole, "without predictions", notes)
    return ExperimentResults(joined.reset_index(drop=True), skipped, tested, notes, steps)


def _only(rows: pd.DataFrame, kept: pd.Series, what: str, notes: list[str]) -> pd.DataFrame:
    if not kept.all():
        notes.append(f"{int((~kept).sum())} rows {what} were left out")
    return rows[kept]


def rare_classes(rows: pd.DataFrame) -> dict[int, str]:
    """The class that is rare in the imbalanced sets of each seed."""
    own = rows[(rows["rare"] != "") & (rows["probe_labels"] == ALL)]
    return dict(zip(own["seed"].astype(int), own["rare"], strict=True))


def tidy(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    """A frame of these rows with these columns; cells that a row lacks are empty."""
    return pd.DataFrame(list(rows), columns=list(columns))

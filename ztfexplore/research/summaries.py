"""The tables behind the answers: one row per condition and measure, with interval, seeds and runs, or a reason.

Common columns: `arm`, `probe` (labels per class that the probe saw), `measure`, `mean`, `low`, `high`, `n_seeds`,
`n_runs`, what the condition is compared with (`reference`), `effect` with `effect_low`, `effect_high`, `effect_seeds`
(seeds that both have) and `p`, and `reason`, which says why a condition has no numbers. An effect is always the
condition minus its reference, paired by seed and object. Intervals are those of `intervals`; for uniformity, over seeds
alone. Where many parts are compared, `q` is p corrected for their number (Benjamini & Hochberg 1995, J. R. Stat. Soc. B
57, 289): among those with q below 0.05, on average at most one in twenty is due to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd
from scipy.stats import false_discovery_control

from ztfexplore.research.datasets import FEW
from ztfexplore.research.grid import (
    ALL,
    AUGMENTATIONS,
    BALANCED,
    EQUAL,
    IMBALANCE,
    LABELS,
    LONGER,
    METHODS,
    NATURAL,
    RATIOS,
    REAL_ARM,
    SIMULATED_ARM,
    UNTRAINED,
    Condition,
    conditions,
)
from ztfexplore.research.intervals import IntervalEstimate
from ztfexplore.research.results import LINEAR, PURITY, RARE, UNIFORMITY, ExperimentResults, rare_classes, tidy

NOT_YET = "not run yet"
MORE = f"({LONGER} x as long)"  # appended to the names of methods that were trained LONGER
SURE = 0.05  # a part with a smaller q is said to matter
FIGURES = (
    "mean",
    "low",
    "high",
    "n_seeds",
    "n_runs",
    "reference",
    "effect",
    "effect_low",
    "effect_high",
    "effect_seeds",
    "p",
    "reason",
)
KEYS = ("arm", "probe", "measure")
Row = dict[str, object]


def _row(
    results: ExperimentResults,
    rows: pd.DataFrame,
    others: pd.DataFrame | None,
    measure: str,
    reference: str,
    rare: Mapping[int, str] | None = None,
) -> Row:
    found = results.estimate(rows, measure, rare)
    row: Row = {"measure": measure, "reference": reference, "n_runs": rows["key"].nunique(), "reason": ""}
    if found is None:
        return row | {"n_seeds": 0, "reason": NOT_YET}
    row |= {"mean": found.value, "low": found.low, "high": found.high, "n_seeds": found.seeds}
    gain = results.difference(rows, others, measure, rare) if others is not None else None
    if gain is not None:
        row |= _effect(gain)
    return row


def _effect(found: IntervalEstimate) -> Row:
    return {
        "effect": found.value, "effect_low": found.low, "effect_high": found.high, "effect_seeds": found.seeds,
        "p": found.p,
    }  # fmt: skip


def _measures(probes: Iterable[str], rare: bool = False) -> list[tuple[str, str]]:
    """Pairs (measure, probe): measures of the probe for each probe, measures of the embedding alone once."""
    linear = [(measure, probe) for probe in probes for measure in ((LINEAR, RARE) if rare else (LINEAR,))]
    return [*linear, (PURITY, ALL), (UNIFORMITY, ALL)]


def imbalance_table(results: ExperimentResults) -> pd.DataFrame:
    """Question 1: by arm, method, ratio and `rare` ('' for the mean over the rare classes); compared with ratio 1.

    At the largest ratio there is also SimCLR's recall of each rare class; at ratio 1 there are also untrained weights.
    """
    made: list[Row] = []
    for arm in (SIMULATED_ARM, REAL_ARM):
        rare = rare_classes(results.where(arm=arm))
        for measure, probe in _measures((ALL, FEW), rare=True):
            start = {"arm": arm, "rare": "", "probe": probe}
            for method in METHODS:
                base = results.where(arm=arm, method=method, ratio=1, probe_labels=probe)
                for ratio in RATIOS:
                    rows = results.where(arm=arm, method=method, ratio=ratio, probe_labels=probe)
                    others = base if ratio > 1 else None
                    row = _row(results, rows, others, measure, "ratio 1" if ratio > 1 else "", rare)
                    made.append(start | {"method": method, "ratio": ratio} | row)
            rows = results.where(arm=arm, method=UNTRAINED, probe_labels=probe)
            made.append(start | {"method": UNTRAINED, "ratio": 1} | _row(results, rows, None, measure, "", rare))
        made += _each_rare(results, arm, rare)
    made += [
        {"arm": row.arm, "method": "all", "ratio": int(row.ratio), "rare": row.rare, "n_seeds": 0, "n_runs": 0}
        | {"measure": LINEAR, "probe": ALL, "reason": row.reason}
        for row in results.skipped.itertuples()
    ]
    return tidy(made, [*KEYS, "method", "ratio", "rare", *FIGURES])


def _each_rare(results: ExperimentResults, arm: str, rare: Mapping[int, str]) -> list[Row]:
    """SimCLR's recall of each class that was rare, at the largest ratio minus at ratio 1."""
    made: list[Row] = []
    common = {"arm": arm, "method": "simclr", "probe_labels": ALL}
    for name in dict.fromkeys(rare.values()):
        own = {seed: one for seed, one in rare.items() if one == name}
        rows, others = (results.where(**common, ratio=ratio) for ratio in (RATIOS[-1], 1))
        start = {"arm": arm, "rare": name, "probe": ALL, "method": "simclr", "ratio": RATIOS[-1]}
        rows = rows[rows["seed"].isin(own)]
        made.append(start | _row(results, rows, others, RARE, "ratio 1", own))
    return made


def learned(results: ExperimentResults, arm: str, measure: str, probe: str) -> Row:
    """The gain of SimCLR on a balanced set over untrained weights: rarity cannot take away more than that."""
    rare = rare_classes(results.where(arm=arm))
    rows = results.where(arm=arm, method="simclr", ratio=1, probe_labels=probe)
    others = results.where(arm=arm, method=UNTRAINED, probe_labels=probe)
    return _row(results, rows, others, measure, UNTRAINED, rare)


def by_class(results: ExperimentResults, sampling: str) -> dict[str, Row]:
    """Question 2 with all labels, the recall of each class: S-SimCLR with this sampling minus SimCLR."""
    rows = results.where(method="s-simclr", sampling=sampling, probe_labels=ALL)
    others = results.where(method="simclr", probe_labels=ALL)
    if not len(rows):
        return {}
    names = results.tested[rows["test"].iloc[0]].names
    seeds = rows["seed"].tolist()
    return {str(name): _row(results, rows, others, RARE, "simclr", dict.fromkeys(seeds, str(name))) for name in names}


def change_against(results: ExperimentResults, arm: str, ratio: int, method: str, other: str) -> Row:
    """How the change of the rare class's recall from ratio 1 to this ratio differs between two methods."""
    rare = rare_classes(results.where(arm=arm))
    parts = [
        results.where(arm=arm, method=name, ratio=at, probe_labels=ALL) for name in (method, other) for at in (ratio, 1)
    ]
    first, first_base, second, second_base = parts
    found = results.double_difference(first, first_base, second, second_base, RARE, rare)
    if found is None:
        return {"reason": NOT_YET}
    return _effect(found) | {"reason": ""}


def balanced_table(results: ExperimentResults) -> pd.DataFrame:
    """Question 2: by method, sampling and labels; compared with SimCLR probed with the same labels.

    `wins` counts the seeds in which the condition has the higher balanced accuracy. Methods whose names end in MORE
    were trained LONGER.
    """
    made: list[Row] = []
    for labels in LABELS:
        base = results.where(method="simclr", probe_labels=labels)
        named = {
            (UNTRAINED, ""): results.where(method=UNTRAINED, probe_labels=labels),
            ("simclr", ""): base,
            ("s-simclr", NATURAL): results.where(method="s-simclr", sampling=NATURAL, probe_labels=labels),
            ("s-simclr", EQUAL): results.where(method="s-simclr", sampling=EQUAL, probe_labels=labels),
        }
        for (method, sampling), rows in named.items():
            own = method == "simclr"
            for measure in (LINEAR, PURITY, UNIFORMITY):
                row = _row(results, rows, None if own else base, measure, "" if own else "simclr")
                start = {"arm": REAL_ARM, "probe": labels, "method": method, "sampling": sampling}
                made.append(start | row | {"wins": 0 if own else results.wins(rows, base)})
        for measure in (LINEAR, PURITY):
            rows, others = named["s-simclr", EQUAL], named["s-simclr", NATURAL]
            row = _row(results, rows, others, measure, "s-simclr natural")
            start = {"arm": REAL_ARM, "probe": labels, "method": "s-simclr", "sampling": EQUAL}
            made.append(start | row | {"wins": results.wins(rows, others)})
    return tidy([*made, *_longer(results)], [*KEYS, "method", "sampling", *FIGURES, "wins"])


def _longer(results: ExperimentResults) -> list[Row]:
    """Question 2 with all labels and LONGER times the steps: compared with each other and with the usual length."""
    steps = LONGER * results.steps
    simclr = {"method": "simclr", "probe_labels": ALL}
    equal = {"method": "s-simclr", "sampling": EQUAL, "probe_labels": ALL}
    pairs = [
        ("simclr", "", simclr, "simclr", simclr | {"steps": results.steps}),
        ("s-simclr", EQUAL, equal, f"s-simclr {EQUAL}", equal | {"steps": results.steps}),
        ("s-simclr", EQUAL, equal, f"simclr {MORE}", simclr | {"steps": steps}),
    ]
    made: list[Row] = []
    for measure in (LINEAR, PURITY):
        for method, sampling, condition, reference, other in pairs:
            rows, others = results.where(**condition | {"steps": steps}), results.where(**other)
            start = {"arm": REAL_ARM, "probe": ALL, "method": f"{method} {MORE}", "sampling": sampling}
            row = _row(results, rows, others, measure, reference)
            made.append(start | row | {"wins": results.wins(rows, others)})
    return made


def augmentations_table(results: ExperimentResults) -> pd.DataFrame:
    """Question 3: by condition (see `grid.conditions`); compared with the condition that shows what its part adds.

    A full set, a part alone and no augmentation are compared with no augmentation and untrained weights; a set without
    a part, or with a milder one, with the full set.
    """
    known = conditions()
    made: list[Row] = []
    for name, one in known.items():
        for reference in _references(name, one):
            for measure, probe in _measures((ALL, FEW)):
                rows = _of(results, one, probe)
                others = _of(results, known[reference], probe) if reference in known else None
                if reference == UNTRAINED:
                    others = results.where(method=UNTRAINED, probe_labels=probe)
                start = {"arm": REAL_ARM, "probe": probe, "condition": name, "set": one.set, "kind": one.kind}
                made.append(start | {"part": one.part} | _row(results, rows, others, measure, reference))
    for measure, probe in _measures((ALL, FEW)):
        rows = results.where(method=UNTRAINED, probe_labels=probe)
        start = {"arm": REAL_ARM, "probe": probe, "condition": UNTRAINED, "set": "", "kind": UNTRAINED, "part": ""}
        made.append(start | _row(results, rows, None, measure, ""))
    return _correct_for_number(tidy(made, [*KEYS, "condition", "set", "kind", "part", *FIGURES]))


def _correct_for_number(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds `q`: p corrected for all parts of both sets that are left out, or alone, by measure and probe."""
    known = conditions()
    families = frame[frame["kind"].isin(["without", "alone"]) & frame["p"].notna()]
    q = pd.Series(float("nan"), index=frame.index)
    for _, family in families.groupby(["kind", "measure", "probe"]):
        # A part may belong to both sets: alone it is a single training.
        training = family["condition"].map(lambda name: f"{known[name].recipe} {known[name].positives}")
        p = family["p"].groupby(training).first()
        q[family.index] = training.map(pd.Series(false_discovery_control(p), index=p.index))
    return frame.assign(q=q)


def _references(name: str, one: Condition) -> list[str]:
    if one.kind in ("without", "milder"):
        return [f"{one.set} full"]
    if name == "none":
        return [UNTRAINED]
    if one.kind == "alone":
        return ["none"]
    return ["none", UNTRAINED, *(["simclr full"] if name != "simclr full" else [])]


def _of(results: ExperimentResults, one: Condition, probe: str) -> pd.DataFrame:
    return results.where(method="simclr", recipe=one.recipe, positives=one.positives, probe_labels=probe)


TABLES: Mapping[str, Callable[[ExperimentResults], pd.DataFrame]] = {
    IMBALANCE: imbalance_table,
    BALANCED: balanced_table,
    AUGMENTATIONS: augmentations_table,
}

"""The answers in words: two sentences and a verdict that say no more than the intervals."""

from __future__ import annotations

import pandas as pd
import pytest

from ztfexplore.research import narrative, summaries
from ztfexplore.research.results import LINEAR, read_results
from ztfexplore.research.store import Store


def test_a_part_that_is_significant_only_without_correction_is_named_among_the_details():
    """Of fourteen, one with p 0.02 is significant by itself; corrected for all of them its q is 0.28."""
    results, rows = None, []
    for place in range(14):
        low = -0.05 if place else -0.03
        rows.append({"kind": "without", "set": "simclr", "part": f"part-{place}", "measure": LINEAR, "probe": "all"})
        rows[-1] |= {"effect": -0.02, "effect_low": low, "effect_high": 0.01 if place else -0.01}
        rows[-1] |= {
            "q": 0.5 if place else 0.28,
            "condition": f"simclr without part-{place}",
            "reference": "simclr full",
        }
    said = narrative.augmentations_narrative(results, pd.DataFrame(rows))
    assert "no significant difference" in said.text
    singly = next(line for line in said.details if line.startswith("Left out, and without correction"))
    assert "part-0 of SimCLR's own set" in singly and "part-1" not in singly and "among 14" in singly


@pytest.mark.parametrize(
    ("low", "high", "less", "more"), [(0.1, 0.3, True, False), (-0.3, -0.1, False, True), (-0.1, 0.3, False, False)]
)
def test_the_verdict_goes_by_the_interval_alone(low, high, less, more):
    """The effect is that of the astronomical set minus SimCLR's own."""
    row = {"measure": LINEAR, "probe": "all", "condition": "astronomical full", "reference": "simclr full"}
    row |= {"effect": (low + high) / 2, "effect_low": low, "effect_high": high, "kind": "full", "set": "", "part": ""}
    said = narrative.augmentations_narrative(None, pd.DataFrame([row | {"q": 0.001}]))
    assert ("less useful" in said.verdict, "more useful" in said.verdict) == (less, more)
    assert ("not differ" in said.verdict) == (not less and not more)
    assert said.text.startswith(said.verdict) and len(said.verdict.split()) <= 12


def test_without_results_nothing_is_claimed(tmp_path):
    empty = Store(tmp_path)
    for name, write in narrative.NARRATIVES.items():
        results = read_results(empty, name)
        said = write(results, summaries.TABLES[name](results))
        assert said.verdict == narrative.NOT_MEASURED and "significant" not in said.text

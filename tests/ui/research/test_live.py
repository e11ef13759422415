"""The table of a reduced run."""

from __future__ import annotations

import pandas as pd

from ztfexplore.research.results import LINEAR
from ztfexplore.ui.research import live


def test_intervals_are_text_and_rows_without_numbers_are_left_out():
    row = {"condition": "SimCLR", "measure": LINEAR, "mean": 0.5, "low": 0.4, "high": 0.6, "effect": float("nan")}
    other = row | {"condition": "S-SimCLR", "effect": 0.1, "effect_low": -0.1, "effect_high": 0.3}
    none = {"condition": "rare", "measure": LINEAR, "mean": float("nan"), "effect": float("nan")}
    shown = live.readable_reduced(pd.DataFrame([row, other, none]))
    assert shown["condition"].tolist() == ["SimCLR", "S-SimCLR"]
    assert shown["mean [95 %]"].tolist() == ["0.500 [0.400, 0.600]"] * 2
    assert shown["difference [95 %]"].tolist() == ["-", "+0.100 [-0.100, +0.300]"]

"""One effect in words: what the interval supports, and no more."""

from __future__ import annotations

import pandas as pd
import pytest

from ztfexplore.research import summaries
from ztfexplore.research.phrases import excluded, listed, phrase, pick, signed, together

UP, DOWN, SAME = "rises", "falls", "does not change"


def row(low: float, high: float) -> dict[str, object]:
    return {"effect": (low + high) / 2, "effect_low": low, "effect_high": high}


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0.1, 0.2, UP), (-0.2, -0.1, DOWN), (-0.1, 0.1, SAME), (0, 1, SAME)]
)
def test_a_phrase_goes_by_where_the_interval_lies(low, high, words):
    assert phrase(row(low, high), UP, DOWN, SAME) == words
    assert phrase({}, UP, DOWN, SAME, "unknown") == "unknown"


def test_numbers_have_a_sign_and_an_interval_if_there_is_one():
    assert signed(row(-0.1, 0.3)) == "+0.100 [-0.100, +0.300]"
    assert signed({"effect": 0.5, "effect_low": float("nan"), "effect_high": float("nan")}) == "+0.500"
    assert signed({"effect": None}) == summaries.NOT_YET


def test_things_of_which_the_same_is_said_share_a_clause():
    text = together({"on A": row(-0.2, -0.1), "on B": row(-0.4, -0.3), "on C": row(0.1, 0.2)}, UP, DOWN, SAME)
    assert text.count(DOWN) == text.count(UP) == 1 and SAME not in text
    assert text.index("on A") < text.index("on B") < text.index(UP) < text.index("on C")
    both = together({"on A": row(-1, 1), "on B": row(-1, 1)}, UP, DOWN, SAME)
    assert " or on B" in both, "of two things that do not change, neither does"


def test_a_bound_is_the_end_of_the_interval_and_never_below_zero():
    assert excluded(row(-0.1, 0.3), loss=True) == "0.100" and excluded(row(-0.1, 0.3), loss=False) == "0.300"
    assert excluded(row(0.1, 0.3), loss=True) == "0.000"
    assert excluded({"effect": 0.2, "effect_low": float("nan"), "effect_high": float("nan")}, loss=True) is None
    assert excluded({}, loss=False) is None


def test_rows_are_picked_by_their_values_and_lists_read_as_text():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert pick(frame, a=2) == {"a": 2, "b": "y"} and pick(frame, a=3) == {}
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"

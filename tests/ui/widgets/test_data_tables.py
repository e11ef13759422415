"""Heights of tables: a short one ends after its last row, a long one scrolls."""

from __future__ import annotations

import itertools

from ztfexplore.ui.widgets.data_tables import height_of


def test_a_table_is_as_high_as_its_rows_and_no_higher_than_the_most():
    heights = [height_of(rows) for rows in range(15)]
    steps = [after - before for before, after in itertools.pairwise(heights)]
    assert steps == [steps[0]] * 12 + [0, 0] and steps[0] > 0
    assert heights[0] >= steps[0], "the header"
    assert height_of(100, most=6) == heights[6]

"""The figures of the augmentations page say what they show, and show what the frames say."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ztfexplore.evaluation.invariance import NEAREST, RANDOM, REFERENCE, TWELFTH
from ztfexplore.plots import augment as plots_augment
from ztfexplore.plots.augment import LEAST_RATIO, REFERENCE_SYMBOL


def row(encoder: str, name: str, value: float, trained: bool = False, kind: str = "augmentation") -> dict[str, object]:
    middle = {"median": value, "ratio": value, "distance": value / 2, "low": value / 2, "high": value * 2}
    return {"encoder": encoder, "kind": kind, "name": name, **middle, "samples": 4, "trained_with": trained}


@pytest.fixture
def frame() -> pd.DataFrame:
    rows = []
    for encoder, scale in (("simclr", 1.0), ("s-simclr", 2.0)):
        rows += [row(encoder, "blur", 0.1 * scale), row(encoder, "flip", 0.001 * scale, trained=True)]
        for name, value in ((NEAREST, 0.02), (TWELFTH, 0.05), (RANDOM, 0.9)):
            rows.append(row(encoder, name, value * scale, kind=REFERENCE))
    return pd.DataFrame(rows)


def points(figure) -> dict[str, object]:
    """Traces with points, by name."""
    return {trace.name: trace for trace in figure.data if trace.x is not None and trace.x[0] is not None}


def test_moves_have_a_panel_for_each_encoder_with_lines_at_other_objects(frame):
    figure = plots_augment.moves_figure(frame, str.upper, "blur")
    found = points(figure)
    assert list(found) == ["SIMCLR", "S-SIMCLR"]
    assert list(found["S-SIMCLR"].x) == pytest.approx([0.2, 0.002])
    assert found["S-SIMCLR"].xaxis == "x2"
    assert list(found["SIMCLR"].error_x.array) == pytest.approx([0.1, 0.001])
    assert list(found["SIMCLR"].marker.symbol) == ["circle-open", "circle"]
    assert list(figure.layout.yaxis.ticktext) == ["<b>blur</b>", "flip"]
    lines = sorted((shape.xref, shape.x0, shape.line.dash) for shape in figure.layout.shapes)
    assert lines[:3] == [("x", 0.02, "dot"), ("x", 0.05, "dash"), ("x", 0.9, "solid")]
    names = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert {NEAREST, TWELFTH, RANDOM, "trained with it", "not trained with it"} <= set(names)


def test_invariance_orders_rows_from_the_least_moved_with_other_objects_among_them(frame):
    figure = plots_augment.invariance_figure(frame)
    assert list(figure.layout.yaxis.ticktext) == [
        "flip",
        f"<i>{NEAREST}</i>",
        f"<i>{TWELFTH}</i>",
        "blur",
        f"<i>{RANDOM}</i>",
    ]
    trace = points(figure)["simclr"]
    assert dict(zip([name for name, *_ in trace.customdata], trace.x, strict=True))["blur"] == pytest.approx(0.1)
    assert list(trace.marker.symbol).count(REFERENCE_SYMBOL) == 3
    first, second = (points(figure)[name].y[0] for name in ("simclr", "s-simclr"))
    assert first < 3 < second  # beside each other on one row


@pytest.mark.parametrize("make", (plots_augment.moves_figure, plots_augment.invariance_figure))
def test_axes_are_named_and_logarithmic_and_encoders_differ_in_colour_and_symbol(frame, make):
    figure = make(frame)
    assert "distance" in figure.layout.xaxis.title.text
    assert figure.layout.xaxis.type == "log"
    first, second = points(figure).values()
    assert first.marker.color != second.marker.color
    assert {s.removesuffix("-open") for s in first.marker.symbol}.isdisjoint(
        {s.removesuffix("-open") for s in second.marker.symbol} - {REFERENCE_SYMBOL}
    ) or make is plots_augment.invariance_figure


def test_what_does_not_move_at_all_is_at_the_left_end_with_its_number_on_hover(frame):
    frame.loc[frame["name"] == "flip", ["ratio", "low", "high"]] = 0.0
    figure = plots_augment.invariance_figure(frame)
    trace = points(figure)["simclr"]
    assert min(trace.x) == LEAST_RATIO
    assert min(number for _, number, *_ in trace.customdata) == 0
    assert figure.layout.xaxis.range[0] < math.log10(LEAST_RATIO)


def test_rows_without_a_number_are_left_out(frame):
    frame.loc[frame["name"] == TWELFTH, ["ratio", "low", "high"]] = np.nan
    figure = plots_augment.invariance_figure(frame)
    assert not any(TWELFTH in text for text in figure.layout.yaxis.ticktext)


def test_three_encoders_have_room(frame):
    third = frame[frame["encoder"] == "simclr"].assign(encoder="simsiam")
    both = pd.concat([frame, third])
    assert plots_augment.invariance_figure(both).layout.height > plots_augment.invariance_figure(frame).layout.height
    assert len(points(plots_augment.moves_figure(both))) == 3

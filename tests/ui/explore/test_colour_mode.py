"""What a colour mode of somebody else's must say, and what it gets for nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ztfexplore.display.colours import colouring
from ztfexplore.ui.explore.colour_mode import COLOURS, COLUMN, ColourMode, class_colours, mode_of


class Parity(ColourMode):
    """Even and odd rows."""

    name = "parity"
    label = "parity of the row"
    explanation = "whether the row is even"

    def colours(self, view, choice, encoders):
        return colouring(pd.Series(np.arange(len(view.frame)) % 2), self.label)


def test_a_mode_with_one_choice_needs_only_its_colours():
    mode = Parity()
    assert mode.choices(None, ("a", "b")) == ["parity"] and mode.owns("parity") and not mode.owns("label")
    assert mode.title("parity") == "parity of the row" and mode.legend("parity", "SimCLR") == ""


def test_a_mode_without_colours_is_no_mode():
    class Colourless(ColourMode):
        name = label = explanation = "colourless"

    with pytest.raises(TypeError):
        Colourless()


def test_a_choice_that_no_mode_claims_is_a_column():
    assert mode_of("parity") is COLOURS[COLUMN]
    with COLOURS.temporarily(Parity()):
        assert mode_of("parity").label == "parity of the row"


def test_predicted_classes_have_the_colours_of_labels():
    labels = pd.Series(["SN", None, "VS", "SN"])
    predicted, given = class_colours(labels.rename("predicted")), colouring(labels.rename("label"), "label")
    assert predicted.entries == given.entries and predicted.codes.tolist() == given.codes.tolist()

"""What a label button is about: the label now, the label before, and which key it has."""

from __future__ import annotations

import pandas as pd

from ztfexplore.ui.labelling import panel


def test_a_label_is_shown_with_its_source_and_with_that_of_the_data_if_it_differs():
    record = {"label": "SN", "label_source": "person:me", "label_given": "VS", "label_source_given": "VSX match"}
    text = panel._label_of(pd.Series(record))
    assert text.index("**SN**") < text.index("**VS**") and "VSX match" in text
    same = {"label": "VS", "label_source": "VSX match", "label_given": "VS", "label_source_given": "VSX match"}
    assert panel._label_of(pd.Series(same)).count("**VS**") == 1


def test_markup_in_a_class_is_text():
    assert "**\\<b\\>**" in panel._with_source("<b>", None)
    assert panel._with_source(None, None) == "unlabelled"


def test_only_a_person_s_label_can_be_removed():
    frame = pd.DataFrame({"label_source": ["TNS", None, "person:Ann"]}, dtype=object)
    assert [panel._has_person(frame, [row]) for row in range(3)] == [False, False, True]
    assert panel._has_person(frame, [0, 2])

"""The charts: how far augmentations move this object, and what encoders have become invariant to."""

from __future__ import annotations

from tests.support.augmentations import charts
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.evaluation import invariance_summary


def test_the_summary_is_measured_when_asked_and_then_kept(alone, monkeypatch):
    few = {name: ("augmentation", AUGMENTATIONS[name].recipe(always=True)) for name in ("sky-noise", "colour-jitter")}
    monkeypatch.setattr(invariance_summary, "measured_recipes", lambda encoder: few)
    page = alone(encoders="simclr")
    assert len(charts(page)) == 1
    page.button(key="measure").click().run()
    assert not page.exception
    assert len(charts(page)) == 2
    said = " ".join(element.value.replace("\\", "") for element in page.markdown)
    assert "SimCLR**: invariant to sky-noise" in said and "not to colour-jitter" in said
    assert any("bench invariance" in element.value and "--encoder simclr" in element.value for element in page.code)
    monkeypatch.setattr(invariance_summary, "summarise_catalogue", None)  # nothing is measured twice
    again = alone(encoders="simclr")
    assert not again.exception and len(charts(again)) == 2


def test_without_an_encoder_nothing_is_charted_and_nothing_is_measured(alone):
    page = alone()
    page = page.multiselect[0].set_value([]).run()
    assert not page.exception and charts(page) == []
    assert not any(button.key == "measure" for button in page.button)


def test_an_augmentation_on_its_own_strength_is_marked_and_others_are_not_measured_again(alone):
    page = alone(augmentation="blur", encoders="simclr")
    before = page.dataframe[0].value.set_index("name")
    page.slider(key="strength-blur").set_value(4.0).run()
    after = page.dataframe[0].value.set_index("name")
    changed = [name for name in AUGMENTATIONS if not before.loc[name].equals(after.loc[name])]
    assert changed == ["blur"]

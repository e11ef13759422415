"""The pictures: one augmentation with its slider, and recipes step by step."""

from __future__ import annotations

import pytest

from tests.support.augmentations import bodies, charts, pictures
from tests.support.pages import in_url
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.ui.augmentations import pictures as module


def test_the_slider_changes_the_views_the_url_and_its_row_of_the_chart_and_not_the_original(alone):
    page = alone()
    before, steps, chart = pictures(page, "samples"), pictures(page, "steps"), charts(page)[0]
    page.slider(key="strength-scale-flux").set_value(9.0).run()
    assert not page.exception
    after = pictures(page, "samples")
    assert after[0] == before[0]
    assert all(old != new for old, new in zip(before[1:], after[1:], strict=True))
    assert pictures(page, "steps") == steps
    assert in_url(page, "strength") == "9"
    assert charts(page)[0] != chart
    page.slider(key="strength-scale-flux").set_value(3.0).run()
    assert pictures(page, "samples") == before
    assert charts(page)[0] == chart


def test_a_quick_second_move_of_the_slider_is_not_undone_by_the_url_of_before_the_first(alone):
    page = alone(augmentation="blur")
    page.slider(key="strength-blur").set_value(2.4).run()
    before = page.query_params["strength"]
    page.slider(key="strength-blur").set_value(2.6).run()
    page.query_params["strength"] = before  # what the browser still has when it sends the next
    page.slider(key="strength-blur").set_value(2.8).run()
    assert page.slider(key="strength-blur").value == 2.8
    assert in_url(page, "strength") == "2.8"
    # A step back is a change of the URL alone.
    page.query_params["strength"] = before
    page.run()
    assert page.slider(key="strength-blur").value == 2.4


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentation_has_its_slider_and_changes_the_stamp(alone, name):
    page = alone(augmentation=name, encoders="simclr")
    assert not page.exception
    strength = AUGMENTATIONS[name].strength
    assert [slider.key for slider in page.slider] == ([] if strength is None else [f"strength-{name}"])
    shown = pictures(page, "samples")
    assert len(set(shown)) > 1 or name == "drop-channel"  # which is as rare as in a recipe
    if strength is not None:
        strongest = strength.low if strength.reversed else strength.high
        page.slider[0].set_value(strongest).run()
        assert not page.exception
        assert len(set(pictures(page, "samples"))) > 1


def test_another_augmentation_begins_with_its_own_strength(alone):
    page = alone(augmentation="blur", strength="3.5")
    page.selectbox(key="augmentation").set_value("sky-noise").run()
    assert page.slider(key="strength-sky-noise").value == 1.0
    assert in_url(page, "augmentation") == "sky-noise"
    assert in_url(page, "strength") is None


def test_a_recipe_can_be_typed_and_what_there_is_not_is_named(alone):
    page = alone(recipe="flip+<b>cubist</b>")
    assert not page.exception
    assert page.selectbox(key="recipe").value == "simclr"
    page = alone(recipe="none")
    assert len(pictures(page, "steps")) == 1


def test_steps_that_were_not_drawn_say_so(alone):
    said = set()
    for seed in range(4):
        body = next(body for body in bodies(alone(seed=str(seed))) if 'data-testid="steps"' in body)
        said.add("not applied this time" in body)
    assert True in said


def test_an_augmentation_is_on_every_sample_unless_the_slider_says_how_often():
    (blur,) = module.recipe_at(AUGMENTATIONS["blur"], 2.0).photometric
    (dropped,) = module.recipe_at(AUGMENTATIONS["drop-channel"], 0.25).photometric
    assert blur.probability == 1 and dropped.probability == 0.25


def test_a_distance_too_small_to_show_is_not_shown_as_zero():
    assert module._distance(0.25) == "0.250" and module._distance(1e-7).endswith("&lt;0.001")

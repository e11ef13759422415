"""The augmentations page by AppTest: alone, as a cold deep link runs it, and through app.py."""

from __future__ import annotations

import functools

import pytest

from tests.support.augmentations import PAGE, bodies, charts, pictures, subject
from tests.support.pages import in_url, notices, open_page, show_only
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.ui.augmentations.pictures import IN_COLOUR


@pytest.fixture(params=("alone", "through app.py"))
def opened(request, monkeypatch, tmp_path, demo_catalogue):
    """Opens the page, with the small catalogue as the only one."""
    show_only(demo_catalogue, monkeypatch, tmp_path)
    return functools.partial(open_page, PAGE, request.param != "alone")


def test_the_page_shows_samples_a_recipe_and_how_far_each_moves_the_object(opened):
    page = opened()
    assert not page.exception
    assert len(pictures(page, "samples")) == 9  # the original and eight views
    assert len(pictures(page, "steps")) == 6  # the original and SimCLR's five
    assert len(set(pictures(page, "finals"))) == 9
    (chart,) = charts(page)
    assert all(name in chart for name in AUGMENTATIONS)
    assert "SimCLR" in chart and "S-SimCLR" in chart and "12th neighbour" in chart
    assert "simulated" in subject(page)


def test_a_deep_link_opens_the_same_object_augmentation_seed_and_recipe(opened, demo_catalogue):
    frame = Catalogue.open(demo_catalogue).frame()
    # Two candids that a float cannot tell apart.
    first, second = (int(candid) for candid in frame["candid"].iloc[[7, 8]])
    assert float(first) == float(second)
    link = {"augmentation": "blur", "strength": "3", "seed": "5", "recipe": "rotate+sky-noise", "encoders": "s-simclr"}
    page = opened(candid=str(second), **link)
    assert not page.exception
    assert frame["object_id"].iloc[8] in subject(page)
    assert f"candid {second}" in subject(page) and "seed 5" in subject(page)
    assert page.selectbox(key="augmentation").value == "blur"
    assert page.slider(key="strength-blur").value == 3.0
    assert len(pictures(page, "steps")) == 3
    (chart,) = charts(page)
    assert '"S-SimCLR"' in chart and '"SimCLR"' not in chart
    again = opened(candid=str(second), **link)
    for name in ("samples", "steps", "finals"):
        assert pictures(page, name) == pictures(again, name)
    assert pictures(opened(candid=str(first), **link), "samples") != pictures(page, "samples")


def test_new_samples_change_the_seed_and_a_random_stamp_the_object(opened):
    page = opened()
    before = pictures(page, "samples")
    next(button for button in page.button if button.label == "New samples").click().run()
    assert in_url(page, "seed") == "1"
    assert pictures(page, "samples")[0] == before[0]
    assert pictures(page, "samples")[1:] != before[1:]
    for _ in range(3):  # one in 150 is the same
        next(button for button in page.button if button.label == "Random stamp").click().run()
    assert not page.exception
    assert f"candid {in_url(page, 'candid')}" in subject(page)


def test_galaxies_are_shown_in_colour_and_what_does_not_apply_is_said(monkeypatch, tmp_path, galaxy_catalogue):
    show_only(galaxy_catalogue, monkeypatch, tmp_path)
    page = open_page(PAGE, augmentation="drop-channel", recipe="galaxies", encoders="random")
    assert not page.exception
    assert IN_COLOUR["drop-channel"] in notices(page)
    assert len(pictures(page, "steps")) == 9
    assert "From the left" not in "".join(bodies(page))
    assert len(charts(page)) == 1
    # An encoder from a folder of one's own has left its embeddings, not its weights.
    help_text = page.multiselect[0].help.replace("\\", "")
    assert "not in models/" in help_text

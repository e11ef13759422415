"""The augmentations page by AppTest: alone, as a cold deep link runs it, and through app.py."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.support.pages import in_url, notices, open_page, show_only
from ztfexplore.augment.registry import AUGMENTATIONS
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, principal_axes
from ztfexplore.evaluation import invariance_summary
from ztfexplore.sources.simulation.simulate import simulate_alerts

PAGE = "pages/augmentations.py"
PICTURE = re.compile(r'<img src="(data:image/png;base64,[^"]+)"')


@pytest.fixture(params=("alone", "through app.py"))
def opened(request, monkeypatch, tmp_path, demo_catalogue):
    """Opens the page, with the small catalogue as the only one."""
    show_only(demo_catalogue, monkeypatch, tmp_path)
    return functools.partial(open_page, PAGE, request.param != "alone")


@pytest.fixture
def alone(monkeypatch, tmp_path, demo_catalogue):
    """Opens the page alone, where it does not matter how."""
    show_only(demo_catalogue, monkeypatch, tmp_path)
    return functools.partial(open_page, PAGE)


def bodies(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]


def pictures(page: AppTest, name: str) -> list[str]:
    """The pictures of a grid: 'samples', 'steps' or 'finals'."""
    (body,) = (body for body in bodies(page) if f'data-testid="{name}"' in body)
    return PICTURE.findall(body)


def subject(page: AppTest) -> str:
    return next(body for body in bodies(page) if 'data-testid="subject"' in body)


def charts(page: AppTest) -> list[str]:
    return [element.proto.spec for element in page.get("plotly_chart")]


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
    again = alone(encoders="simclr")
    assert len(charts(again)) == 2
    monkeypatch.setattr(invariance_summary, "summarise_catalogue", None)  # nothing is measured twice


@pytest.mark.parametrize(
    "query",
    (
        {"candid": "12"},
        {"candid": "<script>alert(1)</script>"},
        {"candid": "9" * 400},
        {"seed": "-1", "strength": "nan", "augmentation": "scale-flux"},
        {"seed": "9" * 400, "strength": "1e999", "augmentation": "mask-pixels"},
        {"seed": "½", "strength": "-4", "augmentation": "rotate"},
        {"augmentation": "melt", "recipe": "+", "encoders": "simclr,nobody,simclr,../../etc"},
    ),
    ids=str,
)
def test_a_url_with_nonsense_shows_the_page_and_says_what_is_not_here(alone, query):
    page = alone(**query)
    assert not page.exception
    assert len(pictures(page, "samples")) == 9
    assert "<script>" not in "".join(bodies(page))
    if "candid" in query:
        assert "is not" in notices(page) and "another stamp is shown" in notices(page)


@pytest.fixture
def catalogue(tmp_path) -> Catalogue:
    """Forty simulated alerts without an embedding."""
    made = Catalogue.create(tmp_path / "catalogues" / "new")
    ingest(simulate_alerts(40, seed=5), made)
    return made


def test_without_a_network_there_are_pictures_and_the_reason(monkeypatch, tmp_path, catalogue):
    show_only(catalogue.path, monkeypatch, tmp_path)
    page = open_page(PAGE)
    assert not page.exception
    assert "No network has embedded this catalogue" in notices(page)
    assert len(pictures(page, "samples")) == 9
    assert charts(page) == []


def test_encoders_that_cannot_be_asked_are_named(monkeypatch, tmp_path, catalogue):
    embedding.embed(catalogue, principal_axes.fit_catalogue(catalogue))
    rows = np.arange(40)
    other = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    catalogue.write_vectors("embedding_simclr", rows, other, {"weights_sha256": "0" * 64, "encoder": "simclr"})
    catalogue.write_vectors("embedding_mine", rows, other, {"weights_sha256": "1" * 64, "encoder": "mine"})
    show_only(catalogue.path, monkeypatch, tmp_path)
    page = open_page(PAGE)
    assert not page.exception
    said = notices(page)
    assert "PCA of the pixels: not a network" in said
    assert "SimCLR: its embeddings here were made with other weights" in said
    assert "mine: its weights are not in models/" in said


def test_an_empty_catalogue_says_what_to_do(monkeypatch, tmp_path):
    empty = Catalogue.create(tmp_path / "catalogues" / "empty")
    show_only(empty.path, monkeypatch, tmp_path)
    page = open_page(PAGE)
    assert not page.exception
    assert "empty" in notices(page)
    assert any("ztfexplore ingest" in element.value for element in page.code)


def test_galaxies_are_shown_in_colour_and_what_does_not_apply_is_said(monkeypatch, tmp_path, galaxy_catalogue):
    show_only(galaxy_catalogue, monkeypatch, tmp_path)
    page = open_page(PAGE, augmentation="drop-channel", recipe="galaxies", encoders="random")
    assert not page.exception
    assert "no template or difference here" in notices(page)
    assert len(pictures(page, "steps")) == 9
    assert "From the left" not in "".join(bodies(page))
    assert len(charts(page)) == 1
    # An encoder from a folder of one's own has left its embeddings, not its weights.
    help_text = page.multiselect[0].help.replace("\\", "")
    assert "not in models/" in help_text


def test_the_link_leads_to_the_object_s_neighbours(alone, demo_catalogue):
    candid = int(Catalogue.open(demo_catalogue).frame()["candid"].iloc[3])
    assert f'href="./?candid={candid}"' in subject(alone(candid=str(candid)))

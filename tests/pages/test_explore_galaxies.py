"""The explore page on galaxies and on plain FITS images: no classes, other encoders, other channels."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.fits import WORLD, fits_bytes
from tests.support.pages import html, messages, neighbours, open_page, show_only, stamp_message
from ztfexplore.catalogue.catalogue import Catalogue
from ztfexplore.catalogue.ingest import ingest
from ztfexplore.embeddings import embedding, projection
from ztfexplore.embeddings.neighbours import overlapping, stamp_boxes
from ztfexplore.encoders import encoder
from ztfexplore.sources import read_sources


@pytest.fixture
def explored(galaxy_catalogue) -> Path:
    """The explore page opens on the galaxies."""
    return galaxy_catalogue


def picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


def candid_of(catalogue: Path, row: int) -> str:
    return str(int(Catalogue.open(catalogue).frame()["candid"].iloc[row]))


def test_galaxies_open_coloured_by_size_with_the_encoders_that_are_there(script):
    page = open_page(script)
    assert not page.exception
    sent = messages(page)
    titles = [panel["title"] for panel in sent["maps"]["panels"]]
    assert titles[0].startswith("other-") and titles[1].startswith("random weights")
    assert sent["maps"]["colour"]["kind"] == "numbers" and "isophotal_area" in sent["maps"]["colour"]["title"]
    assert any("Each point is a galaxy" in element.value for element in page.markdown)
    assert not any("SimCLR" in element.value for element in page.markdown)


@pytest.mark.parametrize("colour", ["ellipticity", "half_light_radius", "touching", "label"])
def test_galaxies_can_be_coloured_by_what_was_measured(script, colour):
    page = open_page(script, colour=colour)
    assert not page.exception
    assert messages(page)["maps"]["colour"]["kind"] == ("categories" if colour == "label" else "numbers")


def test_a_galaxy_is_shown_in_colour_with_its_measurements(script, galaxy_catalogue):
    page = open_page(script, candid=candid_of(galaxy_catalogue, 500))
    assert not page.exception
    card = html(page)
    record = Catalogue.open(galaxy_catalogue).frame().iloc[500]
    assert messages(page)["stamps"]["name"] == record["object_id"] and "unlabelled" not in card
    viewer = stamp_message(page)
    assert viewer["names"] == ["red", "green", "blue"] and viewer["composite"] == [0, 1, 2]
    assert viewer["pixelScale"] == pytest.approx(0.138, abs=0.01)
    assert "isophotal area" in card and f"{record['isophotal_area']:.4g} pixels" in card
    for absent in ("position</td>", "date</td>", "magnitude</td><td> ", "<a href"):
        assert absent not in card
    for panel in neighbours(page)["panels"]:
        assert len(panel["items"]) == 12
        for item in panel["items"]:
            image = picture(item["image"])
            assert image.mode == "RGBA" and image.size == (33, 33)
            assert item["caption"] == item["object_id"]


def test_galaxies_whose_cutouts_overlap_are_no_neighbours_unless_asked_for(script, galaxy_catalogue):
    frame = Catalogue.open(galaxy_catalogue).frame()
    boxes = stamp_boxes(frame)
    crowded = max(range(len(frame)), key=lambda row: overlapping(boxes, row).sum())
    beside = {str(candid) for candid in frame["candid"][overlapping(boxes, crowded)]}
    assert len(beside) > 5
    page = open_page(script, candid=str(int(frame["candid"].iloc[crowded])))
    shown = {item["candid"] for panel in neighbours(page)["panels"] for item in panel["items"]}
    assert not shown & beside
    assert page.toggle[0].label == "Overlapping"


def test_one_encoder_is_shown_alone(monkeypatch, tmp_path, galaxy_catalogue):
    path = Path(shutil.copytree(galaxy_catalogue, tmp_path / "one"))
    import lance

    dataset = lance.dataset(str(path))
    dataset.drop_columns([name for name in dataset.schema.names if name.endswith("_random")])
    show_only(path, monkeypatch, tmp_path)
    page = open_page("pages/explore.py", candid=candid_of(path, 3), right="random")
    assert not page.exception
    sent = messages(page)
    assert len(sent["maps"]["panels"]) == len(neighbours(page)["panels"]) == 1
    assert [box.label for box in page.selectbox][:3] == ["Catalogue", "Map", "Colour by"]
    assert neighbours(page)["overlap"] == ""
    assert not any(item["shared"] for item in neighbours(page)["panels"][0]["items"])


def test_galaxies_without_a_map_say_which_encoders_are_theirs(monkeypatch, tmp_path):
    path = tmp_path / "bare"
    ingest(read_sources([Path("hubble")]), Catalogue.create(path))
    show_only(path, monkeypatch, tmp_path)
    page = open_page("pages/explore.py")
    assert len(page.error) == 1 and "galaxies" in page.error[0].value
    assert "--encoder galaxies-simsiam" in page.code[0].value


# --- plain FITS -----------------------------------------------------------------------------------------------------


@pytest.fixture
def images(monkeypatch, tmp_path) -> Path:
    """A catalogue of small images with one channel, half of them with a place on the sky."""
    folder = tmp_path / "fits"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(30):
        image = rng.normal(100, 5, (20, 20)).astype(np.float32)
        (folder / f"{number:02d}.fits").write_bytes(fits_bytes(image, **(WORLD if number % 2 else {}), FILTER="r"))
    catalogue = Catalogue.create(tmp_path / "images")
    ingest(read_sources([folder]), catalogue)
    small = encoder.random_encoder(encoder.EncoderConfig(channels=1, crop=19))
    encoder.save(small, tmp_path / "small")
    loaded = encoder.load(tmp_path / "small")
    embedding.embed(catalogue, loaded)
    projection.project(catalogue, loaded.name)
    show_only(tmp_path / "images", monkeypatch, tmp_path)
    return tmp_path / "images"


@pytest.mark.parametrize("row", (0, 1))
def test_images_with_one_channel_are_shown_with_what_their_header_says(images, row):
    page = open_page("pages/explore.py", candid=candid_of(images, row))
    assert not page.exception
    card = html(page)
    viewer = stamp_message(page)
    assert viewer["names"] == ["image"]
    assert ("position</td>" in card) == (viewer["pixelScale"] is not None) == bool(row % 2)
    assert "band</td><td>r</td>" in card
    (panel,) = neighbours(page)["panels"]
    assert picture(panel["items"][0]["image"]).size == (20, 20)


def test_images_with_many_channels_show_the_first_ones(monkeypatch, tmp_path, images):
    path = tmp_path / "cube.fits"
    path.write_bytes(fits_bytes(np.random.default_rng(1).normal(size=(40, 9, 31)).astype(np.float32)))
    catalogue = Catalogue.open(images)
    ingest(read_sources([path]), catalogue)
    page = open_page("pages/explore.py", candid=candid_of(images, 30))
    assert not page.exception
    assert stamp_message(page)["shape"] == [40, 9, 31] and len(stamp_message(page)["names"]) == 12
    (panel,) = neighbours(page)["panels"]  # the encoder has not seen it, nor could it
    assert panel["items"] == [] and "not embedded" in panel["note"]
